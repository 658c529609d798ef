//! The chain as the client sees it: reads, transactions, waiting.

use crate::{
	by_name::{self, Own},
	extrinsic::{call_data, signed, SigningContext, MORTALITY},
	failure::{Failure, TransactionFailed},
	keys::{self, Account},
	model_ref::NameRef,
	rpc::{Endpoint, Rpc},
};
use anyhow::{anyhow, bail, ensure, Context, Result};
use codec::{Decode, Encode};
use jsonrpsee_core::client::Subscription;
use opg_execution::printable;
use opg_primitives::{
	court::CourtKey,
	registry::{Selector, MAX_NAMES_PAGE, MAX_PAGE},
	AccountId, Balance, BlockNumber, Fuel, ModelId, Nonce, RequestId, Tier, MAX_INPUT_BYTES,
};
use opg_receipt::Receipt;
use opg_runtime::{Header, Runtime, RuntimeCall, RuntimeError, RuntimeEvent, VERSION};
use opg_runtime_api::{NameQuery, NamedModelView, Page, RequestView, VersionView};
use pallet_opg_court::{Benches, Holders};
use pallet_opg_models::{Announcement, Announcements, Maxima, VersionMaxima};
use pallet_opg_staking::{Pool, Pools, Role};
use scale_info::{PortableRegistry, TypeDef, TypeInfo};
use serde::Deserialize;
use serde_json::json;
use sp_core::{crypto::Ss58Codec, sr25519, Bytes, H256};
use sp_io::hashing::twox_128;
use sp_runtime::{ArithmeticError, DispatchError, ModuleError, TokenError};
use std::{
	cell::RefCell,
	fmt::{self, Display},
	sync::Arc,
	thread::sleep,
	time::Duration,
};
use subxt::{
	backend::LegacyBackend, config::SubstrateConfig, dynamic::Value, events::Phase, Metadata,
	OnlineClient, OnlineClientAtBlock,
};
use tokio::time::Instant;

const POLL: Duration = Duration::from_millis(700);
/// Twenty blocks. A valid transaction is included much sooner.
const INCLUSION_TIMEOUT: Duration = Duration::from_secs(60);

/// Blocks within which a request is included.
const SOON_BLOCKS: u32 = 10;

/// Most items that a listing goes through.
const MAX_LISTED: usize = 100_000;

/// A connection to a node of an OPG chain, whatever the version of its runtime.
///
/// Commands speak in the types of the runtime that this program was built with. What goes to the node
/// and comes from it is translated by name, see [`by_name`].
pub(crate) struct Chain {
	rpc: Rpc,
	client: OnlineClient<SubstrateConfig>,
	name: String,
	/// The block that was looked at last: the next read is often of the same.
	last: RefCell<Option<AtBlock>>,
}

/// A block with the metadata of its runtime.
type AtBlock = OnlineClientAtBlock<SubstrateConfig>;

/// Session in which what is declared now begins to count.
pub(crate) struct PlannedSession {
	/// Its index.
	pub session: u32,
	/// Highest number that its first block can have.
	pub block: BlockNumber,
}

impl fmt::Display for PlannedSession {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { session, block } = self;
		write!(f, "serving counts from session {session} on, in block {block} at the latest")
	}
}

/// A transaction that was included and did not fail.
pub(crate) struct Included {
	/// Height of the block.
	pub block: BlockNumber,
	/// Events of the transaction.
	pub events: Vec<RuntimeEvent>,
}

/// A transaction that was handed in.
pub(crate) struct Submitted {
	bytes: Bytes,
	tracking: Tracking,
}

enum Tracking {
	/// The node tells what becomes of it.
	Watched(Box<Subscription<TransactionStatus>>),
	/// Blocks are searched for it, from this height on.
	Searched(BlockNumber),
}

/// News of `author_submitAndWatchExtrinsic`. Some carry more than is used here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
enum TransactionStatus {
	Future,
	Ready,
	Broadcast(Vec<String>),
	InBlock(H256),
	Retracted(H256),
	FinalityTimeout(H256),
	Finalized(H256),
	Usurped(H256),
	Dropped,
	Invalid,
}

/// The pool gives up a transaction that it took: another one of the account may have the nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Replaced {
	#[error("another transaction of this account took its place: send it again")]
	Usurped,
	#[error("the transaction is no longer valid: send it again")]
	Invalid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeVersion {
	spec_name: String,
}

#[derive(Deserialize)]
struct SignedBlock {
	block: Block,
}

#[derive(Deserialize)]
struct Block {
	header: Header,
	extrinsics: Vec<Bytes>,
}

/// Validators who say that they hold the file of a model.
pub struct Holding {
	/// Number of those who do.
	pub holding: usize,
	/// Number of all.
	pub validators: usize,
}

impl Holding {
	/// Tells whether they are enough for the model to take requests.
	pub fn is_enough(&self) -> bool {
		self.holding > 0 && 3 * self.holding >= 2 * self.validators
	}
}

