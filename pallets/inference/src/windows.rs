//! Windows of a request: they are computed from the limits of its version, so that there is time to
//! compute it, and to look twice.

use crate::pallet::*;
use alloc::vec::Vec;
use frame_support::traits::Get;
use opg_primitives::{BlockNumber, VersionLimits};

/// A challenge window is at least so many times as long as the commit phase.
const LOOKS: BlockNumber = 2;

impl<T: Config> Pallet<T> {
	/// Length of the commit phases of all rounds of requests to a version with these
	/// limits, by the clock.
	pub fn commit_blocks(limits: &VersionLimits) -> BlockNumber {
		T::CommitPhases::get().blocks(limits.total_fuel())
	}

	/// Time for which an attested answer of a version with these limits can be challenged.
	pub fn challenge_window(limits: &VersionLimits) -> BlockNumber {
		window_after::<T>(Self::commit_blocks(limits))
	}

	/// All challenge windows that versions can have, the shortest first.
	pub(crate) fn challenge_windows() -> Vec<BlockNumber> {
		let mut windows: Vec<_> = T::CommitPhases::get().lengths().map(window_after::<T>).collect();
		windows.dedup();
		windows
	}
}

/// Challenge window after a commit phase of this length.
fn window_after<T: Config>(commit_blocks: BlockNumber) -> BlockNumber {
	commit_blocks.saturating_mul(LOOKS).max(T::ChallengeWindow::get())
}
