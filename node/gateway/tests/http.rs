//! The gateway over HTTP, in front of a chain in memory.

#![allow(clippy::unwrap_used)]

mod common;

use bytes::Bytes;
use common::{Mock, Mood, FEE, MAX_FEE, OWNER, TRANSACTION};
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request};
use opg_engine_types::tensor::DType;
use opg_gateway::{
	backend::{BackendError, Planck},
	keys, listen, Gateway, Keys, Limits, ListenError, Service, Settings, Site, Web,
};
use serde_json::{json, Value};
use std::{fs, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
	sync::oneshot,
	time::{sleep, timeout},
};

/// A gateway and its folder.
struct Rig {
	gateway: Arc<Gateway<Mock>>,
	mock: Arc<Mock>,
	folder: TempDir,
}

/// What a client gets.
struct Got {
	status: u16,
	headers: HeaderMap,
	body: Bytes,
}

impl Got {
	fn json(&self) -> Value {
		serde_json::from_slice(&self.body)
			.unwrap_or_else(|_| panic!("{}: {:?}", self.status, self.body))
	}

	fn header(&self, name: &str) -> &str {
		self.headers.get(name).map_or("", |value| value.to_str().unwrap())
	}

	fn reason(&self) -> String {
		let value = self.json();
		let reason = value["reason"].as_str().or_else(|| value["error"]["code"].as_str());
		reason.unwrap_or_default().into()
	}
}

fn start(folder: &Path, mock: Arc<Mock>, settings: Settings, web: Web) -> Arc<Gateway<Mock>> {
	Gateway::new(Service::start(mock, common::ledger(folder), settings), web)
}

fn rig(settings: Settings, web: Web) -> Rig {
	let folder = tempfile::tempdir().unwrap();
	let mock = Arc::new(Mock::default());
	Rig { gateway: start(folder.path(), mock.clone(), settings, web), mock, folder }
}

fn plain() -> Rig {
	rig(Settings::default(), Web::default())
}

async fn send(gateway: &Arc<Gateway<Mock>>, request: Request<Full<Bytes>>) -> Got {
	let (parts, body) = gateway.respond(request).await.into_parts();
	let body = body.collect().await.unwrap().to_bytes();
	Got { status: parts.status.as_u16(), headers: parts.headers, body }
}

fn request(
	method: Method,
	path: &str,
	headers: &[(&str, &str)],
	body: Bytes,
) -> Request<Full<Bytes>> {
	let mut request = Request::builder().method(method).uri(path);
	if !headers.iter().any(|(name, _)| *name == "host") {
		request = request.header("host", "127.0.0.1:8080");
	}
	for (name, value) in headers {
		request = request.header(*name, *value);
	}
	request.body(Full::new(body)).unwrap()
}

impl Rig {
	async fn get(&self, path: &str) -> Got {
		send(&self.gateway, request(Method::GET, path, &[], Bytes::new())).await
	}

	async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Got {
		let body = body.to_string().into();
		send(&self.gateway, request(Method::POST, path, headers, body)).await
	}

	async fn post(&self, path: &str, body: &Value) -> Got {
		self.post_with(path, &[], body).await
	}

	async fn sum(&self, path: &str, id: &str) -> Got {
		let mut body = pixels(&[1.0, 2.0, 3.0, 4.5]);
		body["id"] = id.into();
		self.post(path, &body).await
	}

	fn spent(&self) -> (Planck, Planck, Planck) {
		self.gateway.service().spent("local")
	}

	/// Waits until all requests are settled.
	async fn settled(&self) {
		while self.gateway.service().unsettled() != 0 {
			sleep(Duration::from_millis(2)).await;
		}
	}
}

fn pixels(values: &[f32]) -> Value {
	let input = json!({ "name": "pixels", "shape": [1, 4], "datatype": "FP32", "data": values });
	json!({ "inputs": [input] })
}

const SUM: &str = "/v2/models/opMock/sum/infer";

#[tokio::test]
async fn metadata_should_be_what_the_protocol_says() {
	let rig = plain();
	assert_eq!(rig.get("/v2/health/live").await.status, 200);
	assert_eq!(rig.get("/v2/health/ready").await.status, 200);
	let server = rig.get("/v2").await.json();
	assert_eq!(server["name"], "opg-gateway");
	assert_eq!(server["extensions"][0], "binary_tensor_data");
	for path in [
		"/v2/models/opMock/sum",
		"/v2/models/opMock%2Fsum",
		"/v2/models/opMock--sum",
		"/v2/models/0",
		"/v2/models/opMock/sum/versions/1.0.0",
		"/v2/models/opMock/sum/versions/stable",
		"/v2/models/0/versions/1.0.0",
	] {
		let model = rig.get(path).await.json();
		assert_eq!(model["name"], "opMock/sum", "{path}: {model}");
		assert_eq!(
			model["inputs"],
			json!([{ "name": "pixels", "datatype": "FP32", "shape": [1, 4] }])
		);
		assert_eq!(model["versions"], json!(["1.0.0"]));
		assert_eq!(rig.get(&format!("{path}/ready")).await.status, 200, "{path}");
	}
	for path in [
		"/v2/models/opMock/none",
		"/v2/models/0/versions/2.0.0",
		"/v2/models/x",
		"/v2/repository/index",
	] {
		let got = rig.get(path).await;
		assert_eq!(got.status, 404, "{path}");
		assert!(got.json()["error"].is_string(), "{path}");
	}
	assert_eq!(rig.post("/v2/models/opMock/sum", &json!({})).await.reason(), "WrongMethod");
	rig.mock.mood().refusal = Some(BackendError::ModelUnavailable("nobody serves it".into()));
	assert_eq!(rig.get("/v2/models/opMock/sum/ready").await.status, 503);
	rig.mock.mood().down = true;
	assert_eq!(rig.get("/v2/health/ready").await.status, 503);
	assert_eq!(rig.get("/v2/health/live").await.status, 200);
}

