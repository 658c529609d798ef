//! The example `ask`, at a node at which the transaction of another process arrives.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../examples/ask.rs"]
mod example;

use codec::Encode;
use jsonrpsee::{
	server::{RpcModule, Server},
	types::ErrorObject,
	SubscriptionMessage,
};
use opg_engine_types::tensor::{encode, DType, Tensor};
use serde_json::{json, Value};
use sp_core::{sr25519, Pair, H256};
use std::sync::{Arc, Mutex};

const REFERENCE: [u8; 32] = [7; 32];

/// When the other process's transaction arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
	BeforeNonce,
	AfterNonce,
	BeforeSubmission,
	Never,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
	/// The same request, in a block at once.
	Included,
	/// The same, in the pool. A block has it when it was seen there.
	Waiting,
	/// A request with another reference.
	Other,
}

#[derive(Default)]
struct State {
	/// How often a request with the reference is paid for.
	paid: usize,
	is_waiting: bool,
	has_arrived: bool,
	submissions: usize,
}

impl State {
	fn arrive(&mut self, what: What) {
		self.has_arrived = true;
		match what {
			What::Included => self.paid += 1,
			What::Waiting => self.is_waiting = true,
			What::Other => {},
		}
	}
}

fn eve() -> sr25519::Pair {
	sr25519::Pair::from_string("//Eve", None).unwrap()
}

fn tensor() -> Tensor {
	Tensor { name: "x".into(), dtype: DType::U8, shape: vec![1], data: vec![5] }
}

fn module(when: When, what: What, state: &Arc<Mutex<State>>) -> RpcModule<()> {
	let mut module = RpcModule::new(());
	let block = json!({ "number": 5, "hash": H256::zero() });
	let chain = json!({
		"ss58Prefix": 42,
		"specVersion": opg_runtime::VERSION.spec_version,
		"transactionVersion": opg_runtime::VERSION.transaction_version,
		"genesis": H256::zero(),
		"finalized": block,
	});
	module.register_method("opg_v1_chain", move |_, _, _| chain.clone()).unwrap();
	let metadata = format!("0x{}", hex::encode(opg_runtime::Runtime::metadata().encode()));
	module.register_method("state_getMetadata", move |_, _, _| metadata.clone()).unwrap();
	let estimate = json!({
		"model": 0, "takesRequests": true, "congested": false, "maxFee": "9", "royalty": "1",
	});
	module.register_method("opg_v1_estimate", move |_, _, _| estimate.clone()).unwrap();
	let output = format!("0x{}", hex::encode(encode(&[tensor()])));
	let result = json!({ "state": "attested", "answer": { "error": null, "output": output } });
	module.register_method("opg_v1_result", move |_, _, _| result.clone()).unwrap();
	let own = state.clone();
	module
		.register_method("system_accountNextIndex", move |_, _, _| {
			let mut state = own.lock().unwrap();
			if [When::BeforeNonce, When::AfterNonce].contains(&when) && !state.has_arrived {
				state.arrive(what);
			}
			u32::from(when == When::BeforeNonce)
		})
		.unwrap();
	let own = state.clone();
	module
		.register_method("author_pendingExtrinsics", move |_, _, _| {
			let mut state = own.lock().unwrap();
			if !std::mem::take(&mut state.is_waiting) {
				return vec![];
			}
			state.paid += 1;
			vec![format!("0x84{}00{}", hex::encode(eve().public()), hex::encode(REFERENCE))]
		})
		.unwrap();
	let own = state.clone();
	module
		.register_method("opg_v1_requestByReference", move |_, _, _| {
			(own.lock().unwrap().paid > 0).then_some(3)
		})
		.unwrap();
	let own = state.clone();
	module
		.register_subscription(
			"opg_v1_submitAndWatch",
			"news",
			"opg_v1_unsubscribe",
			move |params, pending, _, _| {
				let own = own.clone();
				async move {
					let (transaction, _): (String, Value) = params.parse().unwrap();
					assert!(transaction.contains(&hex::encode(REFERENCE)));
					let refused = {
						let mut state = own.lock().unwrap();
						state.submissions += 1;
						let is_late = when == When::BeforeSubmission && !state.has_arrived;
						if is_late {
							state.arrive(what);
						} else {
							state.paid += 1;
						}
						is_late.then_some(match what {
							What::Waiting => "TooLowPriority",
							_ => "Stale",
						})
					};
					if let Some(reason) = refused {
						let data = json!({ "reason": reason });
						pending.reject(ErrorObject::owned(8006, "refused", Some(data))).await;
						return Ok(());
					}
					let sink = pending.accept().await?;
					let update = json!({ "state": "inBlock", "error": null, "request": 3 });
					sink.send(SubscriptionMessage::from_json(&update)?).await?;
					Ok(())
				}
			},
		)
		.unwrap();
	module
		.register_subscription(
			"opg_v1_subscribeRequest",
			"changes",
			"opg_v1_unsubscribeRequest",
			|_, pending, _, _| async move {
				pending.accept().await?.closed().await;
				Ok(())
			},
		)
		.unwrap();
	module
}

/// How often the request is paid for, and how often it was handed in.
async fn paid(when: When, what: What) -> (usize, usize) {
	let state = Arc::default();
	let server = Server::builder().build("127.0.0.1:0").await.unwrap();
	let url = format!("ws://{}", server.local_addr().unwrap());
	let _server = server.start(module(when, what, &state));
	let output = example::ask(&url, eve(), &json!(0), &[tensor()], REFERENCE).await.unwrap();
	assert_eq!(output, [tensor()]);
	let state = state.lock().unwrap();
	(state.paid, state.submissions)
}

#[tokio::test]
async fn request_should_be_paid_for_once_when_another_process_sends_it_at_the_same_time() {
	assert_eq!(paid(When::Never, What::Other).await, (1, 1));
	for what in [What::Included, What::Waiting] {
		assert_eq!(paid(When::BeforeNonce, what).await, (1, 0), "{what:?}");
		assert_eq!(paid(When::AfterNonce, what).await, (1, 0), "{what:?}");
		assert_eq!(paid(When::BeforeSubmission, what).await, (1, 1), "{what:?}");
	}
	assert_eq!(paid(When::BeforeSubmission, What::Other).await, (1, 2));
}
