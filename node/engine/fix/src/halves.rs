//! Weights in half of the space.

use crate::{
	data,
	model::{node, to_f32, Model},
	proto::tensor_proto::DataType,
	Result,
};
use half::f16;
use protobuf::Enum;

/// Elements below which a weight is left as it is.
const MIN: u64 = 256;

/// Weights as f16, computed with as f32, where all of their numbers are in its range.
pub(crate) fn weights(model: &mut Model) -> Result<()> {
	let (mut casts, mut saved) = (Vec::new(), 0);
	for at in 0..model.graph().initializer.len() {
		let weight = &model.graph().initializer[at];
		let large = data::count(&weight.dims).is_some_and(|count| count >= MIN);
		if weight.data_type() != DataType::FLOAT.value() || !large {
			continue;
		}
		let halves: Vec<f16> = data::read_floats(weight)?.into_iter().map(f16::from_f32).collect();
		if !halves.iter().all(|number| number.is_finite()) {
			continue;
		}
		let name = weight.name().to_owned();
		let short = model.fresh(&format!("{name}_f16"));
		casts.push(node("Cast", &[&short], &[&name], to_f32()));
		saved += halves.len() * 2;
		let weight = &mut model.graph_mut().initializer[at];
		weight.float_data.clear();
		weight.set_name(short);
		weight.set_data_type(DataType::FLOAT16.value());
		weight.set_raw_data(halves.iter().flat_map(|number| number.to_le_bytes()).collect());
	}
	model.note(format!("weights stored as f16: {}, {saved} bytes less", casts.len()));
	model.first(casts);
	Ok(())
}
