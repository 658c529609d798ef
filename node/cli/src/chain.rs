//! The chain as the client sees it: reads, transactions, waiting.

use crate::{
	extrinsic::{signed, Context as SigningContext},
	keys,
	receipt::{self, Receipt},
	rpc::Rpc,
};
use anyhow::{anyhow, bail, Context, Result};
use codec::{Decode, Encode};
use opg_primitives::{AccountId, Balance, BlockNumber, Fuel, ModelId, Nonce, RequestId, Tier};
use opg_runtime::{Runtime, RuntimeCall, RuntimeError, RuntimeEvent, VERSION};
use opg_runtime_api::RequestView;
use pallet_opg_models::{Model, Models};
use pallet_opg_staking::{Pool, Pools, Role};
use serde_json::{json, Value};
use sp_core::{crypto::Ss58Codec, sr25519, H256};
use sp_io::hashing::twox_128;
use std::{
	thread::sleep,
	time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(700);
/// Twenty blocks: a transaction that is valid gets in much sooner.
const INCLUSION_TIMEOUT: Duration = Duration::from_secs(60);

/// A connection to a node of a chain that this client's runtime types fit.
pub struct Chain {
	rpc: Rpc,
	genesis: H256,
	name: String,
}

/// A transaction that was included and did not fail.
pub struct Included {
	/// Height of the block.
	pub block: BlockNumber,
	/// Events of the transaction.
	pub events: Vec<RuntimeEvent>,
}

/// A transaction that was handed in.
pub struct Submitted {
	bytes: String,
	from: BlockNumber,
}

impl Chain {
	/// Connect, and make sure that node and client speak of the same runtime.
	pub fn connect(url: &str) -> Result<Self> {
		let rpc = Rpc::new(url)?;
		let name = rpc.call("system_chain", json!([])).with_context(|| {
			format!(
				"is a node running at {url}? Start one with:\n  \
				 opg-node --chain dev --alice --validator --force-authoring --tmp\n\
				 or the whole demonstration with scripts/demo.sh"
			)
		})?;
		let version = rpc.call("state_getRuntimeVersion", json!([]))?;
		let field = |key: &str| version[key].as_u64().unwrap_or_default();
		let (spec, tx) = (field("specVersion"), field("transactionVersion"));
		if (spec, tx) != (VERSION.spec_version.into(), VERSION.transaction_version.into())
			|| version["specName"].as_str() != Some(VERSION.spec_name.as_ref())
		{
			bail!(
				"the node runs {} {spec} (transactions {tx}), this client is for {} {} \
				 (transactions {}): use the client of the node's release",
				version["specName"],
				VERSION.spec_name,
				VERSION.spec_version,
				VERSION.transaction_version,
			);
		}
		let genesis = hash(&rpc.call("chain_getBlockHash", json!([0]))?)?;
		Ok(Self { rpc, genesis, name: name.as_str().unwrap_or_default().to_string() })
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
		let header = self.rpc.call("chain_getHeader", json!([]))?;
		let number = header["number"].as_str().context("a header without a number")?;
		Ok(BlockNumber::from_str_radix(number.trim_start_matches("0x"), 16)?)
	}

	fn block_hash(&self, height: BlockNumber) -> Result<H256> {
		hash(&self.rpc.call("chain_getBlockHash", json!([height]))?)
	}

	fn api<R: Decode>(&self, method: &str, argument: impl Encode) -> Result<R> {
		let argument = hex_of(&argument.encode());
		let encoded = self.rpc.call("state_call", json!([method, argument]))?;
		R::decode(&mut &bytes(&encoded)?[..]).map_err(|e| anyhow!("{method}: {e}"))
	}

	/// A request and where it stands.
	pub fn request(&self, id: RequestId) -> Result<RequestView> {
		self.api::<Option<RequestView>>("OpgApi_request", id)?
			.with_context(|| format!("there is no request {id} (or it was cleaned up)"))
	}

	/// The most that one request to the model costs, in planck.
	pub fn estimate(&self, model: ModelId, tier: Tier) -> Result<Balance> {
		let estimate: Option<Balance> = self.api("OpgApi_estimate", (model, tier, None::<Fuel>))?;
		let Some(estimate) = estimate else {
			let engine = self.model(model)?.engine;
			bail!(
				"model {model} names the engine {engine:?}, which is not valid now (`opg engine list`): \
				 its owner must register a version for one that is"
			);
		};
		Ok(estimate)
	}

	/// A registered model version.
	pub fn model(&self, id: ModelId) -> Result<Model<AccountId>> {
		let key = Models::<Runtime>::hashed_key_for(id);
		self.storage(&key)?.with_context(|| format!("there is no model {id}"))
	}

	/// The receipt of a request, proven in the latest final block.
	pub fn receipt(&self, request: RequestId) -> Result<Receipt> {
		let at = self.rpc.call("chain_getFinalizedHead", json!([]))?;
		let header = self.rpc.call("chain_getHeader", json!([at]))?;
		let header = serde_json::from_value(header).context("a header that is none")?;
		let keys: Vec<_> = receipt::keys(request).iter().map(|key| hex_of(key)).collect();
		let proof = self.rpc.call("state_getReadProof", json!([keys, at]))?;
		let proof = proof["proof"].as_array().context("no proof")?;
		let proof = proof.iter().map(bytes).collect::<Result<_>>()?;
		Ok(Receipt { request, header, proof })
	}

	/// Engines that models may name now.
	pub fn valid_engines(&self) -> Result<Vec<H256>> {
		self.api("OpgApi_valid_engines", ())
	}

	/// Number of executors that could be drawn for the model now.
	pub fn eligible_executors(&self, model: ModelId) -> Result<u32> {
		self.api("OpgApi_eligible_executors", model)
	}

	/// The value under a storage key, decoded.
	pub fn storage<V: Decode>(&self, key: &[u8]) -> Result<Option<V>> {
		self.storage_at(key, None)
	}

	fn storage_at<V: Decode>(&self, key: &[u8], at: Option<H256>) -> Result<Option<V>> {
		let at = at.map(|hash| hex_of(hash.as_bytes()));
		match self.rpc.call("state_getStorage", json!([hex_of(key), at]))? {
			Value::Null => Ok(None),
			value => V::decode(&mut &bytes(&value)?[..])
				.map(Some)
				.map_err(|e| anyhow!("storage does not decode: {e}")),
		}
	}

	/// The account record of `who`: nonce and balances.
	pub fn account(
		&self,
		who: &AccountId,
	) -> Result<frame_system::AccountInfo<Nonce, pallet_balances::AccountData<Balance>>> {
		let key = frame_system::Account::<Runtime>::hashed_key_for(who);
		Ok(self.storage(&key)?.unwrap_or_default())
	}

	/// Balance of an operator's stake pool, in planck; zero if there is none.
	pub fn pool_balance(&self, operator: &AccountId) -> Result<Balance> {
		let key = Pools::<Runtime>::hashed_key_for(Role::Executor, operator);
		let pool = self.storage::<Pool>(&key)?;
		Ok(pool.map_or(0, |pool| pool.active.balance))
	}

	/// Sign `call` and hand it in.
	pub fn submit(
		&self,
		call: impl Into<RuntimeCall>,
		signer: &sr25519::Pair,
	) -> Result<Submitted> {
		let account = keys::account(signer);
		let height = self.height()?;
		let context = SigningContext {
			genesis: self.genesis,
			height: height.into(),
			checkpoint: self.block_hash(height)?,
			nonce: self.next_nonce(&account)?,
		};
		let bytes = hex_of(&signed(call.into(), signer, &context));
		self.rpc.call("author_submitExtrinsic", json!([bytes])).with_context(|| {
			format!("the node refused a transaction of {}", keys::name(&account))
		})?;
		Ok(Submitted { bytes, from: height })
	}

	/// The next nonce, counting transactions that wait in the node's pool.
	fn next_nonce(&self, account: &AccountId) -> Result<Nonce> {
		let nonce = self.rpc.call("system_accountNextIndex", json!([account.to_ss58check()]))?;
		nonce.as_u64().and_then(|n| n.try_into().ok()).context("a nonce that is no number")
	}

	/// Wait until a transaction is in a block, and fail with its error if it failed there.
	pub fn included(&self, submitted: &Submitted) -> Result<Included> {
		let started = Instant::now();
		let mut seen = submitted.from.saturating_sub(1);
		while started.elapsed() < INCLUSION_TIMEOUT {
			let height = self.height()?;
			// A re-organisation may move it to a height that was read already.
			for number in seen.saturating_sub(2).max(submitted.from)..=height {
				let at = self.block_hash(number)?;
				let at_hex = hex_of(at.as_bytes());
				let block = self.rpc.call("chain_getBlock", json!([at_hex]))?;
				let position = block["block"]["extrinsics"]
					.as_array()
					.and_then(|all| all.iter().position(|x| x.as_str() == Some(&submitted.bytes)));
				if let Some(index) = position {
					return self.outcome(number, at, index as u32);
				}
			}
			seen = height;
			sleep(POLL);
		}
		bail!(
			"a transaction was not included within {} s: does the chain make blocks?",
			INCLUSION_TIMEOUT.as_secs()
		)
	}

	/// Sign, hand in, and wait.
	pub fn send(&self, call: impl Into<RuntimeCall>, signer: &sr25519::Pair) -> Result<Included> {
		self.included(&self.submit(call, signer)?)
	}

	fn outcome(&self, block: BlockNumber, at: H256, index: u32) -> Result<Included> {
		let key = [twox_128(b"System"), twox_128(b"Events")].concat();
		let records: Vec<frame_system::EventRecord<RuntimeEvent, H256>> =
			self.storage_at(&key, Some(at))?.unwrap_or_default();
		let events: Vec<RuntimeEvent> = records
			.into_iter()
			.filter(|record| record.phase == frame_system::Phase::ApplyExtrinsic(index))
			.map(|record| record.event)
			.collect();
		for event in &events {
			if let RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
				dispatch_error,
				..
			}) = event
			{
				let error = match RuntimeError::from_dispatch_error(*dispatch_error) {
					Some(error) => format!("{error:?}"),
					None => format!("{dispatch_error:?}"),
				};
				bail!("the transaction failed in block {block}: {error}");
			}
		}
		Ok(Included { block, events })
	}
}

/// `0x` and hex digits.
pub fn hex_of(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// The bytes that a JSON string of `0x` and hex digits stands for.
pub fn bytes(value: &Value) -> Result<Vec<u8>> {
	let text = value.as_str().and_then(|text| text.strip_prefix("0x")).context("not hex")?;
	hex::decode(text).map_err(|e| anyhow!("not hex: {e}"))
}

fn hash(value: &Value) -> Result<H256> {
	let bytes: [u8; 32] =
		bytes(value)?.try_into().map_err(|_| anyhow!("a hash that is not 32 bytes long"))?;
	Ok(H256(bytes))
}
