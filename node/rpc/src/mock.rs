//! A chain, a pool and a node that tests fill with what they need.

use crate::{
	host::{Host, HostError, HostStatus},
	ChainInfo, Parts, Rpc,
};
use async_trait::async_trait;
use codec::Encode;
use frame_system_rpc_runtime_api::AccountNonceApi;
use opg_primitives::{
	registry::{ModelName, Selector, TextGeneration, VersionNumber},
	AccountId, Answer, Balance, BlockNumber, Content, Dim, ExecutorKey, Fuel, ModelId, Nonce,
	Outcome, RequestId, Task, TaskInput, Tier, VersionLimits,
};
use opg_runtime::{
	opaque::{Block, Header, UncheckedExtrinsic},
	tx_extension, RuntimeCall, VERSION,
};
use opg_runtime_api::*;
use parking_lot::Mutex;
use sc_client_api::{
	blockchain::{self, BlockStatus, Info},
	BlockImportNotification, BlockchainEvents, FinalityNotifications, HeaderBackend,
	ImportNotifications, StorageEventStream, StorageKey,
};
use sc_transaction_pool_api::{
	error::Error as PoolError, ImportNotificationStream, InPoolTransaction, PoolStatus,
	ReadyTransactions, TransactionPool, TransactionSource, TransactionStatus,
	TransactionStatusStreamFor, TxInvalidityReportMap,
};
use sc_utils::mpsc::{tracing_unbounded, TracingUnboundedSender};
use sp_api::{ApiRef, ProvideRuntimeApi};
use sp_block_builder::BlockBuilder;
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{
	generic::Era,
	traits::{BlakeTwo256, Hash as _, Header as _},
	ApplyExtrinsicResult, DispatchError, OpaqueExtrinsic, Perbill,
};
use std::{
	collections::{BTreeMap, HashMap},
	pin::Pin,
	sync::Arc,
	time::Duration,
};

/// The only version on the chain.
pub(crate) const MODEL: ModelId = 7;

/// The requester.
pub(crate) fn requester() -> AccountId {
	AccountId::new([1; 32])
}

/// Name of bytes.
pub(crate) fn content(bytes: &[u8]) -> Content {
	Content { hash: BlakeTwo256::hash(bytes), size: bytes.len() as u32 }
}

/// Hash of a block of the chain.
pub(crate) fn hash(number: BlockNumber) -> H256 {
	H256::from_low_u64_be(u64::from(number) + 1)
}

/// A signed extrinsic.
pub(crate) fn signed(call: RuntimeCall) -> Vec<u8> {
	let pair = sr25519::Pair::from_seed(&[9; 32]);
	let extension = tx_extension(0, Era::Immortal, 0);
	let signature = pair.sign(b"whatever");
	let signer = AccountId::from(pair.public()).into();
	opg_runtime::UncheckedExtrinsic::new_signed(call, signer, signature.into(), extension).encode()
}

/// An extrinsic that nobody signed.
pub(crate) fn unsigned(call: RuntimeCall) -> Vec<u8> {
	opg_runtime::UncheckedExtrinsic::new_bare(call).encode()
}

/// A version of a model, with everything that a version can have.
pub(crate) fn version() -> VersionView {
	let limits = VersionLimits { input_bytes: 100_000, ..VersionLimits::inline(1_000, 500, 64) };
	VersionView {
		model: MODEL,
		owner: AccountId::new([4; 32]),
		name: b"digits".to_vec().try_into().expect("short"),
		number: VersionNumber::new(1, 4, 0),
		model_hash: H256::repeat_byte(5),
		size: 12_345,
		engine_id: H256::repeat_byte(6),
		dims: vec![Dim { name: b"batch".to_vec().try_into().expect("short"), size: 1 }]
			.try_into()
			.expect("few"),
		limits,
		royalty: 50,
		report_hash: H256::repeat_byte(7),
		licence: Some(b"MIT".to_vec().try_into().expect("short")),
		tokenizer: None,
		generation: Some(TextGeneration {
			context: 256,
			vocabulary: 1_000,
			block: 32,
			token_fuel: 20,
			block_fuel: 300,
		}),
		deprecated: Some(b"old".to_vec().try_into().expect("short")),
		announced_by: AccountId::new([4; 32]),
		announced_at: 3,
	}
}

