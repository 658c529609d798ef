//! Pins format version 4 against the runtime. Where a test fails because a pallet has changed, the
//! format needs another version; version 4 stays as it is.

use super::*;
use codec::{Compact, DecodeAll, Encode};
use opg_primitives::{
	input_hash, AccountId, Balance, BlockNumber, FailureReason, JobError, Tier as ChainTier,
};
use opg_receipt::v4::keys;
use opg_runtime::Runtime;
use pallet_opg_attestation::{DeclineOutcome, Round, RoundPhase, Rounds, Seat, SeatState};
use pallet_opg_inference::{
	AuditOrder, BondSource, Challenge, Inputs, Request, RequestState, Requests,
};
use pallet_opg_support::ModelVersion;
use sp_io::hashing::{twox_128, twox_64};
use sp_state_machine::prove_read;

fn encoded<T: Encode, U: DecodeAll + Encode>(value: &T) -> U {
	let bytes = value.encode();
	let mirrored = U::decode_all(&mut &bytes[..]).unwrap();
	assert_eq!(mirrored.encode(), bytes);
	mirrored
}

fn account(byte: u8) -> AccountId {
	AccountId::new([byte; 32])
}

fn version() -> ModelVersion<AccountId, Balance> {
	let dim = Dim { name: b"batch".to_vec().try_into().unwrap(), size: 3 };
	ModelVersion {
		owner: account(3),
		model_hash: H256::repeat_byte(1),
		size: 5,
		engine_id: H256::repeat_byte(2),
		dims: vec![dim].try_into().unwrap(),
		limits: VersionLimits { fuel: 1, load_fuel: 2, memory: 3, input_bytes: 4, output_bytes: 5 },
		royalty: 6,
	}
}

fn request(state: RequestState<AccountId, BlockNumber>) -> Request<AccountId, BlockNumber> {
	let challenge = |source| Challenge {
		challenger: account(8),
		bond: 9,
		source,
		disputed: H256::repeat_byte(3),
		claim: H256::repeat_byte(4),
		revealed: Some(H256::repeat_byte(5)),
	};
	let challenges =
		vec![challenge(BondSource::Account), challenge(BondSource::Pool { session: 7 })];
	Request {
		requester: account(4),
		model: 11,
		version: version(),
		input_hash: H256::repeat_byte(6),
		stored_input: Some(Content { hash: H256::repeat_byte(6), size: 70_000 }),
		tier: ChainTier::High,
		price: 12,
		reference: H256::repeat_byte(7),
		deadline: Some(13),
		requested_at: 14,
		drawn_at: Some(15),
		changed_at: 16,
		seed: Some(H256::repeat_byte(8)),
		seat_reserve: 17,
		is_escalated: true,
		deposit: 18,
		escrow: 19,
		has_panel: true,
		audit: Some(AuditOrder::Bought { buyer: account(9), held: 20 }),
		challenges: challenges.try_into().unwrap(),
		state,
	}
}

fn answers() -> [Answer; 3] {
	let content = Content { hash: H256::repeat_byte(6), size: 70_000 };
	[
		Outcome::Output(vec![4, 2].try_into().unwrap()),
		Outcome::Error(ModelError::OutOfFuel),
		Outcome::Stored(content),
	]
	.map(|outcome| Answer { outcome, fuel: 7 })
}

fn settled(answer: Answer) -> RequestState<AccountId, BlockNumber> {
	let paid = vec![(account(5), 3), (account(6), 4)].try_into().unwrap();
	RequestState::Settled { answer, paid, fee: 9, at: 20 }
}

fn round() -> Round<AccountId, BlockNumber> {
	let hash = H256::repeat_byte(5);
	let declined = |outcome| SeatState::Declined { reason: JobError::ModelMissing, outcome };
	let states = [
		SeatState::Waiting,
		SeatState::Committed { at: 4, commitment: hash },
		SeatState::Revealed { commitment: None, at: 5, digest: hash, witness: Some(hash) },
		SeatState::Revealed { commitment: Some((4, hash)), at: 5, digest: hash, witness: None },
		declined(DeclineOutcome::Late),
		declined(DeclineOutcome::Vacant),
		declined(DeclineOutcome::Replaced),
		declined(DeclineOutcome::Unfilled),
	];
	let seat = |state| Seat { executor: account(1), round: 2, session: 3, state };
	let seats: Vec<_> = states.into_iter().map(seat).collect();
	Round {
		index: 2,
		needed: 3,
		size: 4,
		witnessed: true,
		seed: H256::repeat_byte(8),
		phase: RoundPhase::Closed,
		decline_by: 9,
		commit_by: 10,
		model_hash: H256::repeat_byte(1),
		engine_id: H256::repeat_byte(2),
		input_hash: H256::repeat_byte(6),
		fuel_limit: 11,
		output_limit: 12,
		seats: seats.try_into().unwrap(),
		answer: Some((hash, answers()[0].clone())),
	}
}