#[tokio::test]
async fn infer_should_answer_with_request_state_and_receipt() {
	let rig = plain();
	let got = rig.sum(SUM, "mine").await;
	let answer = got.json();
	assert_eq!(got.status, 200, "{answer}");
	assert_eq!(answer["id"], "mine");
	assert_eq!(answer["model_name"], "opMock/sum");
	assert_eq!(answer["model_version"], "1.0.0");
	assert_eq!(
		answer["outputs"],
		json!([
			{ "name": "sum", "datatype": "FP32", "shape": [1], "data": [10.5] },
			{ "name": "count", "datatype": "INT64", "shape": [1], "data": [4] },
		])
	);
	let about = &answer["parameters"];
	assert_eq!((&about["request"], &about["receipt"]), (&json!(0), &json!("/v1/receipts/0")));
	assert_eq!((got.header("opg-request"), got.header("opg-receipt")), ("0", "/v1/receipts/0"));
	assert_eq!(got.header("opg-state"), about["state"].as_str().unwrap());
	assert_eq!(got.header("opg-reference"), about["reference"].as_str().unwrap());
	rig.settled().await;
	for path in ["/v1/receipts/0".into(), format!("/v1/receipts/{}", got.header("opg-reference"))] {
		let receipt = rig.get(&path).await;
		assert_eq!((receipt.status, receipt.json()), (200, json!({ "request": 0 })), "{path}");
	}
	for (path, status) in
		[("/v1/receipts/7", 404), ("/v1/receipts/x", 400), ("/v1/receipts/0x12", 400)]
	{
		assert_eq!(rig.get(path).await.status, status, "{path}");
	}
	assert_eq!(rig.get(&format!("/v1/receipts/0x{}", "0".repeat(64))).await.status, 404);
}

#[tokio::test]
async fn answer_should_be_given_when_it_is_as_sure_as_was_asked_for() {
	let rig = plain();
	rig.mock.mood().settled_after = Duration::from_millis(400);
	assert_eq!(rig.sum(SUM, "a").await.header("opg-state"), "attested");
	assert_eq!(rig.get("/v1/receipts/0").await.reason(), "NotYet");
	let settled = rig.sum(&format!("{SUM}?trust=settled"), "a").await;
	assert_eq!((settled.header("opg-state"), settled.header("opg-request")), ("settled", "0"));
	let mut body = pixels(&[0.0; 4]);
	body["parameters"] = json!({ "trust": "settled", "tier": "high" });
	assert_eq!(rig.post(SUM, &body).await.header("opg-state"), "settled");
	assert_eq!(rig.mock.made()[1].order.tier.name(), "high");
	for wrong in [
		"?trust=soon",
		"?tier=low",
		"?timeout=never",
		"?timeout=-1",
		"?other=1",
		"?trust=settled&trust=attested",
	] {
		assert_eq!(rig.sum(&format!("{SUM}{wrong}"), "b").await.status, 400, "{wrong}");
	}
	assert_eq!(rig.post(&format!("{SUM}?trust=settled"), &body).await.status, 400);
	assert_eq!(rig.mock.count(), 2);
}

#[tokio::test]
async fn every_type_should_come_back_exactly_in_binary_and_in_json() {
	let rig = plain();
	// Not-a-number, infinity and the least of each type.
	let bytes = |dtype: DType| -> Vec<u8> {
		match dtype {
			DType::Bool => vec![0, 1],
			DType::F16 => [0x7e00u16, 0x0001].iter().flat_map(|x| x.to_le_bytes()).collect(),
			DType::BF16 => [0x7f80u16, 0x8001].iter().flat_map(|x| x.to_le_bytes()).collect(),
			DType::F32 => [f32::from_bits(1), 0.1].iter().flat_map(|x| x.to_le_bytes()).collect(),
			DType::F64 => [f64::MIN, 0.1].iter().flat_map(|x| x.to_le_bytes()).collect(),
			other => {
				(0..2 * other.size()).map(|at| if at < other.size() { 255 } else { 128 }).collect()
			},
		}
	};
	let names = [
		"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16",
		"FP32", "FP64", "BF16",
	];
	let all: Vec<_> = DType::ALL.into_iter().zip(names).collect();
	let head = json!({
		"inputs": all.iter().map(|(dtype, name)| json!({
			"name": format!("x_{dtype}"), "datatype": name, "shape": [2],
			"parameters": { "binary_data_size": bytes(*dtype).len() },
		})).collect::<Vec<_>>(),
		"outputs": all.iter().map(|(dtype, _)| json!({
			"name": format!("x_{dtype}"), "parameters": { "binary_data": dtype.size() > 1 },
		})).collect::<Vec<_>>(),
	});
	let head = head.to_string();
	let mut body = head.clone().into_bytes();
	all.iter().for_each(|(dtype, _)| body.extend(bytes(*dtype)));
	let length = head.len().to_string();
	let headers = [("inference-header-content-length", length.as_str())];
	let post = |body: Vec<u8>| {
		request(Method::POST, "/v2/models/opMock/echo/infer", &headers, body.into())
	};
	let got = send(&rig.gateway, post(body.clone())).await;
	assert_eq!(got.status, 200, "{:?}", got.body);
	let length: usize = got.header("inference-header-content-length").parse().unwrap();
	let answer: Value = serde_json::from_slice(&got.body[..length]).unwrap();
	let mut rest = &got.body[length..];
	for ((dtype, name), output) in all.iter().zip(answer["outputs"].as_array().unwrap()) {
		assert_eq!(output["datatype"], *name);
		if dtype.size() > 1 {
			let size = output["parameters"]["binary_data_size"].as_u64().unwrap() as usize;
			let (own, more) = rest.split_at(size);
			assert_eq!(own, bytes(*dtype), "{name}");
			rest = more;
		} else {
			assert_eq!(output["data"].as_array().unwrap().len(), 2);
		}
	}
	assert!(rest.is_empty());
	assert_eq!(answer["outputs"][0]["data"], json!([false, true]));
	assert_eq!(answer["outputs"][1]["data"], json!([255, 128]));
	assert_eq!(answer["outputs"][5]["data"], json!([-1, -128]));
	// The JSON of an answer is an input again, with the same bits.
	let plain: Value = serde_json::from_str(&head).unwrap();
	let mut plain =
		json!({ "inputs": plain["inputs"], "parameters": { "binary_data_output": false } });
	let head = plain.to_string();
	let mut body = head.clone().into_bytes();
	all.iter().for_each(|(dtype, _)| body.extend(bytes(*dtype)));
	let length = head.len().to_string();
	let headers = [("inference-header-content-length", length.as_str())];
	let got = send(
		&rig.gateway,
		request(Method::POST, "/v2/models/opMock/echo/infer", &headers, body.into()),
	)
	.await;
	assert_eq!(got.header("inference-header-content-length"), "");
	let outputs = got.json()["outputs"].clone();
	plain["inputs"] = outputs.clone();
	let again = rig.post("/v2/models/opMock/echo/infer", &plain).await;
	assert_eq!(again.json()["outputs"], outputs);
	let made = rig.mock.made();
	assert_eq!(made.len(), 3);
	assert!(made.iter().all(|it| it.order.input == made[0].order.input));
}

