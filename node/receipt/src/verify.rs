//! The check of a receipt.

use crate::{
	error::{Error, GenesisError},
	file::{Fragment, GenesisState, Receipt},
	finality::AuthoritySet,
	header::Header,
	primitives::Hash,
	trie::StorageProof,
	v4::{self, keys, Committees, Content, Request, Settlement, StoredRequest},
};
use codec::{Decode, DecodeAll};

/// What a verifier trusts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Anchor {
	/// Hash of the chain's first block.
	Genesis(Hash),
	/// A set of authorities of a chain.
	Authorities {
		/// Genesis hash of the chain.
		genesis: Hash,
		/// The set.
		set: AuthoritySet,
	},
}

/// Input of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
	/// Encoded tensors, which the chain carries.
	Inline(Vec<u8>),
	/// Outside of the chain.
	Stored(Content),
}

/// What a receipt proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
	/// Genesis hash of the chain.
	pub genesis: Hash,
	/// Hash of the final block whose state is proven.
	pub block: Hash,
	/// Height of the block.
	pub height: u32,
	/// Time of the block, in milliseconds since 1970.
	pub time: u64,
	/// Runtime version that wrote the state.
	pub spec_version: u32,
	/// Name of the runtime.
	pub spec_name: String,
	/// Number of the request.
	pub id: u64,
	/// Request.
	pub request: Request,
	/// Its input.
	pub input: Input,
	/// Work of its committees.
	pub committees: Committees,
	/// Answer that stands, and what was paid.
	pub settlement: Settlement,
	/// Authorities that make the blocks after the proven one final. Whoever trusts them can have
	/// later receipts without what was before.
	pub next_set: AuthoritySet,
}

/// Checks a receipt against what the verifier trusts, and gives what it proves. Every byte of the
/// receipt counts: there is no part that could be another one.
///
/// # Errors
///
/// The first reason that is found for which it proves nothing.
pub fn verify(receipt: &Receipt, anchor: &Anchor) -> Result<Statement, Error> {
	let Finality { header, block, set } = check_finality(receipt, anchor)?;
	let id = receipt.request;
	let proof = StorageProof::new(receipt.proof.iter().map(Vec::as_slice))?;
	let [request, input, committees, genesis, version, time] =
		keys::of(id).map(|key| proof.value(header.state_root, &key));
	let (request, input, committees) = (request?, input?, committees?);
	let (genesis, version, time) = (genesis?, version?, time?);
	proof.finish()?;

	let genesis: Hash = value(genesis, "genesis hash")?;
	if genesis != receipt.genesis {
		return Err(Error::OtherChain { expected: receipt.genesis, found: genesis });
	}
	let version: v4::RuntimeVersion = value(version, "runtime version")?;
	if version.spec_version.0 != receipt.spec_version {
		let (claimed, proven) = (receipt.spec_version, version.spec_version.0);
		return Err(Error::OtherSpecVersion { claimed, proven });
	}
	let request = request.ok_or(Error::Missing("request"))?;
	let request = StoredRequest::decode(request).ok_or(Error::Undecodable("request"))?;
	let StoredRequest::Settled(settled) = request else {
		return Err(Error::NotSettled(id));
	};
	let (request, settlement) = *settled;
	let (input, input_hash) = match request.stored_input {
		Some(content) => (Input::Stored(content), content.hash),
		None => {
			let input: Vec<u8> = value(input, "input")?;
			let hash = v4::input_hash(&input);
			(Input::Inline(input), hash)
		},
	};
	let committees: Committees = value(committees, "committees")?;
	for (what, differs) in [
		("input", [request.input_hash, committees.input_hash] != [input_hash; 2]),
		("model", request.version.model_hash != committees.model_hash),
		("engine", request.version.engine_id != committees.engine_id),
	] {
		if differs {
			return Err(Error::Contradiction(what));
		}
	}
	Ok(Statement {
		genesis,
		block,
		height: header.number,
		time: value(time, "time")?,
		spec_version: version.spec_version.0,
		spec_name: version.spec_name,
		id,
		request,
		input,
		committees,
		settlement,
		next_set: set,
	})
}

/// A final block, and the authorities after it.
struct Finality {
	header: Header,
	block: Hash,
	set: AuthoritySet,
}