#[test]
fn keys_should_be_those_of_the_runtime() {
	let item = |pallet: &str, name: &str| {
		[twox_128(pallet.as_bytes()), twox_128(name.as_bytes())].concat()
	};
	let expected = [
		Requests::<Runtime>::hashed_key_for(300),
		Inputs::<Runtime>::hashed_key_for(300),
		Rounds::<Runtime>::hashed_key_for(300),
		frame_system::BlockHash::<Runtime>::hashed_key_for(0),
		frame_system::LastRuntimeUpgrade::<Runtime>::hashed_key().to_vec(),
		item("Timestamp", "Now"),
	];
	assert_eq!(keys::of(300), expected);
	assert_eq!(keys::authorities(), item("Grandpa", "Authorities"));
	assert_eq!(twox_64(&300u64.encode()), expected[0][32..40]);
}

#[test]
fn types_should_be_those_of_the_pallets() {
	for (answer, index) in answers().into_iter().zip(0u8..) {
		let mirrored: v4::Answer = encoded(&answer);
		assert_eq!(hash(mirrored.digest()), answer.digest());
		assert_eq!(mirrored.outcome.encode()[0], index);
	}
	let tiers = [ChainTier::Optimistic, ChainTier::Quorum, ChainTier::High];
	assert_eq!(
		tiers.map(|tier| encoded::<_, v4::Tier>(&tier)),
		[v4::Tier::Optimistic, v4::Tier::Quorum, v4::Tier::High]
	);
	let committees: v4::Committees = encoded(&round());
	assert_eq!(committees.seats.len(), 8);
	assert_eq!(committees.index, 2);
	// The state is the last field of a request, and that of a settled one has the index 4.
	let whole = request(settled(answers()[0].clone())).encode();
	let mut rest = &whole[..];
	let mirrored = <v4::Request as codec::Decode>::decode(&mut rest).unwrap();
	assert_eq!((mirrored.model, mirrored.escrow, mirrored.challenges.len()), (11, 19, 2));
	assert_eq!(rest[0], 4);
	let settlement: v4::Settlement = DecodeAll::decode_all(&mut &rest[1..]).unwrap();
	assert_eq!((settlement.fee, settlement.at, settlement.paid.len()), (9, 20, 2));
	let version = frame_system::LastRuntimeUpgradeInfo {
		spec_version: Compact(100),
		spec_name: "opg-chain".into(),
	};
	let mirrored: v4::RuntimeVersion = encoded(&version);
	assert_eq!((mirrored.spec_version.0, &*mirrored.spec_name), (100, "opg-chain"));
}

/// The state of a block, and what of it a receipt holds.
fn proof(request: &Request<AccountId, BlockNumber>, input: &[u8]) -> (H256, Vec<Vec<u8>>) {
	let version = frame_system::LastRuntimeUpgradeInfo {
		spec_version: Compact(100),
		spec_name: "opg-chain".into(),
	};
	let input: opg_primitives::Input = input.to_vec().try_into().unwrap();
	let mut round = round();
	round.input_hash = request.input_hash;
	let values = [
		request.encode(),
		input.encode(),
		round.encode(),
		H256::repeat_byte(9).encode(),
		version.encode(),
		1_700_000_000_000u64.encode(),
	];
	let mut state: BTreeMap<Vec<u8>, Vec<u8>> = keys::of(4).into_iter().zip(values).collect();
	// Others, so that there are branches of all kinds.
	for other in 5..300u64 {
		state.insert(keys::of(other)[0].clone(), vec![1; 10 + other as usize % 60]);
	}
	let backend = TrieBackend::<_, BlakeTwo256>::from((state, StateVersion::V1));
	let root = *backend.root();
	let proof = prove_read(backend, keys::of(4)).unwrap();
	(root, proof.into_iter_nodes().collect())
}

