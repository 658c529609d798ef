//! What is kept of outputs.

use super::*;

#[test]
fn an_output_should_become_the_places_of_its_largest_numbers() {
	let (after, report) = changed(scores(), &["--argmax", "scores"]).unwrap();
	let added = &after.graph.node[2];
	assert_eq!((added.op_type(), &added.input[..]), ("ArgMax", &["scores".to_owned()][..]));
	let of = |name: &str| added.attribute.iter().find(|about| about.name() == name).unwrap().i();
	assert_eq!((of("axis"), of("keepdims")), (-1, 0));
	assert_eq!(report.outputs, ["scores_argmax: i64 [2]", "others: f32 [2, 10]"]);
	let (_, report) = changed(scores(), &["--argmax", "others:0"]).unwrap();
	assert_eq!(report.outputs, ["scores: f32 [2, 10]", "others_argmax: i64 [10]"]);
}

#[test]
fn an_axis_should_be_counted_from_the_start_for_old_operators() {
	let mut proto = scores();
	proto.opset_import[0].set_version(10);
	let (after, _) = changed(proto, &["--argmax", "scores:-2"]).unwrap();
	assert_eq!(after.graph.node[2].attribute[0].i(), 0);
}

#[test]
fn an_output_should_become_its_largest_numbers_and_their_places() {
	let (after, report) = changed(scores(), &["--top", "scores=3"]).unwrap();
	assert_eq!(after.graph.node[2].input, ["scores", "k"]);
	assert_eq!(after.graph.node[2].output, ["scores_top", "scores_top_1"]);
	assert_eq!(weight(&after, "k"), &named("k", integers(&[3])));
	assert_eq!(report.outputs[..2], ["scores_top: f32 [2, 3]", "scores_top_1: i64 [2, 3]"]);
}

#[test]
fn the_number_of_the_largest_should_be_an_attribute_for_old_operators() {
	let mut proto = scores();
	proto.opset_import[0].set_version(9);
	let (after, _) = changed(proto, &["--top", "scores=3"]).unwrap();
	assert_eq!(after.graph.node[2].input, ["scores"]);
	assert_eq!(after.graph.node[2].attribute[1].i(), 3);
}

/// A hidden state of 1 by 6 by 8, and a mask.
fn hidden(tokens: Dimension) -> ModelProto {
	let x = || f32_value("x", vec![fixed(1), tokens.clone(), fixed(8)]);
	let y = f32_value("hidden", vec![fixed(1), tokens.clone(), fixed(8)]);
	let mask = i64_value("mask", vec![fixed(1), tokens.clone()]);
	model(vec![x(), mask], vec![y], vec![node("Relu", &["x"], &["hidden"], vec![])], vec![])
}

#[test]
fn tokens_should_be_pooled_over_the_mask() {
	let (after, report) = changed(hidden(fixed(6)), &["--pool", "hidden=mask"]).unwrap();
	let added = ["Cast", "Reshape", "MatMul", "MatMul", "Div", "Reshape", "LpNormalization"];
	assert_eq!(operators(&after)[1..], added);
	assert_eq!(weight(&after, "row"), &named("row", integers(&[1, 1, 6])));
	assert_eq!(weight(&after, "flat"), &named("flat", integers(&[1, 8])));
	assert_eq!(report.outputs, ["hidden_pooled: f32 [1, 8]"]);
}

#[test]
fn tokens_should_be_pooled_once_their_number_is_bound() {
	let proto = || hidden(open("tokens"));
	assert!(refusal(proto(), &["--pool", "hidden=mask"]).contains("both bound: with --dim"));
	let (_, report) = changed(proto(), &["--dim=tokens=6", "--pool=hidden=mask"]).unwrap();
	assert_eq!(report.outputs, ["hidden_pooled: f32 [1, 8]"]);
}

#[test]
fn outputs_should_be_kept_in_the_order_that_is_asked_for() {
	let (after, _) = changed(scores(), &["--keep", "others,scores"]).unwrap();
	assert_eq!(after.graph.output[0].name(), "others");
	let (after, report) = changed(scores(), &["--top=scores=2", "--keep=scores_top_1"]).unwrap();
	assert_eq!(after.graph.output.len(), 1);
	assert_eq!(report.outputs, ["scores_top_1: i64 [2, 2]"]);
}

#[test]
fn an_end_should_be_refused_with_the_cause() {
	for (arguments, cause) in [
		(["--argmax", "logits"], "there is no output logits; there are: scores, others"),
		(["--argmax", "scores:2"], "it has no axis 2, but 2 dimensions"),
		(["--argmax", "scores:-9223372036854775808"], "it has no axis"),
		(["--top", "scores"], "must be OUTPUT=COUNT"),
		(["--top", "scores=0"], "must be OUTPUT=COUNT"),
		(["--top", "scores=11"], "it has only 10 on its last axis"),
		(["--pool", "scores"], "must be OUTPUT=MASK"),
		(["--pool", "scores=x"], "it has not three dimensions"),
		(["--pool", "scores=mask"], "there is no input mask"),
		(["--keep", "scores,"], "there is no output"),
		(["--keep", "scores,scores"], "kept twice"),
	] {
		let said = refusal(scores(), &arguments);
		assert!(said.contains(cause), "{arguments:?}: {said}");
	}
}

#[test]
fn names_that_are_taken_should_not_be_given_again() {
	let mut proto = scores();
	proto.graph.as_mut().unwrap().output[1].set_name("scores_argmax".into());
	proto.graph.as_mut().unwrap().node[1].output[0] = "scores_argmax".into();
	let (after, _) = changed(proto, &["--argmax", "scores"]).unwrap();
	assert_eq!(after.graph.output[0].name(), "scores_argmax_");
}
