//! Loading: makes a model that runs of an ONNX file, or refuses the file.

use crate::{
	binding, branches, describe,
	file::File,
	generation::{self, Generator, Settings, Step},
	loaded::{Loaded, Model},
	operators,
	optimise::optimise,
	refusal::Refusal,
	sharing::Sharing,
	values::dtype,
	weights,
};
use opg_engine_types::{
	dims::{Dims, MAX_NAME},
	report::{Description, Generation, Port},
	tensor, wire, Reason,
};
use tract_onnx::{
	model::Onnx,
	pb,
	prelude::*,
	tract_core::ops::{logic::IfThenElse, scan::Scan},
	tract_hir::infer::{DimFact, Factoid, ShapeFactoid},
};

/// Checks the file, reads it and prepares it.
pub fn load(mut file: File, dims: &Dims) -> Result<Loaded, Refusal> {
	let outline = wire::outline(&mut file).map_err(|e| Refusal::new(e.reason(), e.to_string()))?;
	// Shapes noted for outputs and values inside are hints that a file can get wrong; without
	// them tract infers its own.
	let mut onnx = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
	branches::register(&mut onnx.op_register);
	operators::register(&mut onnx.op_register);
	weights::register(&mut onnx.op_register);
	let mut proto = onnx
		.proto_model_for_read(&mut &outline[..])
		.map_err(|e| Refusal::new(Reason::Malformed, format!("not ONNX: {e:#}")))?;
	drop(outline);
	let graph = proto
		.graph
		.as_mut()
		.ok_or_else(|| Refusal::new(Reason::Malformed, "the file has no graph"))?;
	weights::restore_attributes(graph).map_err(|e| not_loadable("read", e))?;
	match generation::settings(&mut proto)? {
		Some(settings) => generator(&onnx, proto, dims, settings),
		None => {
			let (description, model) = analyse(&onnx, proto, dims, tensor::MAX_TENSORS)?;
			Ok(Loaded { description, model: Model::Plan(prepare(model)?) })
		},
	}
}

/// Prepares a step graph for one token and for a block, with the same weights.
fn generator(
	onnx: &Onnx,
	proto: pb::ModelProto,
	dims: &Dims,
	settings: Settings,
) -> Result<Loaded, Refusal> {
	let Settings { context, block, .. } = settings;
	let bound = |sequence: usize| -> Result<Dims, Refusal> {
		let mut bound = dims.clone();
		let bind = bound.bind(generation::SEQUENCE, sequence as u64);
		bind.map_err(|e| Refusal::new(Reason::BadBinding, e.to_string()))?;
		Ok(bound)
	};
	let (dims_of_one, dims_of_block) = (bound(1)?, bound(block)?);
	let sharing = Sharing::begin();
	let (description, one) = analyse(onnx, proto.clone(), &dims_of_one, generation::MAX_PORTS)?;
	let places = generation::places(&description, &settings, 1)?;
	let (of_block, many) = analyse(onnx, proto, &dims_of_block, generation::MAX_PORTS)?;
	let places_of_block = generation::places(&of_block, &settings, block)?;
	if places != places_of_block {
		let message = "the caches or the vocabulary of a step graph depend on `sequence`";
		return Err(Refusal::new(Reason::BadGenerator, message));
	}
	sharing.all_is_read();
	let vocabulary = places.vocabulary as u64;
	let one = Step { plan: prepare(one)?, places, sequence: 1 };
	let block = Step { plan: prepare(many)?, places: places_of_block, sequence: block };
	let description = Description {
		inputs: generation::inputs(context),
		outputs: generation::outputs(context),
		dims: dims.iter().map(|(name, size)| (name.to_owned(), size)).collect(),
		generation: Some(Generation {
			context: context as u64,
			block: block.sequence as u64,
			vocabulary,
			..Generation::default()
		}),
		..description
	};
	let model = Model::Generator(Generator { settings, one, block });
	Ok(Loaded { description, model })
}

fn not_loadable(what: &str, e: TractError) -> Refusal {
	Refusal::new(Reason::NotLoadable, format!("cannot {what} the model: {e:#}"))
}

/// Checks the graph with these dimensions bound, and finds out its types and shapes. It may have so many
/// inputs, and as many outputs.
fn analyse(
	onnx: &Onnx,
	mut proto: pb::ModelProto,
	dims: &Dims,
	max_ports: usize,
) -> Result<(Description, TypedModel), Refusal> {
	let graph = proto
		.graph
		.as_mut()
		.ok_or_else(|| Refusal::new(Reason::Malformed, "the file has no graph"))?;
	binding::bind(graph, dims)?;
	let outputs = output_names(graph, max_ports)?;
	let mut description = describe::describe(&proto, dims)?;

	if let Some(graph) = &mut proto.graph {
		operators::write_out(graph)?;
		operators::check(graph, &operators::Shapes::new())?;
		weights::make_constants(graph);
	}
	let mut model = onnx.model_for_proto_model(&proto).map_err(|e| not_loadable("load", e))?;
	model.analyse(false).map_err(|e| not_loadable("analyse", e))?;
	if let Some(graph) = &proto.graph {
		operators::check(graph, &operators::shapes(&model))?;
	}
	drop(proto);
	description.inputs = inputs(&model, max_ports)?;
	let typed = model.into_typed().map_err(|e| not_loadable("analyse", e))?;
	check_closed(&typed)?;
	description.outputs = describe::outputs(&typed, &outputs)?;
	Ok((description, typed))
}