impl Chain {
	/// Connects, and makes sure that it is a node of an OPG chain.
	pub fn connect(endpoint: &Endpoint) -> Result<Self> {
		let open = || {
			let rpc = Rpc::connect(endpoint)?;
			let name: String = rpc.call("system_chain", &[])?;
			anyhow::Ok((rpc, name))
		};
		let (rpc, name) = open().map_err(|error| Failure::NoNode {
			endpoint: endpoint.clone(),
			cause: format!("{error:#}"),
		})?;
		let node: RuntimeVersion = rpc.call("state_getRuntimeVersion", &[])?;
		if node.spec_name != VERSION.spec_name {
			bail!(Failure::OtherChain(format!(
				"the node is of the chain {}, whose runtime is `{}`, and this program is for OPG chains: \
				 name another node with --url",
				printable(&name),
				printable(&node.spec_name)
			)));
		}
		let backend = LegacyBackend::builder().build(rpc.for_subxt());
		let client = rpc.wait(OnlineClient::from_backend(Arc::new(backend)));
		let client = client.map_err(printed).context("the chain's first block")?;
		Ok(Self { rpc, client, name: printable(&name), last: RefCell::default() })
	}

	/// The connection.
	pub fn rpc(&self) -> &Rpc {
		&self.rpc
	}

	/// Name of the chain, as the node gives it.
	pub fn name(&self) -> &str {
		&self.name
	}

	/// Genesis hash.
	pub fn genesis(&self) -> H256 {
		self.client.genesis_hash()
	}

	/// Height of the best block.
	pub fn height(&self) -> Result<BlockNumber> {
		Ok(self.header(None)?.number)
	}

	/// The header of a block, or of the best.
	fn header(&self, at: Option<H256>) -> Result<Header> {
		let params = at.map(|at| json!(at));
		let header: Option<Header> = self.rpc.call("chain_getHeader", params.as_slice())?;
		header.context("the node does not know the block any more: try again")
	}

	/// Hash of the block of the best chain at a height.
	pub fn block_hash(&self, height: BlockNumber) -> Result<H256> {
		let hash: Option<H256> = self.rpc.call("chain_getBlockHash", &[json!(height)])?;
		hash.with_context(|| format!("the node does not know block {height} any more: try again"))
	}

	/// A block, or the best, with the metadata of its runtime.
	fn block(&self, at: Option<H256>) -> Result<AtBlock> {
		let header = self.header(at)?;
		let (hash, number) = (header.hash(), header.number.into());
		if let Some(last) = self.last.borrow().as_ref().filter(|last| last.block_hash() == hash) {
			return Ok(last.clone());
		}
		let block = self.rpc.wait(self.client.at_block_hash_and_number(hash, number));
		let block = block.map_err(printed)?;
		self.last.replace(Some(block.clone()));
		Ok(block)
	}