/// A request in this state.
pub(crate) fn request_view(status: RequestStatus) -> RequestView {
	let VersionView { model_hash, engine_id, dims, limits, .. } = version();
	let input = TaskInput::Inline(vec![1, 2]);
	RequestView {
		requester: requester(),
		model: MODEL,
		task: Task { model_hash, engine_id, dims, input, limits },
		tier: Tier::Quorum,
		reference: H256::repeat_byte(3),
		deadline: None,
		requested_at: 1,
		drawn_at: Some(2),
		seed: Some(H256::repeat_byte(8)),
		seats: vec![SeatView {
			executor: AccountId::new([2; 32]),
			round: 0,
			committed: Some((3, H256::repeat_byte(9))),
			revealed: None,
			declined: Some(opg_primitives::JobError::ModelMissing),
		}],
		status,
	}
}

/// An answer.
pub(crate) fn answer() -> Answer {
	let output = vec![1, 2, 3].try_into().expect("short");
	Answer { outcome: Outcome::Output(output), fuel: 77 }
}

fn pool_view() -> PoolView {
	PoolView {
		operator: AccountId::new([2; 32]),
		role: PoolRole::Executor,
		stake: 1_000,
		own_stake: 400,
		commission: Perbill::from_percent(5),
		state: PoolState::PausedForSilence { resumable_in: 9 },
		misses: 2,
		convictions: 0,
	}
}

/// What the chain says.
#[derive(Default)]
pub(crate) struct World {
	pub(crate) best: BlockNumber,
	pub(crate) finalized: BlockNumber,
	pub(crate) requests: BTreeMap<RequestId, RequestView>,
	/// What may be relied on of each request since which block.
	pub(crate) reliance: BTreeMap<RequestId, (BlockNumber, Reliance)>,
	pub(crate) events: BTreeMap<BlockNumber, Vec<RequestEventView>>,
	pub(crate) failures: BTreeMap<(BlockNumber, u32), DispatchError>,
	/// What becomes of an extrinsic that is tried out.
	pub(crate) trial: Option<ApplyExtrinsicResult>,
	pub(crate) contents: Vec<Content>,
	imported: Option<TracingUnboundedSender<BlockImportNotification<Block>>>,
	finality: Option<TracingUnboundedSender<sc_client_api::FinalityNotification<Block>>>,
}

/// Client of the chain.
#[derive(Clone, Default)]
pub(crate) struct MockClient(pub(crate) Arc<Mutex<World>>);

fn number_of(hash: H256) -> BlockNumber {
	(hash.to_low_u64_be() - 1) as BlockNumber
}

fn header(number: BlockNumber) -> Header {
	let empty = H256::zero();
	Header::new(number, empty, empty, empty, Default::default())
}

impl MockClient {
	/// Tells whether somebody follows the blocks.
	pub(crate) fn is_followed(&self) -> bool {
		self.0.lock().finality.is_some()
	}

	/// The next block comes, and does this to requests.
	pub(crate) fn import(&self, events: Vec<RequestEventView>) -> BlockNumber {
		let mut world = self.0.lock();
		world.best += 1;
		let number = world.best;
		world.events.insert(number, events);
		let sender = world.imported.clone().expect("somebody follows");
		drop(world);
		let (unpin, _) = tracing_unbounded("unpin", 1_000);
		let origin = sp_consensus::BlockOrigin::Own;
		let block =
			BlockImportNotification::new(hash(number), origin, header(number), true, None, unpin);
		sender.unbounded_send(block).expect("somebody follows");
		number
	}