#[tokio::test]
async fn wrong_input_should_be_refused_before_it_is_paid() {
	let rig = plain();
	let input = |input: Value| json!({ "inputs": [input] });
	let base =
		json!({ "name": "pixels", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4] });
	let with = |key: &str, value: Value| {
		let mut base = base.clone();
		base[key] = value;
		input(base)
	};
	for (body, reason, text) in [
		(with("shape", json!([4])), "InputMismatch", "takes f32[1, 4], and this is f32[4]"),
		(with("datatype", json!("FP64")), "InputMismatch", "f64[1, 4]"),
		(with("name", json!("other")), "InputMismatch", "no input `other`; it takes pixels"),
		(json!({ "inputs": [] }), "InputMismatch", "`pixels` is missing"),
		(with("data", json!([1, 2, 3])), "InvalidRequest", "bytes of data"),
		(with("data", json!([0.123_456_789_012, 2, 3, 4])), "InvalidRequest", "not exactly a f32"),
		(with("data", json!(["a", 2, 3, 4])), "InvalidRequest", "not exactly"),
		(with("datatype", json!("BYTES")), "TypeNotCarried", "no strings"),
		(with("datatype", json!("FP8")), "InvalidRequest", "there are BOOL"),
		(with("shape", json!([1, -4])), "InvalidRequest", "no inference request"),
		(with("parameters", json!({ "binary_data_size": 16 })), "InvalidRequest", "either"),
		(with("parameters", json!({ "shared_memory_region": "a" })), "InvalidRequest", "shared"),
		(json!({ "inputs": [base, base] }), "InvalidRequest", "two tensors"),
		(json!({ "inputs": [base], "outputs": [{ "name": "no" }] }), "OutputUnknown", "`no`"),
		(
			json!({ "inputs": [base], "outputs": [{ "name": "sum" }, { "name": "sum" }] }),
			"InvalidRequest",
			"twice",
		),
		(
			json!({ "inputs": [base], "parameters": { "sequence_id": 1 } }),
			"InvalidRequest",
			"sequences",
		),
		(json!({ "inputs": [base], "parameters": { "trsut": 1 } }), "InvalidRequest", "trsut"),
		(json!({ "inputs": [base], "id": "x".repeat(257) }), "InvalidRequest", "257"),
		(json!([]), "InvalidRequest", "no inference request"),
	] {
		let got = rig.post(SUM, &body).await;
		let error = got.json();
		assert!((400..500).contains(&got.status), "{body}: {error}");
		assert_eq!(got.reason(), reason, "{body}: {error}");
		assert!(error["error"].as_str().unwrap().contains(text), "{body}: {error}");
	}
	let error = rig.post(SUM, &with("shape", json!([4]))).await.json();
	assert_eq!(
		(&error["input"], &error["expected"], &error["got"]),
		(&json!("pixels"), &json!("f32[1, 4]"), &json!("f32[4]"))
	);
	// Binary data that is too short, or too long.
	let head = json!({ "inputs": [{ "name": "pixels", "shape": [1, 4], "datatype": "FP32",
		"parameters": { "binary_data_size": 16 } }] })
	.to_string();
	for (data, length) in [(15, head.len()), (17, head.len()), (16, head.len() + 17)] {
		let body = [head.as_bytes(), &vec![0; data]].concat();
		let length = length.to_string();
		let headers = [("inference-header-content-length", length.as_str())];
		let got = send(&rig.gateway, request(Method::POST, SUM, &headers, body.into())).await;
		assert_eq!(got.status, 400, "{data} {length}");
	}
	assert_eq!(rig.mock.count(), 0);
	assert_eq!(rig.spent(), (0, 0, 0));
}

#[tokio::test]
async fn error_of_the_model_should_be_told_as_the_paid_answer() {
	let rig = plain();
	let input = json!({ "name": "x", "shape": [1], "datatype": "UINT8", "data": [1] });
	let got = rig.post("/v2/models/3/infer", &json!({ "inputs": [input] })).await;
	assert_eq!((got.status, got.reason().as_str()), (422, "ModelError"));
	let error = got.json();
	assert_eq!((&error["model_error"], &error["request"]), (&json!("BadInput"), &json!(0)));
	assert_eq!(error["receipt"], "/v1/receipts/0");
	assert_eq!(got.header("x-should-retry"), "false");
}

#[tokio::test]
async fn same_id_should_give_the_same_request_and_be_paid_once() {
	let rig = plain();
	rig.mock.mood().attested_after = Duration::from_millis(50);
	// At the same time, afterwards, and after it is settled.
	let (one, two) = tokio::join!(rig.sum(SUM, "a"), rig.sum(SUM, "a"));
	assert_eq!((one.status, two.status), (200, 200));
	assert_eq!(one.header("opg-reference"), two.header("opg-reference"));
	rig.settled().await;
	let three = rig.sum(SUM, "a").await;
	assert_eq!(three.json()["outputs"], one.json()["outputs"]);
	assert_eq!(rig.mock.count(), 1);
	// The reference is an id, too.
	let four = rig.sum(SUM, one.header("opg-reference")).await;
	assert_eq!((four.header("opg-request"), rig.mock.count()), ("0", 1));
	// For another input the id is used.
	let mut other = pixels(&[0.0; 4]);
	other["id"] = "a".into();
	assert_eq!(rig.post(SUM, &other).await.reason(), "IdUsed");
	// Another id is another request, and so is none.
	assert_eq!(rig.sum(SUM, "b").await.header("opg-request"), "1");
	rig.post(SUM, &pixels(&[0.0; 4])).await;
	rig.post(SUM, &pixels(&[0.0; 4])).await;
	assert_eq!(rig.mock.count(), 4);
	rig.settled().await;
	assert_eq!(rig.spent().0, 4 * (FEE + TRANSACTION));
}