	/// Calls a runtime API in the best block. `method` is the name of the trait and of the function, with
	/// `_` between them.
	pub fn api<R: Decode + TypeInfo + 'static>(
		&self,
		method: &str,
		argument: impl Encode,
	) -> Result<R> {
		let block = self.block(None)?;
		let what = || unlike(&block, &method.replacen('_', ".", 1));
		let (inputs, output) = api_types(block.metadata_ref(), method).with_context(what)?;
		let types = block.metadata_ref().types();
		let argument = argument.encode();
		check_arguments(&argument, &inputs, types).with_context(what)?;
		let params = [json!(method), json!(Bytes(argument)), json!(block.block_hash())];
		let encoded: Bytes = self.rpc.call("state_call", &params)?;
		by_name::read(&encoded, output, types).with_context(what)
	}

	/// A request and where it stands.
	pub fn request(&self, id: RequestId) -> Result<RequestView> {
		self.api::<Option<RequestView>>("OpgApi_request", id)?.with_context(|| {
			format!("there is no request {id}: it was never sent, or it ended long ago")
		})
	}

	/// The most that one request to the model costs, in planck, if it is included soon: the price may
	/// rise until then. `fuel_limit`: that of the request, where it has one of its own, which is within
	/// its bounds.
	pub fn estimate(
		&self,
		model: ModelId,
		tier: Tier,
		fuel_limit: Option<Fuel>,
	) -> Result<Balance> {
		let estimate: Option<Balance> =
			self.api("OpgApi_estimate_at_most", (model, tier, SOON_BLOCKS, fuel_limit))?;
		let Some(estimate) = estimate else {
			let engine_id = self.model(model)?.engine_id;
			if self.valid_engines()?.contains(&engine_id) {
				let Holding { holding, validators } = self.validators_holding(model)?;
				bail!(Failure::ModelUnavailable(format!(
					"model {model} takes no requests yet: {holding} of {validators} validators say that \
					 they hold its file, and it takes two thirds of them. Get the file to them \
					 (`opg-node models add`); their nodes say so within a minute"
				)));
			}
			bail!(Failure::ModelUnavailable(format!(
				"model {model} names the engine {engine_id:?}, which is not valid now (see \
				 `opg engine list`): its owner must register a version for one that is"
			)));
		};
		Ok(estimate)
	}

	/// Fee of storing an encoded input until the request is final, in planck. Zero where the chain carries
	/// it.
	pub fn input_fee(&self, input: &[u8]) -> Result<Balance> {
		if input.len() <= MAX_INPUT_BYTES as usize {
			return Ok(0);
		}
		self.api("OpgApi_input_fee", u32::try_from(input.len())?)
	}

	/// Bond of a challenge of a request now, in planck. More than anyone has where there is none.
	pub fn challenge_bond(&self, id: RequestId) -> Result<Balance> {
		let bond: Option<Balance> = self.api("OpgApi_challenge_bond", id)?;
		Ok(bond.unwrap_or(Balance::MAX))
	}

	/// A registered model version.
	pub fn model(&self, id: ModelId) -> Result<VersionView> {
		let version: Option<VersionView> = self.api("RegistryApi_version", id)?;
		version.ok_or_else(|| {
			Failure::ModelUnavailable(format!("there is no model version {id}")).into()
		})
	}

	/// The version of a named model that a selector names, if there is one.
	pub fn resolve(&self, name: &NameRef, selector: &Selector) -> Result<Option<VersionView>> {
		self.api("RegistryApi_resolve", (&name.owner, &name.name, selector))
	}

	/// A named model, if there is one of this name.
	pub fn named_model(&self, name: &NameRef) -> Result<Option<NamedModelView>> {
		self.api("RegistryApi_named_model", (&name.owner, &name.name))
	}

	/// A named model.
	pub fn named(&self, name: &NameRef) -> Result<NamedModelView> {
		self.named_model(name)?.with_context(|| {
			let owner = keys::name(&name.owner);
			format!("there is no {name}: `opg model list --owner` lists the models of {owner}")
		})
	}

	/// All named models of a query.
	pub fn named_models(&self, query: &NameQuery) -> Result<Vec<NamedModelView>> {
		self.pages(|cursor| self.api("RegistryApi_named_models", (query, cursor, MAX_NAMES_PAGE)))
	}

	/// All versions whose file has this content hash.
	pub fn versions_with(&self, model_hash: H256) -> Result<Vec<VersionView>> {
		self.pages(|cursor| self.api("RegistryApi_versions_with", (model_hash, cursor, MAX_PAGE)))
	}

	/// Everything on the pages that `page` gives by their cursors.
	fn pages<I>(&self, page: impl Fn(Option<Vec<u8>>) -> Result<Page<I>>) -> Result<Vec<I>> {
		let (mut all, mut cursor) = (Vec::new(), None);
		loop {
			let Page { items, next } = page(cursor)?;
			all.extend(items);
			// A node that lies could go on for ever.
			ensure!(all.len() <= MAX_LISTED, "there are more than {MAX_LISTED}: ask for fewer");
			cursor = next;
			if cursor.is_none() {
				return Ok(all);
			}
		}
	}

	/// Commitments of files that `who` announced in a block before the next and that still count in it.
	pub fn announcements(&self, who: &AccountId) -> Result<Vec<H256>> {
		let key = Announcements::<Runtime>::hashed_key_for(who);
		let made: Vec<Announcement<BlockNumber>> = self.storage(&key)?.unwrap_or_default();
		let lifetime: BlockNumber = self.constant("Models", "AnnouncementLifetime")?;
		let next = self.height()?.saturating_add(1);
		let counts = |own: &Announcement<BlockNumber>| own.at < next && next - own.at < lifetime;
		Ok(made.into_iter().filter(counts).map(|own| own.commitment).collect())
	}

	/// Largest file and limits of the versions that can be registered.
	pub fn maxima(&self) -> Result<Maxima> {
		let maxima = self.storage(&VersionMaxima::<Runtime>::hashed_key())?;
		Ok(maxima.unwrap_or_else(<Runtime as pallet_opg_models::Config>::DefaultMaxima::get))
	}

	/// Hash of the latest final block.
	pub fn finalized(&self) -> Result<H256> {
		self.rpc.call("chain_getFinalizedHead", &[])
	}

	/// The receipt of a request, as the node makes it: from the authority set `from_set` on, or from the
	/// genesis. It is not checked yet.
	pub fn receipt(&self, request: RequestId, from_set: Option<u64>) -> Result<Receipt> {
		let options = json!({ "fromSet": from_set });
		let receipt: serde_json::Value =
			self.rpc.call("opg_v1_receipt", &[json!(request), options])?;
		let receipt = Receipt::parse(receipt.to_string().as_bytes());
		receipt.context("the node's receipt is of another form")
	}

	/// Engines that models may name now.
	pub fn valid_engines(&self) -> Result<Vec<H256>> {
		self.api("OpgApi_valid_engines", ())
	}

	/// Number of executors that could be drawn for the model now.
	pub fn eligible_executors(&self, model: ModelId) -> Result<u32> {
		self.api("OpgApi_eligible_executors", model)
	}

	/// Validators of this session who say that they hold the model's file.
	pub fn validators_holding(&self, model: ModelId) -> Result<Holding> {
		let session: u32 = self.value("Session", "CurrentIndex")?;
		let bench: Vec<(AccountId, CourtKey)> =
			self.storage(&Benches::<Runtime>::hashed_key_for(session))?.unwrap_or_default();
		let holders: Vec<AccountId> =
			self.storage(&Holders::<Runtime>::hashed_key_for(model))?.unwrap_or_default();
		let holding = bench.iter().filter(|(who, _)| holders.contains(who)).count();
		Ok(Holding { holding, validators: bench.len() })
	}

	/// Time of the clock that deadlines count.
	pub fn clock(&self) -> Result<BlockNumber> {
		self.value("Clock", "Now")
	}

	/// Session that is planned next: stake, serving and keys count from it on. The one after this
	/// is planned already.
	pub fn next_planned_session(&self) -> Result<PlannedSession> {
		let current: u32 = self.value("Session", "CurrentIndex")?;
		let [slot, genesis, epoch]: [u64; 3] = [
			self.value("Babe", "CurrentSlot")?,
			self.value("Babe", "GenesisSlot")?,
			self.value("Babe", "EpochIndex")?,
		];
		let slots: u64 = self.constant("Babe", "EpochDuration")?;
		let end = genesis.saturating_add((epoch + 1).saturating_mul(slots));
		let left = end.saturating_sub(slot).min(slots) + slots;
		let block = self.height()?.saturating_add(u32::try_from(left)?);
		Ok(PlannedSession { session: current + 2, block })
	}

	/// A value of a pallet in the best block, or its default.
	fn value<V: Decode + Default + TypeInfo + 'static>(
		&self,
		pallet: &str,
		item: &str,
	) -> Result<V> {
		Ok(self.storage(&prefix(pallet, item))?.unwrap_or_default())
	}

	/// A constant of a pallet.
	fn constant<V: Decode + TypeInfo + 'static>(&self, pallet: &str, name: &str) -> Result<V> {
		let block = self.block(None)?;
		let metadata = block.metadata_ref();
		let what = || unlike(&block, &format!("{pallet}.{name}"));
		let constant = metadata.pallet_by_name(pallet).and_then(|own| own.constant_by_name(name));
		let constant = constant.with_context(what)?;
		by_name::read(constant.value(), constant.ty(), metadata.types()).with_context(what)
	}

	/// The value under a storage key of the best block, or its default, if it has one.
	pub fn storage<V: Decode + TypeInfo + 'static>(&self, key: &[u8]) -> Result<Option<V>> {
		self.storage_at(key, None)
	}

	/// The same of a block, or of the best.
	pub fn storage_at<V: Decode + TypeInfo + 'static>(
		&self,
		key: &[u8],
		at: Option<H256>,
	) -> Result<Option<V>> {
		let block = self.block(at)?;
		let metadata = block.metadata_ref();
		let Some(Item { name, ty, default }) = item(metadata, key) else {
			let name = own_item(key);
			bail!(unlike(&block, name.as_deref().unwrap_or("an item of the state")));
		};
		let params = [json!(Bytes(key.to_vec())), json!(block.block_hash())];
		let value: Option<Bytes> = self.rpc.call("state_getStorage", &params)?;
		let value = value.map(|Bytes(value)| value).or(default);
		let value = value.map(|value| by_name::read(&value, ty, metadata.types()));
		value.transpose().with_context(|| unlike(&block, &name))
	}

	/// The account entry of `who`: nonce and balances.
	pub fn account(
		&self,
		who: &AccountId,
	) -> Result<frame_system::AccountInfo<Nonce, pallet_balances::AccountData<Balance>>> {
		let key = frame_system::Account::<Runtime>::hashed_key_for(who);
		Ok(self.storage(&key)?.unwrap_or_default())
	}

	/// Balance of an operator's executor pool, in planck; zero if there is none.
	pub fn pool_balance(&self, operator: &AccountId) -> Result<Balance> {
		let key = Pools::<Runtime>::hashed_key_for(Role::Executor, operator);
		let pool = self.storage::<Pool>(&key)?;
		Ok(pool.map_or(0, |pool| pool.active.balance))
	}

	/// Signs `call` and hands it in.
	pub fn submit(&self, call: impl Into<RuntimeCall>, signer: &Account) -> Result<Submitted> {
		self.submit_with(call, signer, None)
	}

	/// The same with a nonce, or the next.
	pub fn submit_with(
		&self,
		call: impl Into<RuntimeCall>,
		signer: &Account,
		nonce: Option<Nonce>,
	) -> Result<Submitted> {
		let block = self.block(None)?;
		let call = call_data(&call.into(), block.metadata_ref())?;
		let key = signer.key_for(&call)?;
		let nonce = nonce.map_or_else(|| self.next_nonce(signer.id()), Ok)?;
		let bytes = self.sign(&block, &call, key, nonce)?;
		let tracking = self.hand_in(&bytes, height_of(&block)?).with_context(|| {
			format!("the node refused a transaction of {}", keys::name(signer.id()))
		})?;
		Ok(Submitted { bytes, tracking })
	}

	/// Signs `call` with this nonce and hands it in. Nobody tells what becomes of it.
	pub fn submit_with_nonce(
		&self,
		call: impl Into<RuntimeCall>,
		signer: &Account,
		nonce: Nonce,
	) -> Result<()> {
		let bytes = self.sign_with_nonce(call, signer, nonce)?;
		self.rpc.call::<H256>("author_submitExtrinsic", &[json!(bytes)]).map(drop)
	}

	/// The transaction with `call` and this nonce. It is not handed in.
	pub fn sign_with_nonce(
		&self,
		call: impl Into<RuntimeCall>,
		signer: &Account,
		nonce: Nonce,
	) -> Result<Bytes> {
		let block = self.block(None)?;
		let call = call_data(&call.into(), block.metadata_ref())?;
		self.sign(&block, &call, signer.key_for(&call)?, nonce)
	}

	fn sign(
		&self,
		block: &AtBlock,
		call: &[u8],
		key: &sr25519::Pair,
		nonce: Nonce,
	) -> Result<Bytes> {
		let finalized = self.header(Some(self.finalized()?))?.number;
		let anchor = anchor(height_of(block)?, finalized);
		let context =
			SigningContext { height: anchor, checkpoint: self.block_hash(anchor)?, nonce };
		Ok(Bytes(signed(block, call, key, &context)?))
	}

	fn hand_in(&self, bytes: &Bytes, height: BlockNumber) -> Result<Tracking> {
		let params = [json!(bytes)];
		let watched = self.rpc.subscribe(
			"author_submitAndWatchExtrinsic",
			&params,
			"author_unwatchExtrinsic",
		)?;
		if let Some(subscription) = watched {
			return Ok(Tracking::Watched(Box::new(subscription)));
		}
		let _: H256 = self.rpc.call("author_submitExtrinsic", &params)?;
		Ok(Tracking::Searched(height))
	}

	/// The next nonce, counting transactions that wait in the node's pool.
	pub fn next_nonce(&self, account: &AccountId) -> Result<Nonce> {
		self.rpc.call("system_accountNextIndex", &[json!(account.to_ss58check())])
	}

	/// Waits until a transaction is in a block, and fails with its error if it failed there.
	pub fn included(&self, submitted: Submitted) -> Result<Included> {
		let deadline = Instant::now() + INCLUSION_TIMEOUT;
		let Submitted { bytes, tracking } = submitted;
		let included = match tracking {
			Tracking::Watched(mut subscription) => {
				self.watch(&bytes, &mut subscription, deadline)?
			},
			Tracking::Searched(from) => self.search(&bytes, from, deadline)?,
		};
		included.ok_or_else(|| {
			Failure::Timeout(format!(
				"a transaction was not included within {} s: does the chain make blocks?",
				INCLUSION_TIMEOUT.as_secs()
			))
			.into()
		})
	}

	fn watch(
		&self,
		bytes: &Bytes,
		subscription: &mut Subscription<TransactionStatus>,
		deadline: Instant,
	) -> Result<Option<Included>> {
		while let Some(status) = self.rpc.next(subscription, deadline)? {
			match status {
				TransactionStatus::InBlock(at) | TransactionStatus::Finalized(at) => {
					let included = self.outcome(at, bytes)?;
					return included.map(Some).context("the block does not hold the transaction");
				},
				TransactionStatus::Usurped(_) => bail!(Replaced::Usurped),
				TransactionStatus::Dropped => {
					bail!("the node's pool is full and dropped the transaction: send it again")
				},
				TransactionStatus::Invalid => bail!(Replaced::Invalid),
				TransactionStatus::Future
				| TransactionStatus::Ready
				| TransactionStatus::Broadcast(_)
				| TransactionStatus::Retracted(_)
				| TransactionStatus::FinalityTimeout(_) => {},
			}
		}
		Ok(None)
	}

	fn search(
		&self,
		bytes: &Bytes,
		from: BlockNumber,
		deadline: Instant,
	) -> Result<Option<Included>> {
		let mut seen = from.saturating_sub(1);
		while Instant::now() < deadline {
			let height = self.height()?;
			// A re-organisation may move it to a height that was read already.
			for number in seen.saturating_sub(2).max(from)..=height {
				if let Some(included) = self.outcome(self.block_hash(number)?, bytes)? {
					return Ok(Some(included));
				}
			}
			seen = height;
			sleep(POLL);
		}
		Ok(None)
	}

	/// Signs, hands in, and waits.
	pub fn send(&self, call: impl Into<RuntimeCall>, signer: &Account) -> Result<Included> {
		self.included(self.submit(call, signer)?)
	}

	/// Events of a block that this program knows, in order.
	pub fn events(&self, at: H256) -> Result<Vec<RuntimeEvent>> {
		self.events_where(&self.block(Some(at))?, |_| true)
	}

	/// Those events of a block that this program knows, and that are wanted.
	fn events_where(
		&self,
		block: &AtBlock,
		is_wanted: impl Fn(&subxt::events::Event<SubstrateConfig>) -> bool,
	) -> Result<Vec<RuntimeEvent>> {
		let cannot = || unlike(block, "System.Events");
		let events = self.rpc.wait(block.events().fetch());
		let events = events.map_err(printed).with_context(cannot)?;
		let (own, mut known) = (Own::<RuntimeEvent>::new(), Vec::new());
		for event in events.iter() {
			let event = event.map_err(printed).with_context(cannot)?;
			let (pallet, name) = (event.pallet_name(), event.event_name());
			if !is_wanted(&event) || !is_known::<RuntimeEvent>(pallet, name) {
				continue;
			}
			let read = event.decode_as::<Value>().map_err(printed).and_then(|all| own.read(&all));
			known.push(read.with_context(|| unlike(block, &format!("{pallet}.{name}")))?);
		}
		Ok(known)
	}

	/// Result of a transaction in a block, if it is there.
	fn outcome(&self, at: H256, bytes: &Bytes) -> Result<Option<Included>> {
		let found: Option<SignedBlock> = self.rpc.call("chain_getBlock", &[json!(at)])?;
		let Some(SignedBlock { block }) = found else { return Ok(None) };
		let Some(index) = block.extrinsics.iter().position(|other| other == bytes) else {
			return Ok(None);
		};
		let index = u32::try_from(index)?;
		let own = self.block(Some(at))?;
		let events =
			self.events_where(&own, |event| event.phase() == Phase::ApplyExtrinsic(index))?;
		let block = block.header.number;
		for event in &events {
			if let RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
				dispatch_error,
				..
			}) = event
			{
				let error =
					by_own_numbers(*dispatch_error, own.metadata_ref()).map_err(|unknown| {
						anyhow!("the transaction failed in block {block}: {unknown}")
					})?;
				bail!(TransactionFailed { block, error });
			}
		}
		Ok(Some(Included { block, events }))
	}
}