/// Optimises the model.
fn prepare(mut model: TypedModel) -> Result<Arc<TypedRunnableModel>, Refusal> {
	optimise(&mut model)
		.and_then(|()| model.into_runnable())
		.map_err(|e| not_loadable("prepare", e))
}

fn output_names(graph: &pb::GraphProto, most: usize) -> Result<Vec<String>, Refusal> {
	let outputs: Vec<String> = graph.output.iter().map(|o| o.name.clone()).collect();
	if outputs.is_empty() || outputs.len() > most {
		let message = format!("{} outputs; 1 to {most} are allowed", outputs.len());
		return Err(Refusal::new(Reason::BadOutputs, message));
	}
	let known = |name: &String| {
		graph.node.iter().any(|node| node.output.contains(name))
			|| graph.input.iter().any(|input| input.name == *name)
			|| graph.initializer.iter().any(|tensor| tensor.name == *name)
	};
	let twice = outputs.iter().enumerate().find(|(i, name)| outputs[..*i].contains(name));
	if let Some((_, name)) = twice {
		return Err(Refusal::new(Reason::BadOutputs, format!("`{name}` is an output twice")));
	}
	match outputs.iter().find(|name| !known(name)) {
		Some(name) => {
			Err(Refusal::new(Reason::BadOutputs, format!("nothing computes the output `{name}`")))
		},
		None => Ok(outputs),
	}
}

fn inputs(model: &InferenceModel, most: usize) -> Result<Vec<Port>, Refusal> {
	let not_loadable = |e: TractError| Refusal::new(Reason::NotLoadable, e.to_string());
	let outlets = model.input_outlets().map_err(not_loadable)?;
	if outlets.len() > most {
		let message = format!("{} inputs; {most} are allowed", outlets.len());
		return Err(Refusal::new(Reason::UnsupportedFeature, message));
	}
	outlets
		.iter()
		.map(|outlet| {
			let name = model.node(outlet.node).name.clone();
			let fact = model.outlet_fact(*outlet).map_err(not_loadable)?;
			let dtype = fact.datum_type().and_then(dtype).ok_or_else(|| {
				let message = format!("the type of input `{name}` is not supported");
				Refusal::new(Reason::UnsupportedType, message)
			})?;
			let shape = fact.shape.as_concrete_finite().map_err(not_loadable)?;
			let shape = shape.ok_or_else(|| open(&name, &fact.shape))?;
			if shape.len() > tensor::MAX_RANK || name.len() > MAX_NAME {
				let message =
					"an input with so many dimensions, or so long a name, is not supported";
				return Err(Refusal::new(Reason::UnsupportedFeature, message));
			}
			let shape = shape.iter().map(|dim| *dim as u64).collect();
			Ok(Port { name, dtype, shape })
		})
		.collect()
}

/// The refusal of an input that has an open dimension: says how it can be bound.
fn open(input: &str, shape: &ShapeFactoid) -> Refusal {
	let known = |dim: &DimFact| {
		dim.concretize().is_some_and(|dim| dim.to_i64().is_ok_and(|size| size >= 0))
	};
	let message = match shape.dims().position(|dim| !known(dim)) {
		Some(axis) => format!(
			"input `{input}` has an open dimension, `{input}:{axis}`; bind it, or export with fixed shapes"
		),
		None => format!("input `{input}` has no fixed number of dimensions"),
	};
	Refusal::new(Reason::OpenDimension, message)
}

/// Checks that every shape is known, also inside the bodies of control flow.
fn check_closed(model: &TypedModel) -> Result<(), Refusal> {
	for node in model.nodes() {
		if node.outputs.iter().any(|output| output.fact.shape.as_concrete().is_none()) {
			let message = format!(
				"the shape of `{}` depends on the input's values; only fixed shapes are supported",
				node.name
			);
			return Err(Refusal::new(Reason::OpenDimension, message));
		}
		if let Some(scan) = node.op_as::<Scan>() {
			check_closed(&scan.body)?;
		}
		if let Some(branches) = node.op_as::<IfThenElse>() {
			check_closed(&branches.then_body)?;
			check_closed(&branches.else_body)?;
		}
	}
	Ok(())
}
