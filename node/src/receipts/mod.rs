//! Receipts that the node makes: the state of a final block, and why that block is final.
//!
//! The block is the latest with a GRANDPA justification, which the node keeps beside the database's
//! blocks. The headers and justifications of earlier changes of the authorities stay in the database
//! for ever, so that a receipt can begin with the genesis however old the chain is.

mod archive;

pub use archive::{keep, Archive};

use crate::client::FullClient;
use codec::{Decode, Encode};
use opg_primitives::{AccountId, BlockNumber, RequestId};
use opg_receipt::{
	v4::{keys, RuntimeVersion},
	verify, Anchor, AuthoritySet, Fragment, GenesisState, Receipt,
};
use opg_runtime::{opaque::Block, Header, Runtime};
use pallet_opg_inference::{Request, RequestState, Requests};
use parking_lot::Mutex;
use sc_client_api::{blockchain, BlockBackend, HeaderBackend, ProofProvider, StorageProvider};
use sc_consensus_grandpa::{
	best_justification, find_scheduled_change, SharedAuthoritySet, GRANDPA_ENGINE_ID,
};
use sc_service::ChainSpec;
use sp_core::{ed25519, storage::StorageKey, H256};
use sp_runtime::{
	traits::{BlakeTwo256, Header as _},
	StateVersion,
};
use sp_state_machine::{prove_read, TrieBackend};
use std::{
	collections::BTreeMap,
	ops::Range,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc,
	},
};

/// Receipts that are made at a time. More are refused, so that strangers cannot take all threads.
const TURNS: usize = 4;

/// Longest receipt, in bytes of its parts. Its text is twice as long, and a node answers with 15 MiB.
const MAX_BYTES: usize = 6 << 20;

/// Reason for which there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// No request has the number, or it was removed.
	#[error(
		"this node knows no request {0}: it never was, or it is so old that the chain removed it. A node \
		 that runs with --keep-receipts may have its receipt"
	)]
	Unknown(RequestId),
	/// The request is not settled in a final block.
	#[error("request {0} is not settled in a final block yet: ask again later")]
	NotYet(RequestId),
	/// The request failed.
	#[error("request {0} failed: there is no answer, and no receipt")]
	Failed(RequestId),
	/// No set of authorities has the number.
	#[error("the authority set {given} is of no use: the receipt is signed by set {signed}")]
	LaterSet {
		/// Set that was asked for.
		given: u64,
		/// Set that made the proven block final.
		signed: u64,
	},
	/// The proof of finality is too long.
	#[error(
		"the receipt has more than {MAX_BYTES} bytes: give a later authority set as `fromSet`"
	)]
	TooLarge,
	/// There is too much to do.
	#[error("this node makes {TURNS} receipts already: ask again in a moment")]
	Busy,
	/// The database lacks something.
	#[error("this node cannot make the receipt: {0}")]
	Unavailable(String),
}

impl From<blockchain::Error> for Error {
	fn from(error: blockchain::Error) -> Self {
		Self::Unavailable(error.to_string())
	}
}

/// Makes receipts.
pub struct Receipts {
	client: Arc<FullClient>,
	sets: SharedAuthoritySet<H256, BlockNumber>,
	chain_spec: Box<dyn ChainSpec>,
	/// Proof of the first authorities, once it was made.
	genesis_state: Mutex<Option<GenesisState>>,
	archive: Option<Archive>,
	turns: AtomicUsize,
}

/// The latest block that is justified.
struct Justified {
	hash: H256,
	fragment: Fragment,
	/// Number of the set that made it final.
	set: u64,
}

/// What the chain says of a request in a block.
enum Progress {
	Missing,
	Open,
	Settled,
	Failed,
}

impl Receipts {
	/// Makes receipts of this chain, and takes those from the archive that can no longer be made.
	pub fn new(
		client: Arc<FullClient>,
		sets: SharedAuthoritySet<H256, BlockNumber>,
		chain_spec: Box<dyn ChainSpec>,
		archive: Option<Archive>,
	) -> Self {
		let (genesis_state, turns) = (Mutex::new(None), AtomicUsize::new(0));
		Self { client, sets, chain_spec, genesis_state, archive, turns }
	}