fn height_of(block: &AtBlock) -> Result<BlockNumber> {
	block.block_number().try_into().context("the height of the block")
}

/// Key of an item of a pallet, or the beginning of its keys if it is a map.
fn prefix(pallet: &str, item: &str) -> Vec<u8> {
	[pallet, item].map(|name| twox_128(name.as_bytes())).concat()
}

/// Item of a pallet in the state.
struct Item {
	name: String,
	/// Type of its values.
	ty: u32,
	/// Value where the state has none.
	default: Option<Vec<u8>>,
}

/// The item to which a storage key belongs.
fn item(metadata: &Metadata, key: &[u8]) -> Option<Item> {
	let pallets =
		metadata.pallets().filter(|own| key.starts_with(&twox_128(own.name().as_bytes())));
	let mut items = pallets.flat_map(|pallet| {
		let storage = pallet.storage().into_iter();
		storage.flat_map(|own| own.entries()).map(move |entry| (pallet.name().to_string(), entry))
	});
	let found = items.find(|(pallet, entry)| key.starts_with(&prefix(pallet, entry.name())));
	found.map(|(pallet, entry)| Item {
		name: format!("{pallet}.{}", entry.name()),
		ty: entry.value_ty(),
		default: entry.default_value().map(<[u8]>::to_vec),
	})
}

