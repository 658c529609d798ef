//! Golden vectors: the encodings are those of `vectors/*.json`, which `vectors/check.py` reads too.

#![allow(clippy::unwrap_used)]

use opg_engine_types::{
	content_hash, digest, tensor, DType, Description, Dim, Dims, Generation, Inspection,
	ModelFault, Port, Reason, Tensor,
};
use serde::{de::DeserializeOwned, Deserialize};
use std::{collections::BTreeMap, fs};

#[derive(Deserialize)]
struct Vectors<T> {
	valid: Vec<Valid<T>>,
	malformed: Vec<Malformed>,
}

#[derive(Deserialize)]
struct Valid<T> {
	about: String,
	value: T,
	encoded: String,
	digest: String,
}

#[derive(Deserialize)]
struct Malformed {
	about: String,
	encoded: String,
}

#[derive(Deserialize)]
struct NamedTensor {
	name: String,
	dtype: String,
	shape: Vec<u64>,
	data: String,
}

#[derive(Deserialize)]
struct NamedNumber {
	#[serde(default)]
	domain: String,
	name: String,
	value: u64,
}

#[derive(Deserialize)]
struct NamedPort {
	name: String,
	dtype: String,
	shape: Vec<u64>,
}

#[derive(Deserialize)]
struct Report {
	inputs: Vec<NamedPort>,
	outputs: Vec<NamedPort>,
	dims: Vec<NamedNumber>,
	opsets: Vec<NamedNumber>,
	operators: Vec<NamedNumber>,
	parameters: u64,
	memory_bytes: u64,
	load_fuel: u64,
	run_fuel: u64,
	output_digest: Option<String>,
	fault: Option<u8>,
	generation: Option<NamedGeneration>,
}

#[derive(Deserialize)]
struct NamedGeneration {
	context: u64,
	block: u64,
	vocabulary: u64,
	token_fuel: u64,
	block_fuel: u64,
}

fn read<T: DeserializeOwned>(name: &str) -> T {
	let file = format!("{}/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
	serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn dtype(name: &str) -> DType {
	DType::ALL.into_iter().find(|dtype| dtype.to_string() == name).unwrap()
}

fn tensors(given: Vec<NamedTensor>) -> Vec<Tensor> {
	let tensors = given.into_iter().map(|given| Tensor {
		name: given.name,
		dtype: dtype(&given.dtype),
		shape: given.shape,
		data: hex::decode(given.data).unwrap(),
	});
	tensors.collect()
}

fn dims(given: Vec<NamedNumber>) -> Dims {
	let dims = given.into_iter().map(|given| Dim { name: given.name, size: given.value });
	dims.collect::<Vec<_>>().try_into().unwrap()
}

fn report(given: Report) -> Inspection {
	let ports = |ports: Vec<NamedPort>| {
		let port = |port: NamedPort| Port {
			name: port.name,
			dtype: dtype(&port.dtype),
			shape: port.shape,
		};
		ports.into_iter().map(port).collect()
	};
	let named = |list: Vec<NamedNumber>| {
		list.into_iter().map(|item| (item.name, item.value)).collect::<Vec<_>>()
	};
	let operators = given.operators.into_iter();
	Inspection {
		description: Description {
			inputs: ports(given.inputs),
			outputs: ports(given.outputs),
			dims: named(given.dims),
			opsets: named(given.opsets),
			operators: operators.map(|item| ((item.domain, item.name), item.value)).collect(),
			parameters: given.parameters,
			generation: given.generation.map(|given| Generation {
				context: given.context,
				block: given.block,
				vocabulary: given.vocabulary,
				token_fuel: given.token_fuel,
				block_fuel: given.block_fuel,
			}),
		},
		memory_bytes: given.memory_bytes,
		load_fuel: given.load_fuel,
		run_fuel: given.run_fuel,
		trial: match given.fault {
			Some(code) => Err(ModelFault::from_code(code).unwrap()),
			None => Ok(hex::decode(given.output_digest.unwrap()).unwrap().try_into().unwrap()),
		},
	}
}

/// Compares the encodings of one kind with the file of that name.
fn check<G: DeserializeOwned, T: PartialEq + std::fmt::Debug, E: std::fmt::Debug>(
	name: &str,
	value: impl Fn(G) -> T,
	encode: impl Fn(&T) -> Vec<u8>,
	decode: impl Fn(&[u8]) -> Result<T, E>,
) {
	let vectors: Vectors<G> = read(name);
	assert!(!vectors.valid.is_empty() && !vectors.malformed.is_empty());
	for vector in vectors.valid {
		let value = value(vector.value);
		let bytes = hex::decode(&vector.encoded).unwrap();
		assert_eq!(hex::encode(encode(&value)), vector.encoded, "{}", vector.about);
		assert_eq!(decode(&bytes).unwrap(), value, "{}", vector.about);
		assert_eq!(hex::encode(digest(&bytes)), vector.digest, "{}", vector.about);
	}
	for vector in vectors.malformed {
		let decoded = decode(&hex::decode(&vector.encoded).unwrap());
		assert!(decoded.is_err(), "{}: {decoded:?}", vector.about);
	}
}

#[test]
fn tensors_should_be_encoded_as_the_vectors_say() {
	check("tensors", tensors, |list| tensor::encode(list), tensor::decode);
}

#[test]
fn dims_should_be_encoded_as_the_vectors_say() {
	check("dims", dims, Dims::encode, Dims::decode);
}

#[test]
fn reports_should_be_encoded_as_the_vectors_say() {
	check("reports", report, Inspection::encode, Inspection::decode);
}

#[test]
fn codes_should_be_those_of_the_vectors() {
	let codes: BTreeMap<String, BTreeMap<String, u32>> = read("codes");
	let dtypes = DType::ALL.map(|dtype| (dtype.to_string(), dtype as u32));
	assert_eq!(codes["dtypes"], dtypes.into());
	let faults = ModelFault::ALL.map(|fault| (format!("{fault:?}"), fault.code().into()));
	assert_eq!(codes["faults"], faults.into());
	let reasons = Reason::ALL.map(|reason| (format!("{reason:?}"), reason as u32));
	assert_eq!(codes["reasons"], reasons.into());
}

/// BLAKE3's own vector of nothing. What more bytes give is compared with `b3sum` elsewhere.
#[test]
fn names_should_be_blake3_and_digests_blake2b() {
	let hash = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
	assert_eq!(hex::encode(content_hash(b"")), hash);
	let hash = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
	assert_eq!(hex::encode(digest(b"")), hash);
}
