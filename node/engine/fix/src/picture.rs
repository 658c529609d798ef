//! Pictures as bytes.

use crate::{
	data,
	error::{form, shown, unfit},
	model::{self, node, to_f32, Model},
	proto::tensor_proto::DataType,
	Result,
};
use protobuf::Enum;

const FORM: &str =
	"INPUT=SCALE,MEAN,DEVIATION, each a number or one for each channel as R:G:B, DEVIATION not 0";

/// `x=SCALE,MEAN,DEVIATION`: input x, planes of f32, becomes bytes, and the graph computes
/// (byte * scale - mean) / deviation of them.
pub(crate) fn bytes(model: &mut Model, text: &str) -> Result<()> {
	let (name, numbers) = match text.rsplit_once('=') {
		Some((name, numbers)) => (name, numbers),
		None => (text, ""),
	};
	let [scale, mean, deviation] = parse(numbers).ok_or_else(|| form("u8", text, FORM))?;
	let at = model.input(name)?;
	let input = &model.graph().input[at];
	let dims = model::dims(input).filter(|dims| dims.len() == 4);
	let Some(dims) = dims.filter(|_| f32_input(input)) else {
		return Err(unfit(name, "it is no picture of f32 with four dimensions"));
	};
	let channels = [&scale, &mean, &deviation].iter().map(|part| part.len()).max().unwrap_or(1);
	let declared = model::size(&dims[1]).unwrap_or(channels as i64);
	if channels != 1 && declared != channels as i64 {
		return Err(unfit(name, format!("it has {declared} channels, not {channels}")));
	}
	// As one product and one sum.
	let of = |part: &[f32], channel: usize| part[channel % part.len()];
	let factor = |channel| of(&scale, channel) / of(&deviation, channel);
	let offset = |channel| -of(&mean, channel) / of(&deviation, channel);
	let factors: Vec<f32> = (0..channels).map(factor).collect();
	let offsets: Vec<f32> = (0..channels).map(offset).collect();
	if !factors.iter().chain(&offsets).all(|number| number.is_finite()) {
		return Err(form("u8", text, FORM));
	}

	let per_channel = [1, channels as i64, 1, 1];
	let taken = model.fresh(&format!("{name}_u8"));
	let as_float = model.fresh(&format!("{name}_f32"));
	let scaled = model.fresh(&format!("{name}_scaled"));
	let factor = model.weight(&format!("{name}_scale"), data::floats(&per_channel, &factors));
	let offset = model.weight(&format!("{name}_offset"), data::floats(&per_channel, &offsets));
	model.first(vec![
		node("Cast", &[&taken], &[&as_float], to_f32()),
		node("Mul", &[&as_float, &factor], &[&scaled], vec![]),
		node("Add", &[&scaled, &offset], &[name], vec![]),
	]);
	let input = &mut model.graph_mut().input[at];
	input.set_name(taken.clone());
	let tensor = input.type_.mut_or_insert_default().mut_tensor_type();
	tensor.set_elem_type(DataType::UINT8.value());
	let (was, now) = (shown(name), shown(&taken));
	model.note(format!("input {was} is {now} of bytes, scaled by {factors:?}, {offsets:?} added"));
	Ok(())
}

fn f32_input(input: &crate::proto::ValueInfoProto) -> bool {
	input.type_.tensor_type().elem_type() == DataType::FLOAT.value()
}

/// Scale, mean and deviation; what is not given changes nothing. Their numbers of channels agree.
fn parse(text: &str) -> Option<[Vec<f32>; 3]> {
	let mut parts = [vec![1.0], vec![0.0], vec![1.0]];
	if text.is_empty() {
		return Some(parts);
	}
	for (at, part) in text.split(',').enumerate() {
		let numbers: Result<Vec<f32>, _> = part.split(':').map(str::parse).collect();
		*parts.get_mut(at)? = numbers.ok()?;
	}
	let channels = parts.iter().map(Vec::len).max()?;
	parts.iter().all(|part| part.len() == 1 || part.len() == channels).then_some(parts)
}