	/// The newest block becomes final.
	pub(crate) fn finalize(&self) {
		let mut world = self.0.lock();
		world.finalized = world.best;
		let number = world.finalized;
		let sender = world.finality.clone().expect("somebody follows");
		drop(world);
		let (unpin, _) = tracing_unbounded("unpin", 1_000);
		let summary = sc_client_api::FinalizeSummary {
			header: header(number),
			finalized: vec![hash(number)],
			stale_blocks: vec![],
		};
		let block = sc_client_api::FinalityNotification::from_summary(summary, unpin);
		sender.unbounded_send(block).expect("somebody follows");
	}
}

impl HeaderBackend<Block> for MockClient {
	fn header(&self, hash: H256) -> blockchain::Result<Option<Header>> {
		Ok(Some(header(number_of(hash))))
	}

	fn info(&self) -> Info<Block> {
		let world = self.0.lock();
		Info {
			best_hash: hash(world.best),
			best_number: world.best,
			genesis_hash: hash(0),
			finalized_hash: hash(world.finalized),
			finalized_number: world.finalized,
			finalized_state: None,
			number_leaves: 1,
			block_gap: None,
		}
	}

	fn status(&self, _: H256) -> blockchain::Result<BlockStatus> {
		Ok(BlockStatus::InChain)
	}

	fn number(&self, hash: H256) -> blockchain::Result<Option<BlockNumber>> {
		Ok(Some(number_of(hash)))
	}

	fn hash(&self, number: BlockNumber) -> blockchain::Result<Option<H256>> {
		Ok(Some(hash(number)))
	}
}

impl BlockchainEvents<Block> for MockClient {
	fn import_notification_stream(&self) -> ImportNotifications<Block> {
		let (sender, receiver) = tracing_unbounded("imported", 1_000);
		self.0.lock().imported = Some(sender);
		receiver
	}

	fn every_import_notification_stream(&self) -> ImportNotifications<Block> {
		unimplemented!("nothing asks for it")
	}

	fn finality_notification_stream(&self) -> FinalityNotifications<Block> {
		let (sender, receiver) = tracing_unbounded("finality", 1_000);
		self.0.lock().finality = Some(sender);
		receiver
	}

	fn storage_changes_notification_stream(
		&self,
		_: Option<&[StorageKey]>,
		_: Option<&[(StorageKey, Option<Vec<StorageKey>>)]>,
	) -> blockchain::Result<StorageEventStream<H256>> {
		unimplemented!("nothing asks for it")
	}
}

impl ProvideRuntimeApi<Block> for MockClient {
	type Api = MockApi;

	fn runtime_api(&self) -> ApiRef<'_, MockApi> {
		MockApi(self.0.clone()).into()
	}
}

/// Runtime API of the chain.
pub(crate) struct MockApi(Arc<Mutex<World>>);

