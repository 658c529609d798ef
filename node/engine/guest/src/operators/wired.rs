//! Operators that are put together from tract's: each is a function that wires it, once the types and
//! shapes of its inputs are known. What it gives follows from wiring it into an empty model.

use std::{fmt, sync::Arc};
use tract_onnx::{
	pb::NodeProto,
	tract_core::ops::{cast::cast, change_axes::wire_rank_broadcast},
	tract_hir::internal::*,
};

/// What the parser of an operator gives.
pub type Built = TractResult<(Box<dyn InferenceOp>, Vec<String>)>;

type Wiring = dyn Fn(&mut Wires<'_>) -> TractResult<TVec<OutletId>> + Send + Sync;

/// An operator for this node. The function gives all outputs that the operator has, from the first on;
/// the node may leave out some.
pub fn wired(
	node: &NodeProto,
	wiring: impl Fn(&mut Wires<'_>) -> TractResult<TVec<OutletId>> + Send + Sync + 'static,
) -> Built {
	let given = |names: &[String]| {
		let places = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
		places.map(|(place, _)| place).collect()
	};
	let operator = Wired {
		name: node.op_type.clone(),
		inputs: given(&node.input),
		outputs: given(&node.output),
		wiring: Arc::new(wiring),
	};
	Ok((Box::new(operator), Vec::new()))
}

#[derive(Clone)]
struct Wired {
	name: String,
	/// Places of the inputs and outputs that are not left out.
	inputs: Vec<usize>,
	outputs: Vec<usize>,
	wiring: Arc<Wiring>,
}

impl Wired {
	fn wire(
		&self,
		prefix: &str,
		model: &mut TypedModel,
		inputs: &[OutletId],
	) -> TractResult<TVec<OutletId>> {
		let inputs = self.inputs.iter().copied().zip(inputs.iter().copied()).collect();
		let mut wires = Wires { model, prefix, inputs };
		let outputs = (self.wiring)(&mut wires)?;
		let output = |place: &usize| {
			let output = outputs.get(*place).copied();
			output.with_context(|| format!("{} has no output {place}", self.name))
		};
		self.outputs.iter().map(output).collect()
	}

	/// Facts of the outputs.
	fn facts(&self, inputs: TVec<TypedFact>) -> TractResult<TVec<InferenceFact>> {
		let mut model = TypedModel::default();
		let sources = inputs.into_iter().enumerate();
		let sources: TVec<OutletId> = sources
			.map(|(place, fact)| model.add_source(format!("source.{place}"), fact))
			.collect::<TractResult<_>>()?;
		let outputs = self.wire("wired", &mut model, &sources)?;
		outputs.iter().map(|output| Ok(model.outlet_fact(*output)?.into())).collect()
	}
}

impl fmt::Debug for Wired {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.name)
	}
}

unequal!(Wired);

impl Op for Wired {
	fn name(&self) -> StaticName {
		self.name.clone().into()
	}

	not_a_typed_op!();
}

impl EvalOp for Wired {
	not_out_of_plan!();
}

impl InferenceOp for Wired {
	fn infer_facts(
		&mut self,
		inputs: TVec<&InferenceFact>,
		outputs: TVec<&InferenceFact>,
		observed: TVec<&InferenceFact>,
	) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
		let known: TractResult<TVec<TypedFact>> =
			inputs.iter().map(|fact| TypedFact::try_from(*fact)).collect();
		let mut outputs: TVec<InferenceFact> = outputs.into_iter().cloned().collect();
		// What is wrong with the inputs may be that not all is known of them yet. If it is more than
		// that, `to_typed` says it.
		if let Ok(facts) = known.and_then(|known| self.facts(known)) {
			for (output, fact) in outputs.iter_mut().zip(&facts) {
				output.unify_with(fact)?;
			}
		}
		let cloned = |facts: TVec<&InferenceFact>| facts.into_iter().cloned().collect();
		Ok((cloned(inputs), outputs, cloned(observed)))
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
		let inputs: TVec<OutletId> = node.inputs.iter().map(|outlet| mapping[outlet]).collect();
		self.wire(&node.name, target, &inputs).with_context(|| format!("{self:?} `{}`", node.name))
	}

	as_op!();
}

/// What an operator is wired into.
pub struct Wires<'a> {
	model: &'a mut TypedModel,
	prefix: &'a str,
	/// By their places.
	inputs: HashMap<usize, OutletId>,
}

