//! Golden vectors of the wire formats: `vectors/*.json`, which `vectors/check.py` recomputes too.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::{Decode, Encode};
use opg_primitives::{
	batch_payload, commitment, domains, input_hash, possession_payload, AccountId, Answer,
	BatchKind, BlockNumber, CommitmentContext, Content, Dim, Dims, FailureReason, Job, JobError,
	JobKind, JobStatus, ModelError, Outcome, RequestId, RoundIndex, Task, TaskInput, Tier,
	VersionLimits, EXECUTOR_KEY_TYPE,
};
use scale_info::{TypeDef, TypeInfo};
use serde_json::Value;
use sp_core::H256;
use std::collections::BTreeMap;

/// The vectors of a file.
fn vectors(file: &str) -> Vec<Value> {
	serde_json::from_str(file).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
	hex::decode(value.as_str().unwrap().strip_prefix("0x").unwrap()).unwrap()
}

fn hash(value: &Value) -> H256 {
	H256::from_slice(&bytes(value))
}

/// Hash, or `None` where the value is null.
fn option(value: &Value) -> Option<H256> {
	(!value.is_null()).then(|| hash(value))
}

fn array(value: &Value) -> [u8; 32] {
	hash(value).0
}

fn account(value: &Value) -> AccountId {
	AccountId::new(array(value))
}

fn number(value: &Value) -> u64 {
	value.as_u64().unwrap()
}

fn round(value: &Value) -> RoundIndex {
	number(value).try_into().unwrap()
}

/// Variant of an enum without fields, by its name.
fn variant<T: Decode + TypeInfo>(name: &Value) -> T {
	let index = indices::<T>()[name.as_str().unwrap()];
	T::decode(&mut &[index][..]).unwrap()
}

/// Codec index of every variant.
fn indices<T: TypeInfo>() -> BTreeMap<String, u8> {
	let TypeDef::Variant(variants) = T::type_info().type_def else { panic!("an enum") };
	variants.variants.iter().map(|variant| (variant.name.to_string(), variant.index)).collect()
}

fn answer(value: &Value) -> Answer {
	let outcome = match &value["outcome"] {
		outcome if outcome["output"].is_string() => {
			Outcome::Output(bytes(&outcome["output"]).try_into().unwrap())
		},
		outcome if outcome["stored"].is_object() => Outcome::Stored(content(&outcome["stored"])),
		outcome => Outcome::Error(variant(&outcome["error"])),
	};
	Answer { outcome, fuel: number(&value["fuel"]) }
}

fn content(value: &Value) -> Content {
	Content { hash: hash(&value["hash"]), size: number(&value["size"]).try_into().unwrap() }
}

fn task_input(value: &Value) -> TaskInput {
	match value.is_string() {
		true => TaskInput::Inline(bytes(value)),
		false => TaskInput::Stored(content(value)),
	}
}

fn limits(value: &Value) -> VersionLimits {
	let short = |name: &str| number(&value[name]).try_into().unwrap();
	VersionLimits {
		fuel: number(&value["fuel"]),
		load_fuel: number(&value["load_fuel"]),
		memory: short("memory"),
		input_bytes: short("input_bytes"),
		output_bytes: short("output_bytes"),
	}
}

fn dims(value: &Value) -> Dims {
	let dims: Vec<_> = value
		.as_array()
		.unwrap()
		.iter()
		.map(|dim| Dim {
			name: dim["name"].as_str().unwrap().as_bytes().to_vec().try_into().unwrap(),
			size: number(&dim["size"]),
		})
		.collect();
	dims.try_into().unwrap()
}

fn job_kind(value: &Value) -> JobKind {
	match &value["Witness"] {
		Value::Null => variant(value),
		seed => JobKind::Witness(hash(seed)),
	}
}

/// Checks that a value encodes to these bytes, and decodes from them.
fn assert_encoding<T: Encode + Decode + PartialEq + std::fmt::Debug>(value: &T, encoded: &Value) {
	assert_eq!(value.encode(), bytes(encoded), "{value:?}");
	assert_eq!(&T::decode(&mut &bytes(encoded)[..]).unwrap(), value);
}

