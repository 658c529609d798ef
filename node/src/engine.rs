//! Identity of the engine that is built into this program, compared with the engines of the chain.
//!
//! Every machine builds the same engine from the same source. `PINNED_ENGINE_ID` is its id, and a
//! new chain begins with it. A build with another engine is broken: its executor would answer no
//! task, and its operator would not know why.

use crate::client::FullClient;
use opg_execution::{engine_id, PINNED_ENGINE_ID};
use opg_runtime_api::OpgApi;
use sc_client_api::HeaderBackend;
use sc_service::ChainType;
use sp_api::ProvideRuntimeApi;
use sp_core::H256;

/// The engine built into this program is of no use on the chain.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"the engine built into this program is {built_in:?}, and that of this chain is {}: build the \
	 node again as the README says, or take a released one",
	list(.expected)
)]
pub struct EngineMismatch {
	/// Id of the engine in this program.
	built_in: H256,
	/// Engines that the chain admits, or the one that the source names if the chain admits none.
	expected: Vec<H256>,
}

/// Verdict on the engine built into this program.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
	/// The chain admits it.
	Valid,
	/// The chain does not admit it now. A node may still follow the chain: a release comes before
	/// the chain admits its engine, and an old node outlives its own.
	NotValidNow,
	/// The build is broken, and only a development chain can do with it.
	Tolerated(EngineMismatch),
}

/// Logs the engine's id, and compares it with the engines that the chain admits at its best block.
///
/// # Errors
///
/// [`EngineMismatch`] if this is neither the engine that the source names nor one that the chain
/// admits. On a development chain that is only logged.
pub fn check(client: &FullClient, chain_type: ChainType) -> Result<(), EngineMismatch> {
	let built_in = H256(engine_id());
	log::info!("🧠 Engine {built_in:?}");
	let (best, number) = (client.info().best_hash, client.info().best_number);
	let valid = client.runtime_api().valid_engines(best).unwrap_or_else(|error| {
		// As on a new node that has headers and no state yet.
		log::debug!("The engines of the chain are not known at block {number}: {error}");
		Vec::new()
	});
	match judge(built_in, H256(PINNED_ENGINE_ID), &valid, chain_type)? {
		Verdict::Valid => {},
		Verdict::Tolerated(mismatch) => log::warn!("⚠️ {mismatch}"),
		Verdict::NotValidNow => log::warn!(
			"⚠️ The engine built into this program is not valid on this chain at block {number}. Valid \
			 are: {}. To run models of those, get the file of a release that has one \
			 (`opg-node engines export`) and add it here with `opg-node engines add`.",
			list(&valid),
		),
	}
	Ok(())
}

fn judge(
	built_in: H256,
	pinned: H256,
	valid: &[H256],
	chain_type: ChainType,
) -> Result<Verdict, EngineMismatch> {
	if valid.contains(&built_in) {
		return Ok(Verdict::Valid);
	}
	if built_in == pinned {
		return Ok(Verdict::NotValidNow);
	}
	let expected = if valid.is_empty() { vec![pinned] } else { valid.to_vec() };
	let mismatch = EngineMismatch { built_in, expected };
	match chain_type {
		ChainType::Development => Ok(Verdict::Tolerated(mismatch)),
		ChainType::Local | ChainType::Live | ChainType::Custom(_) => Err(mismatch),
	}
}

fn list(ids: &[H256]) -> String {
	let ids: Vec<_> = ids.iter().map(|id| format!("{id:?}")).collect();
	if ids.is_empty() {
		"none".into()
	} else {
		ids.join(", ")
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const PINNED: H256 = H256::repeat_byte(1);
	const OTHER: H256 = H256::repeat_byte(2);
	const NEXT: H256 = H256::repeat_byte(3);

	fn judge_live(built_in: H256, valid: &[H256]) -> Result<Verdict, EngineMismatch> {
		judge(built_in, PINNED, valid, ChainType::Live)
	}

	#[test]
	fn node_should_start_when_the_chain_admits_its_engine() {
		assert_eq!(judge_live(PINNED, &[PINNED]), Ok(Verdict::Valid));
		assert_eq!(judge_live(OTHER, &[NEXT, OTHER]), Ok(Verdict::Valid));
	}

	#[test]
	fn node_should_start_when_its_engine_is_pinned_and_the_chain_has_another() {
		assert_eq!(judge_live(PINNED, &[NEXT]), Ok(Verdict::NotValidNow));
		assert_eq!(judge_live(PINNED, &[]), Ok(Verdict::NotValidNow));
	}

	#[test]
	fn node_should_refuse_with_both_ids_when_its_engine_is_not_of_the_chain() {
		for chain_type in [ChainType::Live, ChainType::Local, ChainType::Custom("any".into())] {
			for (valid, expected) in [(vec![PINNED], PINNED), (vec![], PINNED), (vec![NEXT], NEXT)]
			{
				let refusal = judge(OTHER, PINNED, &valid, chain_type.clone())
					.expect_err("it is refused")
					.to_string();
				assert!(refusal.contains(&format!("{OTHER:?}")), "{refusal}");
				assert!(refusal.contains(&format!("{expected:?}")), "{refusal}");
			}
		}
	}

	#[test]
	fn node_should_start_when_its_engine_is_not_of_the_chain_and_the_chain_is_for_development() {
		let verdict = judge(OTHER, PINNED, &[PINNED], ChainType::Development);
		let mismatch = EngineMismatch { built_in: OTHER, expected: vec![PINNED] };
		assert_eq!(verdict, Ok(Verdict::Tolerated(mismatch)));
	}
}
