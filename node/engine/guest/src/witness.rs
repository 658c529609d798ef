//! Witnesses: digests of intermediate tensors that a seed names.
//!
//! A witness shows that somebody has computed a model and not copied its answer, of which it says
//! nothing. The definition is part of the engine, and so of its id:
//!
//! 1. **Candidates** are the nodes of the prepared plan, in its order, of which no output is an
//!    output of the model and every output is plain data: of a type that tensors have on the wire,
//!    or a dimension. Constants and the model's inputs are not among them, nor is anything inside
//!    the bodies of Scan and If, which are one node each.
//! 2. **Picked** are the candidates of the places `H(PICK, seed, i) mod count` for i = 0, 1, 2, of
//!    which some may be the same: then fewer are picked. The first eight bytes of the hash are the
//!    number. Without a candidate, none is picked.
//! 3. **The witness** is `H(WITNESS, seed, count, parts)`. The parts are those of the picked
//!    candidates, in the order of the plan: the candidate's place, the number of its outputs and,
//!    for each output, type, rank, sizes, and the hash of the data. A NaN counts as the one
//!    canonical NaN of its type, and dimensions as i64.
//!
//! A **generator** runs a plan many times. Its calls are numbered from 0. Of each, for i = 0, 1, 2, the
//! hash `H(PICK, seed, i, call)` is two numbers of eight bytes: where the first one mod (call + 1) is 0,
//! pick i is, instead of what it was before, the candidate of this call at the second one mod count,
//! the number of candidates of its plan. So each call is picked with the same probability, however many
//! follow. The witness is `H(WITNESS, seed, calls, parts)`; the part of a pick begins with the call, and
//! a plan without candidates has none. Parts are in the order of the picks.
//!
//! H is BLAKE2b-256, and all numbers are little endian: places, counts and numbers of outputs in four
//! bytes, types and ranks in one, sizes in eight.

use crate::{
	generation::{Generator, Step, Stops},
	host,
	loaded::{Loaded, Model},
	refusal::Refusal,
	values::dtype,
};
use opg_engine_types::{DType, Reason};
use tract_onnx::{
	prelude::*,
	tract_core::{internal::TractErrorContext, ops::source::TypedSource, plan},
};

/// Length of a seed, in bytes.
pub const SEED: u32 = 32;

/// Domains of the hashes.
const PICK: &[u8] = b"opg/witness-pick/v1";
const WITNESS: &[u8] = b"opg/witness/v1";

/// Picks for one witness.
const PICKS: u32 = 3;

impl Loaded {
	/// Runs the model on an encoded input, and gives the witness for the seed.
	pub fn witness(&self, input: Vec<u8>, seed: &[u8]) -> Result<Vec<u8>, Refusal> {
		let plan = match &self.model {
			Model::Plan(plan) => plan,
			Model::Generator(generator) => return self.witness_of(generator, input, seed),
		};
		let inputs = self.values(input)?;
		let candidates = candidates(plan.model(), plan.order_without_consts());
		let places = pick(seed, candidates.len() as u32);
		let mut witness = [WITNESS, seed, &(candidates.len() as u32).to_le_bytes()].concat();
		let outputs = plan.spawn().and_then(|mut state| {
			state.run_plan_with_eval(inputs, |context, op_state, node, inputs| -> TractResult<_> {
				let outputs = plan::eval(context, op_state, node, inputs)?;
				let place = places.iter().find(|place| candidates[**place as usize] == node.id);
				if let Some(place) = place {
					append_all(&mut witness, *place, &outputs)?;
				}
				Ok(outputs)
			})
		});
		outputs.map_err(|e| Refusal::new(Reason::RunFailed, format!("the run fails: {e:#}")))?;
		Ok(host::digest(DType::U8, &witness).to_vec())
	}

