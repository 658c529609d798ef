//! The Open Inference Protocol, version 2, over HTTP, with binary tensors.

use super::{about, decoded, get, method, names, Gateway, Head, Reply, Wish, WISHES};
use crate::{
	backend::{Backend, Model},
	error::ApiError,
	keys::Key,
	service::Call,
};
use bytes::Bytes;
use http_body::Body;
use hyper::Method;
use opg_engine_types::tensor::{self, DType, Tensor};
use opg_tensors::{
	input::{self, Mismatch},
	json,
	report::{encoded_bytes, Port},
};
use serde::Deserialize;
use serde_json::{json, Map, Value};
use std::{sync::Arc, time::Duration};

/// Length of the JSON before binary tensors.
const LENGTH: &str = "inference-header-content-length";

/// Names of the types in the protocol.
const TYPES: [(DType, &str); 13] = [
	(DType::Bool, "BOOL"),
	(DType::U8, "UINT8"),
	(DType::U16, "UINT16"),
	(DType::U32, "UINT32"),
	(DType::U64, "UINT64"),
	(DType::I8, "INT8"),
	(DType::I16, "INT16"),
	(DType::I32, "INT32"),
	(DType::I64, "INT64"),
	(DType::F16, "FP16"),
	(DType::F32, "FP32"),
	(DType::F64, "FP64"),
	(DType::BF16, "BF16"),
];

fn type_name(dtype: DType) -> &'static str {
	TYPES.iter().find(|(known, _)| *known == dtype).map_or("", |(_, name)| name)
}

fn type_of(name: &str) -> Result<DType, ApiError> {
	if let Some((dtype, _)) = TYPES.iter().find(|(_, known)| *known == name) {
		return Ok(*dtype);
	}
	let names: Vec<_> = TYPES.iter().map(|(_, name)| *name).collect();
	Err(ApiError::invalid(format!("no type `{name}`: there are {}", names.join(", "))))
}

#[derive(Deserialize)]
struct InferRequest {
	id: Option<String>,
	#[serde(default)]
	parameters: Map<String, Value>,
	inputs: Vec<InferInput>,
	#[serde(default)]
	outputs: Vec<InferOutput>,
}

#[derive(Deserialize)]
struct InferInput {
	name: String,
	shape: Vec<u64>,
	datatype: String,
	#[serde(default)]
	parameters: Map<String, Value>,
	data: Option<Value>,
}

#[derive(Deserialize)]
struct InferOutput {
	name: String,
	#[serde(default)]
	parameters: Map<String, Value>,
}

/// Metadata of the server.
pub(super) fn server() -> Reply {
	Reply::json(
		200,
		&json!({
			"name": "opg-gateway",
			"version": env!("CARGO_PKG_VERSION"),
			"extensions": ["binary_tensor_data", "parameters"],
		}),
	)
}

fn metadata(model: &Model) -> Value {
	let ports = |ports: &[Port]| -> Vec<Value> {
		ports
			.iter()
			.map(|port| {
				json!({
					"name": port.name,
					"datatype": type_name(port.dtype),
					"shape": port.shape,
				})
			})
			.collect()
	};
	json!({
		"name": model.name,
		"versions": model.versions,
		"platform": "opg_onnx",
		"inputs": ports(&model.schema.inputs),
		"outputs": ports(&model.schema.outputs),
		"parameters": { "number": model.number, "version": model.version },
	})
}

impl<B: Backend> Gateway<B> {
	/// Answers what is below `/v2/`, but for the health and the metadata of the server.
	pub(super) async fn kserve<T>(
		self: &Arc<Self>,
		key: &Key,
		head: &Head,
		body: T,
	) -> Result<Reply, ApiError>
	where
		T: Body<Data = Bytes> + Unpin,
		T::Error: std::fmt::Display,
	{
		let Some(rest) = head.path.strip_prefix("/v2/models/") else {
			let message =
				"no such address, or an extension of Triton that this gateway does not have";
			return Err(ApiError::new(404, "NotFound", message));
		};
		let asked = names::parse(&decoded(rest)?)?;
		if asked.verb == "infer" {
			method(head, &Method::POST)?;
			let body = self.body(head, body).await?;
			let model = self.model(&asked.name, asked.version.as_deref()).await?;
			return self.infer(key, head, &model, body).await;
		}
		get(head)?;
		let model = self.model(&asked.name, asked.version.as_deref()).await?;
		if asked.verb == "ready" {
			let bytes = encoded_bytes(&model.schema.inputs).unwrap_or_default();
			let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
			self.service
				.backend
				.estimate(model.number, self.service.settings.tier, bytes, None)
				.await?;
			return Ok(Reply::json(200, &json!({ "name": model.name, "ready": true })));
		}
		Ok(Reply::json(200, &metadata(&model)))
	}