#[test]
fn domains_should_stay_as_pinned_and_differ_when_compared() {
	let pinned: BTreeMap<String, String> =
		serde_json::from_str(include_str!("../vectors/domains.json")).unwrap();
	let ours = [
		("DRAW", domains::DRAW),
		("AUDIT", domains::AUDIT),
		("ANSWER", domains::ANSWER),
		("COMMIT", domains::COMMIT),
		("SALT", domains::SALT),
		("INPUT", domains::INPUT),
		("POSSESSION", domains::POSSESSION),
		("BATCH", domains::BATCH),
		("CLAIM", domains::CLAIM),
		("JOB", domains::JOB),
		("PREPARED_MODEL", domains::PREPARED_MODEL),
		("ANNOUNCE", domains::ANNOUNCE),
		("EVIDENCE", domains::EVIDENCE),
		("STATEMENT", domains::STATEMENT),
		("CANARY", domains::CANARY),
	];
	let source = include_str!("../src/domains.rs");
	assert_eq!(source.matches("pub const").count(), ours.len(), "one is not pinned");
	assert_eq!(pinned.len(), ours.len());
	for (name, domain) in ours {
		assert_eq!(pinned[name].as_bytes(), domain);
		assert_eq!(ours.iter().filter(|(_, other)| *other == domain).count(), 1);
	}
	assert_eq!(EXECUTOR_KEY_TYPE.0, *b"opgx");
}

#[test]
fn variants_should_keep_their_indices_when_encoded() {
	let pinned: BTreeMap<String, BTreeMap<String, u8>> =
		serde_json::from_str(include_str!("../vectors/enums.json")).unwrap();
	let ours = [
		("ModelError", indices::<ModelError>()),
		("Outcome", indices::<Outcome>()),
		("Tier", indices::<Tier>()),
		("FailureReason", indices::<FailureReason>()),
		("JobError", indices::<JobError>()),
		("JobKind", indices::<JobKind>()),
		("TaskInput", indices::<TaskInput>()),
		("JobStatus", indices::<JobStatus>()),
		("BatchKind", indices::<BatchKind>()),
	];
	assert_eq!(pinned.len(), ours.len());
	for (name, indices) in ours {
		assert_eq!(pinned[name], indices, "{name}");
	}
}

#[test]
fn answers_should_have_their_digests_when_encoded() {
	let vectors = vectors(include_str!("../vectors/answers.json"));
	for vector in &vectors {
		let answer = answer(vector);
		assert_encoding(&answer, &vector["encoded"]);
		assert_eq!(answer.digest(), hash(&vector["digest"]), "{answer:?}");
	}
	let errors = vectors.iter().filter(|vector| vector["outcome"]["error"].is_string());
	assert_eq!(errors.count(), indices::<ModelError>().len(), "every failure has a vector");
}

#[test]
fn commitments_should_stay_as_pinned_when_computed() {
	for vector in vectors(include_str!("../vectors/commitments.json")) {
		let fields = &vector["context"];
		let context = CommitmentContext {
			genesis: hash(&fields["genesis"]),
			request: number(&fields["request"]),
			round: round(&fields["round"]),
			seed: hash(&fields["seed"]),
			executor: account(&fields["executor"]),
			model_hash: hash(&fields["model_hash"]),
			engine_id: hash(&fields["engine_id"]),
			input_hash: hash(&fields["input_hash"]),
		};
		assert_encoding(&context, &vector["encoded_context"]);
		assert_eq!((domains::SALT, &context).encode(), bytes(&vector["salt_payload"]));
		let answer = answer(&vector["answer"]);
		let (witness, salt) = (option(&vector["witness"]), array(&vector["salt"]));
		let commitment = commitment(&context, &answer, witness, &salt);
		assert_eq!(commitment, hash(&vector["commitment"]), "{}", vector["name"]);
	}
}

#[test]
fn inputs_should_have_their_hashes_when_computed() {
	for vector in vectors(include_str!("../vectors/inputs.json")) {
		let bytes = bytes(&vector["bytes"]);
		assert_eq!(input_hash(&bytes), hash(&vector["input_hash"]));
	}
}