	fn witness_of(
		&self,
		generator: &Generator,
		input: Vec<u8>,
		seed: &[u8],
	) -> Result<Vec<u8>, Refusal> {
		let given = self.inputs(input)?;
		let of = |step: &Step| candidates(step.plan.model(), step.plan.order_without_consts());
		let (of_one, of_block) = (of(&generator.one), of(&generator.block));
		let mut calls = 0u32;
		let mut parts = [const { Vec::new() }; PICKS as usize];
		let mut call = |step: &Step, inputs: TVec<TValue>| -> TractResult<TVec<TValue>> {
			let candidates = if step.sequence == 1 { &of_one } else { &of_block };
			let picks = pick_of_call(seed, calls, candidates.len() as u32);
			for (part, _) in parts.iter_mut().zip(&picks).filter(|(_, pick)| pick.is_some()) {
				*part = calls.to_le_bytes().to_vec();
			}
			calls += 1;
			step.plan.spawn()?.run_plan_with_eval(
				inputs,
				|context, op_state, node, inputs| -> TractResult<_> {
					let outputs = plan::eval(context, op_state, node, inputs)?;
					for (part, pick) in parts.iter_mut().zip(&picks) {
						let Some(place) = *pick else { continue };
						if candidates[place as usize] == node.id {
							append_all(part, place, &outputs)?;
						}
					}
					Ok(outputs)
				},
			)
		};
		generator.run_with(given, Stops::Obeyed, &mut call)?;
		let witness = [WITNESS, seed, &calls.to_le_bytes(), &parts.concat()].concat();
		Ok(host::digest(DType::U8, &witness).to_vec())
	}
}

/// Ids of the candidates, in the order of the plan.
fn candidates(model: &TypedModel, order: &[usize]) -> Vec<usize> {
	let is_candidate = |id: &usize| {
		let node = model.node(*id);
		!node.op_is::<TypedSource>()
			&& !model.outputs.iter().any(|output| output.node == *id)
			&& node.outputs.iter().all(|output| {
				let fact = &output.fact;
				fact.exotic_fact.is_none() && dtype(plain(fact.datum_type)).is_some()
			})
	};
	order.iter().copied().filter(is_candidate).collect()
}

/// The places that the seed names among so many, in order, each once.
fn pick(seed: &[u8], count: u32) -> Vec<u32> {
	let picks = if count == 0 { 0 } else { PICKS };
	let mut places: Vec<u32> = (0..picks)
		.map(|i| {
			let hash = host::digest(DType::U8, &[PICK, seed, &i.to_le_bytes()].concat());
			let number = hash.iter().take(8).rev().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
			(number % u64::from(count)) as u32
		})
		.collect();
	places.sort_unstable();
	places.dedup();
	places
}

/// For each pick, the place that it takes of this call, if it does, among so many.
fn pick_of_call(seed: &[u8], call: u32, count: u32) -> [Option<u32>; PICKS as usize] {
	std::array::from_fn(|i| {
		let (i, place) = ((i as u32).to_le_bytes(), call.to_le_bytes());
		let hash = host::digest(DType::U8, &[PICK, seed, &i, &place].concat());
		let number = |at: usize| {
			let bytes = hash[at..].iter().take(8).rev();
			bytes.fold(0u64, |number, byte| number << 8 | u64::from(*byte))
		};
		let taken = count > 0 && number(0) % (u64::from(call) + 1) == 0;
		taken.then(|| (number(8) % u64::from(count)) as u32)
	})
}

/// Type of the data in a witness, in tract. A dimension is a pointer in memory.
fn plain(datum_type: DatumType) -> DatumType {
	if datum_type == TDim::datum_type() {
		DatumType::I64
	} else {
		datum_type
	}
}

fn append_all(witness: &mut Vec<u8>, place: u32, outputs: &[TValue]) -> TractResult<()> {
	witness.extend(place.to_le_bytes());
	witness.extend((outputs.len() as u32).to_le_bytes());
	outputs.iter().try_for_each(|output| append(witness, output))
}

fn append(witness: &mut Vec<u8>, tensor: &Tensor) -> TractResult<()> {
	let tensor = tensor.cast_to_dt(plain(tensor.datum_type()))?;
	let dtype = dtype(tensor.datum_type()).context("a candidate gives no plain data")?;
	witness.extend([dtype as u8, tensor.rank() as u8]);
	for size in tensor.shape() {
		witness.extend((*size as u64).to_le_bytes());
	}
	witness.extend(host::digest(dtype, tensor.try_as_plain_ram()?.as_bytes()));
	Ok(())
}
