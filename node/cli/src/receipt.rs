//! A receipt: what the chain knows of a settled request, with a proof that anyone can check
//! without a node.
//!
//! The file is JSON: `version`, the number of the `request`, the `header` of a block, and the trie
//! nodes (`proof`) that lead from its state root to the request, its input, what the committees did,
//! and the genesis hash. Nothing else in it counts: all that is shown is read from the proven state.

use crate::{
	chain::{bytes, hex_of},
	local,
};
use anyhow::{anyhow, bail, ensure, Context, Result};
use codec::{Decode, Encode};
use opg_primitives::{
	input_digest, AccountId, Answer, Balance, BlockNumber, Dims, Input, RequestId,
};
use opg_runtime::{Header, Runtime};
use opg_runtime_api::RequestView;
use pallet_opg_attestation::{Record, Records};
use pallet_opg_inference::{Inputs, Request, Requests, State};
use serde_json::{json, Value};
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{read_proof_check, StorageProof};
use std::{collections::HashMap, path::Path};

/// Version of the file format.
const VERSION: u64 = 1;

/// A receipt as it lies in the file.
pub struct Receipt {
	/// Number of the request.
	pub request: RequestId,
	/// Header of the block whose state is proven.
	pub header: Header,
	/// Nodes of the state trie.
	pub proof: Vec<Vec<u8>>,
}

/// What a receipt proves, under the block's hash.
pub struct Proven {
	/// Hash of the block.
	pub block: H256,
	/// Its height.
	pub height: BlockNumber,
	/// Hash of the chain's first block.
	pub genesis: H256,
	/// The request.
	pub request: Request<AccountId, BlockNumber>,
	/// Its input.
	pub input: Input,
	/// What the committees did.
	pub record: Record<AccountId, BlockNumber>,
	/// The answer that stands.
	pub answer: Answer,
	/// Who was paid how much.
	pub paid: Vec<(AccountId, Balance)>,
}

/// What is run to get an answer.
pub struct Task<'a> {
	/// Content hash of the model file.
	pub model: H256,
	/// Engine id.
	pub engine: H256,
	/// Sizes of symbolic dimensions.
	pub dims: &'a Dims,
	/// Encoded input.
	pub input: &'a [u8],
	/// Fuel limit.
	pub fuel_limit: u64,
}

impl<'a> Task<'a> {
	/// The task of a request that a node has shown.
	pub fn of(request: &'a RequestView) -> Self {
		Self {
			model: request.model_hash,
			engine: request.engine,
			dims: &request.dims,
			input: &request.input,
			fuel_limit: request.fuel_limit,
		}
	}
}

/// The storage keys that a receipt proves.
pub fn keys(request: RequestId) -> [Vec<u8>; 4] {
	[
		Requests::<Runtime>::hashed_key_for(request),
		Inputs::<Runtime>::hashed_key_for(request),
		Records::<Runtime>::hashed_key_for(request),
		frame_system::BlockHash::<Runtime>::hashed_key_for(0),
	]
}

impl Receipt {
	/// Read a receipt from a file.
	pub fn load(path: &Path) -> Result<Self> {
		Self::parse(&local::read(path)?)
			.with_context(|| format!("{} is not a receipt", path.display()))
	}

	fn parse(json: &[u8]) -> Result<Self> {
		let file: Value = serde_json::from_slice(json).map_err(|e| anyhow!("not JSON: {e}"))?;
		ensure!(
			file["version"].as_u64() == Some(VERSION),
			"its `version` is {}, this program reads {VERSION}",
			file["version"]
		);
		let header = bytes(&file["header"]).context("`header`")?;
		let header = Header::decode(&mut &header[..]).map_err(|e| anyhow!("`header`: {e}"))?;
		let proof = file["proof"].as_array().context("no `proof`")?;
		let proof = proof.iter().map(bytes).collect::<Result<_>>().context("`proof`")?;
		Ok(Self { request: file["request"].as_u64().context("no `request`")?, header, proof })
	}

	/// The receipt as the text of a file.
	pub fn render(&self) -> String {
		let proof: Vec<_> = self.proof.iter().map(|node| hex_of(node)).collect();
		let file = json!({
			"version": VERSION,
			"request": self.request,
			"header": hex_of(&self.header.encode()),
			"proof": proof,
		});
		format!("{file:#}\n")
	}

	/// Check the proof against the header. Whether the chain has this block is for the caller to
	/// know: see [`Proven::block`].
	pub fn check(self) -> Result<Proven> {
		let root = self.header.state_root;
		let keys = keys(self.request);
		let state =
			read_proof_check::<BlakeTwo256, _>(root, StorageProof::new(self.proof), keys.iter())
				.map_err(|e| anyhow!("the proof does not fit the state root of the header: {e}"))?;
		let [request, input, record, genesis] = &keys;
		let request: Request<_, _> = item(&state, request, "request")?;
		let input: Input = item(&state, input, "input")?;
		let record: Record<_, _> = item(&state, record, "committees")?;
		let State::Settled { answer, paid, .. } = request.state.clone() else {
			bail!("request {} was not settled in this block", self.request);
		};
		ensure!(input_digest(&input) == record.input, "the input is not the committee's");
		Ok(Proven {
			block: self.header.hash(),
			height: self.header.number,
			genesis: item(&state, genesis, "genesis hash")?,
			request,
			input,
			record,
			answer,
			paid: paid.into_inner(),
		})
	}
}

