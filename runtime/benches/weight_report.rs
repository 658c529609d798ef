//! Weight report: milliseconds that each step of an attested inference takes, by the committed
//! weights.
//!
//! The inference is one by a committee of three who agree, from the request to the pruning.
//! `scripts/bench-weights.sh --report` runs it.

#![allow(missing_docs)]

use frame_support::{
	derive_impl,
	dispatch::DispatchClass,
	traits::Get,
	weights::{constants::WEIGHT_REF_TIME_PER_MILLIS, Weight},
};
use opg_runtime::{constants::*, tx_extension, Inference, Runtime, RuntimeCall};
use pallet_opg_attestation::{weights as attestation, WeightInfo as _, MAX_BATCH};
use pallet_opg_inference::{weights as inference, WeightInfo as _};
use pallet_opg_staking::{weights as staking, WeightInfo as _};
use sp_runtime::{generic::Era, traits::TransactionExtension};

/// Runtime whose database costs nothing: what remains is computation.
mod free {
	use super::*;
	#[frame_support::runtime]
	mod runtime {
		#[runtime::runtime]
		#[runtime::derive(
			RuntimeCall,
			RuntimeEvent,
			RuntimeError,
			RuntimeOrigin,
			RuntimeTask,
			RuntimeHoldReason,
			RuntimeFreezeReason
		)]
		pub struct Free;

		#[runtime::pallet_index(0)]
		pub type System = frame_system;
	}
	#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
	impl frame_system::Config for Free {
		type Block = frame_system::mocking::MockBlock<Free>;
	}
}

/// Seats of the committee.
const K: u32 = 3;
/// Bytes of input: an image of 8 by 8.
const INPUT: u32 = 320;
/// Bytes of output: ten numbers, their type and shape.
const OUTPUT: u32 = 64;
/// Executors in the snapshot, all of whom serve the model.
const EXECUTORS: u32 = 100;

/// Actions on the agenda per inference: draw, settle, prune.
const ACTIONS: f64 = 3.0;

/// Place in a block in which a step is executed.
#[derive(Clone, Copy, PartialEq)]
enum Place {
	Call,
	Agenda,
	Deadlines,
}
use Place::*;

/// Weight of one of `n` in a batch.
fn each(batch: Weight, n: u32) -> Weight {
	batch / u64::from(n)
}