	async fn infer(
		self: &Arc<Self>,
		key: &Key,
		head: &Head,
		model: &Model,
		body: Bytes,
	) -> Result<Reply, ApiError> {
		let (text, binary) = match head.header(LENGTH)? {
			None => (&body[..], &[][..]),
			Some(length) => {
				let length = length.parse().ok().filter(|length| *length <= body.len());
				let length = length.ok_or_else(|| {
					ApiError::invalid(
						"Inference-Header-Content-Length is no length within the body. tritonclient writes it into \
						 the headers that it is given: give each call its own",
					)
				})?;
				body.split_at(length)
			},
		};
		if text.len() > self.web.max_json {
			let message = format!(
				"the JSON is longer than the {} bytes that this gateway takes: send tensors as binary data",
				self.web.max_json
			);
			return Err(ApiError::new(413, "JsonTooLarge", message));
		}
		let request: InferRequest = serde_json::from_slice(text)
			.map_err(|error| ApiError::invalid(format!("no inference request: {error}")))?;
		let wish = wish(Wish::parse(&head.query(&WISHES)?)?, head, &request.parameters)?;
		let outputs = wanted(&request, &model.schema.outputs)?;
		let tensors = tensors(request.inputs, binary)?;
		let input = encode(model, &tensors)?;
		let call = Call {
			fuel_limit: None,
			key,
			model,
			input,
			tier: wish.tier,
			trust: wish.trust,
			timeout: wish.timeout,
			id: request.id.as_deref().filter(|id| !id.is_empty()),
			is_retry: false,
		};
		let outcome = self.service.infer(call).await?;
		let answered = output(&outcome)?;
		let mut listed = Vec::new();
		let mut data = Vec::new();
		for (name, is_binary) in outputs {
			let tensor = answered.iter().find(|tensor| tensor.name == name).ok_or_else(|| {
				let message = format!("the answer has no output `{name}`");
				ApiError::new(502, "BadAnswer", message).of_request(outcome.answer.request)
			})?;
			let mut object = json!({
				"name": name,
				"datatype": type_name(tensor.dtype),
				"shape": tensor.shape,
			});
			if is_binary {
				object["parameters"] = json!({ "binary_data_size": tensor.data.len() });
				data.extend_from_slice(&tensor.data);
			} else {
				object["data"] = elements(tensor)?;
			}
			listed.push((object, is_binary));
		}
		let is_binary = listed.iter().any(|(_, is_binary)| *is_binary);
		let listed: Vec<_> = listed.into_iter().map(|(object, _)| object).collect();
		let mut response = json!({
			"model_name": model.name,
			"model_version": model.version,
			"parameters": about(&outcome),
			"outputs": listed,
		});
		if let Some(id) = request.id {
			response["id"] = id.into();
		}
		let mut bytes = response.to_string().into_bytes();
		let reply = if is_binary {
			let length = bytes.len();
			bytes.extend(data);
			Reply::new(200, "application/octet-stream", bytes).with(LENGTH, length.to_string())
		} else {
			Reply::new(200, super::JSON, bytes)
		};
		Ok(reply.of(&[&outcome]))
	}
}

/// What a call wishes, from the address, and from the parameters of the protocol. There, `timeout` is in
/// microseconds, as Triton has it.
fn wish(mut wish: Wish, head: &Head, parameters: &Map<String, Value>) -> Result<Wish, ApiError> {
	let is_given = |name: &str| head.query.split('&').any(|pair| pair.starts_with(name));
	for (name, value) in parameters {
		let text = || value.as_str().ok_or_else(|| ApiError::invalid(format!("`{name}` is text")));
		if WISHES.contains(&name.as_str()) && is_given(&format!("{name}=")) {
			return Err(ApiError::invalid(format!("`{name}` is given twice")));
		}
		match name.as_str() {
			"binary_data_output" => {},
			// There is one queue, and nothing to be ahead of.
			"priority" => {},
			"trust" => wish.trust = Wish::trust(text()?)?,
			"tier" => wish.tier = Some(Wish::tier(text()?)?),
			"timeout" => {
				let micros = value.as_u64();
				let micros = micros.ok_or_else(|| {
					ApiError::invalid("the parameter `timeout` is a number of microseconds")
				})?;
				wish.timeout = Some(Duration::from_micros(micros));
			},
			"sequence_id" | "sequence_start" | "sequence_end" => {
				return Err(ApiError::invalid("models keep no state, so there are no sequences"));
			},
			_ => {
				let message = format!(
					"no parameter `{name}`: there are binary_data_output, {}",
					WISHES.join(", ")
				);
				return Err(ApiError::invalid(message));
			},
		}
	}
	Ok(wish)
}

