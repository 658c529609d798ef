//! A receipt: what the chain knows of a settled request, with a proof that anyone can check
//! without a node.
//!
//! The file is JSON: `version`, the number of the `request`, the `header` of a block, and the trie
//! nodes (`proof`) that lead from its state root to the request, its input, what the committees
//! did, and the genesis hash. Nothing else in it counts: all that is shown is read from the proven
//! state. An input or an output outside of the chain is not in it; its hash and size are.

use crate::fs;
use anyhow::{anyhow, bail, ensure, Context, Result};
use codec::{Decode, DecodeAll, Encode};
use opg_primitives::{
	input_hash, AccountId, Answer, Balance, BlockNumber, Input, RequestId, Task, TaskInput,
};
use opg_runtime::{Header, Runtime};
use pallet_opg_attestation::{Round, Rounds};
use pallet_opg_inference::{Inputs, Request, RequestState, Requests};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sp_core::{Bytes, H256};
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{read_proof_check, StorageProof};
use std::{collections::HashMap, path::Path};

/// Version of the file format. It changes with the encoding of what is proven: version 1 had no
/// witnesses, version 2 no inputs and outputs outside of the chain.
const VERSION: u64 = 3;

/// A receipt as it lies in the file.
pub(crate) struct Receipt {
	/// Number of the request.
	pub request: RequestId,
	/// Header of the block whose state is proven.
	pub header: Header,
	/// Nodes of the state trie.
	pub proof: Vec<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct File {
	version: u64,
	request: RequestId,
	header: Bytes,
	proof: Vec<Bytes>,
}

/// Statement that a receipt proves, under the block's hash.
pub(crate) struct Proven {
	/// Hash of the block.
	pub block: H256,
	/// Its height.
	pub height: BlockNumber,
	/// Hash of the chain's first block.
	pub genesis: H256,
	/// The request.
	pub request: Request<AccountId, BlockNumber>,
	/// Its input.
	pub input: TaskInput,
	/// Work of the committees.
	pub round: Round<AccountId, BlockNumber>,
	/// The answer that stands.
	pub answer: Answer,
	/// Payees and amounts, in planck.
	pub paid: Vec<(AccountId, Balance)>,
}

/// The storage keys that a receipt proves.
pub(crate) fn keys(request: RequestId) -> [Vec<u8>; 4] {
	[
		Requests::<Runtime>::hashed_key_for(request),
		Inputs::<Runtime>::hashed_key_for(request),
		Rounds::<Runtime>::hashed_key_for(request),
		frame_system::BlockHash::<Runtime>::hashed_key_for(0),
	]
}

impl Receipt {
	/// Reads a receipt from a file.
	pub fn load(path: &Path) -> Result<Self> {
		Self::parse(&fs::read(path)?)
			.with_context(|| format!("{} is not a receipt", path.display()))
	}

	fn parse(json: &[u8]) -> Result<Self> {
		let value: Value = serde_json::from_slice(json).context("it is not JSON")?;
		// Another version may have other fields.
		let version = value["version"].as_u64().context("it has no `version`")?;
		ensure!(
			version == VERSION,
			"its version is {version}, and this program reads {VERSION}: use the `opg` of its release"
		);
		let File { request, header, proof, .. } = serde_json::from_slice(json)?;
		let header = Header::decode_all(&mut &header[..])
			.map_err(|error| anyhow!("`header` does not decode: {error}"))?;
		Ok(Self { request, header, proof: proof.into_iter().map(|node| node.0).collect() })
	}

	/// The receipt as the text of a file.
	pub fn render(&self) -> Result<String> {
		let file = File {
			version: VERSION,
			request: self.request,
			header: Bytes(self.header.encode()),
			proof: self.proof.iter().cloned().map(Bytes).collect(),
		};
		Ok(format!("{}\n", serde_json::to_string_pretty(&file)?))
	}

