//! Runtime APIs, which the node and clients call.

#![allow(missing_docs)]

use crate::{
	directory_view, event_view, registry_view,
	request_view::{reliance, request_view},
	*,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	traits::KeyOwnerProofSystem,
	weights::Weight,
};
use opg_primitives::{
	registry::{ModelName, Selector},
	Content, ExecutorKey, Fuel, ModelId, RequestId, Tier,
};
use opg_runtime_api::{
	AccountView, ChainView, CourtView, EngineView, ExecutorView, FreeExecutors, NameQuery,
	NamedModelView, Page, ReferenceView, Reliance, RequestEventView, RequestView, ServingView,
	VersionView,
};
use pallet_grandpa::AuthorityId as GrandpaId;
use pallet_opg_inference::Capacity;
use sp_api::impl_runtime_apis;
use sp_core::{OpaqueMetadata, H256};
use sp_runtime::{
	traits::NumberFor,
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult,
};

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}
		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}
		fn initialize_block(
			header: &<Block as BlockT>::Header,
		) -> sp_runtime::ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}
		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}
		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}
		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}
		fn inherent_extrinsics(
			data: sp_inherents::InherentData,
		) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}
		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_consensus_babe::BabeApi<Block> for Runtime {
		fn configuration() -> sp_consensus_babe::BabeConfiguration {
			let epoch_config = Babe::epoch_config().unwrap_or(constants::BABE_GENESIS_EPOCH_CONFIG);
			sp_consensus_babe::BabeConfiguration {
				slot_duration: Babe::slot_duration(),
				epoch_length: constants::SESSION_SLOTS,
				c: epoch_config.c,
				authorities: Babe::authorities().to_vec(),
				randomness: Babe::randomness(),
				allowed_slots: epoch_config.allowed_slots,
			}
		}
		fn current_epoch_start() -> sp_consensus_babe::Slot {
			Babe::current_epoch_start()
		}
		fn current_epoch() -> sp_consensus_babe::Epoch {
			Babe::current_epoch()
		}
		fn next_epoch() -> sp_consensus_babe::Epoch {
			Babe::next_epoch()
		}
		fn generate_key_ownership_proof(
			_slot: sp_consensus_babe::Slot,
			authority_id: sp_consensus_babe::AuthorityId,
		) -> Option<sp_consensus_babe::OpaqueKeyOwnershipProof> {
			let proof = Historical::prove((sp_consensus_babe::KEY_TYPE, authority_id))?;
			Some(sp_consensus_babe::OpaqueKeyOwnershipProof::new(proof.encode()))
		}
		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_babe::EquivocationProof<<Block as BlockT>::Header>,
			key_owner_proof: sp_consensus_babe::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Babe::submit_unsigned_equivocation_report(equivocation_proof, key_owner_proof.decode()?)
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}
		fn current_set_id() -> sp_consensus_grandpa::SetId {
			pallet_grandpa::CurrentSetId::<Runtime>::get()
		}
		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_grandpa::EquivocationProof<
				<Block as BlockT>::Hash,
				NumberFor<Block>,
			>,
			key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Grandpa::submit_unsigned_equivocation_report(
				equivocation_proof,
				key_owner_proof.decode()?,
			)
		}
		fn generate_key_ownership_proof(
			_set_id: sp_consensus_grandpa::SetId,
			authority_id: GrandpaId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			let proof = Historical::prove((sp_consensus_grandpa::KEY_TYPE, authority_id))?;
			Some(sp_consensus_grandpa::OpaqueKeyOwnershipProof::new(proof.encode()))
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(
			owner: Vec<u8>,
			seed: Option<Vec<u8>>,
		) -> sp_session::OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}
		fn decode_session_keys(
			encoded: Vec<u8>,
		) -> Option<Vec<(Vec<u8>, sp_core::crypto::KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
		fn query_info(
			uxt: <Block as BlockT>::Extrinsic,
			len: u32,
		) -> pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(uxt, len)
		}
		fn query_fee_details(
			uxt: <Block as BlockT>::Extrinsic,
			len: u32,
		) -> pallet_transaction_payment::FeeDetails<Balance> {
			TransactionPayment::query_fee_details(uxt, len)
		}
		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}
		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl opg_runtime_api::OpgApi<Block> for Runtime {
		fn request(id: RequestId) -> Option<RequestView> {
			request_view(id)
		}
		fn may_rely(id: RequestId) -> Reliance {
			reliance(id)
		}
		fn estimate(
			model: ModelId,
			tier: Tier,
			fuel: Option<Fuel>,
			fuel_limit: Option<Fuel>,
		) -> Option<Balance> {
			Inference::estimate(model, tier, fuel, fuel_limit)
		}
		fn estimate_at_most(
			model: ModelId,
			tier: Tier,
			blocks: u32,
			fuel_limit: Option<Fuel>,
		) -> Option<Balance> {
			Inference::estimate_at_most(model, tier, blocks, fuel_limit)
		}
		fn challenge_bond(id: RequestId) -> Option<Balance> {
			Inference::bond(&pallet_opg_inference::Requests::<Runtime>::get(id)?)
		}
		fn audit_price(id: RequestId) -> Option<Balance> {
			Inference::audit_price(&pallet_opg_inference::Requests::<Runtime>::get(id)?)
		}
		fn eligible_executors(model: ModelId) -> u32 {
			Inference::eligible(model, &[])
		}
		fn free_executors(model: ModelId) -> FreeExecutors {
			let Capacity { executors, free, offered } = Inference::capacity(model);
			FreeExecutors { executors, slots: free, offered }
		}
		fn valid_engines() -> Vec<H256> {
			let now = System::block_number();
			pallet_opg_models::Engines::<Runtime>::iter()
				.filter_map(|(id, validity)| validity.contains(&now).then_some(id))
				.collect()
		}
		fn input_fee(bytes: u32) -> Balance {
			Inference::input_fee(bytes)
		}
		fn contents_of(id: RequestId) -> Vec<Content> {
			Inference::contents_of(id).collect()
		}
		fn is_registered_file(model_hash: H256, size: u32) -> bool {
			Models::is_registered_file(model_hash, size)
		}
	}

	impl opg_runtime_api::RegistryApi<Block> for Runtime {
		fn version(model: ModelId) -> Option<VersionView> {
			registry_view::version(model)
		}
		fn resolve(owner: AccountId, name: ModelName, selector: Selector) -> Option<VersionView> {
			registry_view::resolve(owner, name, selector)
		}
		fn named_model(owner: AccountId, name: ModelName) -> Option<NamedModelView> {
			registry_view::named_model(owner, name)
		}
		fn named_models(
			query: NameQuery,
			cursor: Option<Vec<u8>>,
			limit: u32,
		) -> Page<NamedModelView> {
			registry_view::named_models(query, cursor, limit)
		}
		fn versions_with(
			model_hash: H256,
			cursor: Option<Vec<u8>>,
			limit: u32,
		) -> Page<VersionView> {
			registry_view::versions_with(model_hash, cursor, limit)
		}
	}

	impl opg_runtime_api::DirectoryApi<Block> for Runtime {
		fn chain() -> ChainView {
			directory_view::chain()
		}
		fn executors(
			model: Option<ModelId>,
			cursor: Option<Vec<u8>>,
			limit: u32,
		) -> Page<ExecutorView> {
			directory_view::executors(model, cursor, limit)
		}
		fn serving(cursor: Option<Vec<u8>>, limit: u32) -> Page<ServingView> {
			directory_view::serving(cursor, limit)
		}
		fn operator_of(key: ExecutorKey) -> Option<AccountId> {
			pallet_opg_staking::KeyOwners::<Runtime>::get(key)
		}
		fn account(who: AccountId) -> AccountView {
			directory_view::account(&who)
		}
		fn engines() -> Vec<EngineView> {
			directory_view::engines()
		}
		fn courts() -> Vec<CourtView> {
			directory_view::courts()
		}
	}

	impl opg_runtime_api::RequestEventsApi<Block> for Runtime {
		fn request_events() -> Vec<RequestEventView> {
			event_view::request_events()
		}
		fn failure_of(extrinsic: u32) -> Option<sp_runtime::DispatchError> {
			event_view::failure_of(extrinsic)
		}
		fn references(from: RequestId, limit: u32) -> Vec<ReferenceView> {
			event_view::references(from, limit)
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			let weight = Executive::try_runtime_upgrade(checks)
				.expect("the migrations and their checks succeed");
			(weight, <Runtime as frame_system::Config>::BlockWeights::get().max_block)
		}
		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			Executive::try_execute_block(block, state_root_check, signature_check, select)
				.expect("the block executes and leaves a consistent state")
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
			use frame_support::traits::StorageInfoTrait;
			let mut list = Vec::new();
			list_benchmarks!(list, extra);
			(list, AllPalletsWithSystem::storage_info())
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			let whitelist = crate::benchmarking::keys_paid_by_hooks();
			let mut batches = Vec::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			opg_primitives::address::set_default_prefix();
			build_state::<RuntimeGenesisConfig>(config)
		}
		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			opg_primitives::address::set_default_prefix();
			get_preset::<RuntimeGenesisConfig>(id, genesis_config_presets::get_preset)
		}
		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			genesis_config_presets::preset_names()
		}
	}
}