sp_api::mock_impl_runtime_apis! {
	impl OpgApi<Block> for MockApi {
		fn request(&self, id: RequestId) -> Option<RequestView> {
			self.0.lock().requests.get(&id).cloned()
		}
		#[advanced]
		fn may_rely(&self, at: H256, id: RequestId) -> Result<Reliance, sp_api::ApiError> {
			let reliance = self.0.lock().reliance.get(&id).copied();
			let reliance = reliance.filter(|(since, _)| *since <= number_of(at));
			Ok(reliance.map_or(Reliance::Unknown, |(_, reliance)| reliance))
		}
		fn estimate(
			&self,
			_: ModelId,
			_: Tier,
			fuel: Option<Fuel>,
			fuel_limit: Option<Fuel>,
		) -> Option<Balance> {
			Some(fuel.or(fuel_limit).map_or(1_000, Balance::from))
		}
		fn estimate_at_most(
			&self,
			_: ModelId,
			_: Tier,
			blocks: u32,
			fuel_limit: Option<Fuel>,
		) -> Option<Balance> {
			Some(fuel_limit.map_or(1_000, Balance::from) + Balance::from(blocks))
		}
		fn challenge_bond(&self, _: RequestId) -> Option<Balance> {
			None
		}
		fn audit_price(&self, _: RequestId) -> Option<Balance> {
			None
		}
		fn eligible_executors(&self, _: ModelId) -> u32 {
			3
		}
		fn free_executors(&self, _: ModelId) -> FreeExecutors {
			FreeExecutors { executors: 3, slots: 24, offered: 24 }
		}
		fn valid_engines(&self) -> Vec<H256> {
			vec![]
		}
		fn input_fee(&self, bytes: u32) -> Balance {
			if bytes > 16_384 { 9 } else { 0 }
		}
		fn contents_of(&self, _: RequestId) -> Vec<Content> {
			self.0.lock().contents.clone()
		}
		fn is_registered_file(&self, _: H256, _: u32) -> bool {
			false
		}
	}

	impl RegistryApi<Block> for MockApi {
		fn version(&self, model: ModelId) -> Option<VersionView> {
			(model == MODEL).then(version)
		}
		fn resolve(&self, owner: AccountId, name: ModelName, _: Selector) -> Option<VersionView> {
			let version = version();
			(version.owner == owner && version.name == name).then_some(version)
		}
		fn named_model(&self, _: AccountId, _: ModelName) -> Option<NamedModelView> {
			None
		}
		fn named_models(
			&self,
			_: NameQuery,
			_: Option<Vec<u8>>,
			_: u32,
		) -> Page<NamedModelView> {
			let VersionView { owner, name, number, model, .. } = version();
			let state = opg_primitives::registry::VersionState::Deprecated;
			let named = NamedModelView {
				owner,
				name,
				tags: vec![b"vision".to_vec().try_into().expect("short")].try_into().expect("few"),
				card: Some(opg_primitives::registry::Content {
					hash: H256::repeat_byte(1),
					size: 5,
				}),
				channels: vec![(b"stable".to_vec().try_into().expect("short"), MODEL)],
				latest: None,
				versions: vec![ListedVersionView { number, model, state }],
				offered_to: None,
				deposit: 1,
			};
			Page { items: vec![named], next: Some(vec![1]) }
		}
		fn versions_with(&self, _: H256, _: Option<Vec<u8>>, _: u32) -> Page<VersionView> {
			Page { items: vec![version()], next: None }
		}
	}

	impl DirectoryApi<Block> for MockApi {
		fn chain(&self) -> ChainView {
			ChainView {
				spec_version: VERSION.spec_version,
				transaction_version: VERSION.transaction_version,
				session: 4,
				clock: 40,
				fuel_price: 17,
				request_deposit: 500,
				next_request: self.0.lock().requests.keys().last().map_or(0, |last| last + 1),
			}
		}
		fn executors(
			&self,
			_: Option<ModelId>,
			_: Option<Vec<u8>>,
			_: u32,
		) -> Page<ExecutorView> {
			let executor = ExecutorView { pool: pool_view(), slots: 8, busy: 1, reserved: 3 };
			Page { items: vec![executor], next: Some(AccountId::new([2; 32]).encode()) }
		}
		fn serving(&self, cursor: Option<Vec<u8>>, _: u32) -> Page<ServingView> {
			let (model, next) = match cursor {
				None => (MODEL + 1, Some(vec![1])),
				Some(_) => (MODEL, None),
			};
			let executors = vec![AccountId::new([2; 32])];
			Page { items: vec![ServingView { model, executors }], next }
		}
		fn operator_of(&self, _: ExecutorKey) -> Option<AccountId> {
			Some(AccountId::new([2; 32]))
		}
		fn account(&self, _: AccountId) -> AccountView {
			let unbonding = vec![UnbondingView { amount: 5, unlock_at: 90 }];
			AccountView {
				free: 10,
				held: 20,
				pools: vec![OwnPoolView { pool: pool_view(), unbonding: unbonding.clone() }],
				delegations: vec![DelegationView {
					operator: AccountId::new([2; 32]),
					role: PoolRole::Validator,
					stake: 7,
					unbonding,
				}],
			}
		}
		fn engines(&self) -> Vec<EngineView> {
			vec![EngineView { id: H256::repeat_byte(6), is_valid: true }]
		}
		fn courts(&self) -> Vec<CourtView> {
			vec![CourtView {
				request: 3,
				since: 30,
				challengers: vec![requester()],
				phase: CourtPhase::Reveal { until: 44 },
				sitting: 0,
				votes: 2,
				seats: 3,
			}]
		}
	}

	impl RequestEventsApi<Block> for MockApi {
		#[advanced]
		fn request_events(&self, at: H256) -> Result<Vec<RequestEventView>, sp_api::ApiError> {
			Ok(self.0.lock().events.get(&number_of(at)).cloned().unwrap_or_default())
		}
		#[advanced]
		fn failure_of(
			&self,
			at: H256,
			extrinsic: u32,
		) -> Result<Option<DispatchError>, sp_api::ApiError> {
			Ok(self.0.lock().failures.get(&(number_of(at), extrinsic)).copied())
		}
		fn references(&self, from: RequestId, limit: u32) -> Vec<ReferenceView> {
			let world = self.0.lock();
			let kept = world.requests.range(from..from + RequestId::from(limit));
			let view = |(id, own): (&RequestId, &RequestView)| ReferenceView {
				request: *id,
				requester: own.requester.clone(),
				model: own.model,
				reference: own.reference,
			};
			kept.map(view).collect()
		}
	}

	impl AccountNonceApi<Block, AccountId, Nonce> for MockApi {
		fn account_nonce(&self, _: AccountId) -> Nonce {
			12
		}
	}

	impl BlockBuilder<Block> for MockApi {
		fn apply_extrinsic(&self, _: OpaqueExtrinsic) -> ApplyExtrinsicResult {
			self.0.lock().trial.unwrap_or(Ok(Ok(())))
		}
		fn finalize_block() -> Header {
			unimplemented!("nothing asks for it")
		}
		fn inherent_extrinsics(_: sp_inherents::InherentData) -> Vec<OpaqueExtrinsic> {
			unimplemented!("nothing asks for it")
		}
		fn check_inherents(
			_: <Block as sp_runtime::traits::Block>::LazyBlock,
			_: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			unimplemented!("nothing asks for it")
		}
	}
}

