//! The chain as the client sees it: reads, transactions, waiting.

use crate::{
	extrinsic::{signed, SigningContext, MORTALITY},
	failure::{Failure, TransactionFailed},
	keys::{self, Account},
	model_ref::NameRef,
	rpc::{Endpoint, Rpc},
};
use anyhow::{anyhow, bail, ensure, Context, Result};
use codec::{Decode, DecodeAll, Encode};
use jsonrpsee_core::client::Subscription;
use opg_execution::printable;
use opg_primitives::{
	court::CourtKey,
	registry::{Selector, MAX_NAMES_PAGE, MAX_PAGE},
	AccountId, Balance, BlockNumber, ModelId, Nonce, RequestId, Tier, MAX_INPUT_BYTES,
};
use opg_receipt::Receipt;
use opg_runtime::{
	constants::{ANNOUNCEMENT_LIFETIME, SESSION_SLOTS},
	Header, Runtime, RuntimeCall, RuntimeError, RuntimeEvent, VERSION,
};
use opg_runtime_api::{NameQuery, NamedModelView, Page, RequestView, VersionView};
use pallet_opg_court::{Benches, Holders};
use pallet_opg_models::{Announcement, Announcements, Maxima, VersionMaxima};
use pallet_opg_staking::{Pool, Pools, Role};
use scale_info::{TypeDef, TypeInfo};
use serde::Deserialize;
use serde_json::json;
use sp_core::{crypto::Ss58Codec, sr25519, Bytes, H256};
use sp_io::hashing::twox_128;
use sp_runtime::{ArithmeticError, DispatchError, ModuleError, TokenError};
use std::{fmt, thread::sleep, time::Duration};
use tokio::time::Instant;

const POLL: Duration = Duration::from_millis(700);
/// Twenty blocks. A valid transaction is included much sooner.
const INCLUSION_TIMEOUT: Duration = Duration::from_secs(60);

/// Blocks within which a request is included.
const SOON_BLOCKS: u32 = 10;

/// Most items that a listing goes through.
const MAX_LISTED: usize = 100_000;