	/// Receipt of a request, for whoever trusts the authority set `from`, or else the genesis. It is
	/// checked before it is given.
	///
	/// # Errors
	///
	/// There is none, or none yet, or the node lacks what it takes.
	pub fn receipt(&self, request: RequestId, from: Option<u64>) -> Result<Receipt, Error> {
		let _turn = Turn::take(&self.turns).ok_or(Error::Busy)?;
		let receipt = match self.latest(request) {
			Err(Error::Unknown(_)) => {
				let kept = self.archive.as_ref().and_then(|archive| archive.load(request));
				kept.ok_or(Error::Unknown(request))?
			},
			other => other?,
		};
		let receipt = self.begin_with(receipt, from)?;
		self.check(&receipt)?;
		Ok(receipt)
	}

	/// Receipt that begins with the set which made its block final.
	fn latest(&self, request: RequestId) -> Result<Receipt, Error> {
		let Some(Justified { hash, fragment, set }) = self.justified()? else {
			return Err(self.not_justified(request));
		};
		match self.progress(request, hash)? {
			Progress::Settled => {},
			Progress::Open => return Err(Error::NotYet(request)),
			Progress::Failed => return Err(Error::Failed(request)),
			Progress::Missing => return Err(self.not_justified(request)),
		}
		let keys = keys::of(request);
		let proof = self.client.read_proof(hash, &mut keys.iter().map(Vec::as_slice))?;
		let [.., version, _time] = keys;
		let version: RuntimeVersion = self.value(hash, version)?.ok_or_else(|| {
			Error::Unavailable("the state does not say which runtime wrote it".into())
		})?;
		Ok(Receipt {
			request,
			spec_version: version.spec_version.0,
			genesis: opg_receipt::Hash(self.client.info().genesis_hash.0),
			first_set: set,
			genesis_state: None,
			finality: vec![fragment],
			proof: proof.into_iter_nodes().collect(),
		})
	}

	/// Why no justified block has the request: it is newer, or there is none.
	fn not_justified(&self, request: RequestId) -> Error {
		match self.progress(request, self.client.info().best_hash) {
			Ok(Progress::Missing) => Error::Unknown(request),
			Ok(_) => Error::NotYet(request),
			Err(error) => error,
		}
	}

	fn justified(&self) -> Result<Option<Justified>, Error> {
		let Some(justification) = best_justification::<_, Block>(&*self.client)? else {
			return Ok(None);
		};
		let (number, hash) = justification.target();
		let header = self.header(hash)?.encode();
		let fragment = Fragment { header, justification: justification.encode() };
		// Read after the justification: so a change that it depends on is there.
		let changes = self.sets.authority_set_changes();
		let ended = changes.iter_from(number.saturating_sub(1)).into_iter().flatten().next();
		let set = ended.map_or_else(|| self.sets.set_id(), |(set, _)| *set);
		Ok(Some(Justified { hash, fragment, set }))
	}

	fn progress(&self, request: RequestId, block: H256) -> Result<Progress, Error> {
		let key = Requests::<Runtime>::hashed_key_for(request);
		let request: Option<Request<AccountId, BlockNumber>> = self.value(block, key)?;
		Ok(match request.map(|request| request.state) {
			None => Progress::Missing,
			Some(RequestState::Settled { .. }) => Progress::Settled,
			Some(RequestState::Failed { .. }) => Progress::Failed,
			Some(_) => Progress::Open,
		})
	}

	fn value<V: Decode>(&self, block: H256, key: Vec<u8>) -> Result<Option<V>, Error> {
		let value = self.client.storage(block, &StorageKey(key))?;
		let decoded = value.map(|value| V::decode(&mut &value.0[..])).transpose();
		decoded.map_err(|error| Error::Unavailable(format!("the state does not decode: {error}")))
	}

	fn header(&self, hash: H256) -> Result<Header, Error> {
		let header = self.client.header(hash)?;
		header.ok_or_else(|| Error::Unavailable(format!("the header of {hash:?} is not here")))
	}

	/// Puts before the receipt how the authorities changed since the set `from`, or the genesis.
	fn begin_with(&self, receipt: Receipt, from: Option<u64>) -> Result<Receipt, Error> {
		let (first, signed) = (from.unwrap_or(0), receipt.first_set);
		if first > signed {
			return Err(Error::LaterSet { given: first, signed });
		}
		let genesis_state = match from {
			Some(_) => None,
			None => Some(self.genesis_state()?),
		};
		let mut finality = Vec::new();
		let mut bytes = 0;
		for (hash, header) in self.ends(first..signed)? {
			let justification = self.client.justifications(hash)?;
			let justification =
				justification.and_then(|all| all.into_justification(GRANDPA_ENGINE_ID));
			let justification = justification.ok_or_else(|| {
				Error::Unavailable(format!("the justification of {hash:?} is not here"))
			})?;
			let fragment = Fragment { header: header.encode(), justification };
			bytes += fragment.header.len() + fragment.justification.len();
			if bytes > MAX_BYTES {
				return Err(Error::TooLarge);
			}
			finality.push(fragment);
		}
		finality.extend(receipt.finality);
		Ok(Receipt { first_set: first, genesis_state, finality, ..receipt })
	}

