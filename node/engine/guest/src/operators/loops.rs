//! The operator `Loop`, unrolled: its body is copied for each turn. So the number of turns must be known
//! when the model is loaded, by the trip count or by conditions that follow from constants and shapes.
//! What a body makes of its state may have another shape in each turn.

use super::{wired::Built, MAX_NODES};
use crate::branches::inline;
use std::sync::Arc;
use tract_onnx::{
	model::{OnnxOpRegister, ParseResult, ParsingContext},
	pb::NodeProto,
	tract_core::ops::array::TypedConcat,
	tract_hir::internal::*,
};

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("Loop", parse);
}

#[derive(Clone, Debug)]
struct Loop {
	/// Its inputs are the number of the turn, the condition, the state, and what it takes from around.
	/// Its outputs are the condition, the state, and the parts of what is put together of all turns.
	body: InferenceModel,
	has_count: bool,
	has_condition: bool,
	/// Tensors of the state.
	states: usize,
	/// Places of the outputs that are not left out.
	outputs: Vec<usize>,
	unrolled: Option<Arc<Unrolled>>,
}

#[derive(Debug)]
struct Unrolled {
	/// The node's inputs, of which it follows.
	inputs: TVec<InferenceFact>,
	/// The body for each turn, analysed.
	turns: Vec<InferenceModel>,
	/// Nodes of all turns, with those of loops inside.
	nodes: usize,
}

fn parse(context: &ParsingContext, node: &NodeProto) -> Built {
	let ParseResult { model: body, unresolved_inputs, .. } =
		context.parse_graph(node.get_attr("body")?)?;
	let given = |place: usize| node.input.get(place).is_some_and(|name| !name.is_empty());
	let states = node.input.len().saturating_sub(2);
	ensure!((2..node.input.len()).all(given), "a part of a Loop's state is missing");
	ensure!(
		body.inputs.len() == 2 + states + unresolved_inputs.len(),
		"the body of a Loop takes other inputs than it is given"
	);
	ensure!(body.outputs.len() > states, "the body of a Loop gives too few outputs");
	let outputs = node.output.iter().enumerate().filter(|(_, name)| !name.is_empty());
	let outputs: Vec<usize> = outputs.map(|(place, _)| place).collect();
	ensure!(
		outputs.iter().all(|place| *place < body.outputs.len() - 1),
		"the body of a Loop gives too few outputs"
	);
	let (has_count, has_condition) = (given(0), given(1));
	let operator = Loop { body, has_count, has_condition, states, outputs, unrolled: None };
	Ok((Box::new(operator), unresolved_inputs))
}

unequal!(Loop);

impl Op for Loop {
	fn name(&self) -> StaticName {
		"Loop".into()
	}

	not_a_typed_op!();
}

impl EvalOp for Loop {
	not_out_of_plan!();
}

impl Loop {
	/// Places before the state among the inputs.
	fn skipped(&self) -> usize {
		usize::from(self.has_count) + usize::from(self.has_condition)
	}

	/// `None` if what decides about the turns is not known yet.
	fn unroll(&self, inputs: &TVec<InferenceFact>) -> TractResult<Option<Unrolled>> {
		let (parameters, given) = inputs.split_at(self.skipped());
		let count = match parameters.first().filter(|_| self.has_count) {
			Some(count) => number(count)?,
			None => Some(i64::MAX),
		};
		let condition = match parameters.last().filter(|_| self.has_condition) {
			Some(condition) => truth(condition)?,
			None => Some(true),
		};
		let (Some(count), Some(mut goes_on)) = (count, condition) else { return Ok(None) };
		if !given.iter().all(|fact| fact.datum_type.is_concrete() && fact.shape.is_concrete()) {
			return Ok(None);
		}
		let (states, captured) = given.split_at(self.states);
		let mut states = states.to_vec();
		let (mut turns, mut nodes) = (Vec::new(), 0);
		while goes_on && (turns.len() as i64) < count {
			let mut turn = self.body.clone();
			let own: [InferenceFact; 2] =
				[tensor0(turns.len() as i64).into(), tensor0(true).into()];
			let facts = own.into_iter().chain(states).chain(captured.iter().cloned());
			for (place, fact) in facts.enumerate() {
				turn.set_input_fact(place, fact)?;
			}
			turn.analyse(false).with_context(|| format!("in turn {} of a Loop", turns.len()))?;
			nodes += size(&turn);
			ensure!(nodes <= MAX_NODES, "a Loop has more than {MAX_NODES} nodes when unrolled");
			// After the last turn that the count allows, the condition does not matter.
			if (turns.len() as i64) + 1 < count {
				match truth(turn.output_fact(0)?)? {
					Some(condition) => goes_on = condition,
					None => return Ok(None),
				}
			}
			let next = (1..=self.states).map(|place| turn.output_fact(place).cloned());
			states = next.collect::<TractResult<_>>()?;
			turns.push(turn);
		}
		Ok(Some(Unrolled { inputs: inputs.clone(), turns, nodes }))
	}

