//! Models, requests, attestation.

use super::governance::{tracks, RootOr, TreasuryAccount};
use crate::{constants::*, *};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Get},
	weights::Weight,
	PalletId,
};
use pallet_opg_models::Maxima;
use pallet_opg_support::{economics, BlockRandomness, CommitPhases, VrfOutput};
use sp_consensus_babe::RANDOMNESS_VRF_CONTEXT;
use sp_core::H256;
use sp_runtime::Perbill;

parameter_types! {
	pub const PotId: PalletId = PalletId(*b"opg/pot_");
	pub StakeAtRisk: Balance = economics::CONVICTION_SHARE.mul_floor(MIN_BOND);
	pub const CourtRate: Perbill = COURT_RATE;
	pub const DefaultMaxima: Maxima = DEFAULT_MAXIMA;
	pub const MaximaCeiling: Maxima = MAXIMA_CEILING;
	pub const CommitPhaseLengths: CommitPhases = COMMIT_PHASES;
	pub AgendaWeight: Weight = AGENDA_SHARE * super::system::RuntimeBlockWeights::get().max_block;
	pub DeadlineWeight: Weight =
		DEADLINE_SHARE * super::system::RuntimeBlockWeights::get().max_block;
}

impl pallet_opg_models::Config for Runtime {
	type Currency = Balances;
	type Executors = Staking;
	type ExecutorStake = Staking;
	type Readiness = Court;
	type ItemDeposit = ConstU128<ITEM_DEPOSIT>;
	type ByteDeposit = ConstU128<BYTE_DEPOSIT>;
	type ServeDeposit = ConstU128<SERVE_DEPOSIT>;
	type MaxServingExecutors = ConstU32<MAX_EXECUTORS>;
	type MaxExecutors = ConstU32<MAX_EXECUTORS>;
	type SessionRandomness = EpochRandomness;
	type DefaultMaxima = DefaultMaxima;
	type MaximaCeiling = MaximaCeiling;
	type MaxRoyalty = ConstU128<MAX_ROYALTY>;
	type MaxEngines = ConstU32<MAX_ENGINES>;
	type MaxAnnouncements = ConstU32<MAX_ANNOUNCEMENTS>;
	type AnnouncementLifetime = ConstU32<ANNOUNCEMENT_LIFETIME>;
	type EngineOrigin = RootOr<{ tracks::ENGINES }>;
	type GovernanceOrigin = RootOr<{ tracks::PARAMETERS }>;
	type WeightInfo = pallet_opg_models::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Staking;
}

/// Randomness of the epoch, which is that of the session. It is known one session ahead.
pub struct EpochRandomness;
impl Get<H256> for EpochRandomness {
	fn get() -> H256 {
		H256(Babe::randomness())
	}
}

/// VRF output of the block that begins, from its BABE pre-digest.
///
/// Babe itself stores it at the end of the block only. Until then `Initialized` holds the pre-digest,
/// and once Session has begun a new epoch, if there is one, the values that Babe will use are there:
/// so Inference comes after Babe and Session in the order of the pallets.
pub struct BabeRandomness;
impl BlockRandomness for BabeRandomness {
	fn output() -> Option<VrfOutput> {
		let digest = Babe::initialized().flatten()?;
		let signature = digest.vrf_signature()?;
		let index = digest.authority_index() as usize;
		let authorities = Babe::authorities();
		let (authority, _) = authorities.get(index)?;
		let transcript = sp_consensus_babe::make_vrf_transcript(
			&Babe::randomness(),
			Babe::current_slot(),
			Babe::epoch_index(),
		);
		let key: &sp_core::sr25519::Public = authority.as_ref();
		// The import of the block has verified the signature.
		let output =
			key.make_bytes(RANDOMNESS_VRF_CONTEXT, &transcript, &signature.pre_output).ok()?;
		Some(VrfOutput { output, author: H256(key.0) })
	}

	fn authors() -> u32 {
		pallet_babe::Authorities::<Runtime>::decode_len().unwrap_or_default() as u32
	}
}

impl pallet_opg_inference::Config for Runtime {
	type Currency = Balances;
	type BlockNumberProvider = Clock;
	type Models = Models;
	type Executors = Staking;
	type Committees = Attestation;
	type Courts = Court;
	type Panels = Court;
	type Randomness = BabeRandomness;
	type PotId = PotId;
	type PotReserve = ConstU128<POT_RESERVE>;
	type Treasury = TreasuryAccount;
	type MinFuelPrice = ConstU128<MIN_FUEL_PRICE>;
	type MaxFuelPrice = ConstU128<MAX_FUEL_PRICE>;
	type TargetFuel = ConstU64<TARGET_FUEL>;
	type RequestDeposit = ConstU128<REQUEST_DEPOSIT>;
	type SeatFee = ConstU128<SEAT_FEE>;
	type ContentFee = ConstU128<CONTENT_FEE>;
	type BytePrice = ConstU128<BYTE_PRICE>;
	type ChallengeBond = ConstU128<CHALLENGE_BOND>;
	type CourtRate = CourtRate;
	type CourtFuelPerByte = ConstU64<COURT_FUEL_PER_BYTE>;
	type MaxBench = ConstU32<MAX_VALIDATORS>;
	type StakeAtRisk = StakeAtRisk;
	type MaxAgenda = ConstU32<MAX_AGENDA>;
	type MaxDraws = ConstU32<MAX_DRAWS>;
	type CommitPhases = CommitPhaseLengths;
	type ChallengeWindow = ConstU32<CHALLENGE_WINDOW>;
	type HoldBlocks = ConstU32<HOLD_BLOCKS>;
	type MillisPerTick = ConstU32<{ SLOT_MILLIS as u32 }>;
	type Lifetime = ConstU32<REQUEST_LIFETIME>;
	type MaxExecutors = ConstU32<MAX_EXECUTORS>;
	type AgendaWeight = AgendaWeight;
	type DrainOrigin = RootOr<{ tracks::PARAMETERS }>;
	type WeightInfo = pallet_opg_inference::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarking::InferenceHelper;
}

impl pallet_opg_attestation::Config for Runtime {
	type Executors = Staking;
	type Requests = Inference;
	type BlockNumberProvider = Clock;
	type RevealBlocks = ConstU32<REVEAL_BLOCKS>;
	type MillisPerTick = ConstU32<{ SLOT_MILLIS as u32 }>;
	type MaxRoundsPerBlock = ConstU32<MAX_DRAWS>;
	type DeadlineWeight = DeadlineWeight;
	type WeightInfo = pallet_opg_attestation::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Staking;
}