fn check_finality(receipt: &Receipt, anchor: &Anchor) -> Result<Finality, Error> {
	let (Anchor::Genesis(expected) | Anchor::Authorities { genesis: expected, .. }) = anchor;
	if receipt.genesis != *expected {
		return Err(Error::OtherChain { expected: *expected, found: receipt.genesis });
	}
	// What is in the receipt is checked, even where the anchor does not need it.
	let first = match &receipt.genesis_state {
		Some(state) => Some(check_genesis(receipt, state)?),
		None => None,
	};
	let (mut set, mut trusted) = match (first, anchor) {
		(Some(first), Anchor::Genesis(_)) => (first, None),
		(Some(first), Anchor::Authorities { set, .. }) => (first, Some(set)),
		(None, Anchor::Genesis(_)) => return Err(Error::NotFromGenesis(receipt.first_set)),
		// Nothing says who the authorities before the trusted set are.
		(None, Anchor::Authorities { set, .. }) if set.id == receipt.first_set => {
			(set.clone(), Some(set))
		},
		(None, Anchor::Authorities { set, .. }) => return Err(other_sets(receipt, set.id)),
	};
	let last = receipt.finality.len().checked_sub(1).ok_or(Error::NoBlock)?;
	let mut reached: Option<(Header, Hash)> = None;
	for (index, Fragment { header, justification }) in receipt.finality.iter().enumerate() {
		if let Some(expected) = trusted.filter(|trusted| trusted.id == set.id) {
			if *expected != set {
				return Err(Error::OtherAuthorities(set.id));
			}
			trusted = None;
		}
		let failed = |cause| Error::Finality { index, cause };
		use crate::error::FinalityError::{Header as NoHeader, NoChange, NotAbove};
		let (header, hash) = Header::read(header).ok_or(failed(NoHeader))?;
		if reached.is_some_and(|(before, _)| before.number >= header.number) {
			return Err(failed(NotAbove));
		}
		set.check(hash, &header, justification).map_err(failed)?;
		match header.next_authorities().map_err(failed)? {
			Some(next) => set = set.followed_by(next).map_err(failed)?,
			None if index < last => return Err(failed(NoChange)),
			None => {},
		}
		reached = Some((header, hash));
	}
	// The set after the last block signed nothing here.
	if let Some(trusted) = trusted {
		return Err(other_sets(receipt, trusted.id));
	}
	let (header, block) = reached.ok_or(Error::NoBlock)?;
	Ok(Finality { header, block, set })
}

fn other_sets(receipt: &Receipt, trusted: u64) -> Error {
	let changes = receipt.finality.len().saturating_sub(1);
	let last = receipt.first_set.saturating_add(u64::try_from(changes).unwrap_or(u64::MAX));
	Error::OtherSets { first: receipt.first_set, last, trusted }
}

/// Authorities of the genesis block, whose hash the receipt says.
fn check_genesis(receipt: &Receipt, state: &GenesisState) -> Result<AuthoritySet, GenesisError> {
	let (header, hash) = Header::read(&state.header).ok_or(GenesisError::Header)?;
	if hash != receipt.genesis {
		return Err(GenesisError::OtherHash);
	}
	if header.number != 0 {
		return Err(GenesisError::Number);
	}
	if receipt.first_set != 0 {
		return Err(GenesisError::OtherSet(receipt.first_set));
	}
	let proof = StorageProof::new(state.proof.iter().map(Vec::as_slice))?;
	let authorities = proof.value(header.state_root, &keys::authorities())?;
	proof.finish()?;
	let authorities = authorities.ok_or(GenesisError::NoAuthorities)?;
	let authorities = Vec::decode_all(&mut &authorities[..]);
	let authorities = authorities.map_err(|_| GenesisError::NoAuthorities)?;
	if authorities.len() > crate::limits::MAX_AUTHORITIES || !AuthoritySet::can_be(&authorities) {
		return Err(GenesisError::NoAuthorities);
	}
	Ok(AuthoritySet { id: 0, authorities })
}

fn value<V: Decode>(bytes: Option<&[u8]>, what: &'static str) -> Result<V, Error> {
	let bytes = bytes.ok_or(Error::Missing(what))?;
	V::decode_all(&mut &bytes[..]).map_err(|_| Error::Undecodable(what))
}