/// The outputs to give, each with whether it is binary.
fn wanted(request: &InferRequest, outputs: &[Port]) -> Result<Vec<(String, bool)>, ApiError> {
	let flag = |parameters: &Map<String, Value>, name: &str| match parameters.get(name) {
		None => Ok(None),
		Some(value) => {
			let flag = value.as_bool();
			flag.map(Some).ok_or_else(|| ApiError::invalid(format!("`{name}` is true or false")))
		},
	};
	let default = flag(&request.parameters, "binary_data_output")?.unwrap_or_default();
	if request.outputs.is_empty() {
		return Ok(outputs.iter().map(|port| (port.name.clone(), default)).collect());
	}
	let mut wanted = Vec::<(String, bool)>::new();
	for InferOutput { name, parameters } in &request.outputs {
		if !outputs.iter().any(|port| port.name == *name) {
			let known: Vec<_> = outputs.iter().map(input::describe_port).collect();
			let message =
				format!("the model has no output `{name}`; it gives {}", known.join(", "));
			return Err(ApiError::new(400, "OutputUnknown", message).with("output", name.as_str()));
		}
		refuse(name, parameters, &["classification"])?;
		if wanted.iter().any(|(other, _)| other == name) {
			return Err(ApiError::invalid(format!("the output `{name}` is asked for twice")));
		}
		wanted.push((name.clone(), flag(parameters, "binary_data")?.unwrap_or(default)));
	}
	Ok(wanted)
}

/// Refuses extensions of Triton that the gateway does not have.
fn refuse(name: &str, parameters: &Map<String, Value>, more: &[&str]) -> Result<(), ApiError> {
	let found = parameters
		.keys()
		.find(|key| key.starts_with("shared_memory") || more.contains(&key.as_str()));
	found.map_or(Ok(()), |key| {
		Err(ApiError::invalid(format!("`{name}`: this gateway does not have `{key}`")))
	})
}

/// The tensors of a request. Binary data follows in the order of the inputs.
fn tensors(inputs: Vec<InferInput>, mut binary: &[u8]) -> Result<Vec<Tensor>, ApiError> {
	let mut tensors = Vec::with_capacity(inputs.len());
	for InferInput { name, shape, datatype, parameters, data } in inputs {
		refuse(&name, &parameters, &[])?;
		if datatype == "BYTES" {
			let message = format!("`{name}`: the chain carries numbers, and no strings or BYTES");
			return Err(ApiError::new(400, "TypeNotCarried", message).with("input", name));
		}
		let dtype = type_of(&datatype)?;
		let size = parameters.get("binary_data_size");
		match (data, size) {
			(Some(data), None) => tensors.push(from_json(name, dtype, shape, data)?),
			(None, Some(size)) => {
				let size = size.as_u64().and_then(|size| usize::try_from(size).ok());
				let (own, rest) =
					size.and_then(|size| binary.split_at_checked(size)).ok_or_else(|| {
						ApiError::invalid(format!(
							"`{name}`: the body has no binary data of `binary_data_size` bytes for it"
						))
					})?;
				binary = rest;
				tensors.push(Tensor { name, dtype, shape, data: own.to_vec() });
			},
			_ => {
				let message = format!("`{name}` has either `data` or `binary_data_size`");
				return Err(ApiError::invalid(message));
			},
		}
	}
	if !binary.is_empty() {
		let message = format!("{} bytes follow the binary data of the last input", binary.len());
		return Err(ApiError::invalid(message));
	}
	tensor::check(&tensors).map_err(|error| ApiError::invalid(error.to_string()))?;
	Ok(tensors)
}

/// A tensor of JSON: elements row by row, in one list or in one for each dimension.
fn from_json(name: String, dtype: DType, shape: Vec<u64>, data: Value) -> Result<Tensor, ApiError> {
	let data = match data {
		Value::Array(list) if !list.iter().any(Value::is_array) => list,
		nested => {
			let mut flat = Vec::new();
			flatten(nested, &shape, &mut flat).ok_or_else(|| {
				ApiError::invalid(format!("`{name}`: `data` does not have the shape {shape:?}"))
			})?;
			flat
		},
	};
	let tensor =
		json!([{ "name": name, "dtype": dtype.to_string(), "shape": shape, "data": data }]);
	let tensors = json::from_value(&tensor).map_err(|error| {
		let message = format!(
			"{error}. What a number of JSON cannot say is a string, such as \"nan\"; binary data is exact"
		);
		ApiError::invalid(message).with("input", name)
	})?;
	tensors.into_iter().next().ok_or_else(|| ApiError::invalid("no tensor"))
}