	/// Facts of the output at this place.
	fn output(&self, unrolled: &Unrolled, place: usize) -> TractResult<InferenceFact> {
		let turns = &unrolled.turns;
		if place < self.states {
			return match turns.last() {
				Some(turn) => turn.output_fact(place + 1).cloned(),
				None => Ok(unrolled.inputs[self.skipped() + place].clone()),
			};
		}
		let mut fact = InferenceFact::default();
		for turn in turns {
			fact.unify_with(&turn.output_fact(place + 1)?.clone().without_value())
				.context("what the turns of a Loop give has different shapes")?;
		}
		Ok(match fact.shape.concretize().filter(|_| !turns.is_empty()) {
			Some(mut shape) => {
				shape.insert(0, turns.len().to_dim());
				fact.with_shape(shape)
			},
			None => InferenceFact { shape: ShapeFactoid::default(), ..fact },
		})
	}
}

/// Nodes of a graph, and of loops in it.
fn size(model: &InferenceModel) -> usize {
	let loops = model.nodes().iter().filter_map(|node| node.op_as::<Loop>()?.unrolled.as_ref());
	model.nodes().len() + loops.map(|unrolled| unrolled.nodes).sum::<usize>()
}

/// The value, if it is known.
fn number(fact: &InferenceFact) -> TractResult<Option<i64>> {
	let Some(value) = fact.value.concretize() else { return Ok(None) };
	let value = value.cast_to::<i64>()?;
	let value = value.try_as_plain_ram()?.as_slice::<i64>()?.first().copied();
	value.context("the trip count of a Loop is empty").map(Some)
}

/// The condition, if it is known.
fn truth(fact: &InferenceFact) -> TractResult<Option<bool>> {
	let Some(value) = fact.value.concretize() else { return Ok(None) };
	let value = value.try_as_plain_ram()?.as_slice::<bool>()?.first().copied();
	value.context("the condition of a Loop is empty").map(Some)
}

impl InferenceOp for Loop {
	fn infer_facts(
		&mut self,
		inputs: TVec<&InferenceFact>,
		outputs: TVec<&InferenceFact>,
		observed: TVec<&InferenceFact>,
	) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
		let cloned = |facts: TVec<&InferenceFact>| -> TVec<InferenceFact> {
			facts.into_iter().cloned().collect()
		};
		let (inputs, mut outputs) = (cloned(inputs), cloned(outputs));
		if self.unrolled.as_ref().is_none_or(|unrolled| unrolled.inputs != inputs) {
			self.unrolled = self.unroll(&inputs)?.map(Arc::new);
		}
		if let Some(unrolled) = &self.unrolled {
			for (output, place) in outputs.iter_mut().zip(&self.outputs) {
				output.unify_with(&self.output(unrolled, *place)?)?;
			}
		}
		Ok((inputs, outputs, cloned(observed)))
	}

	fn nboutputs(&self) -> TractResult<usize> {
		Ok(self.outputs.len())
	}

	fn to_typed(
		&self,
		_source: &InferenceModel,
		node: &InferenceNode,
		target: &mut TypedModel,
		mapping: &HashMap<OutletId, OutletId>,
	) -> TractResult<TVec<OutletId>> {
		let unrolled = self.unrolled.as_ref().context(
			"the number of a Loop's turns depends on the input's values; only fixed ones are supported",
		)?;
		let inputs: TVec<OutletId> = node.inputs.iter().map(|outlet| mapping[outlet]).collect();
		let (states, captured) = inputs[self.skipped()..].split_at(self.states);
		let mut states: TVec<OutletId> = states.into();
		let mut parts = vec![TVec::new(); self.body.outputs.len() - 1 - self.states];
		for (number, turn) in unrolled.turns.iter().enumerate() {
			let name = target.unique_name(format!("{}.{number}", node.name)).into_owned();
			let place = target.add_const(format!("{name}.turn"), tensor0(number as i64))?;
			let condition = target.add_const(format!("{name}.condition"), tensor0(true))?;
			let given: TVec<OutletId> = [place, condition]
				.into_iter()
				.chain(states.iter().copied())
				.chain(captured.iter().copied())
				.collect();
			let outputs = inline(turn, &name, &given, target)?;
			ensure!(
				target.nodes().len() <= MAX_NODES,
				"the model has more than {MAX_NODES} nodes when its loops are unrolled"
			);
			states = outputs[1..=self.states].into();
			for (part, output) in parts.iter_mut().zip(&outputs[1 + self.states..]) {
				part.push(*output);
			}
		}
		let output = |place: &usize| match states.get(*place) {
			Some(state) => Ok(*state),
			None => {
				let name = format!("{}.output.{place}", node.name);
				put_together(target, &name, &parts[place - self.states])
			},
		};
		self.outputs.iter().map(output).collect()
	}

	as_op!();
}

/// What the turns have given, one after the other along a new axis.
fn put_together(target: &mut TypedModel, name: &str, parts: &[OutletId]) -> TractResult<OutletId> {
	let first = parts.first().context("a Loop without a turn gives no shape")?;
	let fact = target.outlet_fact(*first)?.without_value();
	let mut rows = TVec::new();
	for (number, part) in parts.iter().enumerate() {
		let of_part = target.outlet_fact(*part)?;
		ensure!(
			of_part.shape == fact.shape && of_part.datum_type == fact.datum_type,
			"what the turns of a Loop give has different shapes"
		);
		let name = target.unique_name(format!("{name}.{number}")).into_owned();
		rows.extend(target.wire_node(name, AxisOp::Add(0), &[*part])?);
	}
	let name = target.unique_name(name).into_owned();
	let together = target.wire_node(name, TypedConcat::new(0), &rows)?;
	together.first().copied().context("a concatenation has no output")
}
