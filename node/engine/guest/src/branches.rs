//! The operator `If`. Where its condition is known while the model is loaded, the branch that is
//! taken stands in its place and the other one is not looked at: exporters write branches whose
//! shapes differ, of which one fits the dimensions. tract's own operator wants both to fit. Where a run
//! decides, both branches are optimised when the model is loaded, which tract's own operator is not.

use crate::optimise::optimise;
use tract_onnx::{
	model::{OnnxOpRegister, ParseResult, ParsingContext},
	pb,
	prelude::TypedRunnableModel,
	tract_core::{
		as_op, not_a_typed_op, op_as_typed_op, op_out_of_plan,
		ops::{konst::Const, logic::IfThenElse},
	},
	tract_hir::internal::*,
};

/// Takes the place of tract's operator.
pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("If", parse);
}

#[derive(Clone, Debug)]
struct Branch {
	body: InferenceModel,
	/// For each input of the body, the input of the node. The first one is the condition.
	inputs: Vec<usize>,
}

/// The branch for false, and the one for true.
#[derive(Clone, Debug)]
struct If([Branch; 2]);

fn parse(
	context: &ParsingContext,
	node: &pb::NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
	let branch = |name| context.parse_graph(node.get_attr(name)?);
	let (no, yes) = (branch("else_branch")?, branch("then_branch")?);
	ensure!(
		no.model.outputs.len() == yes.model.outputs.len(),
		"the branches of an If have different numbers of outputs"
	);
	ensure!(
		[&no, &yes].iter().all(|of| of.model.inputs.len() == of.unresolved_inputs.len()),
		"a branch of an If has inputs of its own"
	);
	let mut captured: Vec<String> =
		no.unresolved_inputs.iter().chain(&yes.unresolved_inputs).cloned().collect();
	captured.sort();
	captured.dedup();
	let branch = |ParseResult { model, unresolved_inputs, .. }: ParseResult| {
		let place = |name: &String| captured.binary_search(name).ok().map(|place| place + 1);
		let inputs = unresolved_inputs.iter().filter_map(place).collect();
		Branch { body: model, inputs }
	};
	let operator = If([branch(no), branch(yes)]);
	Ok((Box::new(operator), captured))
}

unequal!(If);

impl Op for If {
	fn name(&self) -> StaticName {
		"If".into()
	}

	not_a_typed_op!();
}

impl EvalOp for If {
	op_out_of_plan!();

	fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let Branch { body, inputs: places } = self.branch(&inputs[0])?;
		let inputs = places.iter().map(|place| inputs[*place].clone()).collect();
		body.clone().into_runnable()?.run(inputs)
	}
}

impl If {
	fn branch(&self, condition: &Tensor) -> TractResult<&Branch> {
		Ok(&self.0[usize::from(condition.cast_to_scalar::<bool>()?)])
	}
}

impl InferenceOp for If {
	fn infer_facts(
		&mut self,
		inputs: TVec<&InferenceFact>,
		outputs: TVec<&InferenceFact>,
		observed: TVec<&InferenceFact>,
	) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
		let mut inputs: TVec<InferenceFact> = inputs.into_iter().cloned().collect();
		let mut outputs: TVec<InferenceFact> = outputs.into_iter().cloned().collect();
		inputs[0].datum_type.unify_with(&bool::datum_type().into())?;
		let condition = inputs[0].value.concretize();
		let taken = condition.map(|value| value.cast_to_scalar::<bool>()).transpose()?;
		let mut changed = true;
		while std::mem::take(&mut changed) {
			for (branch, when) in self.0.iter_mut().zip([false, true]) {
				if taken.is_some_and(|taken| taken != when) {
					continue;
				}
				for (inner, outer) in branch.inputs.iter().enumerate() {
					let fact = branch.body.input_fact_mut(inner)?;
					changed |= fact.unify_with_mut(&mut inputs[*outer])?;
				}
				for (slot, output) in outputs.iter_mut().enumerate() {
					let fact = branch.body.output_fact_mut(slot)?;
					changed |= if taken.is_some() {
						fact.unify_with_mut(output)?
					} else {
						// Their values may differ.
						fact.shape.unify_with_mut(&mut output.shape)?
							| fact.datum_type.unify_with_mut(&mut output.datum_type)?
					};
				}
				changed |= branch.body.analyse(false)?;
			}
		}
		Ok((inputs, outputs, observed.into_iter().cloned().collect()))
	}

	fn nboutputs(&self) -> TractResult<usize> {
		Ok(self.0[0].body.outputs.len())
	}

	fn to_typed(
		&self,
		source: &InferenceModel,
		node: &InferenceNode,
		target: &mut TypedModel,
		mapping: &HashMap<OutletId, OutletId>,
	) -> TractResult<TVec<OutletId>> {
		let inputs: TVec<OutletId> = node.inputs.iter().map(|outlet| mapping[outlet]).collect();
		if let Some(condition) = source.outlet_fact(node.inputs[0])?.value.concretize() {
			let Branch { body, inputs: places } = self.branch(&condition)?;
			let inputs: TVec<OutletId> = places.iter().map(|place| inputs[*place]).collect();
			return inline(body, &node.name, &inputs, target);
		}
		let [no, yes] = self.0.clone();
		let operator = IfThenElse {
			then_body: yes.body.into_typed()?,
			then_input_mapping: yes.inputs,
			else_body: no.body.into_typed()?,
			else_input_mapping: no.inputs,
		};
		target.wire_node(&node.name, operator, &inputs)
	}

	as_op!();
}