/// Name of the item in the runtime of this program.
fn own_item(key: &[u8]) -> Option<String> {
	let encoded = Runtime::metadata_at_version(15)?;
	let metadata = Metadata::decode(&mut &encoded[..]).ok()?;
	item(&metadata, key).map(|item| item.name)
}

/// Types of the arguments and of the answer of a runtime API.
fn api_types(metadata: &Metadata, method: &str) -> Option<(Vec<u32>, u32)> {
	let (api, function) = method.split_once('_')?;
	let api = metadata.runtime_api_trait_by_name(api)?;
	let method = api.method_by_name(function)?;
	Some((method.inputs().map(|input| input.id).collect(), method.output_ty()))
}

/// Fails unless encoded arguments are of these types, one after the other.
fn check_arguments(mut encoded: &[u8], inputs: &[u32], types: &PortableRegistry) -> Result<()> {
	for id in inputs {
		by_name::decode_one(&mut encoded, *id, types).context("it takes other arguments")?;
	}
	ensure!(encoded.is_empty(), "it takes fewer arguments");
	Ok(())
}

/// Tells whether the events of this program have one of this name.
fn is_known<E: TypeInfo>(pallet: &str, name: &str) -> bool {
	let pallet = variant_where(&E::type_info(), |own| own.name == pallet);
	let field = pallet.as_ref().and_then(|pallet| pallet.fields.first());
	field
		.is_some_and(|field| variant_where(&field.ty.type_info(), |own| own.name == name).is_some())
}