#[tokio::test]
async fn same_id_should_give_the_same_request_after_a_restart() {
	let Rig { gateway, mock, folder } = plain();
	mock.mood().attested_after = Duration::from_millis(200);
	mock.mood().settled_after = Duration::from_millis(200);
	let rig = Rig { gateway, mock, folder };
	let late = rig.sum(&format!("{SUM}?timeout=0.05"), "a").await;
	assert_eq!((late.status, late.reason().as_str()), (504, "Timeout"));
	assert_eq!(late.json()["request"], 0);
	assert_eq!(late.header("x-should-retry"), "false");
	assert_eq!(rig.spent(), (0, MAX_FEE + TRANSACTION, 0));
	// Its tasks keep the first gateway's ledger, as a killed process does not.
	rig.settled().await;
	let Rig { gateway, mock, folder } = rig;
	drop(gateway);
	let gateway = start(folder.path(), mock.clone(), Settings::default(), Web::default());
	let rig = Rig { gateway, mock, folder };
	let again = rig.sum(SUM, "a").await;
	assert_eq!((again.status, again.header("opg-request")), (200, "0"));
	assert_eq!(rig.mock.count(), 1);
	assert_eq!(rig.spent(), (FEE + TRANSACTION, 0, FEE + TRANSACTION));
	// What the chain has forgotten is not paid again.
	rig.settled().await;
	rig.mock.mood().forgets = true;
	let gone = rig.sum(SUM, "a").await;
	assert_eq!((gone.status, gone.reason().as_str(), rig.mock.count()), (410, "Forgotten", 1));
}

#[test]
fn open_request_should_be_counted_when_the_gateway_starts_again() {
	let folder = tempfile::tempdir().unwrap();
	let mock = Arc::new(Mock::with(Mood {
		attested_after: Duration::from_secs(3600),
		settled_after: Duration::from_secs(3600),
		..Mood::default()
	}));
	let runtime = || tokio::runtime::Runtime::new().unwrap();
	let rig = |gateway, mock: &Arc<Mock>| Rig {
		gateway,
		mock: mock.clone(),
		folder: tempfile::tempdir().unwrap(),
	};
	// The end of the runtime ends its tasks, as that of a process does.
	let first = runtime();
	first.block_on(async {
		let gateway = start(folder.path(), mock.clone(), Settings::default(), Web::default());
		let late = rig(gateway, &mock).sum(&format!("{SUM}?timeout=0.05"), "a").await;
		assert_eq!(late.status, 504);
	});
	drop(first);
	*mock.mood() = Mood::default();
	runtime().block_on(async {
		let verify = Settings { verify: true, ..Settings::default() };
		let gateway = start(folder.path(), mock.clone(), verify, Web::default());
		let rig = rig(gateway, &mock);
		// The task that goes on has no input to verify; the client has.
		let got = rig.sum(SUM, "a").await;
		assert_eq!((got.status, got.header("opg-verified")), (200, "true"));
		rig.settled().await;
		assert_eq!(rig.spent().0, FEE);
		assert_eq!(mock.count(), 1);
	});
}

#[tokio::test]
async fn request_that_may_be_on_its_way_should_not_be_made_again() {
	let unsure = Duration::from_millis(50);
	let rig = rig(Settings { unsure, ..Settings::default() }, Web::default());
	rig.mock.mood().unsure = true;
	let got = rig.sum(SUM, "a").await;
	assert_eq!((got.status, rig.mock.count()), (200, 1));
	// One that never comes frees its id, and what was held for it.
	rig.settled().await;
	let before = rig.spent();
	rig.mock.mood().lost = true;
	let lost = rig.sum(SUM, "b").await;
	assert_eq!((lost.status, lost.reason().as_str()), (503, "NotIncluded"));
	rig.settled().await;
	assert_eq!(rig.spent(), before);
	*rig.mock.mood() = Mood::default();
	assert_eq!(rig.sum(SUM, "b").await.status, 200);
	assert_eq!(rig.mock.count(), 2);
}

#[tokio::test]
async fn refused_and_failed_requests_should_cost_what_they_cost() {
	let rig = plain();
	for (refusal, status) in [
		(BackendError::Congested("no room".into()), 503),
		(BackendError::NotEnoughFunds("no OPG".into()), 503),
		(BackendError::FeeAboveMax("too dear".into()), 402),
		(BackendError::ModelUnavailable("nobody".into()), 503),
	] {
		rig.mock.mood().refusal = Some(refusal);
		assert_eq!(rig.sum(SUM, "a").await.status, status);
	}
	assert_eq!(rig.spent(), (0, 0, 0));
	rig.settled().await;
	*rig.mock.mood() = Mood { fails: true, ..Mood::default() };
	let failed = rig.sum(SUM, "a").await;
	assert_eq!((failed.status, failed.reason().as_str()), (502, "RequestFailed"));
	rig.settled().await;
	// The fee came back, and that of the transaction did not.
	assert_eq!(rig.spent(), (TRANSACTION, 0, TRANSACTION));
	assert_eq!(rig.sum(SUM, "a").await.reason(), "RequestFailed");
	assert_eq!(rig.mock.count(), 1);
}

#[tokio::test]
async fn wrong_answer_should_not_be_given_when_answers_are_verified() {
	let rig = rig(Settings { verify: true, ..Settings::default() }, Web::default());
	assert_eq!(rig.sum(SUM, "a").await.header("opg-verified"), "true");
	rig.settled().await;
	assert_eq!(rig.sum(SUM, "a").await.header("opg-verified"), "true");
	rig.mock.mood().lies = true;
	for id in ["b", "b", "a"] {
		let got = rig.sum(SUM, id).await;
		assert_eq!((got.status, got.reason().as_str()), (502, "AnswerDiffers"), "{id}");
		assert_eq!(got.json()["attested"], "0x00");
		rig.settled().await;
	}
	// The request was paid all the same.
	assert_eq!(rig.spent().0, 2 * (FEE + TRANSACTION));
}

