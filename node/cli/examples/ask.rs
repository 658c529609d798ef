//! Asks a model and waits for the attested answer: what a program of one's own does, by a node's JSON-RPC
//! and the chain's metadata. See docs/dapp.md.
//!
//! ```text
//! OPG_SURI=//Eve ask MODEL TENSORS.json REFERENCE
//! ```
//!
//! `MODEL` is a number or `ADDRESS/NAME`. `REFERENCE` is 32 bytes of your own choice in hex: the same
//! again gives the same request, and pays nothing. `OPG_URL` is the node's address.
//!
//! Of this repository it takes how tensors are written: the crates `opg-engine-types` and `opg-tensors`,
//! which have no part of the chain in them. All else is on crates.io.

use anyhow::{bail, ensure, Context, Result};
use jsonrpsee_core::{
	client::{ClientT, Error, Subscription, SubscriptionClientT},
	rpc_params,
};
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};
use opg_engine_types::tensor::{self, Tensor};
use serde_json::{json, Value};
use sp_core::{
	crypto::{Ss58AddressFormat, Ss58Codec},
	sr25519, Pair,
};
use std::{env, fs, sync::Arc, time::Duration};
use subxt::{
	config::{
		substrate::{AccountId32, MultiSignature, SpecVersionForRange, H256},
		DefaultExtrinsicParamsBuilder, SubstrateConfig,
	},
	dynamic::{self, Value as Argument},
	ext::codec::Decode,
	tx::{Payload, Signer},
	Metadata, OfflineClient,
};
use tokio::time::sleep;

/// Blocks that a transaction is valid for. Eras are powers of two.
const MORTALITY: u64 = 64;
/// Attempts, one a second, while a transaction waits for a block or others take the nonce.
const ATTEMPTS: usize = 60;

#[tokio::main]
async fn main() -> Result<()> {
	let arguments: Vec<_> = env::args().skip(1).collect();
	let [model, file, reference] = &arguments[..] else {
		bail!("usage: ask MODEL TENSORS.json REFERENCE")
	};
	let url = env::var("OPG_URL").unwrap_or_else(|_| "ws://127.0.0.1:9944".into());
	let secret =
		env::var("OPG_SURI").context("set OPG_SURI to the secret of the account that pays")?;
	let key = sr25519::Pair::from_string(&secret, None)?;
	let model = model.parse::<u32>().map_or_else(|_| json!(model), |number| json!(number));
	let tensors = opg_tensors::json::parse(&fs::read(file)?)?;
	// The account and this name the request, whatever number it gets.
	let reference: [u8; 32] = from_hex(reference)?.as_slice().try_into()?;
	let output = ask(&url, key, &model, &tensors, reference).await?;
	println!("{}", serde_json::to_string(&opg_tensors::json::render(&output)?)?);
	Ok(())
}

/// The attested output of the request with this reference, which is sent where there is none.
pub async fn ask(
	url: &str,
	key: sr25519::Pair,
	model: &Value,
	tensors: &[Tensor],
	reference: [u8; 32],
) -> Result<Vec<Tensor>> {
	let node = WsClientBuilder::default().build(url).await?;
	let chain: Value = node.request("opg_v1_chain", rpc_params![]).await?;
	let prefix = Ss58AddressFormat::custom(number(&chain, "ss58Prefix")?.try_into()?);
	let payer = Payer { address: key.public().to_ss58check_with_version(prefix), key };
	for _ in 0..ATTEMPTS {
		// Counts what waits in the node's pool. It is taken before the search: what another process sent
		// until now is found, and of what it sends from now on and this, the chain takes one.
		let nonce: u64 =
			node.request("system_accountNextIndex", rpc_params![&payer.address]).await?;
		let is_waiting = is_waiting(&node, &payer, &reference).await?;
		if let Some(request) = find(&node, &payer, &reference).await? {
			eprintln!("request {request} is there already: nothing is paid");
			return attested(&node, request).await;
		}
		if !is_waiting {
			if let Some(request) = send(&node, &payer, model, tensors, reference, nonce).await? {
				return attested(&node, request).await;
			}
		}
		sleep(Duration::from_secs(1)).await;
	}
	bail!("no block has the request yet: run this again with the same reference")
}

/// Tells whether a transaction of the account with this reference waits for a block.
async fn is_waiting(node: &WsClient, payer: &Payer, reference: &[u8; 32]) -> Result<bool> {
	let waiting: Vec<String> = node.request("author_pendingExtrinsics", rpc_params![]).await?;
	let (reference, account) = (hex::encode(reference), hex::encode(payer.key.public()));
	Ok(waiting.iter().any(|one| one.contains(&reference) && one.contains(&account)))
}

/// Number of the account's request with this reference.
async fn find(node: &WsClient, payer: &Payer, reference: &[u8; 32]) -> Result<Option<u64>> {
	let params = rpc_params![&payer.address, to_hex(reference)];
	Ok(node.request("opg_v1_requestByReference", params).await?)
}

