//! Optimisation of a typed model, in steps that bound what it holds of each weight.
//!
//! tract replaces weights by others: transposed, or packed as products read them. What it has replaced
//! it forgets when a pass is over. Here a pass ends early and begins anew, so that at no time there are
//! two of all weights.

use crate::{branches, broadcast, gates, host, patch, reductions, scatter, sharing, tables};
use tract_onnx::{
	prelude::*,
	tract_core::{
		internal::{rule_if, rule_if_some},
		ops::{
			element_wise::ElementWiseOp,
			konst::Const,
			math::{mul, PowConst},
		},
		optim::{Optimizer, OptimizerSession, TypedPass},
	},
};

/// Bytes of new constants after which a pass ends.
const MAX_STEP: u64 = 16 << 20;

/// Optimises the model as [`TypedModel::into_optimized`] does.
pub fn optimise(model: &mut TypedModel) -> TractResult<()> {
	let mut declutter = Optimizer::declutter();
	// Before constants are computed of them.
	declutter.add_pass(0, Box::new(Each { rule: host::stored::keep, next: 0 }));
	// Once constants are known, and before tract makes products of convolutions.
	let rules: [Rule; 3] = [tables::rows_first, tables::fold, host::convolution];
	for (place, rule) in rules.into_iter().enumerate() {
		declutter.add_pass(2 + place, Box::new(Each { rule, next: 0 }));
	}
	patch::optimise(&in_steps(declutter), model)?;
	let mut codegen = Optimizer::codegen();
	// The last one comes first.
	let rules: [Rule; 8] = [
		sharing::products,
		reductions::reduce,
		scatter::scatter,
		branches::prepare,
		tables::sum,
		cube,
		gates::gate,
		host::stored::release_others,
	];
	for rule in rules {
		codegen.add_pass(0, Box::new(Each { rule, next: 0 }));
	}
	// What is there once all else is done.
	let rules: [Rule; 4] =
		[host::stored::pack, broadcast::binary, host::pack, host::stored::release];
	for rule in rules {
		codegen.passes.push(Box::new(Each { rule, next: 0 }));
	}
	patch::optimise(&in_steps(codegen), model)
}

/// What a pass does with a node.
type Rule = fn(&TypedModel, &TypedNode) -> TractResult<Option<TypedModelPatch>>;

/// Computes third powers, as in GELU, by two products: tract's own takes some 150 instructions each.
fn cube(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(op = node.op_as::<ElementWiseOp>());
	rule_if!(op.1.is_none() && node.outputs[0].fact.datum_type == DatumType::F32);
	rule_if!(op.0.downcast_ref::<PowConst>().is_some_and(|power| power.exponent == 3.0));
	let mut patch = TypedModelPatch::default();
	let x = patch.tap_model(model, node.inputs[0])?;
	let square = patch.wire_node(format!("{}.square", node.name), mul(), &[x, x])?[0];
	let output = patch.wire_node(&node.name, mul(), &[square, x])?;
	patch.shunt_outside(model, node.id.into(), output[0])?;
	Ok(Some(patch))
}

/// A pass that does the same with each node.
#[derive(Clone, Debug)]
struct Each {
	rule: Rule,
	next: usize,
}

impl TypedPass for Each {
	fn reset(&mut self) -> TractResult<()> {
		self.next = 0;
		Ok(())
	}

	fn next(
		&mut self,
		_: &mut OptimizerSession,
		model: &TypedModel,
	) -> TractResult<Option<TypedModelPatch>> {
		while let Some(node) = model.nodes().get(self.next) {
			self.next += 1;
			if let Some(patch) = (self.rule)(model, node)? {
				return Ok(Some(patch));
			}
		}
		Ok(None)
	}
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
		let mut patch = self.pass.next(session, model)?;
		if let Some(patch) = &mut patch {
			sharing::constants(patch)?;
		}
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