/// Pool that takes what a test does not refuse.
#[derive(Default)]
pub(crate) struct MockPool {
	pub(crate) taken: Mutex<Vec<OpaqueExtrinsic>>,
	pub(crate) refusal: Mutex<Option<PoolError>>,
	/// What becomes of a transaction that is watched.
	pub(crate) statuses: Mutex<Vec<TransactionStatus<H256, H256>>>,
}

/// Transaction of the pool. There is none.
pub(crate) enum NoTransaction {}

impl InPoolTransaction for NoTransaction {
	type Transaction = Arc<OpaqueExtrinsic>;
	type Hash = H256;

	fn data(&self) -> &Self::Transaction {
		match *self {}
	}
	fn hash(&self) -> &H256 {
		match *self {}
	}
	fn priority(&self) -> &u64 {
		match *self {}
	}
	fn longevity(&self) -> &u64 {
		match *self {}
	}
	fn requires(&self) -> &[Vec<u8>] {
		match *self {}
	}
	fn provides(&self) -> &[Vec<u8>] {
		match *self {}
	}
	fn is_propagable(&self) -> bool {
		match *self {}
	}
}

type Ready = Box<dyn ReadyTransactions<Item = Arc<NoTransaction>> + Send>;

#[async_trait]
impl TransactionPool for MockPool {
	type Block = Block;
	type Hash = H256;
	type InPoolTransaction = NoTransaction;
	type Error = PoolError;

	async fn submit_at(
		&self,
		_: H256,
		_: TransactionSource,
		_: Vec<UncheckedExtrinsic>,
	) -> Result<Vec<Result<H256, PoolError>>, PoolError> {
		unimplemented!("nothing asks for it")
	}

	async fn submit_one(
		&self,
		_: H256,
		_: TransactionSource,
		extrinsic: UncheckedExtrinsic,
	) -> Result<H256, PoolError> {
		if let Some(refusal) = self.refusal.lock().take() {
			return Err(refusal);
		}
		let hash = self.hash_of(&extrinsic);
		self.taken.lock().push(extrinsic);
		Ok(hash)
	}

