//! Tests with a small chain of their own: a genesis state, changes of the authorities, a settled
//! request.

use crate::{
	error::{Error, FinalityError, GenesisError, ProofError},
	finality::{signed_payload, Authority, AuthoritySet, Justification},
	header::Header,
	trie::{self, StorageProof},
	v4::{self, keys, *},
	verify, AccountId, Anchor, AuthorityFile, Fragment, GenesisState, Hash, Input, Receipt,
	Statement,
};
use codec::{Compact, Encode};
use ed25519_zebra::{SigningKey, VerificationKey};
use finality_grandpa::{Commit, Precommit, SignedPrecommit};
use proptest::prelude::*;

const REQUEST: u64 = 7;
const SPEC_VERSION: u32 = 100;

fn key(seed: u8) -> SigningKey {
	SigningKey::from([seed; 32])
}

fn public(seed: u8) -> [u8; 32] {
	VerificationKey::from(&key(seed)).into()
}

fn authorities(seeds: &[u8]) -> Vec<Authority> {
	seeds.iter().map(|seed| (public(*seed), 1)).collect()
}

fn vote(
	seed: u8,
	block: &Header,
	round: u64,
	set: u64,
) -> SignedPrecommit<Hash, u32, [u8; 64], [u8; 32]> {
	let precommit = Precommit { target_hash: block.hash(), target_number: block.number };
	let signature = key(seed).sign(&signed_payload(&precommit, round, set)).into();
	SignedPrecommit { precommit, signature, id: public(seed) }
}

/// Justification of `target` by votes for it.
fn justification(target: &Header, voters: &[u8], set: u64) -> Justification {
	let round = 3;
	let precommits = voters.iter().map(|seed| vote(*seed, target, round, set)).collect();
	let commit = Commit { target_hash: target.hash(), target_number: target.number, precommits };
	Justification { round, commit, ancestry: Vec::new() }
}

fn fragment(header: &Header, voters: &[u8], set: u64) -> Fragment {
	let justification = justification(header, voters, set).encode();
	Fragment { header: header.encode(), justification }
}

fn answer() -> Answer {
	Answer { outcome: Outcome::Output(vec![4, 2]), fuel: 7 }
}

fn settlement() -> Settlement {
	let paid = vec![(AccountId([5; 32]), 3), (AccountId([6; 32]), 3)];
	Settlement { answer: answer(), paid, fee: 9, at: 20 }
}

fn request(stored_input: Option<Content>) -> Request {
	Request {
		requester: AccountId([4; 32]),
		model: 2,
		version: ModelVersion {
			owner: AccountId([3; 32]),
			model_hash: Hash([1; 32]),
			size: 1_000,
			engine_id: Hash([2; 32]),
			dims: vec![Dim { name: b"batch".to_vec(), size: 1 }],
			limits: VersionLimits {
				fuel: 10,
				load_fuel: 10,
				memory: 64,
				input_bytes: 100,
				output_bytes: 100,
			},
			royalty: 1,
		},
		input_hash: stored_input.map_or(v4::input_hash(b"input"), |content| content.hash),
		stored_input,
		tier: Tier::Quorum,
		price: 1,
		reference: Hash([8; 32]),
		deadline: None,
		requested_at: 2,
		drawn_at: Some(3),
		changed_at: 20,
		seed: Some(Hash([9; 32])),
		seat_reserve: 5,
		is_escalated: false,
		deposit: 0,
		escrow: 0,
		has_panel: false,
		audit: None,
		challenges: Vec::new(),
	}
}

fn committees(request: &Request) -> Committees {
	let seat = |executor: u8| Seat {
		executor: AccountId([executor; 32]),
		round: 0,
		session: 1,
		state: SeatState::Revealed {
			commitment: Some((4, Hash([executor; 32]))),
			at: 6,
			digest: answer().digest(),
			witness: None,
		},
	};
	Committees {
		index: 0,
		needed: 3,
		size: 3,
		witnessed: false,
		seed: Hash([9; 32]),
		phase: RoundPhase::Closed,
		decline_by: 5,
		commit_by: 6,
		model_hash: request.version.model_hash,
		engine_id: request.version.engine_id,
		input_hash: request.input_hash,
		fuel_limit: 10,
		output_limit: 100,
		seats: vec![seat(5), seat(6), seat(7)],
		answer: Some((answer().digest(), answer())),
	}
}