	/// Last blocks of sets of authorities, each of which announces the next set.
	fn ends(&self, sets: Range<u64>) -> Result<Vec<(H256, Header)>, Error> {
		let missing = |set: u64| {
			Error::Unavailable(format!(
				"the end of the authority set {set} is not here: the node may have begun with a later \
				 block. Give a later set as `fromSet`, or ask a node that has the whole chain"
			))
		};
		let changes = self.sets.authority_set_changes();
		let changes = changes.iter_from(0).ok_or_else(|| missing(sets.start))?;
		let numbers: BTreeMap<_, _> =
			changes.filter(|(set, _)| sets.contains(set)).copied().collect();
		let end = |set| {
			let number = *numbers.get(&set).ok_or_else(|| missing(set))?;
			let hash = self.client.hash(number)?.ok_or_else(|| missing(set))?;
			Ok((hash, self.header(hash)?))
		};
		sets.map(end).collect()
	}

	/// Proof of the authorities of the genesis block. Its state is pruned in the database, so it is
	/// built again from the chain specification.
	fn genesis_state(&self) -> Result<GenesisState, Error> {
		let mut known = self.genesis_state.lock();
		if let Some(state) = &*known {
			return Ok(state.clone());
		}
		let storage =
			self.chain_spec.as_storage_builder().build_storage().map_err(Error::Unavailable)?;
		let header = self.header(self.client.info().genesis_hash)?;
		let backend = TrieBackend::<_, BlakeTwo256>::from((storage, StateVersion::V1));
		if backend.root() != header.state_root() {
			return Err(Error::Unavailable(
				"the chain specification gives another genesis state than the database has".into(),
			));
		}
		let proof = prove_read(backend, [keys::authorities()])
			.map_err(|error| Error::Unavailable(error.to_string()))?;
		let state =
			GenesisState { header: header.encode(), proof: proof.into_iter_nodes().collect() };
		Ok(known.insert(state).clone())
	}

	/// Checks a receipt as whoever asked for it will.
	fn check(&self, receipt: &Receipt) -> Result<(), Error> {
		let anchor = match receipt.first_set {
			// Set 0 is that of the genesis, which proves who it is.
			0 => Anchor::Genesis(receipt.genesis),
			set => {
				let ends = self.ends(set - 1..set)?;
				let change = ends.first().and_then(|(_, end)| find_scheduled_change::<Block>(end));
				let change = change.ok_or_else(|| {
					Error::Unavailable(format!("no header announces the authority set {set}"))
				})?;
				let authorities = change.next_authorities.into_iter();
				let authorities = authorities
					.map(|(key, weight)| (ed25519::Public::from(key).0, weight))
					.collect();
				let set = AuthoritySet { id: set, authorities };
				Anchor::Authorities { genesis: receipt.genesis, set }
			},
		};
		let whole = match (&receipt.genesis_state, &anchor) {
			(None, Anchor::Genesis(_)) => {
				Some(Receipt { genesis_state: Some(self.genesis_state()?), ..receipt.clone() })
			},
			_ => None,
		};
		let checked = verify(whole.as_ref().unwrap_or(receipt), &anchor);
		checked
			.map(drop)
			.map_err(|error| Error::Unavailable(format!("what it made does not hold: {error}")))
	}
}

/// Right to make a receipt.
struct Turn<'a>(&'a AtomicUsize);

impl<'a> Turn<'a> {
	fn take(turns: &'a AtomicUsize) -> Option<Self> {
		let taken = turns.fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| {
			(taken < TURNS).then_some(taken + 1)
		});
		taken.ok().map(|_| Self(turns))
	}
}

impl Drop for Turn<'_> {
	fn drop(&mut self) {
		self.0.fetch_sub(1, Ordering::AcqRel);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn turns_should_be_given_back_when_a_receipt_is_made() {
		let turns = AtomicUsize::new(0);
		let taken: Vec<_> = (0..TURNS).map(|_| Turn::take(&turns).unwrap()).collect();
		assert!(Turn::take(&turns).is_none());
		drop(taken);
		assert!(Turn::take(&turns).is_some());
	}
}
