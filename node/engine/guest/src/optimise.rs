//! Optimisation of a typed model, in steps that bound what it holds of each weight.
//!
//! tract replaces weights by others: transposed, or packed as products read them. What it has replaced
//! it forgets when a pass is over. Here a pass ends early and begins anew, so that at no time there are
//! two of all weights.

use crate::host::Convolutions;
use tract_onnx::{
	prelude::*,
	tract_core::{
		ops::konst::Const,
		optim::{Optimizer, OptimizerSession, TypedPass},
	},
};

/// Bytes of new constants after which a pass ends.
const MAX_STEP: u64 = 16 << 20;

/// Optimises the model as [`TypedModel::into_optimized`] does.
pub fn optimise(model: &mut TypedModel) -> TractResult<()> {
	let mut declutter = Optimizer::declutter();
	// Once constants are known, and before tract makes products of convolutions.
	declutter.add_pass(1, Box::<Convolutions>::default());
	in_steps(declutter).session().optimize(model)?;
	model.optimize_with_session(&mut in_steps(Optimizer::codegen()).session())
}

fn in_steps(mut optimizer: Optimizer) -> Optimizer {
	let stepwise = |pass| -> Box<dyn TypedPass> { Box::new(Stepwise { pass, bytes: 0 }) };
	optimizer.passes = optimizer.passes.into_iter().map(stepwise).collect();
	optimizer
}

#[derive(Clone, Debug)]
struct Stepwise {
	pass: Box<dyn TypedPass>,
	/// Bytes of the constants that this step has made.
	bytes: u64,
}

impl TypedPass for Stepwise {
	fn reset(&mut self) -> TractResult<()> {
		self.bytes = 0;
		self.pass.reset()
	}

	fn next(
		&mut self,
		session: &mut OptimizerSession,
		model: &TypedModel,
	) -> TractResult<Option<TypedModelPatch>> {
		if self.bytes >= MAX_STEP {
			return Ok(None);
		}
		let patch = self.pass.next(session, model)?;
		let nodes = patch.iter().flat_map(|patch| patch.model.nodes());
		let facts = nodes.filter(|node| node.op_is::<Const>()).flat_map(|node| &node.outputs);
		let sizes = facts.filter_map(|output| output.fact.mem_size().to_i64().ok());
		self.bytes += sizes.map(|size| size as u64).sum::<u64>();
		Ok(patch)
	}

	fn run_direct(&mut self, model: &mut TypedModel) -> TractResult<bool> {
		self.pass.run_direct(model)
	}
}