/// State of a chain: keys and values.
type State = Vec<(Vec<u8>, Vec<u8>)>;

fn state(genesis: Hash, stored_input: Option<Content>) -> State {
	let request = request(stored_input);
	let committees = committees(&request).encode();
	let version =
		RuntimeVersion { spec_version: Compact(SPEC_VERSION), spec_name: "opg-chain".into() };
	let mut state = vec![
		(keys::request(REQUEST), [request.encode(), vec![4], settlement().encode()].concat()),
		(keys::committees(REQUEST), committees),
		(keys::genesis_hash(), genesis.encode()),
		(keys::runtime_version(), version.encode()),
		(keys::time(), 1_700_000_000_000u64.encode()),
		// What no receipt is about.
		(keys::authorities(), authorities(&[1]).encode()),
		(keys::request(REQUEST + 1), vec![1; 40]),
		(b":code".to_vec(), vec![0; 5_000]),
	];
	if stored_input.is_none() {
		state.push((keys::input(REQUEST), b"input".to_vec().encode()));
	}
	state
}

/// Root of the state, and the nodes that prove `keys`.
fn prove(state: &State, keys: &[Vec<u8>]) -> (Hash, Vec<Vec<u8>>) {
	let (root, nodes) = trie::tests::build(state);
	let proof = StorageProof::new(nodes.iter().map(Vec::as_slice)).unwrap();
	for key in keys {
		proof.value(root, key).unwrap();
	}
	(root, proof.used())
}

/// Makes the parts of a receipt for tests to change.
struct Chain {
	genesis: Header,
	/// Voters of the sets, from 0 on.
	sets: Vec<Vec<u8>>,
	genesis_proof: Vec<Vec<u8>>,
}

impl Chain {
	fn new(sets: &[&[u8]]) -> Self {
		let state = vec![
			(keys::authorities(), authorities(sets[0]).encode()),
			(b":code".to_vec(), vec![0; 5_000]),
			(keys::time(), vec![0; 8]),
		];
		let (root, genesis_proof) = prove(&state, &[keys::authorities()]);
		let genesis = Header::new(Hash([0; 32]), 0, root, None);
		let sets = sets.iter().map(|set| set.to_vec()).collect();
		Self { genesis, sets, genesis_proof }
	}

	/// A receipt of the chain, from the genesis on.
	fn receipt(&self) -> Receipt {
		self.receipt_of(&state(self.genesis.hash(), None))
	}

	fn receipt_of(&self, state: &State) -> Receipt {
		let mut finality = Vec::new();
		let mut parent = self.genesis.hash();
		for (id, sets) in self.sets.windows(2).enumerate() {
			let number = 10 * (id as u32 + 1);
			let next = Some(authorities(&sets[1]));
			let header = Header::new(parent, number, Hash([number as u8; 32]), next);
			finality.push(fragment(&header, &sets[0], id as u64));
			parent = header.hash();
		}
		let (root, proof) = prove(state, &keys::of(REQUEST));
		let last = Header::new(parent, 1_000, root, None);
		let id = self.sets.len() - 1;
		finality.push(fragment(&last, &self.sets[id], id as u64));
		Receipt {
			request: REQUEST,
			spec_version: SPEC_VERSION,
			genesis: self.genesis.hash(),
			first_set: 0,
			genesis_state: Some(GenesisState {
				header: self.genesis.encode(),
				proof: self.genesis_proof.clone(),
			}),
			finality,
			proof,
		}
	}

	/// The receipt from a later set on.
	fn pruned(&self, first: usize) -> Receipt {
		let whole = self.receipt();
		Receipt {
			first_set: first as u64,
			genesis_state: None,
			finality: whole.finality[first..].to_vec(),
			..whole
		}
	}

	fn set(&self, id: usize) -> AuthoritySet {
		AuthoritySet { id: id as u64, authorities: authorities(&self.sets[id]) }
	}

	fn by_genesis(&self) -> Anchor {
		Anchor::Genesis(self.genesis.hash())
	}

	fn by_set(&self, id: usize) -> Anchor {
		Anchor::Authorities { genesis: self.genesis.hash(), set: self.set(id) }
	}
}

fn chain() -> Chain {
	Chain::new(&[&[1, 2, 3, 4], &[3, 4, 5, 6, 7], &[8]])
}