impl Proven {
	/// What to run to get the answer.
	pub fn task(&self) -> Task<'_> {
		let version = &self.request.version;
		Task {
			model: version.hash,
			engine: version.engine,
			dims: &version.dims,
			input: &self.input,
			fuel_limit: version.max_fuel,
		}
	}
}

fn item<V: Decode>(
	state: &HashMap<Vec<u8>, Option<Vec<u8>>>,
	key: &Vec<u8>,
	what: &str,
) -> Result<V> {
	let value = state.get(key).and_then(Option::as_ref);
	let value = value.with_context(|| format!("the state of this block has no {what}"))?;
	V::decode(&mut &value[..])
		.map_err(|e| anyhow!("{what}: {e}: is the receipt of another release?"))
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{Outcome, Tier};
	use pallet_opg_attestation::Phase;
	use pallet_opg_support::{ModelVersion, Rule};
	use sp_runtime::{traits::Header as _, StateVersion};
	use sp_state_machine::{prove_read, TrieBackend};
	use std::collections::BTreeMap;

	fn answer() -> Answer {
		Answer { outcome: Outcome::Output(vec![4, 2].try_into().unwrap()), fuel: 7 }
	}

	fn state(settled: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
		let (model, engine) = (H256::repeat_byte(1), H256::repeat_byte(2));
		let who = AccountId::new([5; 32]);
		let input: Input = b"input".to_vec().try_into().unwrap();
		let paid = vec![(who.clone(), 3)].try_into().unwrap();
		let request = Request {
			requester: who.clone(),
			model: 0,
			version: ModelVersion {
				owner: who,
				hash: model,
				engine,
				dims: Default::default(),
				max_fuel: 10,
				royalty: 0,
			},
			input: input_digest(&input),
			tier: Tier::Quorum,
			price: 1,
			requested_at: 1u32,
			drawn_at: Some(3),
			deposit: 0,
			escrow: 0,
			state: if settled {
				State::Settled { answer: answer(), paid, fee: 9, at: 20 }
			} else {
				State::Attested { answer: answer(), at: 20 }
			},
		};
		let record = Record::<AccountId, BlockNumber> {
			round: 0,
			rule: Rule::Majority,
			phase: Phase::Closed,
			model,
			engine,
			input: input_digest(&input),
			fuel_limit: 10,
			seats: Default::default(),
			answer: None,
		};
		let genesis = H256::repeat_byte(9);
		let values = [request.encode(), input.encode(), record.encode(), genesis.encode()];
		keys(4).into_iter().zip(values).collect()
	}

	fn receipt(settled: bool) -> Receipt {
		let state = BTreeMap::from_iter(state(settled));
		let backend = TrieBackend::<_, BlakeTwo256>::from((state, StateVersion::V1));
		let root = *backend.root();
		let proof = prove_read(backend, keys(4)).unwrap();
		let header = Header::new(30, H256::zero(), root, H256::zero(), Default::default());
		Receipt { request: 4, header, proof: proof.into_iter_nodes().collect() }
	}

	#[test]
	fn receipt_should_prove_what_the_state_says() {
		let text = receipt(true).render();
		let proven = Receipt::parse(text.as_bytes()).unwrap().check().unwrap();
		assert_eq!(proven.answer, answer());
		assert_eq!((proven.height, proven.genesis), (30, H256::repeat_byte(9)));
		assert_eq!(proven.task().engine, H256::repeat_byte(2));
		assert_eq!(proven.task().input, b"input");
	}

	#[test]
	fn receipt_should_be_refused_when_the_request_is_not_settled() {
		let error = receipt(false).check().err().unwrap();
		assert!(error.to_string().contains("not settled"), "{error}");
	}

	#[test]
	fn receipt_should_be_refused_when_anything_in_it_was_changed() {
		let with = |change: &dyn Fn(&mut Receipt)| {
			let mut changed = receipt(true);
			change(&mut changed);
			changed.check().is_ok()
		};
		assert!(with(&|_| ()));
		assert!(!with(&|receipt| receipt.request = 5));
		assert!(!with(&|receipt| receipt.header.state_root = H256::zero()));
		let nodes = receipt(true).proof.len();
		for place in 0..nodes {
			assert!(!with(&|receipt| drop(receipt.proof.remove(place))), "node {place} of {nodes}");
			assert!(!with(&|receipt| receipt.proof[place][0] ^= 1), "node {place} of {nodes}");
		}
	}

	#[test]
	fn parse_should_refuse_what_is_no_receipt() {
		for text in ["", "[]", "{}", r#"{"version":2}"#, r#"{"version":1,"header":"0x00"}"#] {
			assert!(Receipt::parse(text.as_bytes()).is_err(), "{text}");
		}
	}
}