#[test]
fn jobs_should_have_their_keys_when_encoded() {
	let vectors = vectors(include_str!("../vectors/jobs.json"));
	for vector in &vectors {
		let fields = &vector["task"];
		let job = Job {
			request: number(&vector["request"]),
			round: round(&vector["round"]),
			kind: job_kind(&vector["kind"]),
			task: Task {
				model_hash: hash(&fields["model_hash"]),
				engine_id: hash(&fields["engine_id"]),
				dims: dims(&fields["dims"]),
				input: task_input(&fields["input"]),
				limits: limits(&fields["limits"]),
			},
			requester: hash(&vector["requester"]),
			millis_left: number(&vector["millis_left"]) as u32,
		};
		assert_encoding(&job, &vector["encoded"]);
		assert_eq!(job.key(), hash(&vector["key"]), "{}", vector["name"]);
		assert_eq!(job.model_key(), hash(&vector["model_key"]), "{}", vector["name"]);
	}
	assert_eq!(vectors.len(), indices::<JobKind>().len(), "every kind has a vector");
}

#[test]
fn results_of_jobs_should_stay_as_pinned_when_encoded() {
	let vectors = vectors(include_str!("../vectors/results.json"));
	for vector in &vectors {
		let result: Result<JobStatus, JobError> = if vector["error"].is_string() {
			Err(variant(&vector["error"]))
		} else if vector["answer"].is_object() {
			let (answer, witness) = (answer(&vector["answer"]), option(&vector["witness"]));
			Ok(JobStatus::Done { answer, witness })
		} else {
			Ok(JobStatus::Pending)
		};
		assert_encoding(&result, &vector["encoded"]);
	}
	let errors = vectors.iter().filter(|vector| vector["error"].is_string());
	assert_eq!(errors.count(), indices::<JobError>().len(), "every error has a vector");
}

#[test]
fn possession_payloads_should_stay_as_pinned_when_encoded() {
	for vector in vectors(include_str!("../vectors/possessions.json")) {
		let payload = possession_payload(&hash(&vector["genesis"]), &account(&vector["operator"]));
		assert_eq!(payload, bytes(&vector["payload"]));
	}
}

/// Item of a batch, as the attestation pallet encodes it.
type Item<P> = (RequestId, RoundIndex, H256, P);

/// Batch, as the attestation pallet encodes it; its own test decodes the same vectors.
fn batch<P>(
	vector: &Value,
	payload: impl Fn(&Value) -> P,
) -> (AccountId, BlockNumber, Vec<Item<P>>) {
	let items = vector["items"].as_array().unwrap().iter().map(|item| {
		let seed = hash(&item["seed"]);
		(number(&item["request"]), round(&item["round"]), seed, payload(&item["payload"]))
	});
	(account(&vector["executor"]), number(&vector["at"]) as BlockNumber, items.collect())
}

fn assert_batch<P: Encode + Decode + PartialEq + std::fmt::Debug>(
	vector: &Value,
	payload: impl Fn(&Value) -> P,
) {
	let batch = batch(vector, payload);
	assert_encoding(&batch, &vector["encoded"]);
	let (genesis, block) = (hash(&vector["genesis"]), hash(&vector["block"]));
	let payload = batch_payload(variant(&vector["kind"]), &genesis, &block, &batch);
	assert_eq!(payload, bytes(&vector["payload"]), "{}", vector["name"]);
}

#[test]
fn batch_payloads_should_stay_as_pinned_when_encoded() {
	let vectors = vectors(include_str!("../vectors/batches.json"));
	for vector in &vectors {
		match vector["kind"].as_str().unwrap() {
			"Commit" => assert_batch(vector, hash),
			"Reveal" => assert_batch(vector, |payload| {
				(answer(&payload["answer"]), option(&payload["witness"]), array(&payload["salt"]))
			}),
			"Decline" => assert_batch(vector, variant::<JobError>),
			other => panic!("no kind {other}"),
		}
	}
	assert_eq!(vectors.len(), indices::<BatchKind>().len(), "every kind has a vector");
}