fn check(receipt: &Receipt, anchor: &Anchor) -> Result<Statement, Error> {
	// As every verifier does it: from the text.
	let parsed = Receipt::parse(receipt.render().as_bytes())?;
	assert_eq!(parsed, *receipt);
	verify(&parsed, anchor)
}

#[test]
fn receipt_should_prove_what_the_state_says_when_authorities_changed_twice() {
	let chain = chain();
	let statement = check(&chain.receipt(), &chain.by_genesis()).unwrap();
	assert_eq!(statement.settlement, settlement());
	assert_eq!(statement.request, request(None));
	assert_eq!(statement.committees, committees(&request(None)));
	assert_eq!(statement.input, Input::Inline(b"input".to_vec()));
	assert_eq!((statement.height, statement.id), (1_000, REQUEST));
	assert_eq!((statement.spec_version, &*statement.spec_name), (SPEC_VERSION, "opg-chain"));
	assert_eq!(statement.time, 1_700_000_000_000);
	assert_eq!(statement.next_set, chain.set(2));
}

#[test]
fn receipt_should_name_what_lies_outside_of_the_chain() {
	let (chain, content) = (chain(), Content { hash: Hash([6; 32]), size: 70_000 });
	let receipt = chain.receipt_of(&state(chain.genesis.hash(), Some(content)));
	let statement = check(&receipt, &chain.by_genesis()).unwrap();
	assert_eq!(statement.input, Input::Stored(content));
}

#[test]
fn receipt_should_be_checked_from_any_set_that_it_goes_through() {
	let chain = chain();
	for id in 0..3 {
		check(&chain.receipt(), &chain.by_set(id)).unwrap();
		check(&chain.pruned(id), &chain.by_set(id)).unwrap();
		assert_eq!(
			check(&chain.pruned(id), &chain.by_genesis()),
			Err(Error::NotFromGenesis(id as u64))
		);
	}
	// The set before says nothing about one that is pruned, nor the one after.
	let error = |first, last, trusted| Err(Error::OtherSets { first, last, trusted });
	assert_eq!(check(&chain.pruned(1), &chain.by_set(0)), error(1, 2, 0));
	assert_eq!(check(&chain.pruned(1), &chain.by_set(2)), error(1, 2, 2));
	let later = AuthoritySet { id: 3, authorities: authorities(&[8]) };
	let later = Anchor::Authorities { genesis: chain.genesis.hash(), set: later };
	assert_eq!(check(&chain.receipt(), &later), error(0, 2, 3));
}

#[test]
fn receipt_should_be_refused_when_the_trusted_set_or_chain_is_another() {
	let (chain, other) = (chain(), Chain::new(&[&[1, 2, 3, 4], &[3, 4, 5, 6], &[9]]));
	for id in 1..3 {
		let mut anchor = other.by_set(id);
		let Anchor::Authorities { genesis, .. } = &mut anchor else { unreachable!() };
		*genesis = chain.genesis.hash();
		assert_eq!(check(&chain.receipt(), &anchor), Err(Error::OtherAuthorities(id as u64)));
	}
	let expected = Hash([1; 32]);
	let error = Err(Error::OtherChain { expected, found: chain.genesis.hash() });
	assert_eq!(check(&chain.receipt(), &Anchor::Genesis(expected)), error);
	// A forger claims the trusted hash.
	let forged = Receipt { genesis: expected, ..chain.receipt() };
	let error = Err(Error::Genesis(GenesisError::OtherHash));
	assert_eq!(check(&forged, &Anchor::Genesis(expected)), error);
	// State and anchor of different chains, the authorities of both being the same.
	let receipt = chain.receipt_of(&state(expected, None));
	let found = Err(Error::OtherChain { expected: chain.genesis.hash(), found: expected });
	assert_eq!(check(&receipt, &chain.by_genesis()), found);
}

