//! Where the weight of an attested inference goes, from the committed weights.
//!
//! One inference by a committee of three who agree, from the request to the pruning. Run by
//! `scripts/bench-weights.sh --report`.

#![allow(missing_docs)]

use frame_support::{
	derive_impl,
	dispatch::DispatchClass,
	weights::{constants::WEIGHT_REF_TIME_PER_MILLIS, Weight},
};
use opg_runtime::{constants::*, tx_extension, Runtime, RuntimeCall};
use pallet_opg_attestation::{weights as attestation, WeightInfo as _, MAX_BATCH};
use pallet_opg_inference::{weights as inference, WeightInfo as _};
use pallet_opg_staking::{weights as staking, WeightInfo as _};
use sp_runtime::{generic::Era, traits::TransactionExtension};

/// A runtime whose database costs nothing: what remains is computation.
mod free {
	use super::*;
	frame_support::construct_runtime!(
		pub enum Free {
			System: frame_system,
		}
	);
	#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
	impl frame_system::Config for Free {
		type Block = frame_system::mocking::MockBlock<Free>;
	}
}

/// Seats of the committee.
const K: u32 = 3;
/// Bytes of input: an image of 8 by 8.
const INPUT: u32 = 320;
/// Executors in the snapshot, all of whom serve the model.
const EXECUTORS: u32 = 100;

/// What one of `n` in a batch costs.
fn each(batch: Weight, n: u32) -> Weight {
	batch / u64::from(n)
}

/// What one inference costs without transactions around it, by what happens: name, in a transaction
/// or in a hook, weight. `n`: how many are batched.
fn parts<T: frame_system::Config>(n: u32) -> [(&'static str, bool, Weight); 9] {
	type A<T> = attestation::SubstrateWeight<T>;
	type I<T> = inference::SubstrateWeight<T>;
	let commit = each(A::<T>::commit(n), n) + A::<T>::change_record(K);
	let authorize_commit = each(A::<T>::authorize_commit(n), n) + A::<T>::read_record(K);
	let reveal = each(A::<T>::reveal(n), n) + A::<T>::change_record(K);
	let authorize_reveal = each(A::<T>::authorize_reveal(n), n) + A::<T>::read_record(K);
	let lots = I::<T>::snapshot(EXECUTORS) + I::<T>::urn(EXECUTORS);
	let deadline = A::<T>::take_deadlines(1) - A::<T>::take_deadlines(0) + A::<T>::read_record(K);
	[
		("request", true, I::<T>::request(INPUT) + lots),
		("draw", false, I::<T>::draw(K)),
		("3 commits", true, commit * u64::from(K)),
		("  authorized", true, authorize_commit * u64::from(K)),
		("3 reveals, one new answer", true, reveal * u64::from(K) + A::<T>::new_answer()),
		("  authorized", true, authorize_reveal * u64::from(K)),
		("  one decides", true, A::<T>::close(K, 0) + I::<T>::attested()),
		("2 deadlines, settle", false, deadline * 2 + I::<T>::settle(K, 0)),
		("prune", false, I::<T>::prune() + A::<T>::forget(0)),
	]
}

/// What a block costs besides, in hooks.
fn fixed<T: frame_system::Config>() -> Weight {
	type A<T> = attestation::SubstrateWeight<T>;
	type I<T> = inference::SubstrateWeight<T>;
	I::<T>::snapshot(EXECUTORS)
		+ I::<T>::urn(EXECUTORS)
		+ A::<T>::take_deadlines(0) * 2
		+ staking::SubstrateWeight::<T>::reward_author()
}

/// What surrounds a call in a transaction.
fn envelope() -> Weight {
	let call = RuntimeCall::System(frame_system::Call::remark { remark: Vec::new() });
	let limits = <Runtime as frame_system::Config>::BlockWeights::get();
	limits.get(DispatchClass::Normal).base_extrinsic
		+ tx_extension(0, Era::Immortal, 0).weight(&call)
}

fn millis(weight: Weight) -> f64 {
	weight.ref_time() as f64 / WEIGHT_REF_TIME_PER_MILLIS as f64
}

/// Print the parts; returns milliseconds in transactions and in hooks.
fn report(n: u32) -> (f64, f64) {
	println!("\nk = {K}, {n} in a batch, {EXECUTORS} executors: milliseconds of weight");
	println!("{:28}{:>10}{:>10}{:>10}", "", "db", "compute", "both");
	let (mut calls, mut hooks) = (0.0, 0.0);
	let all = parts::<Runtime>(n).into_iter().zip(parts::<free::Free>(n));
	for ((name, in_call, both), (_, _, compute)) in all {
		let (both, compute) = (millis(both), millis(compute));
		println!("{name:28}{:10.3}{compute:10.3}{both:10.3}", both - compute);
		*if in_call { &mut calls } else { &mut hooks } += both;
	}
	// A request in a batch of requests, and each commitment and reveal.
	let transactions = millis(envelope()) * f64::from(1 + 2 * K) / f64::from(n);
	println!("{:28}{:>10}{:>10}{transactions:10.3}", "7 transactions, shared", "", "");
	calls += transactions;
	println!("{:28}{:>10}{:>10}{:10.3}", "sum", "", "", calls + hooks);
	println!("of that in hooks {hooks:.3}");
	(calls, hooks)
}

fn main() {
	let alone = report(1);
	let batched = report(MAX_BATCH);

	let limits = <Runtime as frame_system::Config>::BlockWeights::get();
	let normal = millis(limits.get(DispatchClass::Normal).max_total.unwrap_or(limits.max_block));
	let all = millis(limits.max_block) - millis(limits.base_block) - millis(fixed::<Runtime>());
	// `pallet-session` takes the whole block in which the session changes.
	let blocks = (SESSION_SLOTS - 1) as f64 / SESSION_SLOTS as f64;
	let seconds = SLOT_MILLIS as f64 / 1_000.0;
	let per_second =
		|(calls, hooks): (f64, f64)| (normal / calls).min(all / (calls + hooks)) * blocks / seconds;
	println!("\nattested per second by weight: alone {:.1}", per_second(alone));
	println!("attested per second by the agenda: {:.1}", f64::from(MAX_AGENDA / 3) / seconds);
	println!("RESULT weight_ms_per_attested_inference {:.3}", batched.0 + batched.1);
	println!("RESULT attested_per_second_by_weight {:.1}", per_second(batched));
}
