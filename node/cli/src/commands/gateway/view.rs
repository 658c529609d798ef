//! What a node says, as `docs/openrpc.json` describes it: the parts that the gateway needs.

use anyhow::{ensure, Context, Result};
use opg_gateway::backend::TextForm;
use opg_primitives::{Answer, Content, Dim, Dims, Outcome, Output, VersionLimits};
use serde::Deserialize;
use sp_core::{Bytes, H256};
use std::collections::BTreeMap;

/// A registered version.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
	pub model: u32,
	pub owner: String,
	pub name: String,
	pub number: String,
	pub model_hash: H256,
	pub size: u32,
	pub engine_id: H256,
	dims: BTreeMap<String, u64>,
	limits: Limits,
	pub royalty: String,
	pub tokenizer: Option<File>,
	generation: Option<Generation>,
}

/// How a version generates text.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Generation {
	context: u64,
	vocabulary: u64,
	block: u64,
	token_fuel: u64,
	block_fuel: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
	fuel: u64,
	load_fuel: u64,
	memory_mib: u32,
	input_bytes: u32,
	output_bytes: u32,
}

/// A content of the chain.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct File {
	pub hash: H256,
	pub size: u32,
}

impl From<File> for Content {
	fn from(File { hash, size }: File) -> Self {
		Self { hash, size }
	}
}

impl Version {
	/// `owner/name`.
	pub fn full_name(&self) -> String {
		format!("{}/{}", self.owner, self.name)
	}

	/// How it generates text, if it does.
	pub fn text(&self) -> Option<TextForm> {
		let Generation { context, vocabulary, block, token_fuel, block_fuel } = self.generation?;
		let limits = self.limits();
		let generation =
			opg_engine_types::Generation { context, block, vocabulary, token_fuel, block_fuel };
		Some(TextForm { generation, min_fuel: limits.min_fuel(), max_fuel: limits.fuel })
	}

	pub fn limits(&self) -> VersionLimits {
		let Limits { fuel, load_fuel, memory_mib, input_bytes, output_bytes } = self.limits;
		VersionLimits { fuel, load_fuel, memory: memory_mib, input_bytes, output_bytes }
	}

	/// Sizes of dimensions. Their order does not matter to the engine.
	pub fn dims(&self) -> Result<Dims> {
		let dims = self.dims.iter().map(|(name, size)| {
			let name = name.clone().into_bytes().try_into();
			Ok(Dim { name: name.ok().context("a dimension's name is too long")?, size: *size })
		});
		let dims = dims.collect::<Result<Vec<_>>>()?;
		dims.try_into().ok().context("the version has too many dimensions")
	}
}

/// A page of named models.
#[derive(Debug, Deserialize)]
pub(super) struct Models {
	pub items: Vec<NamedModel>,
	pub next: Option<String>,
}

/// A model and its versions.
#[derive(Debug, Deserialize)]
pub(super) struct NamedModel {
	pub owner: String,
	pub name: String,
	versions: Vec<ListedVersion>,
}

#[derive(Debug, Deserialize)]
struct ListedVersion {
	number: String,
	state: String,
}

impl NamedModel {
	/// Versions that take requests.
	pub fn versions(&self) -> Vec<String> {
		let left = self.versions.iter().filter(|version| version.state != "removed");
		left.map(|version| version.number.clone()).collect()
	}
}

/// What a request costs. Amounts are decimal text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Price {
	pub max_fee: Option<String>,
	pub deposit: String,
	pub takes_requests: bool,
	pub congested: bool,
}

/// The free OPG of an account.
#[derive(Debug, Deserialize)]
pub(super) struct AccountState {
	pub free: String,
}

/// Fee of a transaction, as Substrate's nodes tell it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeeInfo {
	pub partial_fee: String,
}

/// What may be relied on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultState {
	pub state: String,
	pub is_final: bool,
	pub may_rely: bool,
	pub answer: Option<AnswerView>,
}

/// An answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnswerView {
	pub digest: H256,
	fuel: u64,
	pub output: Option<Bytes>,
	pub stored_output: Option<File>,
	pub error: Option<String>,
}

impl AnswerView {
	/// Fails unless the digest is that of the output: a receipt and a run of one's own tell about the
	/// digest. The name of an error is not compared.
	pub fn check(&self) -> Result<()> {
		let outcome = match (&self.output, self.stored_output) {
			(Some(output), None) => {
				let output = Output::try_from(output.0.clone());
				Outcome::Output(output.ok().context("the node gives an output that is too long")?)
			},
			(None, Some(stored)) => Outcome::Stored(stored.into()),
			(None, None) if self.error.is_some() => return Ok(()),
			_ => anyhow::bail!("the node gives an answer that is no answer"),
		};
		let digest = Answer { outcome, fuel: self.fuel }.digest();
		ensure!(
			digest == self.digest,
			"the node gives another output than the digest is of: it lies"
		);
		Ok(())
	}
}

/// What is known of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestState {
	/// Block of inclusion.
	pub requested_at: u32,
	pub status: Status,
}

/// How far it is.
#[derive(Debug, Deserialize)]
pub(super) struct Status {
	pub name: String,
	pub fee: Option<String>,
	pub reason: Option<String>,
	pub explanation: Option<String>,
}

/// State of a node.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
	pub is_syncing: bool,
}

/// The chain of a node.
#[derive(Debug, Deserialize)]
pub(super) struct ChainState {
	pub genesis: H256,
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::ModelError;
	use serde_json::{from_value, json};

	#[test]
	fn version_should_be_read_as_a_node_gives_it() {
		let zero = H256::zero();
		let version: Version = from_value(json!({
			"model": 7, "owner": "opA", "name": "digits", "number": "1.0.0", "modelHash": zero,
			"size": 9, "engineId": zero, "dims": { "n": 3 }, "royalty": "12", "reportHash": zero,
			"limits": { "fuel": 1, "loadFuel": 2, "memoryMib": 3, "inputBytes": 4, "outputBytes": 5 },
			"licence": null, "tokenizer": { "hash": zero, "size": 8 }, "deprecated": null,
			"announcedBy": "opA", "announcedAt": 1, "generation": {
				"context": 64, "vocabulary": 9, "block": 32, "tokenFuel": 10, "blockFuel": 20,
			},
		}))
		.unwrap();
		let text = version.text().unwrap();
		assert_eq!((text.generation.context, text.generation.block_fuel), (64, 20));
		assert_eq!((text.min_fuel, text.max_fuel), (1, 1));
		assert_eq!(version.full_name(), "opA/digits");
		assert_eq!((version.limits().memory, version.limits().output_bytes), (3, 5));
		assert_eq!(version.dims().unwrap()[0].size, 3);
	}

	#[test]
	fn answer_should_be_what_its_digest_says() {
		let answer = |outcome, fuel| Answer { outcome, fuel }.digest();
		let output = Outcome::Output(vec![7; 3].try_into().unwrap());
		let view = |digest, output: Option<&str>, error: Option<&str>| -> AnswerView {
			from_value(json!({
				"digest": digest, "fuel": 5, "output": output, "storedOutput": null, "error": error,
			}))
			.unwrap()
		};
		let digest = answer(output, 5);
		view(digest, Some("0x070707"), None).check().unwrap();
		assert!(view(digest, Some("0x070708"), None).check().is_err());
		assert!(view(digest, None, None).check().is_err());
		let error = answer(Outcome::Error(ModelError::BadInput), 5);
		view(error, None, Some("BadInput")).check().unwrap();
	}
}
