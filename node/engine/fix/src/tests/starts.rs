//! Dimensions, constants, bytes and weights.

use super::*;

#[test]
fn a_dimension_should_be_bound_by_its_name_in_all_inputs() {
	let mut proto = picture();
	proto.graph.as_mut().unwrap().input.push(i64_value("z", vec![fixed(2), open("batch")]));
	let (after, report) = changed(proto, &["--dim", "batch=5"]).unwrap();
	assert_eq!(report.inputs, ["x: f32 [5, 3, ?, 4]", "z: i64 [2, 5]"]);
	assert_eq!(after.graph.output, picture().graph.output);
	assert_eq!(report.changes, ["dimension batch is 5"]);
}

#[test]
fn a_dimension_should_be_bound_by_input_and_axis() {
	let (after, _) = changed(picture(), &["--dim", "x:2=48", "--dim", "x:0=1"]).unwrap();
	let sizes = crate::model::sizes(&after.graph.input[0]).unwrap();
	assert_eq!(sizes, [1, 3, 48, 4]);
}

#[test]
fn a_dimension_should_be_refused_with_the_cause() {
	for (argument, cause) in [
		("batch", "must be NAME=SIZE"),
		("batch=0", "must be NAME=SIZE"),
		("batch=-1", "must be NAME=SIZE"),
		("height=4", "open are: batch, x:2"),
		("y:2=4", "there is no input y; there are: x"),
		("x:4=4", "no such dimension"),
		("x:1=4", "it is not open, but 3"),
	] {
		let said = refusal(picture(), &["--dim", argument]);
		assert!(said.contains(cause), "{argument}: {said}");
	}
}

#[test]
fn an_input_should_become_a_constant_of_its_type() {
	let proto = || {
		model(
			vec![i64_value("rate", vec![fixed(2)]), f32_value("open", vec![open("n")])],
			vec![i64_value("y", vec![fixed(2)])],
			vec![node("Identity", &["rate"], &["y"], vec![])],
			vec![],
		)
	};
	let (after, report) = changed(proto(), &["--constant", "rate=-16000"]).unwrap();
	assert_eq!(weight(&after, "rate").dims, [2]);
	assert_eq!(weight(&after, "rate").raw_data(), [(-16000i64).to_le_bytes(); 2].concat());
	assert_eq!(report.inputs, ["open: f32 [n]"]);
	for (argument, cause) in [
		("rate=0.5", "a number that the input's type has"),
		("open=1", "bind them first"),
		("size=1", "there is no input size"),
	] {
		let said = refusal(proto(), &["--constant", argument]);
		assert!(said.contains(cause), "{argument}: {said}");
	}
}

#[test]
fn a_constant_should_not_be_larger_than_a_model() {
	let huge = vec![fixed(i64::MAX), fixed(i64::MAX)];
	let proto = model(vec![f32_value("x", huge)], vec![], vec![], vec![]);
	assert!(refusal(proto, &["--constant", "x=0"]).contains("too large"));
}

#[test]
fn a_picture_should_be_scaled_in_the_graph_per_channel() {
	let given = "x=0.5,1:2:3,4";
	let (after, report) = changed(picture(), &["--u8", given]).unwrap();
	assert_eq!(operators(&after), ["Cast", "Mul", "Add", "Relu"]);
	assert_eq!(after.graph.input[0].name(), "x_u8");
	assert_eq!(after.graph.node[2].output, ["x"]);
	let numbers = |name| crate::data::read_floats(weight(&after, name)).unwrap();
	assert_eq!(numbers("x_scale"), [0.125; 3]);
	assert_eq!(numbers("x_offset"), [-0.25, -0.5, -0.75]);
	assert_eq!(weight(&after, "x_offset").dims, [1, 3, 1, 1]);
	assert_eq!(report.inputs, ["x_u8: u8 [batch, 3, ?, 4]"]);
}

#[test]
fn a_picture_should_be_refused_with_the_cause() {
	for (argument, cause) in [
		("x=1,,1", "must be INPUT=SCALE"),
		("x=1,2,3,4", "must be INPUT=SCALE"),
		("x=1,2,0", "DEVIATION not 0"),
		("x=1:2,1:2:3", "must be INPUT=SCALE"),
		("x=1:2", "it has 3 channels, not 2"),
		("y", "there is no input y"),
	] {
		let said = refusal(picture(), &["--u8", argument]);
		assert!(said.contains(cause), "{argument}: {said}");
	}
	assert!(refusal(scores(), &["--u8", "x"]).contains("no picture of f32"));
}