/// What cannot be read, where the cause follows.
fn unlike(block: &AtBlock, what: &str) -> Failure {
	Failure::OtherRuntime(format!(
		"`{what}` of the runtime {} {} is not as this program ({}) knows it: use the `opg` of the node's \
		 release",
		VERSION.spec_name,
		block.spec_version(),
		VERSION.spec_version
	))
}

/// An error of subxt. Text of the node in it is made safe to print.
fn printed(error: impl Display) -> anyhow::Error {
	anyhow!("{}", printable(&error.to_string()))
}

/// An error of the node's runtime with the numbers that it has in that of this program. Where that has
/// none of the name, what the node's says about it.
fn by_own_numbers(error: DispatchError, metadata: &Metadata) -> Result<DispatchError, String> {
	let DispatchError::Module(ModuleError { index, error: [number, ..], message }) = error else {
		return Ok(error);
	};
	let pallet = metadata.pallet_by_error_index(index);
	let Some((pallet, variant)) =
		pallet.and_then(|own| Some((own.name(), own.error_variant_by_index(number)?)))
	else {
		return Err(format!("{error:?}"));
	};
	let own = variant_where(&RuntimeError::type_info(), |own| own.name == pallet);
	let own_error = own.as_ref().and_then(|own| {
		variant_where(&own.fields.first()?.ty.type_info(), |own| own.name == variant.name)
	});
	match own.zip(own_error) {
		Some((own, own_error)) => {
			let error = [own_error.index, 0, 0, 0];
			Ok(DispatchError::Module(ModuleError { index: own.index, error, message }))
		},
		None => {
			let docs = variant.docs.join(" ");
			Err(printable(&format!("{pallet}.{}: {docs}", variant.name)))
		},
	}
}

