//! The file: JSON with encoded parts in hexadecimal digits.

use crate::{
	error::Error,
	limits::{MAX_FILE_BYTES, MAX_FRAGMENTS, MAX_PROOF_NODES},
	primitives::{Hash, Hex},
};
use serde::{Deserialize, Serialize};

/// Version of the format. It changes with what is proven and how it is encoded. Versions 1 to 3 had
/// no proof of finality.
pub const VERSION: u64 = 4;

/// A receipt as it lies in the file: claims and their proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
	/// Number of the request.
	pub request: u64,
	/// Runtime version that wrote the proven state.
	pub spec_version: u32,
	/// Genesis hash of the chain.
	pub genesis: Hash,
	/// Number of the authority set with which the proof of finality begins.
	pub first_set: u64,
	/// Proof of the authorities of set 0, for whoever trusts the genesis hash.
	pub genesis_state: Option<GenesisState>,
	/// Final headers: one for each change of the authorities, and the one whose state is proven.
	pub finality: Vec<Fragment>,
	/// Trie nodes of the state of the last header.
	pub proof: Vec<Vec<u8>>,
}

/// Proof of the authorities in the genesis block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GenesisState {
	/// Encoded header of the genesis block.
	pub header: Vec<u8>,
	/// Trie nodes of its state.
	pub proof: Vec<Vec<u8>>,
}

/// Header, and why it is final.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fragment {
	/// Encoded header.
	pub header: Vec<u8>,
	/// Encoded GRANDPA justification.
	pub justification: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
	version: u64,
	request: u64,
	spec_version: u32,
	genesis: Hash,
	first_set: u64,
	genesis_state: Option<StateFile>,
	finality: Vec<FragmentFile>,
	proof: Vec<Hex>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
	header: Hex,
	proof: Vec<Hex>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FragmentFile {
	header: Hex,
	justification: Hex,
}

/// The part of any version.
#[derive(Deserialize)]
struct Versioned {
	version: Option<u64>,
}

impl Receipt {
	/// Reads a file. It does not check what the file claims: see [`crate::verify()`].
	///
	/// # Errors
	///
	/// It is too long, of another version or form, or there is more in it than [`crate::limits`] allow.
	pub fn parse(json: &[u8]) -> Result<Self, Error> {
		if json.len() > MAX_FILE_BYTES {
			return Err(Error::TooLarge);
		}
		// Another version may have other fields.
		let Versioned { version } =
			serde_json::from_slice(json).map_err(|error| match error.classify() {
				serde_json::error::Category::Data => Error::NoVersion,
				_ => Error::NotJson(error.to_string()),
			})?;
		match version {
			Some(VERSION) => {},
			Some(other) => return Err(Error::OtherVersion(other)),
			None => return Err(Error::NoVersion),
		}
		let file: File =
			serde_json::from_slice(json).map_err(|error| Error::Form(error.to_string()))?;
		let genesis_nodes = file.genesis_state.as_ref().map_or(0, |state| state.proof.len());
		for (what, count, limit) in [
			("headers", file.finality.len(), MAX_FRAGMENTS),
			("nodes of a storage proof", file.proof.len().max(genesis_nodes), MAX_PROOF_NODES),
		] {
			if count > limit {
				return Err(Error::TooMany { what, limit });
			}
		}
		let nodes = |proof: Vec<Hex>| proof.into_iter().map(|node| node.0).collect();
		Ok(Self {
			request: file.request,
			spec_version: file.spec_version,
			genesis: file.genesis,
			first_set: file.first_set,
			genesis_state: file.genesis_state.map(|StateFile { header, proof }| GenesisState {
				header: header.0,
				proof: nodes(proof),
			}),
			finality: file
				.finality
				.into_iter()
				.map(|FragmentFile { header, justification }| Fragment {
					header: header.0,
					justification: justification.0,
				})
				.collect(),
			proof: nodes(file.proof),
		})
	}

	/// The text of the file.
	pub fn render(&self) -> String {
		// No map with keys of another type, so it cannot fail.
		serde_json::to_string_pretty(&self.to_file()).unwrap_or_default() + "\n"
	}

	/// The file as a JSON value.
	pub fn to_json(&self) -> serde_json::Value {
		serde_json::to_value(self.to_file()).unwrap_or_default()
	}

	fn to_file(&self) -> File {
		let nodes = |proof: &[Vec<u8>]| proof.iter().cloned().map(Hex).collect();
		let genesis_state = self.genesis_state.as_ref().map(|state| StateFile {
			header: Hex(state.header.clone()),
			proof: nodes(&state.proof),
		});
		let finality = self.finality.iter().map(|fragment| FragmentFile {
			header: Hex(fragment.header.clone()),
			justification: Hex(fragment.justification.clone()),
		});
		File {
			version: VERSION,
			request: self.request,
			spec_version: self.spec_version,
			genesis: self.genesis,
			first_set: self.first_set,
			genesis_state,
			finality: finality.collect(),
			proof: nodes(&self.proof),
		}
	}
}