fn key_file(entries: &[(&str, &str, Value)]) -> Keys {
	let keys: Vec<_> = entries
		.iter()
		.map(|(name, secret, more)| {
			let mut key = json!({ "name": name, "hash": keys::hash(secret) });
			for (name, value) in more.as_object().unwrap() {
				key[name] = value.clone();
			}
			key
		})
		.collect();
	Keys::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

#[tokio::test]
async fn keys_should_be_asked_for_and_limit_what_is_spent() {
	let keys = key_file(&[
		("small", "opg_s", json!({ "total": "2.5" })),
		("large", "opg_l", json!({ "per_day": "100" })),
	]);
	let rig = rig(Settings::default(), Web { keys, ..Web::default() });
	let body = pixels(&[1.0; 4]);
	for headers in [&[][..], &[("authorization", "Bearer opg_x")], &[("authorization", "opg_s")]] {
		let got = rig.post_with(SUM, headers, &body).await;
		assert_eq!((got.status, got.reason().as_str()), (401, "InvalidKey"));
		assert_eq!(got.header("www-authenticate"), "Bearer");
	}
	let openai = rig.get("/v1/models").await;
	assert_eq!(
		(openai.status, &openai.json()["error"]["type"]),
		(401, &json!("authentication_error"))
	);
	assert_eq!(rig.get("/v2/models/opMock/sum").await.status, 401);
	assert_eq!(rig.get("/v1/receipts/0").await.status, 401);
	for open in ["/v2/health/live", "/v2/health/ready", "/metrics"] {
		assert_eq!(rig.get(open).await.status, 200, "{open}");
	}
	// Each holds 1.01 until it is settled, and costs 0.26 then.
	rig.mock.mood().settled_after = Duration::from_millis(300);
	let small = [("authorization", "Bearer opg_s"), ("host", "gateway.example")];
	let mut statuses = Vec::new();
	for _ in 0..3 {
		statuses.push(rig.post_with(SUM, &small, &body).await.status);
	}
	assert_eq!(statuses, [200, 200, 429]);
	let refused = rig.post_with(SUM, &small, &body).await;
	assert_eq!(refused.reason(), "SpendingLimit");
	assert!(refused.json()["error"].as_str().unwrap().contains("2.02"), "{}", refused.json());
	assert_eq!(refused.header("x-should-retry"), "false");
	assert_eq!(rig.post_with(SUM, &[("authorization", "bearer opg_l")], &body).await.status, 200);
	rig.settled().await;
	assert_eq!(rig.post_with(SUM, &small, &body).await.status, 200);
	rig.settled().await;
	assert_eq!(rig.gateway.service().spent("small").0, 3 * (FEE + TRANSACTION));
	assert_eq!(rig.gateway.service().spent("large").0, FEE + TRANSACTION);
}

#[tokio::test]
async fn same_id_of_two_keys_should_be_two_requests() {
	let keys = key_file(&[
		("one", "opg_1", json!({ "total": "9" })),
		("two", "opg_2", json!({ "total": "9" })),
	]);
	let rig = rig(Settings::default(), Web { keys, ..Web::default() });
	let mut body = pixels(&[1.0; 4]);
	body["id"] = "a".into();
	let one = rig.post_with(SUM, &[("authorization", "Bearer opg_1")], &body).await;
	let two = rig.post_with(SUM, &[("authorization", "Bearer opg_2")], &body).await;
	assert_eq!((one.header("opg-request"), two.header("opg-request")), ("0", "1"));
	// Nor is the reference of one an id of the other.
	body["id"] = one.header("opg-reference").into();
	let other = rig.post_with(SUM, &[("authorization", "Bearer opg_2")], &body).await;
	assert_eq!(other.header("opg-request"), "2");
}

#[tokio::test]
async fn limits_should_have_names() {
	let limits = Limits { concurrent: 1, ..Limits::default() };
	let settings = Settings { max_in_flight: 2, max_fee: Some(MAX_FEE - 1), ..Settings::default() };
	let web = Web { local: limits, max_body: 5000, max_json: 1000, ..Web::default() };
	let rig = rig(settings, web);
	assert_eq!(rig.sum(SUM, "a").await.reason(), "FeeAboveMax");
	let long = json!({ "inputs": [], "id": "x".repeat(1000) });
	assert_eq!(
		(rig.post(SUM, &long).await.status, rig.post(SUM, &long).await.reason()),
		(413, "JsonTooLarge".into())
	);
	let longer = json!({ "inputs": [], "id": "x".repeat(5000) });
	let got = rig.post(SUM, &longer).await;
	assert_eq!((got.status, got.reason().as_str()), (413, "BodyTooLarge"));
	let claimed = rig.post_with(SUM, &[("content-length", "5001")], &json!({})).await;
	assert_eq!(claimed.reason(), "BodyTooLarge");
	let zipped = rig.post_with(SUM, &[("content-encoding", "gzip")], &json!({})).await;
	assert_eq!((zipped.status, zipped.reason().as_str()), (415, "CompressedBody"));
}

#[tokio::test]
async fn requests_in_flight_should_be_limited_by_key_and_in_all() {
	let keys = key_file(&[
		("one", "opg_1", json!({ "total": "99", "concurrent": 1 })),
		("two", "opg_2", json!({ "total": "99", "concurrent": 9 })),
	]);
	let settings = Settings { max_in_flight: 2, ..Settings::default() };
	let rig = rig(settings, Web { keys, ..Web::default() });
	rig.mock.mood().attested_after = Duration::from_secs(3600);
	let path = format!("{SUM}?timeout=0.02");
	let post = |secret: &'static str, value: f32| {
		let (path, rig) = (path.clone(), &rig);
		async move {
			let body = pixels(&[value; 4]);
			rig.post_with(&path, &[("authorization", secret)], &body).await.reason()
		}
	};
	assert_eq!(post("Bearer opg_1", 1.0).await, "Timeout");
	assert_eq!(post("Bearer opg_1", 2.0).await, "TooManyRequestsOfKey");
	assert_eq!(post("Bearer opg_2", 3.0).await, "Timeout");
	assert_eq!(post("Bearer opg_2", 4.0).await, "TooManyRequests");
	assert_eq!(rig.mock.count(), 2);
	let metrics = rig.get("/metrics").await;
	let text = std::str::from_utf8(&metrics.body).unwrap();
	for line in [
		"opg_gateway_in_flight 2",
		"opg_gateway_unsettled 2",
		"opg_gateway_responses_total{route=\"kserve\",status=\"504\"} 2",
	] {
		assert!(text.lines().any(|its| its == line), "{line}: {text}");
	}
}