/// The pallet and the name of an error, and what its documentation says.
pub(crate) fn describe(error: DispatchError) -> String {
	match error {
		// Transfers of what is not there underflow.
		DispatchError::Token(TokenError::FundsUnavailable | TokenError::NotExpendable)
		| DispatchError::Arithmetic(ArithmeticError::Underflow) => {
			"the account has not enough free OPG: `opg balance` shows what it has".into()
		},
		error => module_error(&error).unwrap_or_else(|| format!("{error:?}")),
	}
}

/// The pallet and the name of an error, if a pallet gave it.
pub(crate) fn error_name(error: &DispatchError) -> Option<String> {
	let (pallet, error) = pallet_and_error(error)?;
	Some(format!("{}.{}", pallet.name, error.name))
}

fn module_error(error: &DispatchError) -> Option<String> {
	let (_, variant) = pallet_and_error(error)?;
	Some(format!("{}: {}", error_name(error)?, variant.docs.join(" ")))
}

fn pallet_and_error(error: &DispatchError) -> Option<(scale_info::Variant, scale_info::Variant)> {
	let DispatchError::Module(ModuleError { index, error, .. }) = error else { return None };
	let pallet = variant_where(&RuntimeError::type_info(), |own| own.index == *index)?;
	let fields = pallet.fields.first()?.ty.type_info();
	let error = variant_where(&fields, |own| own.index == error[0])?;
	Some((pallet, error))
}

/// Height of the block that a signature is bound to: a final one, because without that block the
/// transaction is not valid. Where finality is far behind, one of which half of the validity is left.
fn anchor(best: BlockNumber, finalized: BlockNumber) -> BlockNumber {
	finalized.max(best.saturating_sub(MORTALITY / 2)).min(best)
}