/// Copies the nodes of a graph to where the operator was that it belongs to, and gives its outputs.
pub fn inline(
	body: &InferenceModel,
	name: &str,
	inputs: &[OutletId],
	target: &mut TypedModel,
) -> TractResult<TVec<OutletId>> {
	let body = body.clone().into_typed()?;
	let mut outlets: HashMap<OutletId, OutletId> =
		body.input_outlets()?.iter().copied().zip(inputs.iter().copied()).collect();
	for id in body.eval_order()? {
		let node = body.node(id);
		if TypedModel::is_source(&node.op) {
			continue;
		}
		let of_node: TVec<OutletId> = node.inputs.iter().map(|outlet| outlets[outlet]).collect();
		let wired = target.wire_node(format!("{name}.{}", node.name), node.op.clone(), &of_node)?;
		for (slot, outlet) in wired.into_iter().enumerate() {
			outlets.insert(OutletId::new(id, slot), outlet);
		}
	}
	Ok(body.output_outlets()?.iter().map(|outlet| outlets[outlet]).collect())
}

/// An `If` that a run decides, with both branches ready to run.
#[derive(Clone, Debug)]
struct Ready {
	/// The branch for false, and the one for true, each with the places of its inputs.
	branches: [(Arc<TypedRunnableModel>, Vec<usize>); 2],
	outputs: TVec<TypedFact>,
}

/// Puts [`Ready`] in the place of tract's operator. The constants that branches use become their own.
pub fn prepare(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(operator = node.op_as::<IfThenElse>());
	let facts = model.node_input_facts(node.id)?;
	let constant = |place: usize| {
		// Dimensions are not what a branch was analysed for.
		let value = facts[place].konst.as_ref().filter(|_| place > 0);
		value.filter(|value| value.is_plain() && value.datum_type() != TDim::datum_type())
	};
	let open: Vec<usize> = (0..facts.len()).filter(|place| constant(*place).is_none()).collect();
	let ready = |body: &TypedModel, places: &[usize]| -> TractResult<_> {
		let mut body = body.clone();
		let (mut sources, mut of_node) = (Vec::new(), Vec::new());
		for (source, place) in body.inputs.clone().into_iter().zip(places) {
			if let Some(value) = constant(*place) {
				let value = Const::new(value.clone())?;
				let node = &mut body.nodes[source.node];
				node.outputs[source.slot].fact = value.output_facts(&[])?.remove(0);
				node.op = Box::new(value);
			} else {
				sources.push(source);
				of_node.extend(open.binary_search(place).ok());
			}
		}
		body.set_input_outlets(&sources)?;
		optimise(&mut body)?;
		Ok((body.into_runnable()?, of_node))
	};
	let branches = [
		ready(&operator.else_body, &operator.else_input_mapping)?,
		ready(&operator.then_body, &operator.then_input_mapping)?,
	];
	let outputs = node.outputs.iter().map(|output| output.fact.without_value()).collect();
	let inputs: TVec<OutletId> = open.iter().map(|place| node.inputs[*place]).collect();
	TypedModelPatch::replace_single_op(model, node, &inputs, Ready { branches, outputs }).map(Some)
}

unequal!(Ready);

impl Op for Ready {
	fn name(&self) -> StaticName {
		"If".into()
	}

	op_as_typed_op!();
}

impl EvalOp for Ready {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (plan, places) = &self.branches[usize::from(inputs[0].cast_to_scalar::<bool>()?)];
		plan.run(places.iter().map(|place| inputs[*place].clone()).collect())
	}
}

impl TypedOp for Ready {
	fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(self.outputs.clone())
	}

	as_op!();
}
