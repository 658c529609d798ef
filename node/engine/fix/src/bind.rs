//! Open dimensions that get a size, and inputs that get a value.

use crate::{
	data,
	error::{form, shown, unfit},
	model::{self, Model},
	proto::{tensor_shape_proto::Dimension, ValueInfoProto},
	Result,
};

const FORM: &str = "NAME=SIZE or INPUT:AXIS=SIZE, with a size of at least 1";

/// Largest input that becomes a constant, in bytes.
const MAX_CONSTANT: u64 = 64 << 20;

/// `name=48`, or `x:2=48`: the third dimension of input x. Outputs are left as they are: their sizes
/// follow, and some exporters give one name to dimensions that have nothing in common.
pub(crate) fn dimension(model: &mut Model, text: &str) -> Result<()> {
	let (name, size) = text.rsplit_once('=').ok_or_else(|| form("dim", text, FORM))?;
	let size: i64 = size.parse().map_err(|_| form("dim", text, FORM))?;
	if size < 1 || name.is_empty() {
		return Err(form("dim", text, FORM));
	}
	if !bind_named(&mut model.graph_mut().input, name, size) {
		return at_axis(model, name, size);
	}
	model.note(format!("dimension {} is {size}", shown(name)));
	Ok(())
}

/// Whether there was a dimension of this name.
fn bind_named(values: &mut [ValueInfoProto], name: &str, size: i64) -> bool {
	let mut found = false;
	for dim in values.iter_mut().filter_map(dims_mut).flatten() {
		if dim.has_dim_param() && dim.dim_param() == name {
			dim.set_dim_value(size);
			found = true;
		}
	}
	found
}

fn at_axis(model: &mut Model, name: &str, size: i64) -> Result<()> {
	let place = name.rsplit_once(':').and_then(|(input, axis)| Some((input, axis.parse().ok()?)));
	let Some((input, axis)) = place else {
		let names = open_dimensions(model);
		return Err(unfit(name, format!("the inputs have no such dimension; open are: {names}")));
	};
	let at = model.input(input)?;
	let axis: usize = axis;
	let dim = dims_mut(&mut model.graph_mut().input[at]).and_then(|dims| dims.get_mut(axis));
	match dim {
		None => return Err(unfit(name, "the input has no such dimension")),
		Some(dim) if model::size(dim).is_some_and(|was| was != size) => {
			return Err(unfit(name, format!("it is not open, but {}", dim.dim_value())))
		},
		Some(dim) => dim.set_dim_value(size),
	}
	model.note(format!("dimension {axis} of input {} is {size}", shown(input)));
	Ok(())
}

/// How open dimensions of the inputs are called on the command line.
fn open_dimensions(model: &Model) -> String {
	const MAX_NAMES: usize = 10;
	let mut names = Vec::new();
	for input in &model.graph().input {
		for (axis, dim) in model::dims(input).unwrap_or_default().iter().enumerate() {
			if model::size(dim).is_none() {
				names.push(match dim.dim_param() {
					"" => format!("{}:{axis}", shown(input.name())),
					name => shown(name),
				});
			}
		}
	}
	names.dedup();
	names.truncate(MAX_NAMES);
	if names.is_empty() {
		return "none".into();
	}
	names.join(", ")
}

fn dims_mut(value: &mut ValueInfoProto) -> Option<&mut Vec<Dimension>> {
	let kind = value.type_.as_mut()?;
	if !kind.has_tensor_type() {
		return None;
	}
	Some(&mut kind.mut_tensor_type().shape.as_mut()?.dim)
}

/// `sr=16000`: an input that is always this number.
pub(crate) fn constant(model: &mut Model, text: &str) -> Result<()> {
	let wrong = || form("constant", text, "INPUT=NUMBER");
	let (name, number) = text.rsplit_once('=').ok_or_else(wrong)?;
	let at = model.input(name)?;
	let input = &model.graph().input[at];
	let Some(dims) = model::sizes(input) else {
		return Err(unfit(name, "it has open dimensions: bind them first, with --dim"));
	};
	let (data_type, element) = data::number(input.type_.tensor_type().elem_type(), number)?;
	let count = data::count(&dims)
		.filter(|count| count.saturating_mul(element.len() as u64) <= MAX_CONSTANT)
		.ok_or_else(|| unfit(name, "it is too large for a constant"))?;
	let mut tensor = data::tensor(data_type, &dims, element.repeat(count as usize));
	tensor.set_name(name.into());
	model.graph_mut().input.remove(at);
	model.graph_mut().initializer.push(tensor);
	model.note(format!("input {} is always {number}", shown(name)));
	Ok(())
}