	async fn submit_and_watch(
		&self,
		at: H256,
		source: TransactionSource,
		extrinsic: UncheckedExtrinsic,
	) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, PoolError> {
		self.submit_one(at, source, extrinsic).await?;
		let statuses = std::mem::take(&mut *self.statuses.lock());
		Ok(Box::pin(futures::stream::iter(statuses)))
	}

	async fn ready_at(&self, _: H256) -> Ready {
		unimplemented!("nothing asks for it")
	}

	fn ready(&self) -> Ready {
		unimplemented!("nothing asks for it")
	}

	async fn report_invalid(
		&self,
		_: Option<H256>,
		_: TxInvalidityReportMap<H256>,
	) -> Vec<Arc<NoTransaction>> {
		unimplemented!("nothing asks for it")
	}

	fn futures(&self) -> Vec<NoTransaction> {
		unimplemented!("nothing asks for it")
	}

	fn status(&self) -> PoolStatus {
		unimplemented!("nothing asks for it")
	}

	fn import_notification_stream(&self) -> ImportNotificationStream<H256> {
		unimplemented!("nothing asks for it")
	}

	fn on_broadcasted(&self, _: HashMap<H256, Vec<String>>) {}

	fn hash_of(&self, extrinsic: &UncheckedExtrinsic) -> H256 {
		BlakeTwo256::hash_of(extrinsic)
	}

	fn ready_transaction(&self, _: &H256) -> Option<Arc<NoTransaction>> {
		None
	}

	async fn ready_at_with_timeout(&self, _: H256, _: Duration) -> Ready {
		unimplemented!("nothing asks for it")
	}
}

/// Node whose store is in memory, and whose engine gives one answer.
#[derive(Default)]
pub(crate) struct MockHost {
	store: Mutex<BTreeMap<Content, bool>>,
}

impl MockHost {
	/// Tells whether a content is kept.
	pub(crate) fn keeps(&self, content: &Content) -> bool {
		self.store.lock().get(content) == Some(&true)
	}
}

impl Host for MockHost {
	fn content_of(&self, bytes: &[u8]) -> Option<Content> {
		Some(content(bytes))
	}

	fn has(&self, content: &Content) -> bool {
		self.store.lock().contains_key(content)
	}

	fn put(&self, bytes: &[u8]) -> Result<(), HostError> {
		self.store.lock().insert(content(bytes), false);
		Ok(())
	}

	fn keep(&self, content: &Content) {
		self.store.lock().insert(*content, true);
	}

	fn discard(&self, content: &Content) {
		self.store.lock().remove(content);
	}

	fn run(&self, task: Task) -> Result<Answer, HostError> {
		match task.input.inline() {
			Some([]) => Err(HostError::Missing("model")),
			_ => Ok(answer()),
		}
	}

	fn status(&self) -> HostStatus {
		use opg_primitives::executor_key::ExecutorPair;
		let key = <ExecutorPair as Pair>::from_seed(&[3; 32]).public();
		HostStatus {
			version: "0.1.0".into(),
			engine: H256::repeat_byte(6),
			engines: vec![H256::repeat_byte(9)],
			runs_engine: true,
			served: vec![H256::repeat_byte(5)],
			keys: vec![key],
		}
	}
}

/// The methods on a chain, a pool and a node of a test.
pub(crate) struct Mock {
	pub(crate) client: MockClient,
	pub(crate) pool: Arc<MockPool>,
	pub(crate) host: Arc<MockHost>,
	pub(crate) rpc: Rpc<MockClient, MockPool>,
}

impl Mock {
	pub(crate) fn new() -> Self {
		let client = MockClient::default();
		let (pool, host) = (Arc::new(MockPool::default()), Arc::new(MockHost::default()));
		let info = ChainInfo { name: "Test".into() };
		let parts = Parts {
			client: Arc::new(client.clone()),
			pool: pool.clone(),
			info,
			host: host.clone(),
		};
		Self { client, pool, host, rpc: Rpc::new(parts) }
	}
}
