//! Operator sets that a file names more than once, which the engine refuses. skl2onnx does it, as
//! for a `LogisticRegression`.

use crate::{
	error::{shown, unfit},
	model::Model,
	proto::OperatorSetIdProto,
	Result,
};

/// Names each operator set once.
pub(crate) fn merge(model: &mut Model) -> Result<()> {
	let mut sets: Vec<OperatorSetIdProto> = Vec::new();
	let mut merged = Vec::new();
	for set in std::mem::take(&mut model.proto_mut().opset_import) {
		match sets.iter().find(|known| domain(known) == domain(&set)) {
			None => sets.push(set),
			Some(known) if known.version() == set.version() => merged.push(set),
			Some(known) => {
				let why = format!(
					"the operator set is named with versions {} and {}: export with one of them",
					known.version(),
					set.version()
				);
				return Err(unfit(domain(&set), why));
			},
		}
	}
	model.proto_mut().opset_import = sets;
	for set in merged {
		model.note(format!("operator set {} {}: named once", shown(domain(&set)), set.version()));
	}
	Ok(())
}

/// ONNX's own set has two names.
fn domain(set: &OperatorSetIdProto) -> &str {
	if set.domain().is_empty() {
		"ai.onnx"
	} else {
		set.domain()
	}
}