#[test]
fn justification_should_be_refused_when_votes_are_missing_or_wrong() {
	let chain = Chain::new(&[&[1, 2, 3, 4]]);
	let receipt = chain.receipt();
	let (header, _) = Header::read(&receipt.finality[0].header).unwrap();
	let with = |change: &dyn Fn(&mut Justification)| {
		let mut justification = justification(&header, &[1, 2, 3], 0);
		change(&mut justification);
		let mut receipt = receipt.clone();
		receipt.finality[0].justification = justification.encode();
		match check(&receipt, &chain.by_genesis()) {
			Ok(_) => Ok(()),
			Err(Error::Finality { index: 0, cause }) => Err(cause),
			Err(other) => panic!("{other}"),
		}
	};
	assert_eq!(with(&|_| ()), Ok(()), "three of four are enough");
	let not_enough = Err(FinalityError::NotEnough(0));
	assert_eq!(with(&|it| it.commit.precommits.truncate(2)), not_enough);
	assert_eq!(with(&|it| it.commit.precommits.clear()), Err(FinalityError::Ancestry));
	assert_eq!(with(&|it| it.round += 1), Err(FinalityError::Signature));
	let stranger = Err(FinalityError::Stranger(0));
	assert_eq!(with(&|it| it.commit.precommits.push(vote(9, &header, 3, 0))), stranger);
	let double = |it: &mut Justification| {
		it.commit.precommits.push(it.commit.precommits[0].clone());
	};
	assert_eq!(with(&double), Err(FinalityError::Duplicate));
	// Two votes of one authority are not two thirds of four.
	let alone = |it: &mut Justification| {
		let vote = it.commit.precommits[0].clone();
		it.commit.precommits = vec![vote; 3];
	};
	assert_eq!(with(&alone), not_enough);
	assert_eq!(with(&|it| it.commit.target_number += 1), Err(FinalityError::OtherTarget));
	let other_set = |it: &mut Justification| {
		*it = justification(&header, &[1, 2, 3], 1);
	};
	assert_eq!(with(&other_set), Err(FinalityError::Signature));
	let useless = |it: &mut Justification| it.ancestry.push(header.clone());
	assert_eq!(with(&useless), Err(FinalityError::Ancestry));
}

#[test]
fn votes_for_later_blocks_should_count_when_their_headers_are_there() {
	let chain = Chain::new(&[&[1, 2, 3, 4]]);
	let mut receipt = chain.receipt();
	let (target, hash) = Header::read(&receipt.finality[0].header).unwrap();
	let next = Header::new(hash, target.number + 1, Hash([1; 32]), None);
	let later = Header::new(next.hash(), target.number + 2, Hash([2; 32]), None);
	let mut justification = justification(&target, &[1], 0);
	let votes = [vote(2, &later, 3, 0), vote(3, &next, 3, 0)];
	justification.commit.precommits.extend(votes);
	justification.ancestry = vec![later, next];
	let mut with = |justification: &Justification| {
		receipt.finality[0].justification = justification.encode();
		check(&receipt, &chain.by_genesis()).map(drop)
	};
	assert_eq!(with(&justification), Ok(()));
	let failed = Err(Error::Finality { index: 0, cause: FinalityError::Ancestry });
	for missing in 0..2 {
		let mut lacking = justification.clone();
		lacking.ancestry.remove(missing);
		assert_eq!(with(&lacking), failed, "header {missing}");
	}
	// A number that is not that of the block.
	let mut lying = justification.clone();
	let precommit =
		Precommit { target_number: target.number + 9, ..lying.commit.precommits[1].precommit };
	let signature = key(2).sign(&signed_payload(&precommit, 3, 0)).into();
	lying.commit.precommits[1] = SignedPrecommit { precommit, signature, id: public(2) };
	assert_eq!(with(&lying), failed);
}

#[test]
fn equivocation_should_not_make_a_justification_worthless() {
	let chain = Chain::new(&[&[1, 2, 3, 4]]);
	let mut receipt = chain.receipt();
	let (target, hash) = Header::read(&receipt.finality[0].header).unwrap();
	let next = Header::new(hash, target.number + 1, Hash([1; 32]), None);
	let mut justification = justification(&target, &[1, 2, 3], 0);
	justification.commit.precommits.push(vote(3, &next, 3, 0));
	justification.ancestry = vec![next];
	receipt.finality[0].justification = justification.encode();
	check(&receipt, &chain.by_genesis()).unwrap();
}

