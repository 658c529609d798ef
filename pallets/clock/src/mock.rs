//! Runtime with this pallet, for unit tests.

use crate as pallet_opg_clock;
use frame_support::{
	derive_impl, dispatch::DispatchClass, migrations::MultiStepMigrator, parameter_types,
	traits::Hooks, weights::Weight,
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::BuildStorage;
use std::cell::Cell;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Clock = pallet_opg_clock;
}

/// Weight of a block.
pub const BLOCK: u64 = 1_000_000;
/// Largest weight of the class `Operational`.
pub const OPERATIONAL: u64 = BLOCK / 4 * 3;
/// Weight that is reserved for it.
pub const RESERVED: u64 = BLOCK / 4;
/// Weight and length of the largest batch.
pub const BATCH: (u64, u32) = (100_000, 1_000);
/// Length of a block in bytes.
pub const LENGTH: u32 = 10_000;

parameter_types! {
	pub LargestBatch: (Weight, u32) = (Weight::from_parts(BATCH.0, 0), BATCH.1);
	pub Weights: BlockWeights = {
		let part = |weight| Some(Weight::from_parts(weight, u64::MAX));
		let mut weights = BlockWeights::builder()
			.base_block(Weight::zero())
			.for_class(DispatchClass::all(), |class| class.base_extrinsic = Weight::zero())
			.for_class(DispatchClass::non_mandatory(), |class| {
				class.max_total = part(OPERATIONAL);
				class.reserved = part(RESERVED);
			})
			.build_or_panic();
		weights.max_block = Weight::from_parts(BLOCK, u64::MAX);
		weights
	};
	pub Length: BlockLength = BlockLength::builder().max_length(LENGTH).build();
}

thread_local! {
	static MIGRATING: Cell<bool> = const { Cell::new(false) };
}

/// Begins or ends a migration.
pub fn set_migrating(migrating: bool) {
	MIGRATING.with(|own| own.set(migrating));
}

/// Migration that a test begins and ends.
pub struct Migrator;
impl MultiStepMigrator for Migrator {
	fn ongoing() -> bool {
		MIGRATING.with(Cell::get)
	}
	fn step() -> Weight {
		Weight::zero()
	}
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type BlockWeights = Weights;
	type BlockLength = Length;
	type MultiBlockMigrator = Migrator;
}

impl pallet_opg_clock::Config for Test {
	type LargestBatch = LargestBatch;
}

/// Runs `test` on an empty chain.
pub fn run(test: impl FnOnce()) {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	sp_io::TestExternalities::from(storage).execute_with(|| {
		set_migrating(false);
		test();
		Clock::do_try_state().unwrap();
	});
}

/// Makes the next block, which `fill` fills. Returns whether the clock ticked.
pub fn block(fill: impl FnOnce()) -> bool {
	let number = System::block_number() + 1;
	let before = crate::Now::<Test>::get();
	System::initialize(&number, &Default::default(), &Default::default());
	Clock::on_initialize(number);
	assert_eq!(crate::Now::<Test>::get(), before, "it changes between blocks only");
	fill();
	Clock::on_finalize(number);
	Clock::do_try_state().unwrap();
	crate::Now::<Test>::get() > before
}

/// The block spends `weight` on transactions of `class`.
pub fn spend(weight: u64, class: DispatchClass) {
	System::register_extra_weight_unchecked(Weight::from_parts(weight, 0), class);
}

/// The block carries `bytes` bytes.
pub fn carry(bytes: u32) {
	frame_system::BlockSize::<Test>::put(bytes);
}
