//! Squeeze without axes, which the engine does not take.

use crate::{
	data,
	error::shown,
	model::{ints, Model},
	shapes,
};

/// Gives a Squeeze that names no axes those of one element, where the shape before it is known.
pub(crate) fn complete(model: &mut Model) {
	let nodes = model.graph().node.iter().enumerate();
	let bare: Vec<usize> = nodes
		.filter(|(_, node)| node.op_type() == "Squeeze" && matches!(node.domain(), "" | "ai.onnx"))
		.filter(|(_, node)| node.input.len() == 1 && node.attribute.is_empty())
		.map(|(at, _)| at)
		.collect();
	if bare.is_empty() {
		return;
	}
	// Of one of them the next one can know its shape only once it has axes: as far as that goes.
	let shapes = shapes::infer(model.graph());
	let axes: Vec<(usize, Option<Vec<i64>>)> = bare
		.into_iter()
		.map(|at| {
			let shape = shapes.get(model.graph().node[at].input[0].as_str());
			let sizes = shape.and_then(|shape| shape.iter().copied().collect::<Option<Vec<i64>>>());
			(at, sizes.map(of_one_element))
		})
		.collect();
	for (at, axes) in axes {
		let name = shown(model.graph().node[at].name());
		let Some(axes) = axes else {
			model.note(format!(
				"note: Squeeze {name} names no axes, and its shape is not known: bind dimensions, or \
				 export the model with axes"
			));
			continue;
		};
		model.note(format!("Squeeze {name} has axes: {axes:?}"));
		if model.opset() < 13 {
			model.graph_mut().node[at].attribute.push(ints("axes", axes));
		} else {
			let weight = model.weight("axes", data::integers(&axes));
			model.graph_mut().node[at].input.push(weight);
		}
	}
}

fn of_one_element(sizes: Vec<i64>) -> Vec<i64> {
	let axes = sizes.iter().enumerate().filter(|(_, size)| **size == 1);
	axes.map(|(axis, _)| axis as i64).collect()
}