/// A connection to a node of a chain that this client's runtime types fit.
pub(crate) struct Chain {
	rpc: Rpc,
	genesis: H256,
	name: String,
}

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeVersion {
	spec_name: String,
	spec_version: u32,
	transaction_version: u32,
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
	/// Connects, and makes sure that node and client speak of the same runtime.
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
		if (node.spec_version, node.transaction_version)
			!= (VERSION.spec_version, VERSION.transaction_version)
			|| node.spec_name != VERSION.spec_name.as_ref()
		{
			bail!(Failure::OtherRuntime {
				name: printable(&node.spec_name),
				spec: node.spec_version,
				transactions: node.transaction_version,
			});
		}
		let genesis: Option<H256> = rpc.call("chain_getBlockHash", &[json!(0)])?;
		let genesis = genesis.context("the node does not know the chain's first block")?;
		Ok(Self { rpc, genesis, name: printable(&name) })
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
		self.genesis
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

	/// Calls a runtime API in the best block.
	pub fn api<R: Decode>(&self, method: &str, argument: impl Encode) -> Result<R> {
		let argument = Bytes(argument.encode());
		let encoded: Bytes = self.rpc.call("state_call", &[json!(method), json!(argument)])?;
		decode(&encoded).with_context(|| method.to_string())
	}

	/// A request and where it stands.
	pub fn request(&self, id: RequestId) -> Result<RequestView> {
		self.api::<Option<RequestView>>("OpgApi_request", id)?.with_context(|| {
			format!("there is no request {id}: it was never sent, or it ended long ago")
		})
	}

	/// The most that one request to the model costs, in planck, if it is included soon: the price may
	/// rise until then.
	pub fn estimate(&self, model: ModelId, tier: Tier) -> Result<Balance> {
		let estimate: Option<Balance> =
			self.api("OpgApi_estimate_at_most", (model, tier, SOON_BLOCKS))?;
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
		let next = self.height()?.saturating_add(1);
		let counts = |own: &Announcement<BlockNumber>| {
			own.at < next && next - own.at < ANNOUNCEMENT_LIFETIME
		};
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
		let end = genesis.saturating_add((epoch + 1).saturating_mul(SESSION_SLOTS));
		let left = end.saturating_sub(slot).min(SESSION_SLOTS) + SESSION_SLOTS;
		let block = self.height()?.saturating_add(u32::try_from(left)?);
		Ok(PlannedSession { session: current + 2, block })
	}

	/// A value of a pallet in the best block, or its default.
	fn value<V: Decode + Default>(&self, pallet: &str, item: &str) -> Result<V> {
		let key = [pallet, item].map(|name| twox_128(name.as_bytes())).concat();
		Ok(self.storage(&key)?.unwrap_or_default())
	}

	/// The value under a storage key of the best block.
	pub fn storage<V: Decode>(&self, key: &[u8]) -> Result<Option<V>> {
		self.storage_at(key, None)
	}

	/// The value under a storage key of a block, or of the best.
	pub fn storage_at<V: Decode>(&self, key: &[u8], at: Option<H256>) -> Result<Option<V>> {
		let key = Bytes(key.to_vec());
		let value: Option<Bytes> = self.rpc.call("state_getStorage", &[json!(key), json!(at)])?;
		value.map(|value| decode(&value)).transpose()
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
		let (call, height) = (call.into(), self.height()?);
		let key = signer.key_for(&call)?;
		let bytes = self.sign(call, key, self.next_nonce(signer.id())?)?;
		let tracking = self.hand_in(&bytes, height).with_context(|| {
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
		let call = call.into();
		let key = signer.key_for(&call)?;
		let bytes = self.sign(call, key, nonce)?;
		self.rpc.call::<H256>("author_submitExtrinsic", &[json!(bytes)]).map(drop)
	}

	fn sign(&self, call: RuntimeCall, key: &sr25519::Pair, nonce: Nonce) -> Result<Bytes> {
		let finalized = self.header(Some(self.finalized()?))?.number;
		let anchor = anchor(self.height()?, finalized);
		let context = SigningContext {
			genesis: self.genesis,
			height: anchor.into(),
			checkpoint: self.block_hash(anchor)?,
			nonce,
		};
		Ok(Bytes(signed(call, key, &context)))
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
				TransactionStatus::Usurped(_) => {
					bail!("another transaction of this account took its place: send it again")
				},
				TransactionStatus::Dropped => {
					bail!("the node's pool is full and dropped the transaction: send it again")
				},
				TransactionStatus::Invalid => {
					bail!("the transaction is no longer valid: send it again")
				},
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

	/// Events of a block, in order.
	pub fn events(&self, at: H256) -> Result<Vec<RuntimeEvent>> {
		Ok(self.records(at)?.into_iter().map(|record| record.event).collect())
	}

	fn records(&self, at: H256) -> Result<Vec<frame_system::EventRecord<RuntimeEvent, H256>>> {
		let key = [twox_128(b"System"), twox_128(b"Events")].concat();
		Ok(self.storage_at(&key, Some(at))?.unwrap_or_default())
	}

	/// Result of a transaction in a block, if it is there.
	fn outcome(&self, at: H256, bytes: &Bytes) -> Result<Option<Included>> {
		let found: Option<SignedBlock> = self.rpc.call("chain_getBlock", &[json!(at)])?;
		let Some(SignedBlock { block }) = found else { return Ok(None) };
		let Some(index) = block.extrinsics.iter().position(|other| other == bytes) else {
			return Ok(None);
		};
		let phase = frame_system::Phase::ApplyExtrinsic(u32::try_from(index)?);
		let own = self.records(at)?.into_iter().filter(|entry| entry.phase == phase);
		let events: Vec<RuntimeEvent> = own.map(|entry| entry.event).collect();
		let block = block.header.number;
		for event in &events {
			if let RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
				dispatch_error,
				..
			}) = event
			{
				bail!(TransactionFailed { block, error: *dispatch_error });
			}
		}
		Ok(Some(Included { block, events }))
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
	let pallet = variant(&RuntimeError::type_info(), *index)?;
	let error = variant(&pallet.fields.first()?.ty.type_info(), error[0])?;
	Some((pallet, error))
}

/// Height of the block that a signature is bound to: a final one, because without that block the
/// transaction is not valid. Where finality is far behind, one of which half of the validity is left.
fn anchor(best: BlockNumber, finalized: BlockNumber) -> BlockNumber {
	finalized.max(best.saturating_sub(MORTALITY / 2)).min(best)
}

fn variant(of: &scale_info::Type, index: u8) -> Option<scale_info::Variant> {
	let TypeDef::Variant(of) = &of.type_def else { return None };
	of.variants.iter().find(|variant| variant.index == index).cloned()
}

fn decode<V: Decode>(bytes: &[u8]) -> Result<V> {
	V::decode_all(&mut &bytes[..]).map_err(|error| {
		anyhow!("the node's answer does not decode ({error}): use the `opg` of its release")
	})
}

#[cfg(test)]
mod tests {
	use super::*;

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

	#[test]
	fn answers_of_a_node_should_be_refused_when_they_do_not_decode() {
		assert_eq!(decode::<u32>(&[1, 0, 0, 0]).unwrap(), 1);
		for bytes in [&[][..], &[1], &[1, 0, 0, 0, 0]] {
			let error = decode::<u32>(bytes).err().unwrap();
			assert!(error.to_string().contains("release"), "{error}");
		}
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