fn variant_where(
	of: &scale_info::Type,
	is_wanted: impl Fn(&scale_info::Variant) -> bool,
) -> Option<scale_info::Variant> {
	let TypeDef::Variant(of) = &of.type_def else { return None };
	of.variants.iter().find(|variant| is_wanted(variant)).cloned()
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use crate::metadata;
	use frame_metadata::v16::RuntimeMetadataV16;
	use jsonrpsee::server::{RpcModule, Server, ServerHandle};
	use opg_primitives::{Task, TaskInput, VersionLimits};
	use opg_runtime_api::RequestStatus;
	use sp_runtime::traits::Header as _;
	use subxt::ext::scale_value::{scale::encode_as_type, Composite, ValueDef};

	#[test]
	fn transaction_status_should_parse_as_nodes_write_it() {
		let hash = format!("\"{:?}\"", H256::repeat_byte(1));
		for text in [
			"\"future\"".to_string(),
			"\"ready\"".into(),
			"\"dropped\"".into(),
			"\"invalid\"".into(),
			"{\"broadcast\":[\"12D3KooW\"]}".into(),
			format!("{{\"inBlock\":{hash}}}"),
			format!("{{\"retracted\":{hash}}}"),
			format!("{{\"finalityTimeout\":{hash}}}"),
			format!("{{\"finalized\":{hash}}}"),
			format!("{{\"usurped\":{hash}}}"),
		] {
			assert!(serde_json::from_str::<TransactionStatus>(&text).is_ok(), "{text}");
		}
	}

	#[test]
	fn signature_should_be_bound_to_a_final_block_when_there_is_a_late_one() {
		assert_eq!(anchor(100, 97), 97);
		assert_eq!(anchor(1, 0), 0);
		// Finality stands still.
		assert_eq!(anchor(100, 10), 68);
		// A block became final in between.
		assert_eq!(anchor(100, 101), 100);
	}

	/// A node. It stops when it is dropped.
	pub(crate) struct Node {
		pub url: String,
		_server: ServerHandle,
		_runtime: tokio::runtime::Runtime,
	}

	/// A node with a changed runtime. It says that it has one request, which is `view` by names, changed
	/// too.
	fn node(
		spec_name: &'static str,
		change: fn(&mut RuntimeMetadataV16),
		change_view: fn(&mut Vec<(String, Value)>),
	) -> Node {
		serve(module(spec_name, change, change_view))
	}

	/// What such a node answers.
	pub(crate) fn module(
		spec_name: &'static str,
		change: fn(&mut RuntimeMetadataV16),
		change_view: fn(&mut Vec<(String, Value)>),
	) -> RpcModule<()> {
		let mut module = RpcModule::new(());
		module.register_method("system_chain", |_, _, _| "Test").unwrap();
		let version = json!({ "specName": spec_name });
		module.register_method("state_getRuntimeVersion", move |_, _, _| version.clone()).unwrap();
		module.register_method("chain_getBlockHash", |_, _, _| json!(H256::zero())).unwrap();
		let none = H256::zero();
		let header = Header::new(5, none, none, none, Default::default());
		module.register_method("chain_getHeader", move |_, _, _| json!(header)).unwrap();
		module
			.register_method("state_call", move |params, _, _| {
				let (method, _, _): (String, Bytes, H256) = params.parse().unwrap();
				let metadata = || metadata::encoded(change);
				json!(Bytes(match method.as_str() {
					"Core_version" => opg_runtime::VERSION.encode(),
					"Metadata_metadata_versions" => vec![14u32, 16].encode(),
					"Metadata_metadata_at_version" => Some(metadata()).encode(),
					"OpgApi_request" => answer(&metadata::changed(change), change_view),
					other => panic!("{other}"),
				}))
			})
			.unwrap();
		module
	}

	pub(crate) fn serve(module: RpcModule<()>) -> Node {
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.worker_threads(1)
			.enable_all()
			.build()
			.unwrap();
		let server = runtime.block_on(Server::builder().build("127.0.0.1:0")).unwrap();
		let url = format!("ws://{}", server.local_addr().unwrap());
		let server = runtime.block_on(async { server.start(module) });
		Node { url, _server: server, _runtime: runtime }
	}

	fn answer(metadata: &Metadata, change: fn(&mut Vec<(String, Value)>)) -> Vec<u8> {
		let mut value = Own::new().value(&view()).unwrap();
		let ValueDef::Composite(Composite::Named(fields)) = &mut value.value else {
			panic!("it is a struct")
		};
		change(fields);
		let api = metadata.runtime_api_trait_by_name("OpgApi").unwrap();
		let output = api.method_by_name("request").unwrap().output_ty();
		let value = Value::unnamed_variant("Some", [value]);
		let mut bytes = Vec::new();
		encode_as_type(&value, output, metadata.types(), &mut bytes).unwrap();
		bytes
	}

	fn view() -> RequestView {
		RequestView {
			requester: AccountId::from([1; 32]),
			model: 2,
			task: Task {
				model_hash: H256::repeat_byte(3),
				engine_id: H256::repeat_byte(4),
				dims: Default::default(),
				input: TaskInput::Inline(vec![5, 6]),
				limits: VersionLimits::inline(7, 8, 9),
			},
			tier: Tier::High,
			reference: H256::zero(),
			deadline: Some(10),
			requested_at: 11,
			drawn_at: None,
			seed: Some(H256::repeat_byte(12)),
			seats: vec![],
			status: RequestStatus::Uploading { until: Some(13) },
		}
	}

	fn request_of(node: &Node) -> Result<RequestView> {
		Chain::connect(&node.url.parse().unwrap())?.request(7)
	}

	/// One field more, and other numbers of variants.
	fn extend(metadata: &mut RuntimeMetadataV16) {
		let fields = metadata::fields(metadata, "opg_runtime_api::RequestView");
		let mut more =
			fields.iter().find(|own| own.name.as_deref() == Some("model")).unwrap().clone();
		more.name = Some("urgency".into());
		fields.insert(0, more);
		let status = metadata::variants(metadata, "opg_runtime_api::RequestStatus");
		status.iter_mut().for_each(|variant| variant.index += 3);
	}

	#[test]
	fn request_should_be_read_when_the_runtime_is_a_later_one() {
		let node = node("opg", extend, |fields| fields.push(("urgency".into(), Value::u128(1))));
		assert_eq!(request_of(&node).unwrap(), view());
	}

	#[test]
	fn read_should_fail_with_the_name_of_what_the_runtime_has_otherwise() {
		let rename = |metadata: &mut RuntimeMetadataV16| {
			let status = metadata::variants(metadata, "opg_runtime_api::RequestStatus");
			status.iter_mut().for_each(|variant| variant.name = format!("Later{}", variant.name));
		};
		let later = |fields: &mut Vec<(String, Value)>| {
			let (_, status) = fields.iter_mut().find(|(name, _)| name == "status").unwrap();
			let ValueDef::Variant(status) = &mut status.value else { panic!("it is an enum") };
			status.name = format!("Later{}", status.name);
		};
		let error = format!("{:#}", request_of(&node("opg", rename, later)).unwrap_err());
		assert!(error.contains("`OpgApi.request` of the runtime opg"), "{error}");
		assert!(
			error.contains("`status.[0]`: the variant `LaterUploading` is not known"),
			"{error}"
		);
		let remove = |metadata: &mut RuntimeMetadataV16| {
			let api = metadata.apis.iter_mut().find(|api| api.name == "OpgApi").unwrap();
			api.methods.retain(|method| method.name != "request");
		};
		let error = format!("{:#}", request_of(&node("opg", remove, |_| ())).unwrap_err());
		assert!(error.contains("`OpgApi.request` of the runtime opg"), "{error}");
	}

	#[test]
	fn node_of_another_chain_should_be_refused() {
		let node = node("polkadot", |_| (), |_| ());
		let error = Chain::connect(&node.url.parse().unwrap()).err().unwrap().to_string();
		assert!(error.contains("for OPG chains") && error.contains("`polkadot`"), "{error}");
	}

	#[test]
	fn errors_should_be_explained_when_they_are_of_a_pallet() {
		let error = pallet_opg_models::Error::<Runtime>::UnknownEngine;
		let text = describe(error.into());
		let explanation = text.strip_prefix("Models.UnknownEngine: ").unwrap();
		assert!(explanation.contains("engine"), "{text}");
		assert_eq!(describe(DispatchError::BadOrigin), "BadOrigin");
		let poor = describe(TokenError::FundsUnavailable.into());
		assert!(poor.contains("not enough free OPG"), "{poor}");
		let unknown = ModuleError { index: u8::MAX, error: [0; 4], message: None };
		assert!(describe(DispatchError::Module(unknown)).contains("255"));
	}
}