#[test]
fn chain_of_sets_should_be_refused_when_a_link_is_missing_or_out_of_order() {
	let chain = chain();
	let with = |change: &dyn Fn(&mut Vec<Fragment>)| {
		let mut receipt = chain.receipt();
		change(&mut receipt.finality);
		check(&receipt, &chain.by_genesis()).unwrap_err()
	};
	let failed = |index, cause| Error::Finality { index, cause };
	assert_eq!(with(&|all| all.clear()), Error::NoBlock);
	// The voters of the next set are in this one as well, and signed for theirs.
	assert_eq!(with(&|all| drop(all.remove(0))), failed(0, FinalityError::Signature));
	assert_eq!(with(&|all| drop(all.remove(1))), failed(1, FinalityError::Stranger(1)));
	assert_eq!(with(&|all| all.swap(0, 1)), failed(0, FinalityError::Signature));
	let twice = |all: &mut Vec<Fragment>| all.insert(0, all[0].clone());
	assert_eq!(with(&twice), failed(1, FinalityError::NotAbove));
	// Without the last, the state is that of another block.
	let state = Error::State(ProofError::MissingNode);
	assert_eq!(with(&|all| drop(all.pop())), state);
	// A final block that changes nothing is of no use before the last.
	let idle = Header::new(Hash([0; 32]), 5, Hash([0; 32]), None);
	let idle = fragment(&idle, &chain.sets[0], 0);
	assert_eq!(with(&|all| all.insert(0, idle.clone())), failed(0, FinalityError::NoChange));
	// Authorities without weight, of whom nobody could be a supermajority.
	let nobody = Header::new(Hash([0; 32]), 5, Hash([0; 32]), Some(vec![(public(1), 0)]));
	let nobody = fragment(&nobody, &chain.sets[0], 0);
	assert_eq!(with(&|all| all.insert(0, nobody.clone())), failed(0, FinalityError::Change));
}

#[test]
fn receipt_should_be_refused_when_values_are_missing_or_contradict() {
	let chain = chain();
	let with = |change: &dyn Fn(&mut State)| {
		let mut state = state(chain.genesis.hash(), None);
		change(&mut state);
		check(&chain.receipt_of(&state), &chain.by_genesis()).unwrap_err()
	};
	let without = |key: Vec<u8>| with(&move |state| state.retain(|(other, _)| *other != key));
	assert_eq!(without(keys::request(REQUEST)), Error::Missing("request"));
	assert_eq!(without(keys::input(REQUEST)), Error::Missing("input"));
	assert_eq!(without(keys::committees(REQUEST)), Error::Missing("committees"));
	assert_eq!(without(keys::genesis_hash()), Error::Missing("genesis hash"));
	assert_eq!(without(keys::runtime_version()), Error::Missing("runtime version"));
	assert_eq!(without(keys::time()), Error::Missing("time"));
	let put = |key: Vec<u8>, value: Vec<u8>| {
		with(&move |state| {
			state.iter_mut().find(|(other, _)| *other == key).unwrap().1 = value.clone();
		})
	};
	for state in [0, 1, 2, 3, 5, 6, 7] {
		let attested = [request(None).encode(), vec![state], answer().encode()].concat();
		assert_eq!(put(keys::request(REQUEST), attested), Error::NotSettled(REQUEST));
	}
	let longer = [request(None).encode(), vec![4], settlement().encode(), vec![0]].concat();
	assert_eq!(put(keys::request(REQUEST), longer), Error::Undecodable("request"));
	let other_input = b"other".to_vec().encode();
	assert_eq!(put(keys::input(REQUEST), other_input), Error::Contradiction("input"));
	let changed = |change: &dyn Fn(&mut Committees)| {
		let mut value = committees(&request(None));
		change(&mut value);
		put(keys::committees(REQUEST), value.encode())
	};
	let input = changed(&|value| value.input_hash = Hash([0; 32]));
	assert_eq!(input, Error::Contradiction("input"));
	let model = changed(&|value| value.model_hash = Hash([0; 32]));
	assert_eq!(model, Error::Contradiction("model"));
	let engine = changed(&|value| value.engine_id = Hash([0; 32]));
	assert_eq!(engine, Error::Contradiction("engine"));
	let newer = RuntimeVersion { spec_version: Compact(101), spec_name: "opg-chain".into() };
	let error = Error::OtherSpecVersion { claimed: SPEC_VERSION, proven: 101 };
	assert_eq!(put(keys::runtime_version(), newer.encode()), error);
}