#[tokio::test]
async fn pages_of_others_should_not_spend() {
	let rig = plain();
	let body = pixels(&[1.0; 4]);
	let evil = rig.post_with(SUM, &[("origin", "https://evil.example")], &body).await;
	assert_eq!((evil.status, evil.reason().as_str()), (403, "OriginNotAllowed"));
	// A name of its own that points to this machine.
	let rebound = [("host", "evil.example:8080"), ("origin", "http://evil.example:8080")];
	assert_eq!(rig.post_with(SUM, &rebound, &body).await.reason(), "HostNotAllowed");
	assert_eq!(rig.post_with(SUM, &[("origin", "null")], &body).await.status, 403);
	let own = [("host", "localhost:8080"), ("origin", "http://localhost:8080")];
	assert_eq!(rig.post_with(SUM, &own, &body).await.status, 200);
	assert_eq!(rig.mock.count(), 1);
}

#[tokio::test]
async fn cors_should_be_for_the_origins_that_were_named() {
	let rig = rig(
		Settings::default(),
		Web { cors: vec!["https://app.example".into()], ..Web::default() },
	);
	let headers = [("origin", "https://app.example"), ("access-control-request-method", "POST")];
	let preflight = request(Method::OPTIONS, SUM, &headers, Bytes::new());
	let got = send(&rig.gateway, preflight).await;
	assert_eq!(
		(got.status, got.header("access-control-allow-origin")),
		(204, "https://app.example")
	);
	let got = rig.post_with(SUM, &headers[..1], &pixels(&[1.0; 4])).await;
	assert_eq!(got.header("access-control-allow-origin"), "https://app.example");
	assert!(got.header("access-control-expose-headers").contains("OPG-Receipt"));
	let other = [("origin", "https://other.example")];
	let got = send(&rig.gateway, request(Method::OPTIONS, SUM, &other, Bytes::new())).await;
	assert_eq!((got.status, got.header("access-control-allow-origin")), (403, ""));
}

#[tokio::test]
async fn embeddings_should_have_the_shape_of_openai() {
	let rig = plain();
	let body = json!({ "model": format!("{OWNER}/words"), "input": [[7, 7], [1, 2, 3]] });
	let got = rig.post("/v1/embeddings", &body).await;
	let answer = got.json();
	assert_eq!(got.status, 200, "{answer}");
	assert_eq!(answer["object"], "list");
	assert_eq!(answer["data"][0]["embedding"], json!([14.0, 2.0, 2.0]));
	assert_eq!(answer["data"][1]["embedding"], json!([6.0, 3.0, 0.857_142_87]));
	assert_eq!(answer["data"][1]["index"], 1);
	assert_eq!(answer["usage"], json!({ "prompt_tokens": 5, "total_tokens": 5 }));
	let receipts: Vec<_> = got.header("opg-receipt").split(", ").collect();
	assert_eq!(receipts.len(), 2);
	assert_eq!(answer["data"][1]["opg"]["receipt"], receipts[1]);
	let base64 =
		json!({ "model": "2", "input": [7, 7], "encoding_format": "base64", "dimensions": 3 });
	let answer = rig.post("/v1/embeddings", &base64).await.json();
	assert_eq!(answer["data"][0]["embedding"], "AABgQQAAAEAAAABA");
	assert_eq!(answer["model"], "opMock/words@1.0.0");
	let count = rig.mock.count();
	for (body, code) in [
		(json!({ "model": "opMock/words", "input": "a text" }), "TextNotTaken"),
		(json!({ "model": "opMock/words", "input": ["a text"] }), "TextNotTaken"),
		(json!({ "model": "opMock/words", "input": [[1], vec![0; 9]] }), "InvalidRequest"),
		(json!({ "model": "opMock/words", "input": [1], "dimensions": 2 }), "InvalidRequest"),
		(json!({ "model": "opMock/words", "input": vec![[1]; 17] }), "InvalidRequest"),
		(json!({ "model": "opMock/sum", "input": [1] }), "NotAnEmbeddingModel"),
		(json!({ "model": "text-embedding-3-small", "input": [1] }), "ModelUnknown"),
		(json!({ "model": "opMock/words", "input": [1], "encoding": "x" }), "InvalidRequest"),
	] {
		let error = rig.post("/v1/embeddings", &body).await.json();
		assert_eq!(error["error"]["code"], code, "{body}: {error}");
		assert_eq!(error["error"]["type"], "invalid_request_error");
		assert!(error["error"]["message"].is_string());
	}
	assert_eq!(rig.mock.count(), count);
	let models = rig.get("/v1/models").await.json();
	assert_eq!(models["data"][2]["id"], "opMock/words");
	for path in ["/v1/models/opMock/words", "/v1/models/opMock%2Fwords"] {
		assert_eq!(rig.get(path).await.json()["owned_by"], OWNER, "{path}");
	}
	assert_eq!(rig.get("/v1/chat/completions").await.status, 405);
	assert_eq!(rig.get("/v1/responses").await.status, 404);
}

