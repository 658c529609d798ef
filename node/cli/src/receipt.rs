//! Receipts as this program uses them: what anchors them, and the task in them.
//!
//! Format and check are in `opg-receipt`, which knows nothing of this program's runtime.

use crate::fs;
use anyhow::{anyhow, ensure, Context, Result};
use opg_primitives::{
	Answer, Content, Dim, Dims, ModelError, Outcome, Task, TaskInput, Tier, VersionLimits,
};
use opg_receipt::{v4, Anchor, AuthorityFile, Hash, Input, Receipt, Statement};
use serde::Deserialize;
use sp_core::{Bytes, H256};
use sp_runtime::{
	traits::{BlakeTwo256, Header as _},
	StateVersion,
};
use sp_state_machine::TrieBackend;
use std::{collections::BTreeMap, path::Path};

/// Reads a receipt from a file.
pub(crate) fn load(path: &Path) -> Result<Receipt> {
	let receipt = Receipt::parse(&fs::read(path)?).map_err(ReceiptError::Invalid)?;
	Ok(receipt)
}

/// Checks a receipt.
pub(crate) fn check(receipt: &Receipt, anchor: &Anchor) -> Result<Statement> {
	let statement = opg_receipt::verify(receipt, anchor).map_err(ReceiptError::Invalid)?;
	Ok(statement)
}

/// Failure of a check, with an exit code of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiptError {
	/// Nothing is trusted.
	#[error(
		"a receipt proves nothing by itself: say what you trust, by --genesis HASH (of the chain's first \
		 block), --chain FILE (its specification) or --authorities FILE (a set that you know)"
	)]
	NoAnchor,
	/// The receipt does not hold.
	#[error("the receipt proves nothing: {0}")]
	Invalid(opg_receipt::Error),
	/// The engine gives another answer than the receipt proves.
	#[error(
		"the receipt is valid, and this machine computes another answer: {local:?}, not {proven:?}. The \
		 settled one is wrong, or this machine is"
	)]
	OtherAnswer {
		/// Digest of the answer of this machine.
		local: H256,
		/// Digest of the proven answer.
		proven: H256,
	},
}

/// Set of authorities in a file.
pub(crate) fn authorities(path: &Path) -> Result<AuthorityFile> {
	let file = AuthorityFile::parse(&fs::read(path)?);
	file.with_context(|| format!("{} is no file of authorities", path.display()))
}

/// Anchor of a set of authorities.
pub(crate) fn by_authorities(file: &AuthorityFile) -> Anchor {
	Anchor::Authorities { genesis: file.genesis, set: file.set() }
}

/// Anchor of a chain whose first block has this hash.
pub(crate) fn by_genesis(genesis: H256) -> Anchor {
	Anchor::Genesis(Hash(genesis.0))
}

/// Anchor of a chain specification.
pub(crate) fn by_chain_spec(path: &Path) -> Result<Anchor> {
	let genesis = genesis_hash(&fs::read(path)?);
	Ok(by_genesis(
		genesis.with_context(|| format!("{} is no raw chain specification", path.display()))?,
	))
}

/// What counts of a raw chain specification.
#[derive(Deserialize)]
struct ChainSpec {
	genesis: Genesis,
}

#[derive(Deserialize)]
struct Genesis {
	raw: Option<RawGenesis>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawGenesis {
	top: BTreeMap<Bytes, Bytes>,
	#[serde(default)]
	children_default: BTreeMap<Bytes, serde_json::Value>,
}

/// Hash of the first block of a chain, computed from its raw specification.
fn genesis_hash(spec: &[u8]) -> Result<H256> {
	let ChainSpec { genesis } = serde_json::from_slice(spec)?;
	let raw = genesis.raw.context(
		"its genesis state is not in it: make it raw (`opg-node build-spec --chain FILE --raw`)",
	)?;
	ensure!(raw.children_default.is_empty(), "no chain of this program has child tries");
	let top: BTreeMap<Vec<u8>, Vec<u8>> =
		raw.top.into_iter().map(|(key, value)| (key.0, value.0)).collect();
	let backend = TrieBackend::<_, BlakeTwo256>::from((top, StateVersion::V1));
	let no_extrinsics =
		<BlakeTwo256 as sp_runtime::traits::Hash>::ordered_trie_root(Vec::new(), StateVersion::V0);
	let header = opg_runtime::Header::new(
		0,
		no_extrinsics,
		*backend.root(),
		H256::zero(),
		Default::default(),
	);
	Ok(header.hash())
}

/// The task that the executors computed. Its input may lie outside of the chain.
pub(crate) fn task(statement: &Statement) -> Result<Task> {
	let v4::ModelVersion { model_hash, engine_id, dims, limits, .. } = &statement.request.version;
	let dims = dims.iter().map(|dim| {
		let name = dim.name.clone().try_into().map_err(|_| anyhow!("a name is too long"))?;
		Ok(Dim { name, size: dim.size })
	});
	let dims: Vec<Dim> = dims.collect::<Result<_>>()?;
	let v4::VersionLimits { fuel, load_fuel, memory, input_bytes, output_bytes } = *limits;
	Ok(Task {
		model_hash: hash(*model_hash),
		engine_id: hash(*engine_id),
		dims: Dims::try_from(dims).map_err(|_| anyhow!("there are too many dimensions"))?,
		input: match &statement.input {
			Input::Inline(input) => TaskInput::Inline(input.clone()),
			Input::Stored(stored) => TaskInput::Stored(content(*stored)),
		},
		limits: VersionLimits { fuel, load_fuel, memory, input_bytes, output_bytes },
	})
}

/// The answer that stands.
pub(crate) fn answer(statement: &Statement) -> Result<Answer> {
	let v4::Answer { outcome, fuel } = &statement.settlement.answer;
	let outcome = match outcome {
		v4::Outcome::Output(output) => {
			let output = output.clone().try_into();
			Outcome::Output(output.map_err(|_| anyhow!("the output is too long"))?)
		},
		v4::Outcome::Error(error) => Outcome::Error(match error {
			v4::ModelError::BadModel => ModelError::BadModel,
			v4::ModelError::BadInput => ModelError::BadInput,
			v4::ModelError::OutOfFuel => ModelError::OutOfFuel,
			v4::ModelError::OutOfMemory => ModelError::OutOfMemory,
			v4::ModelError::Trapped => ModelError::Trapped,
			v4::ModelError::OutputTooLarge => ModelError::OutputTooLarge,
		}),
		v4::Outcome::Stored(stored) => Outcome::Stored(content(*stored)),
	};
	Ok(Answer { outcome, fuel: *fuel })
}

/// Assurance that the requester paid for.
pub(crate) fn tier(statement: &Statement) -> Tier {
	match statement.request.tier {
		v4::Tier::Optimistic => Tier::Optimistic,
		v4::Tier::Quorum => Tier::Quorum,
		v4::Tier::High => Tier::High,
	}
}

/// A hash of the receipt as this program has it.
pub(crate) fn hash(Hash(bytes): Hash) -> H256 {
	H256(bytes)
}

fn content(v4::Content { hash: name, size }: v4::Content) -> Content {
	Content { hash: hash(name), size }
}

#[cfg(test)]
mod tests;