#[test]
fn parse_should_say_why_when_a_file_is_no_receipt() {
	let error = |text: &str| Receipt::parse(text.as_bytes()).unwrap_err();
	for text in ["", "{", "nonsense", "{\"version\":4"] {
		assert!(matches!(error(text), Error::NotJson(_)), "{text}");
	}
	for text in ["[]", "{}", "4", r#"{"version":"4"}"#, r#"{"version":-4}"#] {
		assert_eq!(error(text), Error::NoVersion, "{text}");
	}
	for version in [0, 1, 2, 3, 5] {
		assert_eq!(error(&format!("{{\"version\":{version}}}")), Error::OtherVersion(version));
	}
	let text = chain().receipt().render();
	for (from, to) in [
		("\"request\": 7", "\"request\": -7"),
		("\"request\": 7", "\"request\": 7, \"request\": 7"),
		("\"request\": 7", "\"request\": 7, \"remark\": 7"),
		("\"genesis\": \"0x", "\"genesis\": \"0X"),
		("\"genesis\": \"0x", "\"genesis\": \"0x00"),
		("\"header\": \"0x", "\"header\": \"0x0"),
		("\"header\": \"0x", "\"header\": \"0xAB"),
	] {
		let changed = text.replacen(from, to, 1);
		assert_ne!(changed, text);
		assert!(matches!(error(&changed), Error::Form(_)), "{to}");
	}
	assert_eq!(error(&" ".repeat(crate::limits::MAX_FILE_BYTES + 1)), Error::TooLarge);
}

#[test]
fn file_should_be_refused_when_it_is_above_a_limit() {
	let chain = chain();
	let refused = |change: &dyn Fn(&mut Receipt)| {
		let mut receipt = chain.receipt();
		change(&mut receipt);
		matches!(check(&receipt, &chain.by_genesis()), Err(Error::TooMany { .. }))
	};
	let node = || vec![Vec::new(); crate::limits::MAX_PROOF_NODES + 1];
	assert!(refused(&|receipt| receipt.proof = node()));
	assert!(refused(&|receipt| receipt.genesis_state.as_mut().unwrap().proof = node()));
	let empty = Fragment { header: Vec::new(), justification: Vec::new() };
	let many = vec![empty; crate::limits::MAX_FRAGMENTS + 1];
	assert!(refused(&|receipt| receipt.finality = many.clone()));
}

#[test]
fn authority_file_should_come_back_as_it_was() {
	let chain = chain();
	let file = AuthorityFile::new(chain.genesis.hash(), &chain.set(1));
	let parsed = AuthorityFile::parse(file.render().as_bytes()).unwrap();
	assert_eq!(parsed.set(), chain.set(1));
	assert_eq!(parsed.genesis, chain.genesis.hash());
	let empty = AuthoritySet { id: 1, authorities: Vec::new() };
	let empty = AuthorityFile::new(chain.genesis.hash(), &empty).render();
	assert!(matches!(AuthorityFile::parse(empty.as_bytes()), Err(Error::Form(_))));
	assert!(matches!(AuthorityFile::parse(b"{}"), Err(Error::Form(_))));
}

/// Name of a part, its bytes, and whether an error is the right one for a change of them.
type Part<'a> = (String, &'a mut Vec<u8>, fn(&Error) -> bool);

/// The byte parts of a receipt, each with a test of the reason for which a change of it is refused.
fn parts(receipt: &mut Receipt) -> Vec<Part<'_>> {
	let state = receipt.genesis_state.as_mut().unwrap();
	let mut parts: Vec<Part<'_>> =
		vec![("header of the genesis".into(), &mut state.header, |error| {
			matches!(error, Error::Genesis(GenesisError::OtherHash | GenesisError::Header))
		})];
	for (index, node) in state.proof.iter_mut().enumerate() {
		parts.push((format!("node {index} of the genesis"), node, |error| {
			matches!(error, Error::Genesis(GenesisError::Proof(_)))
		}));
	}
	for (index, fragment) in receipt.finality.iter_mut().enumerate() {
		parts.push((format!("header {index}"), &mut fragment.header, |error| {
			use FinalityError::{Header, NotAbove, OtherTarget};
			matches!(error, Error::Finality { cause: Header | NotAbove | OtherTarget, .. })
		}));
		parts.push((format!("justification {index}"), &mut fragment.justification, |error| {
			use FinalityError::{Justification, OtherTarget, Signature, Stranger, TooMany};
			matches!(
				error,
				Error::Finality {
					cause: Justification | OtherTarget | Signature | Stranger(_) | TooMany { .. },
					..
				}
			)
		}));
	}
	for (index, node) in receipt.proof.iter_mut().enumerate() {
		parts.push((format!("node {index}"), node, |error| matches!(error, Error::State(_))));
	}
	parts
}

