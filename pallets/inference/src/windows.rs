//! Windows of a request: they are computed from the limits of its version, so that there is time to
//! compute it, and to look twice.

use crate::pallet::*;
use alloc::vec::Vec;
use frame_support::traits::Get;
use opg_primitives::{BlockNumber, VersionLimits};

/// A challenge window is at least so many times as long as the commit phase.
const LOOKS: BlockNumber = 2;
/// A content travels so many times before a panel holds it: to the node that takes it, and on to the
/// validators, of whom the first serve the last.
const HOPS: BlockNumber = 3;

impl<T: Config> Pallet<T> {
	/// Length of the commit phases of all rounds of requests to a version with these
	/// limits, by the clock.
	pub fn commit_blocks(limits: &VersionLimits) -> BlockNumber {
		T::CommitPhases::get().blocks(limits.total_fuel(), limits.max_stored_input())
	}

	/// Time in which validators must hold a content of so many bytes.
	pub fn hold_blocks(bytes: u32) -> BlockNumber {
		let transfer = T::CommitPhases::get().transfer(bytes);
		T::HoldBlocks::get().saturating_add(transfer.saturating_mul(HOPS))
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