impl Wires<'_> {
	/// The input at this place, if there is one.
	pub fn optional(&self, place: usize) -> Option<OutletId> {
		self.inputs.get(&place).copied()
	}

	/// The input at this place.
	pub fn input(&self, place: usize) -> TractResult<OutletId> {
		self.optional(place).with_context(|| format!("input {place} is missing"))
	}

	/// How many inputs there are, with those that are left out between them.
	pub fn places(&self) -> usize {
		self.inputs.keys().max().map_or(0, |last| last + 1)
	}

	pub fn datum_type(&self, outlet: OutletId) -> TractResult<DatumType> {
		Ok(self.model.outlet_fact(outlet)?.datum_type)
	}

	pub fn shape(&self, outlet: OutletId) -> TractResult<TVec<usize>> {
		let shape = self.model.outlet_fact(outlet)?.shape.as_concrete();
		Ok(shape.context("a shape is not known")?.into())
	}

	/// The value of a constant.
	pub fn known(&self, outlet: OutletId) -> TractResult<Arc<Tensor>> {
		let value = self.model.outlet_fact(outlet)?.konst.clone();
		value.context("a parameter depends on the input's values; only constants are supported")
	}

	/// The integers of a constant.
	pub fn integers(&self, outlet: OutletId) -> TractResult<Vec<i64>> {
		let value = self.known(outlet)?;
		let value = value.cast_to::<i64>()?;
		Ok(value.try_as_plain_ram()?.as_slice::<i64>()?.to_vec())
	}

	/// The constant at this place, as `f32`: itself, if it is that.
	pub fn floats(&mut self, place: usize) -> TractResult<OutletId> {
		let given = self.input(place)?;
		let value = self.known(given)?;
		if value.datum_type() == DatumType::F32 {
			return Ok(given);
		}
		let floats = value.cast_to::<f32>()?.into_owned();
		self.constant(floats)
	}

	pub fn constant(&mut self, value: impl IntoArcTensor) -> TractResult<OutletId> {
		let name = self.name();
		self.model.add_const(name, value)
	}

	/// A number of the type that this outlet has.
	pub fn number(&mut self, number: f32, like: OutletId) -> TractResult<OutletId> {
		let datum_type = self.datum_type(like)?;
		self.constant(tensor0(number).cast_to_dt(datum_type)?.into_owned())
	}

	/// The first output of an operator.
	pub fn add(
		&mut self,
		operator: impl Into<Box<dyn TypedOp>>,
		inputs: &[OutletId],
	) -> TractResult<OutletId> {
		let name = self.name();
		first(self.model.wire_node(name, operator, inputs)?)
	}

	/// The same for an operator on tensors of which the one with fewer dimensions gets more in front.
	pub fn broadcast(
		&mut self,
		operator: impl Into<Box<dyn TypedOp>>,
		inputs: &[OutletId],
	) -> TractResult<OutletId> {
		let name = self.name();
		let inputs = wire_rank_broadcast(name, self.model, inputs)?;
		self.add(operator, &inputs)
	}

	pub fn cast(&mut self, outlet: OutletId, to: DatumType) -> TractResult<OutletId> {
		if self.datum_type(outlet)? == to {
			Ok(outlet)
		} else {
			self.add(cast(to), &[outlet])
		}
	}

	/// The outputs of one of tract's operators on ONNX's level.
	pub fn expand(
		&mut self,
		expansion: &dyn Expansion,
		inputs: &[OutletId],
	) -> TractResult<TVec<OutletId>> {
		let name = self.name();
		expansion.wire(&name, self.model, inputs)
	}

	/// The outputs of a function, which have these types and shapes.
	pub fn compute(
		&mut self,
		name: &'static str,
		outputs: &[(DatumType, &[usize])],
		inputs: &[OutletId],
		function: impl Fn(TVec<TValue>) -> TractResult<TVec<Tensor>> + Send + Sync + 'static,
	) -> TractResult<TVec<OutletId>> {
		let facts = outputs.iter().map(|(datum_type, shape)| datum_type.fact(*shape)).collect();
		let computed = Computed { name, facts, function: Arc::new(function) };
		let name = self.name();
		self.model.wire_node(name, computed, inputs)
	}

	/// A name for a node.
	fn name(&self) -> String {
		self.model.unique_name(format!("{}.{}", self.prefix, self.model.nodes().len())).into_owned()
	}
}

fn first(outputs: TVec<OutletId>) -> TractResult<OutletId> {
	outputs.first().copied().context("an operator has no output")
}

type Function = dyn Fn(TVec<TValue>) -> TractResult<TVec<Tensor>> + Send + Sync;

/// An operator that is a function.
#[derive(Clone)]
struct Computed {
	name: &'static str,
	/// Of the outputs.
	facts: TVec<TypedFact>,
	function: Arc<Function>,
}

impl fmt::Debug for Computed {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name)
	}
}

unequal!(Computed);

impl Op for Computed {
	fn name(&self) -> StaticName {
		self.name.into()
	}

	op_as_typed_op!();
}

impl EvalOp for Computed {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let outputs = (self.function)(inputs)?;
		Ok(outputs.into_iter().map(IntoTValue::into_tvalue).collect())
	}
}

impl TypedOp for Computed {
	fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(self.facts.clone())
	}

	as_op!();
}