#[tokio::test]
async fn completions_should_have_the_shape_of_openai() {
	let rig = plain();
	rig.mock.mood().settled_after = Duration::from_secs(60);
	let body = json!({ "model": format!("{OWNER}/story"), "prompt": "ab cd" });
	let got = rig.post("/v1/completions", &body).await;
	let answer = got.json();
	assert_eq!(got.status, 200, "{answer}");
	assert_eq!(answer["object"], "text_completion");
	assert_eq!(answer["model"], "opMock/story@1.0.0");
	assert_eq!(answer["id"], format!("opg-{}", got.header("opg-request")));
	let choice = &answer["choices"][0];
	assert_eq!((&choice["text"], &choice["finish_reason"]), (&json!("dc ba"), &json!("stop")));
	assert_eq!(choice["opg"]["receipt"], got.header("opg-receipt"));
	assert_eq!(choice["opg"]["state"], "attested");
	let usage = json!({ "prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11 });
	assert_eq!(answer["usage"], usage);
	// Two prompts are two requests, in texts or tokens.
	let body = json!({ "model": "4", "prompt": [[68, 69], [70]], "max_tokens": 2 });
	let answer = rig.post("/v1/completions", &body).await.json();
	assert_eq!(answer["choices"][0]["text"], "ba");
	assert_eq!(answer["choices"][0]["finish_reason"], "length");
	assert_eq!(answer["choices"][1]["text"], "c");
	assert_eq!(answer["choices"][1]["finish_reason"], "stop");
	assert_eq!((&answer["choices"][1]["index"], rig.mock.count()), (&json!(1), 3));
	// An answer ends where the client wants it to, and what was computed is counted.
	let body = json!({ "model": "4", "prompt": "ab cd", "stop": [" ", "a"], "temperature": 0.5 });
	let answer = rig.post("/v1/completions", &body).await.json();
	assert_eq!(answer["choices"][0]["text"], "dc");
	assert_eq!(answer["usage"]["completion_tokens"], 6);
}

#[tokio::test]
async fn conversation_should_have_the_shape_of_openai() {
	let rig = plain();
	let messages =
		json!([{ "role": "system", "content": "x" }, { "role": "user", "content": "hi" }]);
	let body = json!({ "model": "4", "messages": messages, "max_completion_tokens": 9 });
	let got = rig.post("/v1/chat/completions", &body).await;
	let answer = got.json();
	assert_eq!(got.status, 200, "{answer}");
	assert_eq!(answer["object"], "chat.completion");
	let message = json!({ "role": "assistant", "content": "ihx", "refusal": null });
	assert_eq!(answer["choices"][0]["message"], message);
	assert_eq!(answer["usage"]["prompt_tokens"], 8);
	// The limit that fits so many tokens, and no more than the version takes.
	let limit = |at: usize| rig.mock.made()[at].order.fuel_limit;
	assert_eq!(limit(0), Some((300_000_000 + 8 * 40_000_000) * 5 / 4 + 50_000_000));
	let body = json!({ "model": "4", "messages": messages });
	rig.post("/v1/chat/completions", &body).await;
	assert_eq!(limit(1), Some((300_000_000 + 39 * 40_000_000) * 5 / 4 + 50_000_000));
}

#[tokio::test]
async fn stream_should_be_one_chunk_once_it_is_attested() {
	let rig = plain();
	rig.mock.mood().settled_after = Duration::from_secs(60);
	let body = json!({
		"model": "4", "messages": [{ "role": "user", "content": "hi" }], "stream": true,
		"stream_options": { "include_usage": true },
	});
	let got = rig.post("/v1/chat/completions", &body).await;
	assert_eq!(got.status, 200);
	assert!(got.header("content-type").starts_with("text/event-stream"));
	let text = String::from_utf8(got.body.to_vec()).unwrap();
	let events: Vec<_> =
		text.split_terminator("\n\n").map(|it| it.strip_prefix("data: ").unwrap()).collect();
	let chunk = |at: usize| -> Value { serde_json::from_str(events[at]).unwrap() };
	assert_eq!(chunk(0)["object"], "chat.completion.chunk");
	assert_eq!(chunk(0)["choices"][0]["delta"], json!({ "role": "assistant", "content": "ih" }));
	assert_eq!(chunk(0)["choices"][0]["finish_reason"], "stop");
	assert_eq!(chunk(0)["choices"][0]["opg"]["state"], "attested");
	assert_eq!(chunk(1)["usage"]["completion_tokens"], 3);
	assert_eq!((events.len(), events[2]), (3, "[DONE]"));
	let body = json!({ "model": "4", "prompt": "a", "stream": true });
	let text = rig.post("/v1/completions", &body).await.body;
	assert!(String::from_utf8(text.to_vec()).unwrap().contains("\"text\":\"a\""));
}

#[tokio::test]
async fn text_should_be_refused_before_it_is_paid() {
	let rig = plain();
	let (completions, chat) = ("/v1/completions", "/v1/chat/completions");
	let user = json!([{ "role": "user", "content": "a" }]);
	let image = json!([{ "role": "user", "content": [{ "type": "image_url" }] }]);
	for (path, body, code, param) in [
		(completions, json!({ "model": "4" }), "InvalidRequest", json!("prompt")),
		(completions, json!({ "prompt": "a" }), "InvalidRequest", json!("model")),
		(completions, json!({ "model": "4", "prompt": "" }), "InvalidRequest", json!(null)),
		(completions, json!({ "model": "4", "prompt": "a", "n": 2 }), "InvalidRequest", json!("n")),
		(
			completions,
			json!({ "model": "4", "prompt": "a", "max_tokens": 0 }),
			"InvalidRequest",
			json!(null),
		),
		(completions, json!({ "model": "4", "prompt": [[200]] }), "InvalidRequest", json!(null)),
		(
			completions,
			json!({ "model": "4", "prompt": vec!["a"; 17] }),
			"InvalidRequest",
			json!("prompt"),
		),
		(
			completions,
			json!({ "model": "4", "prompt": "a".repeat(40) }),
			"context_length_exceeded",
			json!(null),
		),
		(completions, json!({ "model": "0", "prompt": "a" }), "NotATextModel", json!("model")),
		(chat, json!({ "model": "4", "messages": [] }), "InvalidRequest", json!("messages")),
		(chat, json!({ "model": "4" }), "InvalidRequest", json!("messages")),
		(chat, json!({ "model": "4", "messages": image }), "InvalidRequest", json!("messages")),
		(
			chat,
			json!({ "model": "4", "messages": user, "temperature": -1 }),
			"InvalidRequest",
			json!(null),
		),
		(
			chat,
			json!({ "model": "4", "messages": user, "tools": [{}] }),
			"InvalidRequest",
			json!("tools"),
		),
		(chat, json!({ "model": "gpt-4o", "messages": user }), "ModelUnknown", json!("model")),
	] {
		let got = rig.post(path, &body).await;
		let error = got.json();
		assert_eq!(error["error"]["code"], code, "{body}: {error}");
		assert_eq!(error["error"]["param"], param, "{body}: {error}");
		assert!(got.status < 500, "{body}: {error}");
	}
	assert_eq!(rig.mock.count(), 0);
}

#[tokio::test]
async fn text_should_be_paid_once_by_key() {
	let rig = plain();
	let body = json!({ "model": "4", "prompt": "ab", "temperature": 0.7 });
	let key = [("idempotency-key", "a")];
	let first = rig.post_with("/v1/completions", &key, &body).await;
	let again = rig.post_with("/v1/completions", &key, &body).await;
	assert_eq!(first.header("opg-request"), again.header("opg-request"));
	let other = json!({ "model": "4", "prompt": "ab", "temperature": 0.7, "seed": 2 });
	assert_eq!(rig.post_with("/v1/completions", &key, &other).await.reason(), "IdUsed");
	assert_eq!(rig.mock.count(), 1);
}

#[tokio::test]
async fn embedding_should_be_paid_once_by_key_and_by_retry() {
	let rig = plain();
	let body = json!({ "model": "2", "input": [[1], [2]] });
	let first = rig.post_with("/v1/embeddings", &[("idempotency-key", "a")], &body).await;
	let again = rig.post_with("/v1/embeddings", &[("idempotency-key", "a")], &body).await;
	assert_eq!(first.header("opg-request"), again.header("opg-request"));
	assert_eq!(rig.mock.count(), 2);
	// The client of OpenAI says that it tries again, and has no id.
	let body = json!({ "model": "2", "input": [5] });
	let path = "/v1/embeddings?timeout=0.02";
	rig.mock.mood().attested_after = Duration::from_millis(200);
	rig.mock.mood().settled_after = Duration::from_millis(250);
	let late = rig.post_with(path, &[("x-stainless-retry-count", "0")], &body).await;
	assert_eq!((late.status, late.header("x-should-retry")), (504, "false"));
	let retry = rig.post_with("/v1/embeddings", &[("x-stainless-retry-count", "1")], &body).await;
	assert_eq!((retry.status, rig.mock.count()), (200, 3));
	rig.settled().await;
	let retry = rig.post_with("/v1/embeddings", &[("x-stainless-retry-count", "2")], &body).await;
	assert_eq!((retry.status, rig.mock.count()), (200, 3));
	// Asking anew is a new request.
	rig.post_with("/v1/embeddings", &[("x-stainless-retry-count", "0")], &body).await;
	assert_eq!(rig.mock.count(), 4);
}

#[tokio::test]
async fn site_should_be_served_with_a_policy() {
	let folder = tempfile::tempdir().unwrap();
	fs::write(folder.path().join("index.html"), "<p>").unwrap();
	fs::write(folder.path().join("a.js"), "1").unwrap();
	let site = Site::open(folder.path(), &["ws://127.0.0.1:9944".into()]).unwrap();
	let keys = key_file(&[("one", "opg_1", json!({ "total": "9" }))]);
	let web = Web { site: Some(site), keys, ..Web::default() };
	let rig = rig(Settings::default(), web);
	let page = rig.get("/").await;
	assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
	let policy = page.header("content-security-policy");
	assert!(policy.starts_with("default-src 'none';") && policy.contains("ws://127.0.0.1:9944;"));
	assert_eq!(page.header("x-content-type-options"), "nosniff");
	assert_eq!(rig.get("/a.js?v=1").await.header("content-type"), "text/javascript; charset=utf-8");
	for path in ["/..%2f..%2fetc/passwd", "/%2e%2e/secret", "/none", "/%00"] {
		assert_eq!(rig.get(path).await.status, 404, "{path}");
	}
	assert_eq!(rig.post("/", &json!({})).await.status, 405);
}

#[tokio::test]
async fn gateway_should_listen_to_others_with_keys_only() {
	let refused = listen("0.0.0.0:0".parse().unwrap(), false).await;
	assert!(matches!(refused, Err(ListenError::NoKeys(_))));
	assert!(listen("127.0.0.1:0".parse().unwrap(), false).await.is_ok());
	assert!(listen("[::1]:0".parse().unwrap(), false).await.is_ok());
	assert!(listen("0.0.0.0:0".parse().unwrap(), true).await.is_ok());
}

#[tokio::test]
async fn server_should_answer_calls_that_have_begun_when_it_stops() {
	let rig = plain();
	rig.mock.mood().attested_after = Duration::from_millis(200);
	let listener = listen("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
	let address = listener.local_addr().unwrap();
	let (stop, stopped) = oneshot::channel::<()>();
	let serving = tokio::spawn(rig.gateway.clone().serve(listener, async {
		let _ = stopped.await;
	}));
	let mut idle = TcpStream::connect(address).await.unwrap();
	let mut stream = TcpStream::connect(address).await.unwrap();
	let body = pixels(&[1.0; 4]).to_string();
	let head =
		format!("POST {SUM} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n", body.len());
	stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
	while rig.mock.count() == 0 {
		sleep(Duration::from_millis(2)).await;
	}
	stop.send(()).unwrap();
	let mut text = String::new();
	let reading = stream.read_to_string(&mut text);
	timeout(Duration::from_secs(20), reading).await.unwrap().unwrap();
	assert!(text.starts_with("HTTP/1.1 200 OK") && text.contains("\"data\":[4.0]"), "{text}");
	timeout(Duration::from_secs(20), serving).await.unwrap().unwrap();
	assert!(TcpStream::connect(address).await.is_err());
	let mut rest = Vec::new();
	assert_eq!(idle.read_to_end(&mut rest).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn body_that_does_not_arrive_should_be_given_up() {
	let rig =
		rig(Settings::default(), Web { body_timeout: Duration::from_millis(50), ..Web::default() });
	let listener = listen("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
	let address = listener.local_addr().unwrap();
	tokio::spawn(rig.gateway.clone().serve(listener, std::future::pending()));
	let mut stream = TcpStream::connect(address).await.unwrap();
	let head = format!("POST {SUM} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 99\r\n\r\n{{");
	stream.write_all(head.as_bytes()).await.unwrap();
	let mut text = vec![0; 4096];
	let read = timeout(Duration::from_secs(20), stream.read(&mut text)).await.unwrap().unwrap();
	assert!(text[..read].starts_with(b"HTTP/1.1 408"), "{:?}", &text[..read]);
}
