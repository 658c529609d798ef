//! Configuration of the pallet.

use frame_support::pallet_macros::*;

/// Section of the pallet that declares what it needs of a runtime.
#[pallet_section]
mod config {
	/// Types and constants of the pallet.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256>
		+ CreateAuthorizedTransaction<Call<Self>>
	{
		/// OPG, from which deposits are held.
		type Currency: fungible::MutateHold<
			Self::AccountId,
			Balance = Balance,
			Reason: From<HoldReason>,
		>;
		/// Executor pools. Only their operators can serve.
		type Executors: ExecutorDirectory<Self::AccountId>;
		/// Sessions, and the stake by which a list that is full gives way.
		type ExecutorStake: ExecutorStake<Self::AccountId>;
		/// What validators say about versions.
		type Readiness: CourtReadiness;
		/// Deposit for an entry of a map, in planck.
		#[pallet::constant]
		type ItemDeposit: Get<Balance>;
		/// Deposit for a byte of an entry, in planck.
		#[pallet::constant]
		type ByteDeposit: Get<Balance>;
		/// Deposit of an executor while it serves a version, in planck.
		#[pallet::constant]
		type ServeDeposit: Get<Balance>;
		/// Largest number of executors that serve one version.
		#[pallet::constant]
		type MaxServingExecutors: Get<u32>;
		/// Largest number of executors in a snapshot.
		#[pallet::constant]
		type MaxExecutors: Get<u32>;
		/// Randomness of the current session, by which its canary is drawn.
		type SessionRandomness: Get<H256>;
		/// Largest file and limits of a version, until governance sets others.
		#[pallet::constant]
		type DefaultMaxima: Get<Maxima>;
		/// Largest maxima that governance can set: what a court of validators can do, within the time
		/// that the chain's windows leave it.
		#[pallet::constant]
		type MaximaCeiling: Get<Maxima>;
		/// Largest royalty, in planck.
		#[pallet::constant]
		type MaxRoyalty: Get<Balance>;
		/// Largest number of engines ever admitted.
		#[pallet::constant]
		type MaxEngines: Get<u32>;
		/// Largest number of announcements of an account.
		#[pallet::constant]
		type MaxAnnouncements: Get<u32>;
		/// Blocks after which an announcement is of no use, and anyone can remove it.
		#[pallet::constant]
		type AnnouncementLifetime: Get<BlockNumberFor<Self>>;
		/// Origin that nominates, admits and retires engines, and sets canaries.
		type EngineOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Origin that sets the maxima of versions.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
		/// Executors for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: pallet_opg_support::BenchmarkExecutors<Self::AccountId>;
	}
}
