//! GRANDPA: sets of authorities, and justifications by which they make blocks final.

use crate::{
	error::{Error, FinalityError},
	header::Header,
	limits::{MAX_ANCESTRY, MAX_AUTHORITIES, MAX_FILE_BYTES, MAX_PRECOMMITS},
	primitives::Hash,
};
use codec::{Decode, DecodeAll, Encode};
use ed25519_zebra::{Signature, VerificationKey};
use finality_grandpa::{validate_commit, voter_set::VoterSet, Chain};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Public ed25519 key of an authority, and its weight.
pub type Authority = ([u8; 32], u64);

/// Authorities that make blocks final, until they announce others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuthoritySet {
	/// Number of the set. That of the genesis block is 0.
	pub id: u64,
	/// Authorities.
	pub authorities: Vec<Authority>,
}

type Commit = finality_grandpa::Commit<Hash, u32, [u8; 64], [u8; 32]>;

/// Votes that make a block final, as nodes keep and send them.
#[derive(Clone, Encode, Decode)]
pub(crate) struct Justification {
	pub(crate) round: u64,
	pub(crate) commit: Commit,
	/// Headers between the lowest block that was voted for and the others.
	pub(crate) ancestry: Vec<Header>,
}

impl AuthoritySet {
	/// Tells whether authorities can make blocks final: at least one has a weight, and all weights
	/// together fit into 64 bits.
	pub(crate) fn can_be(authorities: &[Authority]) -> bool {
		VoterSet::new(authorities.iter().copied()).is_some()
	}

	/// Set that follows this one.
	pub(crate) fn followed_by(&self, authorities: Vec<Authority>) -> Result<Self, FinalityError> {
		let id = self.id.checked_add(1).ok_or(FinalityError::SetOverflow)?;
		Ok(Self { id, authorities })
	}

	/// Checks that this set made the block with `hash` and `header` final.
	pub(crate) fn check(
		&self,
		hash: Hash,
		header: &Header,
		justification: &[u8],
	) -> Result<(), FinalityError> {
		let justification = Justification::decode_all(&mut &justification[..])
			.map_err(|_| FinalityError::Justification)?;
		let Justification { round, commit, ancestry } = &justification;
		for (what, count, limit) in [
			("votes", commit.precommits.len(), MAX_PRECOMMITS),
			("headers between votes", ancestry.len(), MAX_ANCESTRY),
		] {
			if count > limit {
				return Err(FinalityError::TooMany { what, limit });
			}
		}
		if (commit.target_hash, commit.target_number) != (hash, header.number) {
			return Err(FinalityError::OtherTarget);
		}
		let voters = VoterSet::new(self.authorities.iter().copied());
		let voters = voters.ok_or(FinalityError::NotEnough(self.id))?;
		self.check_signatures(*round, commit, &voters)?;
		// From here on the number of a block is known to fit its hash, which `validate_commit` takes
		// for granted.
		let ancestry = Ancestry::new(commit, ancestry)?;
		match validate_commit(commit, &voters, &ancestry) {
			Ok(result) if result.is_valid() && result.num_duplicated_precommits() == 0 => Ok(()),
			Ok(result) if result.is_valid() => Err(FinalityError::Duplicate),
			_ => Err(FinalityError::NotEnough(self.id)),
		}
	}

	fn check_signatures(
		&self,
		round: u64,
		commit: &Commit,
		voters: &VoterSet<[u8; 32]>,
	) -> Result<(), FinalityError> {
		for signed in &commit.precommits {
			if !voters.contains(&signed.id) {
				return Err(FinalityError::Stranger(self.id));
			}
			let payload = signed_payload(&signed.precommit, round, self.id);
			let key = VerificationKey::try_from(signed.id);
			let key = key.map_err(|_| FinalityError::Signature)?;
			key.verify(&Signature::from_bytes(&signed.signature), &payload)
				.map_err(|_| FinalityError::Signature)?;
		}
		Ok(())
	}
}