fn flatten(value: Value, shape: &[u64], flat: &mut Vec<Value>) -> Option<()> {
	match (value, shape) {
		(Value::Array(list), [size, rest @ ..]) => {
			if list.len() as u64 != *size {
				return None;
			}
			list.into_iter().try_for_each(|value| flatten(value, rest, flat))
		},
		(Value::Array(_), []) => None,
		(value, []) => {
			flat.push(value);
			Some(())
		},
		_ => None,
	}
}

/// Encodes tensors that a model takes.
pub(super) fn encode(model: &Model, tensors: &[Tensor]) -> Result<Vec<u8>, ApiError> {
	input::check(tensors, &model.schema.inputs).map_err(|mismatch| {
		let error = ApiError::new(400, "InputMismatch", mismatch.to_string());
		match mismatch {
			Mismatch::Missing { name, expected } => {
				error.with("input", name).with("expected", expected).with("got", Value::Null)
			},
			Mismatch::Unknown { name, known } => error.with("input", name).with("expected", known),
			Mismatch::Other { name, expected, got } => {
				error.with("input", name).with("expected", expected).with("got", got)
			},
		}
	})?;
	// Executors take them in any order; one order gives one digest.
	let mut ordered = Vec::with_capacity(tensors.len());
	for port in &model.schema.inputs {
		ordered.extend(tensors.iter().find(|tensor| tensor.name == port.name).cloned());
	}
	let input = tensor::encode(&ordered);
	if input.len() > model.input_bytes as usize {
		let message = format!(
			"the encoded input has {} bytes, and the model takes {} at most",
			input.len(),
			model.input_bytes
		);
		return Err(ApiError::new(413, "InputTooLong", message));
	}
	Ok(input)
}

/// The tensors of an answer.
pub(super) fn output(outcome: &crate::service::Outcome) -> Result<Vec<Tensor>, ApiError> {
	let answer = &outcome.answer;
	match &answer.output {
		Ok(output) => tensor::decode(output).map_err(|error| {
			ApiError::new(502, "BadAnswer", error.to_string()).of_request(answer.request)
		}),
		Err(reason) => {
			let message = format!(
				"the model gives no output for this input: {reason}. That is the attested answer, and paid"
			);
			Err(ApiError::new(422, "ModelError", message)
				.with("model_error", reason.as_str())
				.of_request(answer.request))
		},
	}
}

fn elements(tensor: &Tensor) -> Result<Value, ApiError> {
	let chunks = tensor.data.chunks_exact(tensor.dtype.size());
	let elements = chunks.map(|bytes| json::render_element(tensor.dtype, bytes));
	let elements: Result<Vec<_>, _> = elements.collect();
	elements.map(Value::Array).map_err(|error| ApiError::new(502, "BadAnswer", error.to_string()))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn types_should_hold_every_type_once() {
		for dtype in DType::ALL {
			assert_eq!(TYPES.iter().filter(|(known, _)| *known == dtype).count(), 1, "{dtype}");
			assert_eq!(type_of(type_name(dtype)).unwrap(), dtype);
		}
	}

	#[test]
	fn data_should_be_nested_as_the_shape_says_or_not_at_all() {
		let tensor = |data: Value| from_json("x".into(), DType::I8, vec![2, 2], data);
		let flat = tensor(json!([1, 2, 3, 4])).unwrap();
		assert_eq!(flat.data, [1, 2, 3, 4]);
		assert_eq!(tensor(json!([[1, 2], [3, 4]])).unwrap(), flat);
		for wrong in [
			json!([[1, 2, 3, 4]]),
			json!([[1], [2, 3]]),
			json!([1, [2, 3, 4]]),
			json!(1),
			json!([1, 2, 3]),
			json!([[1, 2], [3, 400]]),
			json!([[[1], [2]], [[3], [4]]]),
		] {
			assert_eq!(tensor(wrong.clone()).unwrap_err().status, 400, "{wrong}");
		}
		let scalar = from_json("x".into(), DType::F32, vec![], json!([0.5])).unwrap();
		assert_eq!(scalar.data, 0.5f32.to_le_bytes());
	}
}