#[test]
fn receipt_should_be_refused_for_the_right_reason_when_any_byte_of_a_part_is_another() {
	let chain = chain();
	let anchor = chain.by_genesis();
	let receipt = chain.receipt();
	let count = parts(&mut receipt.clone()).len();
	for part in 0..count {
		let length = parts(&mut receipt.clone())[part].1.len();
		for place in 0..length {
			let mut changed = receipt.clone();
			let (name, is_right) = {
				let mut parts = parts(&mut changed);
				let (name, bytes, is_right) = parts.swap_remove(part);
				bytes[place] ^= 1 << (place % 8);
				(name, is_right)
			};
			let error = verify(&changed, &anchor).unwrap_err();
			assert!(is_right(&error), "byte {place} of {name}: {error}");
		}
		for change in [
			|bytes: &mut Vec<u8>| bytes.push(0),
			|bytes: &mut Vec<u8>| {
				bytes.pop();
			},
		] {
			let mut changed = receipt.clone();
			let (name, is_right) = {
				let mut parts = parts(&mut changed);
				let (name, bytes, is_right) = parts.swap_remove(part);
				change(bytes);
				(name, is_right)
			};
			let error = verify(&changed, &anchor).unwrap_err();
			assert!(is_right(&error), "length of {name}: {error}");
		}
	}
	let with = |change: &dyn Fn(&mut Receipt)| {
		let mut changed = receipt.clone();
		change(&mut changed);
		verify(&changed, &anchor).unwrap_err()
	};
	// The proof of one request is not one of another.
	assert!(matches!(with(&|it| it.request += 1), Error::State(_)));
	assert!(matches!(with(&|it| it.request = u64::MAX), Error::State(_)));
	assert!(matches!(with(&|it| it.spec_version += 1), Error::OtherSpecVersion { .. }));
	assert!(matches!(with(&|it| it.genesis.0[5] ^= 1), Error::OtherChain { .. }));
	assert_eq!(with(&|it| it.first_set = 1), Error::Genesis(GenesisError::OtherSet(1)));
	assert_eq!(with(&|it| it.genesis_state = None), Error::NotFromGenesis(0));
	for node in 0..receipt.proof.len() {
		let error = with(&|it| drop(it.proof.remove(node)));
		assert_eq!(error, Error::State(ProofError::MissingNode), "node {node}");
		let error = with(&|it| it.proof.push(it.proof[node].clone()));
		assert_eq!(error, Error::State(ProofError::Duplicate), "node {node}");
	}
	assert_eq!(with(&|it| it.proof.push(vec![0])), Error::State(ProofError::Unused));
	let useless = |it: &mut Receipt| it.genesis_state.as_mut().unwrap().proof.push(vec![0]);
	assert_eq!(with(&useless), Error::Genesis(GenesisError::Proof(ProofError::Unused)));
}

proptest! {
	#[test]
	fn receipt_should_be_refused_when_any_character_of_the_text_is_another(
		place in any::<prop::sample::Index>(),
		other in prop::char::range('!', '~'),
	) {
		let chain = chain();
		let text = chain.receipt().render();
		let place = place.index(text.len());
		let was = text.as_bytes()[place];
		// Space between the parts of JSON means nothing.
		prop_assume!(!was.is_ascii_whitespace() && was != other as u8);
		let mut changed = text.into_bytes();
		changed[place] = other as u8;
		let result = Receipt::parse(&changed).and_then(|it| verify(&it, &chain.by_genesis()));
		prop_assert!(result.is_err(), "{} instead of {} at {place}", other, was as char);
	}

	#[test]
	fn nothing_should_panic_when_parts_are_nonsense(
		part in any::<prop::sample::Index>(),
		from in any::<prop::sample::Index>(),
		bytes in prop::collection::vec(any::<u8>(), 0..80),
	) {
		let chain = chain();
		let mut receipt = chain.receipt();
		let mut parts = parts(&mut receipt);
		let part = part.index(parts.len());
		let whole = &mut parts[part].1;
		let from = from.index(whole.len());
		let to = (from + bytes.len()).min(whole.len());
		let is_same = whole[from..to] == bytes[..];
		whole.splice(from..to, bytes);
		prop_assert_eq!(verify(&receipt, &chain.by_genesis()).is_ok(), is_same);
	}

	#[test]
	fn nothing_should_panic_when_a_file_is_nonsense(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
		prop_assert!(Receipt::parse(&bytes).is_err());
		prop_assert!(AuthorityFile::parse(&bytes).is_err());
	}
}