/// Steps of one inference, without the transactions around them. `n` requests share each batch.
///
/// In batches the three of a committee commit in one block and reveal in one, which writes their
/// round once. A batch of requests is for one model and from one requester: the first looks for free
/// slots, and pays for what the others read again. Their draws count the free slots once. It is settled
/// in one block, which charges the requester once.
fn parts<T: frame_system::Config>(n: u32) -> [(&'static str, Place, Weight); 13] {
	type A<T> = attestation::SubstrateWeight<T>;
	type I<T> = inference::SubstrateWeight<T>;
	let db = T::DbWeight::get();
	let (all, again) = (u64::from(K), if n > 1 { u64::from(K) - 1 } else { 0 });
	let dispatch = |batch| {
		let round = A::<T>::change_round(K) * all;
		each(batch, n) * all + round - db.reads_writes(all, again)
	};
	let authorize = |batch| (each(batch, n) + A::<T>::read_round(K)) * all - db.reads(again);
	let bytes = |weigh: fn(u32) -> Weight| (weigh(OUTPUT) - weigh(0)) * all;
	let context = context::<T>() + I::<T>::capacity(EXECUTORS);
	// The holds of the requester; version, engine, and validators that hold the file.
	let again_in_batch = db.reads_writes(4, 1) * u64::from(n - 1);
	let deadline = A::<T>::take_deadlines(1) - A::<T>::take_deadlines(0) + A::<T>::read_round(K);
	[
		("request", Call, I::<T>::request(INPUT) - each(again_in_batch, n)),
		("  look for free slots", Call, each(context, n)),
		("draw", Agenda, I::<T>::draw(K, 0) + each(I::<T>::capacity(EXECUTORS), n)),
		("3 commits", Call, dispatch(A::<T>::commit(n))),
		("  authorized", Call, authorize(A::<T>::authorize_commit(n))),
		("3 reveals", Call, dispatch(A::<T>::reveal(n)) + bytes(A::<T>::reveal_one)),
		(
			"  authorized",
			Call,
			authorize(A::<T>::authorize_reveal(n)) + bytes(A::<T>::authorize_reveal_one),
		),
		("  one decides", Call, A::<T>::close(K) + I::<T>::attested()),
		("  and frees the slots", Call, I::<T>::release_seats(EXECUTORS)),
		("2 deadlines, passed before", Deadlines, deadline * 2),
		("settle", Agenda, I::<T>::settle(K)),
		("  charge the requester", Agenda, each(I::<T>::charge_requester(), n)),
		("prune", Agenda, I::<T>::prune()),
	]
}

/// Weight of reading what draws need, and of laying out the candidates of a model.
fn context<T: frame_system::Config>() -> Weight {
	type I<T> = inference::SubstrateWeight<T>;
	I::<T>::open_seats(EXECUTORS) + I::<T>::snapshot(EXECUTORS) * 2 + I::<T>::sampler(EXECUTORS)
}

/// Weight of a block's hooks besides: it pays every executor and the owner of one model.
fn fixed() -> Weight {
	type A = attestation::SubstrateWeight<Runtime>;
	type I = inference::SubstrateWeight<Runtime>;
	Inference::base_weight()
		+ context::<Runtime>()
		+ I::pay_pool() * u64::from(EXECUTORS)
		+ I::pay_account()
		+ I::release_seats(EXECUTORS)
		+ A::take_deadlines(0) * 2
		+ staking::SubstrateWeight::<Runtime>::reward_author()
}

/// Weight around a call in a signed transaction, and in an authorized one, which gets back the
/// weight of nonce and fee.
fn envelopes() -> (Weight, Weight) {
	use frame_system::ExtensionsWeightInfo as _;
	use pallet_transaction_payment::WeightInfo as _;
	let call = RuntimeCall::System(frame_system::Call::remark { remark: Vec::new() });
	let limits = <Runtime as frame_system::Config>::BlockWeights::get();
	let signed = limits.get(DispatchClass::Normal).base_extrinsic
		+ tx_extension(0, Era::mortal(128, 0), 0).weight(&call)
		// `CheckOperational` gives it back where it does not read the key of sudo.
		- <Runtime as frame_system::Config>::DbWeight::get().reads(1);
	let nonce = <Runtime as frame_system::Config>::ExtensionsWeightInfo::check_nonce();
	let fee =
		<Runtime as pallet_transaction_payment::Config>::WeightInfo::charge_transaction_payment();
	(signed, signed - nonce - fee)
}

fn millis(weight: Weight) -> f64 {
	weight.ref_time() as f64 / WEIGHT_REF_TIME_PER_MILLIS as f64
}

/// Milliseconds of one inference.
struct Cost {
	calls: f64,
	agenda: f64,
	deadlines: f64,
}

impl Cost {
	fn sum(&self) -> f64 {
		self.calls + self.agenda + self.deadlines
	}
}

/// Prints the parts and adds them up.
fn report(n: u32) -> Cost {
	println!("\nk = {K}, {n} in a batch, {EXECUTORS} executors: milliseconds of weight");
	println!("{:28}{:>10}{:>10}{:>10}", "", "db", "compute", "both");
	let mut cost = Cost { calls: 0.0, agenda: 0.0, deadlines: 0.0 };
	let all = parts::<Runtime>(n).into_iter().zip(parts::<free::Free>(n));
	for ((name, place, both), (_, _, compute)) in all {
		let (both, compute) = (millis(both), millis(compute));
		println!("{name:28}{:10.3}{compute:10.3}{both:10.3}", both - compute);
		*match place {
			Call => &mut cost.calls,
			Agenda => &mut cost.agenda,
			Deadlines => &mut cost.deadlines,
		} += both;
	}
	// A request in a batch of requests, and each commitment and reveal.
	let (signed, authorized) = envelopes();
	let transactions = (millis(signed) + millis(authorized) * f64::from(2 * K)) / f64::from(n);
	println!("{:28}{:>10}{:>10}{transactions:10.3}", "7 transactions, shared", "", "");
	cost.calls += transactions;
	println!("{:28}{:>10}{:>10}{:10.3}", "sum", "", "", cost.sum());
	println!("{:28}{:>10}{:>10}{:10.3}", "a block besides", "", "", millis(fixed()));
	cost
}

/// Largest rate of attested inferences per second; prints what each bound allows.
fn per_second(cost: &Cost) -> f64 {
	let limits = <Runtime as frame_system::Config>::BlockWeights::get();
	let normal = millis(limits.get(DispatchClass::Normal).max_total.unwrap_or(limits.max_block));
	let all = millis(limits.max_block) - millis(limits.base_block) - millis(fixed());
	let agenda =
		millis(<Runtime as pallet_opg_inference::Config>::AgendaWeight::get()) - millis(fixed());
	let deadlines = millis(<Runtime as pallet_opg_attestation::Config>::DeadlineWeight::get());
	// `pallet-session` takes the whole block in which the session changes.
	let blocks = (SESSION_SLOTS - 1) as f64 / SESSION_SLOTS as f64;
	let mut least = f64::INFINITY;
	for (name, per_block) in [
		("transactions", normal / cost.calls),
		("agenda, its weight", agenda / cost.agenda),
		("agenda, its length", f64::from(MAX_AGENDA) / ACTIONS),
		("deadlines", deadlines / cost.deadlines),
		("the whole block", all / cost.sum()),
	] {
		let rate = per_block * blocks * 1_000.0 / SLOT_MILLIS as f64;
		println!("attested per second, bound by {name}: {rate:.1}");
		least = least.min(rate);
	}
	least
}

fn main() {
	per_second(&report(1));
	let batched = report(MAX_BATCH);
	let rate = per_second(&batched);
	println!("RESULT weight_ms_per_attested_inference {:.3}", batched.sum());
	println!("RESULT attested_per_second_by_weight {rate:.1}");
}
