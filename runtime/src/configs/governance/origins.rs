//! Origins of the tracks, and what governance stores besides the pallets of the SDK.

use super::tracks;
#[cfg(feature = "runtime-benchmarks")]
use crate::OriginCaller;
use crate::{AccountId, RuntimeOrigin};
use frame_support::traits::{EitherOf, EnsureOrigin, OriginTrait};
use frame_system::EnsureRoot;

/// Pallet of the origins. It has no calls.
#[frame_support::pallet]
pub mod pallet_governance {
	use super::super::votes::VoteLock;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::BlockNumberFor;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Origin of a call that a referendum has decided, by its track. The track of upgrades has Root.
	#[pallet::origin]
	#[derive(
		Clone,
		Copy,
		PartialEq,
		Eq,
		Debug,
		Encode,
		Decode,
		DecodeWithMemTracking,
		MaxEncodedLen,
		TypeInfo,
	)]
	pub enum Origin {
		/// Admits and retires engines.
		#[codec(index = 0)]
		Engines,
		/// Sets parameters within their bounds.
		#[codec(index = 1)]
		Parameters,
		/// Spends from the treasury.
		#[codec(index = 2)]
		Treasury,
		/// Cancels referenda and convictions.
		#[codec(index = 3)]
		Cancel,
		/// Cancels referenda, whose deposits are lost.
		#[codec(index = 4)]
		Kill,
	}

	/// Number by which the periods of governance are divided, from genesis on. Zero and one are both
	/// a public network.
	#[pallet::storage]
	pub type Speed<T> = StorageValue<_, u32, ValueQuery>;

	/// Locks of votes by account.
	#[pallet::storage]
	pub type VoteLocks<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, VoteLock>;

	/// First block in which the technical committee can pause again.
	#[pallet::storage]
	pub type RestUntil<T> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// Pace of governance at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Number by which the periods of governance are divided. Zero is one.
		pub speed: u32,
		#[serde(skip)]
		#[allow(missing_docs)]
		pub marker: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Speed::<T>::put(self.speed);
		}
	}

	impl<T: Config> Pallet<T> {
		/// Period of this chain for one of `blocks` blocks on a public network.
		pub fn period(blocks: BlockNumberFor<T>) -> BlockNumberFor<T> {
			(blocks / Self::speed().max(1).into()).max(1u32.into())
		}

		fn speed() -> u32 {
			// Clients read the metadata, which shows periods, of a runtime that is not on a chain.
			#[cfg(feature = "std")]
			if sp_externalities::with_externalities(|_| ()).is_none() {
				return 1;
			}
			Speed::<T>::get()
		}
	}
}

/// The origin of one track, by its id.
pub struct OfTrack<const TRACK: u16>;

impl<const TRACK: u16> EnsureOrigin<RuntimeOrigin> for OfTrack<TRACK> {
	type Success = ();

	fn try_origin(origin: RuntimeOrigin) -> Result<(), RuntimeOrigin> {
		if tracks::id_of(origin.caller()) == Some(TRACK) {
			Ok(())
		} else {
			Err(origin)
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
		let origins = tracks::ORIGINS.into_iter();
		let origin =
			origins.map(OriginCaller::Governance).find(|own| tracks::id_of(own) == Some(TRACK));
		origin.map(RuntimeOrigin::from).ok_or(())
	}
}

/// Root, or the origin of one track.
pub type RootOr<const TRACK: u16> = EitherOf<EnsureRoot<AccountId>, OfTrack<TRACK>>;