/// Pays for an inference. Gives the number of the request when a block has it, and nothing where another
/// transaction has the nonce.
///
/// Where this breaks off, the reference tells later whether the request was sent.
async fn send(
	node: &WsClient,
	payer: &Payer,
	model: &Value,
	tensors: &[Tensor],
	reference: [u8; 32],
	nonce: u64,
) -> Result<Option<u64>> {
	let input = tensor::encode(tensors);
	let options = json!({ "tier": "quorum", "inputBytes": input.len() });
	let estimate: Value = node.request("opg_v1_estimate", rpc_params![model, options]).await?;
	ensure!(estimate["takesRequests"] == true, "the model takes no requests now");
	ensure!(estimate["congested"] == false, "too few executors are free: try again in some blocks");

	let fields = [
		("model", number(&estimate, "model")?.into()),
		("input", Argument::from_bytes(&input)),
		("tier", Argument::unnamed_variant("Quorum", [])),
		// What it costs at most within ten blocks. What is not used comes back.
		("max_fee", planck(&estimate, "maxFee")?.into()),
		("max_royalty", planck(&estimate, "royalty")?.into()),
		("reference", Argument::from_bytes(reference)),
		("deadline", Argument::unnamed_variant("None", [])),
		("fuel_limit", Argument::unnamed_variant("None", [])),
	];
	let call = dynamic::tx("Inference", "request", Argument::named_composite(fields));
	let signed = sign(node, payer, &call, nonce).await?;

	let params = rpc_params![to_hex(&signed), Value::Null];
	let news = node.subscribe("opg_v1_submitAndWatch", params, "opg_v1_unsubscribe").await;
	let mut news: Subscription<Value> = match news {
		Err(Error::Call(refusal)) => {
			let data = refusal.data().map(|data| data.get()).unwrap_or_default();
			let is_nonce_used =
				["\"Stale\"", "\"TooLowPriority\""].iter().any(|it| data.contains(it));
			ensure!(is_nonce_used, "{}", refusal.message());
			return Ok(None);
		},
		news => news?,
	};
	while let Some(update) = news.next().await {
		let update = update?;
		ensure!(update["error"].is_null(), "refused in a block: {}", update["error"]);
		match update["state"].as_str() {
			Some("inBlock" | "finalized") => return number(&update, "request").map(Some),
			Some("dropped" | "invalid" | "usurped") => break,
			_ => {},
		}
	}
	bail!("no block has the request yet: run this again with the same reference")
}

/// The attested output of a request. It can still be disputed until the state is `settled`.
async fn attested(node: &WsClient, request: u64) -> Result<Vec<Tensor>> {
	let name = ("opg_v1_subscribeRequest", "opg_v1_unsubscribeRequest");
	let mut changes: Subscription<Value> =
		node.subscribe(name.0, rpc_params![request], name.1).await?;
	loop {
		let result: Value = node.request("opg_v1_result", rpc_params![request]).await?;
		let state = result["state"].as_str().unwrap_or_default();
		eprintln!("request {request}: {state}");
		let answer = &result["answer"];
		match state {
			"failed" => bail!("there is no answer, and the fee comes back"),
			"attested" | "settled" if answer["error"].is_string() => {
				bail!("the model has no output for this input: {}", answer["error"])
			},
			"attested" | "settled" => {
				let output = answer["output"].as_str();
				let output =
					output.context("the output is too long for the chain: see blobs_v1_")?;
				return Ok(tensor::decode(&from_hex(output)?)?);
			},
			_ => {},
		}
		changes.next().await.context("the node tells no more of the request")??;
	}
}

/// A call as a signed transaction, as the chain's own metadata wants it.
async fn sign(node: &WsClient, payer: &Payer, call: &impl Payload, nonce: u64) -> Result<Vec<u8>> {
	let chain: Value = node.request("opg_v1_chain", rpc_params![]).await?;
	let metadata: String = node.request("state_getMetadata", rpc_params![]).await?;
	let metadata = Metadata::decode(&mut &from_hex(&metadata)?[..])?;

	let spec_version: u32 = number(&chain, "specVersion")?.try_into()?;
	let versions = SpecVersionForRange {
		block_range: 0..u64::MAX,
		spec_version,
		transaction_version: number(&chain, "transactionVersion")?.try_into()?,
	};
	let config = SubstrateConfig::builder()
		.set_genesis_hash(hash(&chain["genesis"])?)
		.set_spec_version_for_block_ranges([versions])
		.set_metadata_for_spec_versions([(spec_version, Arc::new(metadata))])
		.build();
	let (height, block) =
		(number(&chain["finalized"], "number")?, hash(&chain["finalized"]["hash"])?);
	let params = DefaultExtrinsicParamsBuilder::new()
		.nonce(nonce)
		.mortal_from_unchecked(MORTALITY, height, block)
		.build();
	let client = OfflineClient::new_with_config(config).at_block(height)?;
	let transactions = client.tx();
	let signed = transactions.create_signable_offline(call, params)?.sign(payer)?;
	Ok(signed.into_encoded())
}

/// The account that pays.
struct Payer {
	key: sr25519::Pair,
	/// With the prefix of the chain.
	address: String,
}

impl Signer<SubstrateConfig> for Payer {
	fn account_id(&self) -> AccountId32 {
		AccountId32(self.key.public().0)
	}

	fn sign(&self, payload: &[u8]) -> MultiSignature {
		MultiSignature::Sr25519(self.key.sign(payload).0)
	}
}

fn number(value: &Value, field: &str) -> Result<u64> {
	value[field].as_u64().with_context(|| format!("{field} is no number in {value}"))
}

fn planck(value: &Value, field: &str) -> Result<u128> {
	let text = value[field].as_str().with_context(|| format!("{field} is no amount in {value}"))?;
	Ok(text.parse()?)
}

fn hash(value: &Value) -> Result<H256> {
	let bytes: [u8; 32] = from_hex(value.as_str().unwrap_or_default())?.as_slice().try_into()?;
	Ok(H256(bytes))
}

fn to_hex(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

fn from_hex(text: &str) -> Result<Vec<u8>> {
	Ok(hex::decode(text.strip_prefix("0x").unwrap_or(text))?)
}
