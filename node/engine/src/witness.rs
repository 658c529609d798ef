//! Witnesses: digests of intermediate tensors that a seed names.
//!
//! Which tensors these are, and how they are hashed, the guest defines: `guest/src/witness.rs`. A
//! witness is computed by a run of its own, with limits of its own, so the answer and the fuel of the
//! ordinary run know nothing of it. It is the same whatever else the machine does, like an answer.

use crate::{
	engine::Engine,
	error::{EngineError, GuestError},
	instance::Instance,
	prepared::Prepared,
	run::{Limits, Run},
};
use opg_engine_types::{digest, Dims, ModelFault};

/// Domain of the witnesses of faults.
const FAULT: &[u8] = b"opg/witness-fault/v1";

/// Fuel for hashing, above twice the fuel of the run. It covers three tensors that fill a memory of
/// 512 MiB each.
const HASHING_FUEL: u64 = 4 << 30;

/// Exported function of guests that give witnesses.
pub const EXPORT: &str = "opg_witness";

/// A witness, and how its run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessRun {
	/// The witness: of intermediate tensors, or of the fault of this run.
	pub witness: [u8; 32],
	/// Fuel that its run has used. Nobody pays it.
	pub fuel: u64,
	/// The fault for which it is not of tensors.
	pub fault: Option<ModelFault>,
	/// The same for people. Empty if there is none.
	pub message: String,
}

/// Witness where there are no tensors, since the run ended with this fault.
pub fn witness_of_fault(seed: &[u8; 32], fault: ModelFault) -> [u8; 32] {
	digest(&[FAULT, seed, &[fault.code()]].concat())
}

impl Engine {
	/// Runs `model` in a fresh instance for its witness. `limits` are those of the ordinary run, which
	/// must have given an output: where it gave a fault, the witness is [`witness_of_fault`].
	pub fn witness(
		&self,
		model: &[u8],
		dims: &Dims,
		input: &[u8],
		seed: &[u8; 32],
		limits: &Limits,
	) -> Result<WitnessRun, EngineError> {
		self.check_witness()?;
		let limits = &own_limits(limits);
		let (run, _) = self.call(limits, |instance| {
			instance.load(model, dims)?;
			instance.begin_after_load(limits)?;
			witness(instance, input, seed)
		})?;
		Ok(finish(run, seed))
	}

	/// The same for a prepared model.
	pub fn witness_prepared(
		&self,
		prepared: &Prepared,
		input: &[u8],
		seed: &[u8; 32],
		limits: &Limits,
	) -> Result<WitnessRun, EngineError> {
		self.check_witness()?;
		let limits = own_limits(limits);
		let run =
			self.call_prepared(prepared, &limits, |instance| witness(instance, input, seed))?;
		Ok(finish(run, seed))
	}

	fn check_witness(&self) -> Result<(), EngineError> {
		if self.exports(EXPORT) {
			Ok(())
		} else {
			Err(EngineError::NoWitness(self.id()))
		}
	}
}

/// The run itself takes what the ordinary run took. Hashing adds to it.
fn own_limits(limits: &Limits) -> Limits {
	let fuel = limits.fuel.saturating_mul(2).saturating_add(HASHING_FUEL);
	Limits { fuel, ..*limits }
}

fn witness(instance: &mut Instance, input: &[u8], seed: &[u8; 32]) -> Result<[u8; 32], GuestError> {
	let witness = instance.witness(input, seed)?;
	let witness = witness.try_into();
	Ok(witness.map_err(|_| wasmtime::Error::msg("the guest leaves a witness of another length"))?)
}

fn finish(run: Run<[u8; 32]>, seed: &[u8; 32]) -> WitnessRun {
	let Run { outcome, fuel, message, .. } = run;
	let witness = outcome.unwrap_or_else(|fault| witness_of_fault(seed, fault));
	WitnessRun { witness, fuel, fault: outcome.err(), message }
}
