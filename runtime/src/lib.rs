//! The OPG Chain runtime.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "256"]
// The runtime macros and the WASM builder emit public items without documentation.
#![allow(missing_docs)]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
#[macro_use]
mod benchmarking;
mod apis;
mod configs;
pub mod constants;
mod directory_view;
mod event_view;
mod extension;
pub mod genesis_config_presets;
pub mod inflation;
mod migrations;
mod registry_view;
mod request_view;

pub use apis::{RuntimeApi, RUNTIME_API_VERSIONS};
pub use configs::{governance, ProxyType};
pub use extension::{ChargeFee, CheckOperational};
pub use opg_primitives::{AccountId, Balance, BlockNumber, Nonce, Signature};

use configs::{consensus::Beefy, governance::pallet_governance};

use alloc::{borrow::Cow, vec::Vec};
use sp_runtime::{
	generic,
	generic::Era,
	impl_opaque_keys,
	traits::{BlakeTwo256, Block as BlockT, TransactionExtension},
	MultiAddress,
};
use sp_version::RuntimeVersion;

/// Types of the node, which must not depend on the calls of one runtime version.
pub mod opaque {
	use super::*;
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// Block header.
	pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
	/// Block whose extrinsics are bytes.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
	/// Block hash.
	pub type Hash = <BlakeTwo256 as sp_runtime::traits::Hash>::Output;
}

impl_opaque_keys! {
	/// Session keys of a validator.
	pub struct SessionKeys {
		/// Block production.
		pub babe: Babe,
		/// Finality.
		pub grandpa: Grandpa,
		/// Votes in the court.
		pub court: Court,
		/// Kept for BEEFY, which this chain has not yet.
		pub beefy: Beefy,
	}
}

/// Version of this runtime.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("opg"),
	impl_name: Cow::Borrowed("opg-node"),
	authoring_version: 1,
	spec_version: 101,
	impl_version: 1,
	apis: RUNTIME_API_VERSIONS,
	transaction_version: 2,
	system_version: 1,
};

/// Address of an account.
pub type Address = MultiAddress<AccountId, ()>;
/// Block header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// Block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// Block hash.
pub type Hash = sp_core::H256;

/// Transaction extensions, in wire order. `AuthorizeCall` comes first: what it authorizes pays no
/// fee. [`CheckOperational`] follows, because it asks for that authorization. [`tx_extension`] and
/// [`tx_implicit`] follow the same order.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	CheckOperational,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	ChargeFee,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// Explicit part of the extensions: it is sent with the transaction.
pub fn tx_extension(nonce: Nonce, era: Era, tip: Balance) -> TxExtension {
	(
		frame_system::AuthorizeCall::new(),
		CheckOperational,
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(era),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		ChargeFee::from_tip(tip),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	)
}

/// Implicit part of [`TxExtension`].
pub type TxImplicit = <TxExtension as TransactionExtension<RuntimeCall>>::Implicit;

/// Implicit part of the extensions: it is signed and not sent. `checkpoint` is the hash of the
/// block in which the transaction's era begins; an immortal era begins at genesis.
pub fn tx_implicit(genesis: Hash, checkpoint: Hash) -> TxImplicit {
	(
		(),
		(),
		(),
		VERSION.spec_version,
		VERSION.transaction_version,
		genesis,
		checkpoint,
		(),
		(),
		(),
		None,
		(),
	)
}

/// Transaction or inherent.
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// Payload that a signature of a transaction covers.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;
/// Executes blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

// Hooks run in the order of the indices, whatever the order here.
#[frame_support::runtime]
mod runtime {
	/// The runtime.
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Babe = pallet_babe;
	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(5)]
	pub type TransactionPayment = pallet_transaction_payment;

	#[runtime::pallet_index(6)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(7)]
	pub type Grandpa = pallet_grandpa;

	#[runtime::pallet_index(8)]
	pub type Historical = pallet_session::historical;
	#[runtime::pallet_index(9)]
	pub type Offences = pallet_offences;

	#[runtime::pallet_index(10)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(11)]
	pub type Proxy = pallet_proxy;
	#[runtime::pallet_index(12)]
	pub type Multisig = pallet_multisig;
	#[runtime::pallet_index(13)]
	pub type Scheduler = pallet_scheduler;
	#[runtime::pallet_index(14)]
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(15)]
	pub type Sudo = pallet_sudo;
	// After `Session`: the first block of a session names its author by the index in the new list
	// of validators.
	#[runtime::pallet_index(16)]
	pub type Authorship = pallet_authorship;

	#[runtime::pallet_index(20)]
	pub type Staking = pallet_opg_staking;
	#[runtime::pallet_index(21)]
	pub type Models = pallet_opg_models;
	// Before `Inference`: a round that ends in a block escalates before the draws of that block.
	#[runtime::pallet_index(22)]
	pub type Attestation = pallet_opg_attestation;
	#[runtime::pallet_index(23)]
	pub type Inference = pallet_opg_inference;
	// Anywhere: verdicts follow from its hook alone, and what they put on the agenda is for later
	// blocks.
	#[runtime::pallet_index(25)]
	pub type Court = pallet_opg_court;

	#[runtime::pallet_index(30)]
	pub type Referenda = pallet_referenda;
	#[runtime::pallet_index(31)]
	pub type ConvictionVoting = pallet_conviction_voting;
	#[runtime::pallet_index(32)]
	pub type Treasury = pallet_treasury;
	#[runtime::pallet_index(33)]
	pub type TechnicalCommittee = pallet_collective<Instance1>;
	#[runtime::pallet_index(34)]
	pub type SafeMode = pallet_safe_mode;
	#[runtime::pallet_index(35)]
	pub type Governance = pallet_governance;

	#[runtime::pallet_index(90)]
	pub type Migrations = pallet_migrations;

	// Last: its `on_finalize` sees all that the block used.
	#[runtime::pallet_index(100)]
	pub type Clock = pallet_opg_clock;
}
