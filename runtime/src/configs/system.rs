//! Blocks, timestamps, and the transactions that the runtime itself creates.

use crate::{constants::*, *};
use frame_support::{
	derive_impl,
	dispatch::DispatchClass,
	parameter_types,
	traits::{ConstU32, ConstU64, Contains, InsideBoth},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_MILLIS},
		Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::Perbill;

parameter_types! {
	pub const BlockHashCount: BlockNumber = BLOCK_HASH_COUNT;
	pub const Version: sp_version::RuntimeVersion = VERSION;
	pub RuntimeBlockWeights: BlockWeights = block_weights();
	// A length limit is one on all that the block holds when a transaction is added to it. So a part
	// can be kept from `Normal`, and then none from `Operational`. It needs none: what its weight
	// lets in is far shorter than a block.
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(MAX_BLOCK_BYTES)
		.modify_max_length_for_class(DispatchClass::Normal, |bytes| *bytes = NORMAL_SHARE * *bytes)
		.build();
	pub const Ss58Prefix: u16 = SS58_PREFIX;
	pub LargestBatch: (Weight, u32) = largest_batch();
}

/// Limits of the two classes of transactions, alike for both: a class fills at most its share of a
/// block, and a part is reserved for it whatever else the block holds. Hooks that claim a whole
/// block, as in the first of a session, leave what is reserved.
pub(crate) fn block_weights() -> BlockWeights {
	let block = Weight::from_parts(BLOCK_MILLIS * WEIGHT_REF_TIME_PER_MILLIS, u64::MAX);
	let limit = |share: Perbill| Weight::from_parts(share * block.ref_time(), u64::MAX);
	let mut weights = BlockWeights::builder()
		.for_class(DispatchClass::Normal, |class| {
			class.max_total = Some(limit(NORMAL_SHARE));
			class.reserved = Some(limit(NORMAL_RESERVE));
		})
		.for_class(DispatchClass::Operational, |class| {
			class.max_total = Some(limit(OPERATIONAL_SHARE));
			class.reserved = Some(limit(OPERATIONAL_RESERVE));
		})
		.avg_block_initialization(INITIALIZATION_SHARE)
		.build_or_panic();
	// The builder takes the largest share for all of the block.
	weights.max_block = block;
	weights
}

/// Weight and length of the largest transaction that an executor or a validator may owe.
fn largest_batch() -> (Weight, u32) {
	let (answers, votes) = (Attestation::max_batch(), Court::max_batch());
	let (weight, bytes) = (answers.0.max(votes.0), answers.1.max(votes.1));
	// Any call that does not authorize itself: the weight of that is in the batch's.
	let call = RuntimeCall::System(frame_system::Call::remark { remark: Vec::new() });
	let extensions = tx_extension(0, generic::Era::Immortal, 0);
	(weight.saturating_add(extensions.weight(&call)), bytes)
}

/// Calls that the signer of a transaction may make.
///
/// Calls of `frame_system` that need Root are refused at once. Root has no filter.
pub struct SignedCalls;
impl Contains<RuntimeCall> for SignedCalls {
	fn contains(call: &RuntimeCall) -> bool {
		use frame_system::Call;
		match call {
			RuntimeCall::System(call) => matches!(
				call,
				// The last needs nobody's leave: the code is one that Root authorized.
				Call::remark { .. }
					| Call::remark_with_event { .. }
					| Call::apply_authorized_upgrade { .. }
			),
			_ => true,
		}
	}
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type BaseCallFilter = InsideBoth<SignedCalls, SafeMode>;
	type Block = Block;
	type BlockWeights = RuntimeBlockWeights;
	type BlockLength = RuntimeBlockLength;
	type AccountId = AccountId;
	type Nonce = Nonce;
	type Hash = Hash;
	type BlockHashCount = BlockHashCount;
	type DbWeight = ParityDbWeight;
	type Version = Version;
	type AccountData = pallet_balances::AccountData<Balance>;
	type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
	type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
	type SS58Prefix = Ss58Prefix;
	type MaxConsumers = ConstU32<64>;
	type SingleBlockMigrations = crate::migrations::SingleBlock;
	type MultiBlockMigrator = Migrations;
}

impl pallet_opg_clock::Config for Runtime {
	type LargestBatch = LargestBatch;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Babe;
	type MinimumPeriod = ConstU64<{ SLOT_MILLIS / 2 }>;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl<LocalCall> frame_system::offchain::CreateTransactionBase<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<LocalCall> frame_system::offchain::CreateTransaction<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	type Extension = TxExtension;

	fn create_transaction(call: RuntimeCall, extension: TxExtension) -> UncheckedExtrinsic {
		generic::UncheckedExtrinsic::new_transaction(call, extension)
	}
}

impl<LocalCall> frame_system::offchain::CreateBare<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		generic::UncheckedExtrinsic::new_bare(call)
	}
}

impl<LocalCall> frame_system::offchain::CreateAuthorizedTransaction<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	/// Mortal, and anchored at the parent, whose hash is in storage.
	fn create_extension() -> TxExtension {
		let parent = System::block_number().saturating_sub(1);
		tx_extension(0, generic::Era::mortal(AUTHORIZED_ERA, parent.into()), 0)
	}
}