/// Bytes that an authority signs for a precommit.
pub(crate) fn signed_payload(
	precommit: &finality_grandpa::Precommit<Hash, u32>,
	round: u64,
	set: u64,
) -> Vec<u8> {
	(finality_grandpa::Message::Precommit(precommit.clone()), round, set).encode()
}

/// Headers that connect the votes of a commit.
struct Ancestry {
	/// Parents, by hash.
	parents: BTreeMap<Hash, Hash>,
}

impl Ancestry {
	/// Makes sure that the headers lead from every vote down to the lowest, each one a block lower,
	/// and that all of them are needed.
	fn new(commit: &Commit, headers: &[Header]) -> Result<Self, FinalityError> {
		let votes = commit.precommits.iter().map(|signed| &signed.precommit);
		let base = votes.clone().min_by_key(|vote| vote.target_number);
		let Some(base) = base else { return Err(FinalityError::Ancestry) };
		let by_hash: BTreeMap<_, _> =
			headers.iter().map(|header| (header.hash(), header)).collect();
		let mut needed = BTreeSet::new();
		for vote in votes {
			let (mut hash, mut number) = (vote.target_hash, vote.target_number);
			while number > base.target_number && !needed.contains(&hash) {
				let header = by_hash.get(&hash).filter(|header| header.number == number);
				let header = header.ok_or(FinalityError::Ancestry)?;
				needed.insert(hash);
				(hash, number) = (header.parent, number - 1);
			}
			let is_connected = match by_hash.get(&hash) {
				Some(header) if number > base.target_number => header.number == number,
				_ => hash == base.target_hash,
			};
			if !is_connected {
				return Err(FinalityError::Ancestry);
			}
		}
		if needed.len() != headers.len() {
			return Err(FinalityError::Ancestry);
		}
		let parents = by_hash.into_iter().map(|(hash, header)| (hash, header.parent)).collect();
		Ok(Self { parents })
	}
}

impl Chain<Hash, u32> for Ancestry {
	fn ancestry(&self, base: Hash, block: Hash) -> Result<Vec<Hash>, finality_grandpa::Error> {
		let mut route = Vec::new();
		let mut hash = block;
		while hash != base {
			hash = *self.parents.get(&hash).ok_or(finality_grandpa::Error::NotDescendent)?;
			route.push(hash);
		}
		route.pop();
		Ok(route)
	}
}

/// File with a set of authorities that somebody trusts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorityFile {
	/// Genesis hash of the chain.
	pub genesis: Hash,
	set: u64,
	authorities: Vec<Weighted>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weighted {
	key: Hash,
	weight: u64,
}

impl AuthorityFile {
	/// The file of a set.
	pub fn new(genesis: Hash, set: &AuthoritySet) -> Self {
		let weighted = |(key, weight): &Authority| Weighted { key: Hash(*key), weight: *weight };
		let authorities = set.authorities.iter().map(weighted).collect();
		Self { genesis, set: set.id, authorities }
	}

	/// Reads a file.
	///
	/// # Errors
	///
	/// It is too long, not JSON of this form, or its authorities can make no block final.
	pub fn parse(json: &[u8]) -> Result<Self, Error> {
		if json.len() > MAX_FILE_BYTES {
			return Err(Error::TooLarge);
		}
		let file: Self =
			serde_json::from_slice(json).map_err(|error| Error::Form(error.to_string()))?;
		if file.authorities.len() > MAX_AUTHORITIES {
			return Err(Error::TooMany { what: "authorities", limit: MAX_AUTHORITIES });
		}
		if !AuthoritySet::can_be(&file.set().authorities) {
			return Err(Error::Form("its authorities have no weight, or too much".into()));
		}
		Ok(file)
	}

	/// Its text.
	pub fn render(&self) -> String {
		// No map with keys of another type, so it cannot fail.
		serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
	}

	/// Its set.
	pub fn set(&self) -> AuthoritySet {
		let authorities = self.authorities.iter().map(|one| (one.key.0, one.weight)).collect();
		AuthoritySet { id: self.set, authorities }
	}
}