fn linear(numbers: &[f32]) -> ModelProto {
	let count = numbers.len() as i64;
	model(
		vec![f32_value("x", vec![fixed(count)])],
		vec![f32_value("y", vec![fixed(count)])],
		vec![node("Add", &["x", "w"], &["y"], vec![])],
		vec![named("w", floats(&[count], numbers))],
	)
}

#[test]
fn large_weights_should_be_halves_that_are_cast_before_their_use() {
	let (after, report) = changed(linear(&[1.5; 256]), &["--half"]).unwrap();
	assert_eq!(operators(&after), ["Cast", "Add"]);
	let short = weight(&after, "w_f16");
	assert_eq!(short.data_type(), DataType::FLOAT16.value());
	assert_eq!(short.raw_data(), [0x00, 0x3e].repeat(256));
	assert_eq!(after.graph.node[0].output, ["w"]);
	assert_eq!(report.changes, ["weights stored as f16: 1, 512 bytes less"]);
}

#[test]
fn weights_should_be_left_where_they_are_few_or_too_large_for_halves() {
	for numbers in [vec![1.0; 255], vec![1e6; 256]] {
		let (after, _) = changed(linear(&numbers), &["--half"]).unwrap();
		assert_eq!(after, linear(&numbers));
	}
}

#[test]
fn weights_should_be_refused_where_their_number_is_not_that_of_their_shape() {
	let mut proto = linear(&[1.0; 256]);
	proto.graph.as_mut().unwrap().initializer[0].dims = vec![257];
	assert!(refusal(proto, &["--half"]).contains("another number of elements"));
}

#[test]
fn weights_that_old_files_list_as_inputs_should_be_none() {
	let mut proto = linear(&[1.0; 4]);
	proto.set_ir_version(3);
	proto.graph.as_mut().unwrap().input.push(f32_value("w", vec![fixed(4)]));
	let (after, report) = changed(proto, &[]).unwrap();
	assert_eq!((after.graph.input.len(), after.ir_version()), (1, 4));
	assert_eq!(report.changes.len(), 2);
}

fn operator_set(domain: &str, version: i64) -> OperatorSetIdProto {
	let mut set = OperatorSetIdProto::new();
	set.set_domain(domain.into());
	set.set_version(version);
	set
}

#[test]
fn an_operator_set_that_is_named_twice_should_be_named_once() {
	let mut proto = picture();
	let sets = [("ai.onnx.ml", 1), ("", 17), ("", 17), ("ai.onnx", 17), ("ai.onnx.ml", 1)];
	proto.opset_import = sets.map(|(domain, version)| operator_set(domain, version)).into();
	let (after, report) = changed(proto.clone(), &[]).unwrap();
	assert_eq!(after.opset_import, proto.opset_import[..2]);
	let said = ["operator set ai.onnx 17: named once"; 2];
	assert_eq!(report.changes, [said[0], said[1], "operator set ai.onnx.ml 1: named once"]);
	assert_eq!(after.graph, proto.graph);
}

#[test]
fn operator_sets_of_two_versions_should_be_refused() {
	let mut proto = picture();
	proto.opset_import.push(operator_set("ai.onnx", 9));
	let why = "ai.onnx: the operator set is named with versions 17 and 9: export with one of them";
	assert_eq!(refusal(proto, &[]), why);
}

/// A Squeeze without axes after a linear layer of one output.
fn squeezed(opset: i64) -> ModelProto {
	let mut proto = model(
		vec![f32_value("x", vec![open("batch"), fixed(3)])],
		vec![f32_value("y", vec![])],
		vec![
			node("Gemm", &["x", "w"], &["one"], vec![]),
			node("Sigmoid", &["one"], &["likely"], vec![]),
			node("Squeeze", &["likely"], &["y"], vec![]),
		],
		vec![named("w", floats(&[3, 1], &[1.0; 3]))],
	);
	proto.opset_import[0].set_version(opset);
	proto
}

#[test]
fn a_squeeze_should_get_axes_where_the_shape_before_it_is_known() {
	let (after, report) = changed(squeezed(17), &["--dim", "batch=1"]).unwrap();
	assert_eq!(after.graph.node[2].input, ["likely", "axes"]);
	assert_eq!(weight(&after, "axes"), &named("axes", integers(&[0, 1])));
	assert!(report.to_string().contains("has axes: [0, 1]"));
	let (after, _) = changed(squeezed(11), &["--dim", "batch=4"]).unwrap();
	assert_eq!(after.graph.node[2].attribute[0].ints, [1]);
}

#[test]
fn a_squeeze_should_be_left_with_a_note_where_the_shape_is_not_known() {
	let (after, report) = changed(squeezed(17), &[]).unwrap();
	assert_eq!(after, squeezed(17));
	assert!(report.to_string().contains("bind dimensions"), "{report}");
}