#[test]
fn receipt_should_prove_what_the_state_says_when_the_sdk_makes_the_proof() {
	let input = b"input";
	for answer in answers() {
		let mut request = request(settled(answer.clone()));
		(request.input_hash, request.stored_input) = (input_hash(input), None);
		let (root, proof) = proof(&request, input);
		let (receipt, anchor) = final_receipt(root, proof);
		let statement = check(&receipt, &anchor).unwrap();
		assert_eq!(super::answer(&statement).unwrap(), answer);
		assert_eq!(tier(&statement), ChainTier::High);
		assert_eq!(
			task(&statement).unwrap(),
			Task {
				model_hash: H256::repeat_byte(1),
				engine_id: H256::repeat_byte(2),
				dims: version().dims,
				input: TaskInput::Inline(input.to_vec()),
				limits: version().limits,
			}
		);
	}
}

/// Whoever computes a receipt again runs the model within the limit of the request: within that of the
/// version another answer would come out.
#[test]
fn task_of_a_receipt_should_have_the_fuel_limit_of_its_request() {
	let mut request = request(settled(answers()[1].clone()));
	(request.input_hash, request.stored_input) = (input_hash(b"input"), None);
	let of_version = VersionLimits::inline(1_600, 2, 3);
	let of_request = of_version.of_request(Some(100)).unwrap();
	request.version.limits = of_request;
	let (root, proof) = proof(&request, b"input");
	let (receipt, anchor) = final_receipt(root, proof);
	let statement = check(&receipt, &anchor).unwrap();
	let task = task(&statement).unwrap();
	assert_eq!((task.limits, task.limits.fuel), (of_request, 100));
}

#[test]
fn receipt_should_be_refused_when_the_request_is_not_settled() {
	let [answer, ..] = answers();
	for state in [
		RequestState::Attested { answer, at: 20 },
		RequestState::Failed { reason: FailureReason::Expired, at: 20 },
		RequestState::Uploading { until: None },
	] {
		let (root, proof) = proof(&request(state), b"input");
		let (receipt, anchor) = final_receipt(root, proof);
		let error = opg_receipt::verify(&receipt, &anchor).unwrap_err();
		assert_eq!(error, opg_receipt::Error::NotSettled(4));
	}
}

/// A receipt of request 4 in a block with this state root, which a set of one authority made final.
fn final_receipt(root: H256, proof: Vec<Vec<u8>>) -> (Receipt, Anchor) {
	use sp_core::{ed25519, Pair};
	let key = ed25519::Pair::from_seed(&[1; 32]);
	let header = opg_runtime::Header::new(30, H256::zero(), root, H256::zero(), Default::default());
	let (target_hash, target_number) = (header.hash(), header.number);
	// As `finality_grandpa` encodes them: a precommit is the second kind of message.
	let payload = (1u8, target_hash, target_number, 3u64, 5u64).encode();
	let precommit = (target_hash, target_number, key.sign(&payload).0, key.public().0);
	let no_headers = Vec::<opg_runtime::Header>::new();
	let justification = (3u64, target_hash, target_number, vec![precommit], no_headers).encode();
	let genesis = Hash([9; 32]);
	let receipt = Receipt {
		request: 4,
		spec_version: 100,
		genesis,
		first_set: 5,
		genesis_state: None,
		finality: vec![opg_receipt::Fragment { header: header.encode(), justification }],
		proof,
	};
	let set = opg_receipt::AuthoritySet { id: 5, authorities: vec![(key.public().0, 1)] };
	(receipt, Anchor::Authorities { genesis, set })
}

#[test]
fn receipt_of_an_earlier_version_should_say_which_program_reads_it() {
	for (version, text) in [
		(1, include_str!("../../vectors/receipt-v1.json")),
		(2, include_str!("../../vectors/receipt-v2.json")),
		(3, include_str!("../../vectors/receipt-v3.json")),
	] {
		let error = Receipt::parse(text.as_bytes()).unwrap_err().to_string();
		assert_eq!(
			error,
			format!(
				"its version is {version}, and this program reads 4: use the `opg` of its release"
			)
		);
	}
}

#[test]
fn chain_specification_should_be_refused_when_its_genesis_state_is_not_in_it() {
	let error = genesis_hash(br#"{"genesis":{"runtimeGenesis":{}}}"#).unwrap_err();
	assert!(error.to_string().contains("--raw"), "{error}");
	assert!(genesis_hash(b"{}").is_err());
	let one = br#"{"genesis":{"raw":{"top":{"0x01":"0x02"},"childrenDefault":{}}}}"#;
	let other = br#"{"genesis":{"raw":{"top":{"0x01":"0x03"},"childrenDefault":{}}}}"#;
	assert_ne!(genesis_hash(one).unwrap(), genesis_hash(other).unwrap());
}