	/// Checks the proof against the header. The caller checks that the chain has this block: see
	/// [`Proven::block`].
	pub fn check(self) -> Result<Proven> {
		let root = self.header.state_root;
		let keys = keys(self.request);
		let state =
			read_proof_check::<BlakeTwo256, _>(root, StorageProof::new(self.proof), keys.iter())
				.map_err(|e| anyhow!("the proof does not fit the state root of the header: {e}"))?;
		let [request, input, round, genesis] = &keys;
		let request: Request<_, _> = item(&state, request, "request")?;
		let (input, hash) = match request.stored_input {
			Some(content) => (TaskInput::Stored(content), content.hash),
			None => {
				let input: Input = item(&state, input, "input")?;
				let hash = input_hash(&input);
				(TaskInput::Inline(input.into_inner()), hash)
			},
		};
		let round: Round<_, _> = item(&state, round, "committees")?;
		let RequestState::Settled { answer, paid, .. } = request.state.clone() else {
			bail!("request {} was not settled in this block", self.request);
		};
		ensure!(hash == round.input_hash, "the input is not the committee's");
		Ok(Proven {
			block: self.header.hash(),
			height: self.header.number,
			genesis: item(&state, genesis, "genesis hash")?,
			request,
			input,
			round,
			answer,
			paid: paid.into_inner(),
		})
	}
}

impl Proven {
	/// The task that the executors computed. Its input may lie outside of the chain.
	pub fn task(&self) -> Task {
		let version = &self.request.version;
		Task {
			model_hash: version.model_hash,
			engine_id: version.engine_id,
			dims: version.dims.clone(),
			input: self.input.clone(),
			limits: version.limits,
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
	V::decode_all(&mut &value[..])
		.map_err(|error| anyhow!("{what}: {error}: is the receipt of another release?"))
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{Content, Outcome, Tier, VersionLimits};
	use pallet_opg_attestation::RoundPhase;
	use pallet_opg_support::ModelVersion;
	use sp_runtime::{traits::Header as _, StateVersion};
	use sp_state_machine::{prove_read, TrieBackend};
	use std::collections::BTreeMap;

	fn answer() -> Answer {
		Answer { outcome: Outcome::Output(vec![4, 2].try_into().unwrap()), fuel: 7 }
	}

	fn settled() -> RequestState<AccountId, BlockNumber> {
		let paid = vec![(AccountId::new([5; 32]), 3)].try_into().unwrap();
		RequestState::Settled { answer: answer(), paid, fee: 9, at: 20 }
	}

	const LARGE_INPUT: Content = Content { hash: H256::repeat_byte(6), size: 70_000 };

	/// State of a chain with the request, whose input is on the chain if it is not stored.
	fn state(
		request: RequestState<AccountId, BlockNumber>,
		stored_input: Option<Content>,
	) -> Vec<(Vec<u8>, Vec<u8>)> {
		let (model_hash, engine_id) = (H256::repeat_byte(1), H256::repeat_byte(2));
		let who = AccountId::new([5; 32]);
		let input: Input = b"input".to_vec().try_into().unwrap();
		let hash = stored_input.map_or(input_hash(&input), |content| content.hash);
		let request = Request {
			requester: who.clone(),
			model: 0,
			version: ModelVersion {
				owner: who,
				model_hash,
				size: 0,
				engine_id,
				dims: Default::default(),
				limits: VersionLimits::inline(10, 10, 1),
				royalty: 0,
			},
			input_hash: hash,
			stored_input,
			tier: Tier::Quorum,
			price: 1,
			reference: H256::zero(),
			deadline: None,
			requested_at: 1u32,
			drawn_at: Some(3),
			changed_at: 20,
			seed: Some(H256::repeat_byte(8)),
			seat_reserve: 0,
			is_escalated: false,
			deposit: 0,
			escrow: 0,
			has_panel: false,
			audit: None,
			challenges: Default::default(),
			state: request,
		};
		let round = Round::<AccountId, BlockNumber> {
			index: 0,
			needed: 3,
			size: 3,
			witnessed: false,
			seed: H256::repeat_byte(8),
			phase: RoundPhase::Closed,
			decline_by: 8,
			commit_by: 13,
			model_hash,
			engine_id,
			input_hash: hash,
			fuel_limit: 10,
			output_limit: 4096,
			seats: Default::default(),
			answer: None,
		};
		let genesis = H256::repeat_byte(9);
		let input = stored_input.is_none().then(|| input.encode());
		let values = [Some(request.encode()), input, Some(round.encode()), Some(genesis.encode())];
		let present = keys(4).into_iter().zip(values);
		present.filter_map(|(key, value)| Some((key, value?))).collect()
	}

	fn receipt(request: RequestState<AccountId, BlockNumber>) -> Receipt {
		receipt_of(state(request, None))
	}

	fn receipt_of(state: Vec<(Vec<u8>, Vec<u8>)>) -> Receipt {
		let state = BTreeMap::from_iter(state);
		let backend = TrieBackend::<_, BlakeTwo256>::from((state, StateVersion::V1));
		let root = *backend.root();
		let proof = prove_read(backend, keys(4)).unwrap();
		let header = Header::new(30, H256::zero(), root, H256::zero(), Default::default());
		Receipt { request: 4, header, proof: proof.into_iter_nodes().collect() }
	}

	#[test]
	fn receipt_should_prove_what_the_state_says_when_the_request_is_settled() {
		let text = receipt(settled()).render().unwrap();
		let proven = Receipt::parse(text.as_bytes()).unwrap().check().unwrap();
		assert_eq!(proven.answer, answer());
		assert_eq!((proven.height, proven.genesis), (30, H256::repeat_byte(9)));
		assert_eq!(proven.task().engine_id, H256::repeat_byte(2));
		assert_eq!(proven.task().input, TaskInput::Inline(b"input".to_vec()));
	}

	#[test]
	fn receipt_should_name_what_lies_outside_of_the_chain_and_be_no_longer_for_it() {
		let content = Content { hash: H256::repeat_byte(7), size: 5_000_000 };
		let large = Answer { outcome: Outcome::Stored(content), ..answer() };
		let RequestState::Settled { paid, .. } = settled() else { panic!("it is settled") };
		let settled = RequestState::Settled { answer: large.clone(), paid, fee: 9, at: 20 };
		let text = receipt_of(state(settled.clone(), Some(LARGE_INPUT))).render().unwrap();
		assert!(text.len() < 8_000, "{}", text.len());
		let proven = Receipt::parse(text.as_bytes()).unwrap().check().unwrap();
		assert_eq!(proven.answer, large);
		assert_eq!(proven.task().input, TaskInput::Stored(LARGE_INPUT));
		// Without the stored input there has to be one on the chain.
		let mut lacking = state(settled, None);
		lacking.remove(1);
		assert!(receipt_of(lacking).check().err().unwrap().to_string().contains("no input"));
	}

	/// Receipts of this version must verify for ever. `vectors/check.py` reads the same file.
	#[test]
	fn receipt_should_stay_as_pinned_when_it_is_written() {
		let file = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/receipt.json");
		let text = receipt(settled()).render().unwrap();
		if std::env::var_os("OPG_BLESS").is_some() {
			std::fs::write(file, &text).unwrap();
		}
		let pinned = std::fs::read_to_string(file).unwrap();
		assert_eq!(text, pinned);
		assert_eq!(Receipt::parse(pinned.as_bytes()).unwrap().check().unwrap().answer, answer());
	}

	#[test]
	fn receipt_of_an_earlier_version_should_say_which_program_reads_it() {
		for (version, text) in [
			(1, include_str!("../vectors/receipt-v1.json")),
			(2, include_str!("../vectors/receipt-v2.json")),
		] {
			let error = Receipt::parse(text.as_bytes()).err().unwrap().to_string();
			assert_eq!(
				error,
				format!(
					"its version is {version}, and this program reads 3: use the `opg` of its release"
				)
			);
		}
	}

	#[test]
	fn receipt_should_be_refused_when_the_request_is_not_settled() {
		let error =
			receipt(RequestState::Attested { answer: answer(), at: 20 }).check().err().unwrap();
		assert!(error.to_string().contains("not settled"), "{error}");
	}

	#[test]
	fn receipt_should_be_refused_when_anything_in_it_was_changed() {
		let with = |change: &dyn Fn(&mut Receipt)| {
			let mut changed = receipt(settled());
			change(&mut changed);
			changed.check().is_ok()
		};
		assert!(with(&|_| ()));
		assert!(!with(&|receipt| receipt.request = 5));
		assert!(!with(&|receipt| receipt.header.state_root = H256::zero()));
		let nodes = receipt(settled()).proof.len();
		for place in 0..nodes {
			assert!(!with(&|receipt| drop(receipt.proof.remove(place))), "node {place} of {nodes}");
			assert!(!with(&|receipt| receipt.proof[place][0] ^= 1), "node {place} of {nodes}");
		}
	}

	#[test]
	fn parse_should_say_why_when_a_file_is_no_receipt() {
		for (text, cause) in [
			("", "not JSON"),
			("[]", "no `version`"),
			("{}", "no `version`"),
			(r#"{"version":1}"#, "its version is 1"),
			(r#"{"version":4}"#, "its version is 4"),
			(r#"{"version":3,"request":0,"proof":[]}"#, "`header`"),
			(r#"{"version":3,"request":0,"proof":[],"header":"0x00"}"#, "`header`"),
			(r#"{"version":3,"request":-1,"proof":[],"header":"0x"}"#, "line 1"),
		] {
			let error = format!("{:#}", Receipt::parse(text.as_bytes()).err().unwrap());
			assert!(error.contains(cause), "{text}: {error}");
		}
	}
}
