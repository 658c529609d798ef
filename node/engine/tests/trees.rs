//! Ensembles of decision trees.

#![allow(clippy::unwrap_used)]

mod common;

use common::{attributes::*, operators::*, *};
use opg_engine::{tensor::Tensor, ModelFault, Reason};

/// Two trees of a comparison and two leaves each, on features 0 and 1. Leaves have the ids 1 and 2.
struct Trees<'a> {
	modes: [&'a str; 2],
	values: [f32; 2],
	missing: [i64; 2],
	/// Where the comparison leads when it holds.
	when_true: [i64; 2],
}

const TREES: Trees<'static> = Trees {
	modes: ["BRANCH_LEQ", "BRANCH_GTE"],
	values: [0.5, 2.0],
	missing: [0, 1],
	when_true: [1, 1],
};

/// Votes of the four leaves in their order: class or target, and weight.
fn attributes(trees: &Trees<'_>, prefix: &str, votes: &[(i64, f32); 4]) -> Vec<Vec<u8>> {
	let [first, second] = trees.modes;
	let name = |what: &str| format!("{prefix}_{what}");
	vec![
		of_ints("nodes_treeids", &[0, 0, 0, 1, 1, 1]),
		of_ints("nodes_nodeids", &[0, 1, 2, 0, 1, 2]),
		// Exporters write -2 for the features of leaves.
		of_ints("nodes_featureids", &[0, -2, -2, 1, -2, -2]),
		of_texts("nodes_modes", &[first, "LEAF", "LEAF", second, "LEAF", "LEAF"]),
		of_floats("nodes_values", &[trees.values[0], 0.0, 0.0, trees.values[1], 0.0, 0.0]),
		of_ints("nodes_truenodeids", &[trees.when_true[0], 0, 0, trees.when_true[1], 0, 0]),
		of_ints("nodes_falsenodeids", &[2, 0, 0, 2, 0, 0]),
		of_ints(
			"nodes_missing_value_tracks_true",
			&[trees.missing[0], 0, 0, trees.missing[1], 0, 0],
		),
		of_ints(&name("treeids"), &[0, 0, 1, 1]),
		of_ints(&name("nodeids"), &[1, 2, 1, 2]),
		of_ints(&name("ids"), &votes.map(|(id, _)| id)),
		of_floats(&name("weights"), &votes.map(|(_, weight)| weight)),
	]
}

fn regressor(trees: &Trees<'_>, votes: &[(i64, f32); 4], more: &[Vec<u8>]) -> [Vec<u8>; 3] {
	let attributes = [attributes(trees, "target", votes), more.to_vec()].concat();
	[
		input("x", FLOAT, &[4, 2]),
		of_ml("TreeEnsembleRegressor", &["x"], &["y"], &attributes),
		output("y"),
	]
}

/// Each way through both trees, and a NaN on its way.
fn rows() -> [Tensor; 1] {
	[tensor("x", &[4, 2], &[0.5, 2.0, 0.75, 1.0, f32::NAN, f32::NAN, -1.0, 1.5])]
}

const VOTES: [(i64, f32); 4] = [(0, 1.0), (0, -2.0), (0, 0.25), (0, 4.0)];

#[test]
fn scores_should_be_put_together_over_the_trees() {
	// Leaves by row: (1.0, 0.25), (-2.0, 4.0), (-2.0, 0.25), (1.0, 4.0).
	for (aggregate, expected) in [
		("SUM", [1.25, 2.0, -1.75, 5.0]),
		("AVERAGE", [0.625, 1.0, -0.875, 2.5]),
		("MIN", [0.25, -2.0, -2.0, 1.0]),
		("MAX", [1.0, 4.0, 0.25, 4.0]),
	] {
		let aggregate = [of_text("aggregate_function", aggregate)];
		gives(&regressor(&TREES, &VOTES, &aggregate), &rows(), &[(&[4, 1], &expected)]);
	}
	let base = [of_floats("base_values", &[10.0])];
	gives(&regressor(&TREES, &VOTES, &base), &rows(), &[(&[4, 1], &[11.25, 12.0, 8.25, 15.0])]);
}

#[test]
fn features_should_be_compared_as_the_mode_says() {
	// Features 0: 0.5, 0.75, NaN, -1.
	for (mode, expected) in [
		("BRANCH_LEQ", [1.0, -2.0, -2.0, 1.0]),
		("BRANCH_LT", [-2.0, -2.0, -2.0, 1.0]),
		("BRANCH_GTE", [1.0, 1.0, -2.0, -2.0]),
		("BRANCH_GT", [-2.0, 1.0, -2.0, -2.0]),
		("BRANCH_EQ", [1.0, -2.0, -2.0, -2.0]),
		("BRANCH_NEQ", [-2.0, 1.0, 1.0, 1.0]),
	] {
		let trees = Trees { modes: [mode, "BRANCH_LEQ"], ..TREES };
		let votes = [(0, 1.0), (0, -2.0), (0, 0.0), (0, 0.0)];
		gives(&regressor(&trees, &votes, &[]), &rows(), &[(&[4, 1], &expected)]);
	}
}

#[test]
fn a_score_should_be_kept_for_each_target() {
	let votes = [(0, 1.0), (1, -2.0), (1, 0.25), (0, 4.0)];
	gives(
		&regressor(&TREES, &votes, &[of_int("n_targets", 2)]),
		&rows(),
		&[(&[4, 2], &[1.0, 0.25, 4.0, -2.0, 0.0, -1.75, 5.0, 0.0])],
	);
}

fn classifier(votes: &[(i64, f32); 4], more: &[Vec<u8>]) -> [Vec<u8>; 4] {
	let attributes = [attributes(&TREES, "class", votes), more.to_vec()].concat();
	[
		input("x", FLOAT, &[4, 2]),
		of_ml("TreeEnsembleClassifier", &["x"], &["label", "scores"], &attributes),
		output("label"),
		output("scores"),
	]
}

#[test]
fn the_class_with_the_highest_score_should_win() {
	let votes = [(0, 1.0), (1, 2.0), (2, 0.25), (1, 4.0)];
	let labels = [of_ints("classlabels_int64s", &[10, 20, 30])];
	gives(
		&classifier(&votes, &labels),
		&rows(),
		&[
			(&[4], &[10.0, 20.0, 20.0, 20.0]),
			(&[4, 3], &[1.0, 0.0, 0.25, 0.0, 6.0, 0.0, 0.0, 2.0, 0.25, 1.0, 4.0, 0.0]),
		],
	);
}

#[test]
fn one_of_two_classes_should_be_scored_by_the_votes_of_the_other() {
	let labels = of_ints("classlabels_int64s", &[10, 20]);
	let scores = [1.25f32, 2.0, -1.75, 5.0];
	let both =
		|of: &dyn Fn(f32) -> [f32; 2]| scores.iter().flat_map(|s| of(*s)).collect::<Vec<_>>();
	for (transform, expected) in [
		("NONE", both(&|score| [-score, score])),
		("LOGISTIC", both(&|score| [1.0 / (1.0 + score.exp()), 1.0 / (1.0 + (-score).exp())])),
	] {
		gives(
			&classifier(&VOTES, &[labels.clone(), of_text("post_transform", transform)]),
			&rows(),
			&[(&[4], &[20.0, 20.0, 10.0, 20.0]), (&[4, 2], &expected)],
		);
	}
	// Weights that are all positive are probabilities.
	let votes = [(0, 0.25), (0, 0.5), (0, 0.125), (0, 0.25)];
	gives(
		&classifier(&votes, &[labels]),
		&rows(),
		&[
			(&[4], &[10.0, 20.0, 20.0, 10.0]),
			(&[4, 2], &[0.625, 0.375, 0.25, 0.75, 0.375, 0.625, 0.5, 0.5]),
		],
	);
}

/// The newer form: a tree of two comparisons, of which the second looks in a set.
fn ensemble(roots: &[i64], true_ids: &[i64], members: &[f32]) -> [Vec<u8>; 3] {
	let floats = |name: &str, values: &[f32]| {
		let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
		of_tensor(name, FLOAT, values.len() as u64, &data)
	};
	[
		input("x", FLOAT, &[4, 2]),
		of_ml(
			"TreeEnsemble",
			&["x"],
			&["y"],
			&[
				of_int("n_targets", 1),
				of_ints("tree_roots", roots),
				of_tensor("nodes_modes", UINT8, 2, &[0, 6]),
				of_ints("nodes_featureids", &[0, 1]),
				floats("nodes_splits", &[0.5, 0.0]),
				of_ints("nodes_truenodeids", true_ids),
				of_ints("nodes_trueleafs", &[0, 1]),
				of_ints("nodes_falsenodeids", &[0, 1]),
				of_ints("nodes_falseleafs", &[1, 1]),
				floats("membership_values", members),
				of_ints("leaf_targetids", &[0, 0, 0]),
				floats("leaf_weights", &[7.0, 8.0, 9.0]),
			],
		),
		output("y"),
	]
}

#[test]
fn a_feature_should_be_looked_for_in_a_set() {
	let graph = ensemble(&[0], &[1, 2], &[1.5, 7.0, f32::NAN]);
	gives(&graph, &rows(), &[(&[4, 1], &[8.0, 7.0, 7.0, 9.0])]);
}

#[test]
fn trees_should_be_refused_when_they_name_what_is_not_there() {
	let refused = |graph: &[Vec<u8>], words: &str| {
		let run = run(graph, &rows());
		assert_eq!(run.reason, Some(Reason::NotLoadable), "{}", run.message);
		assert!(run.message.contains(words), "{}", run.message);
	};
	let trees = Trees { when_true: [9, 1], ..TREES };
	refused(&regressor(&trees, &VOTES, &[]), "node 9 of tree 0 is missing");
	let trees = Trees { modes: ["BRANCH_MEMBER", "BRANCH_LEQ"], ..TREES };
	refused(&regressor(&trees, &VOTES, &[]), "is not supported");
	let votes = [(0, 1.0), (1, 1.0), (0, 1.0), (0, 1.0)];
	refused(&regressor(&TREES, &votes, &[]), "a leaf is of no target");
	refused(&regressor(&TREES, &VOTES, &[of_int("n_targets", i64::MAX)]), "targets");
	refused(&regressor(&TREES, &VOTES, &[of_floats("base_values", &[1.0; 3])]), "base values");
	refused(&regressor(&TREES, &VOTES, &[of_text("post_transform", "PROBIT")]), "PROBIT");
	refused(&classifier(&VOTES, &[of_texts("classlabels_strings", &["a", "b"])]), "integers");
	refused(&ensemble(&[0], &[2, 2], &[f32::NAN]), "a child is missing");
	refused(&ensemble(&[5], &[1, 2], &[f32::NAN]), "a child is missing");
	refused(&ensemble(&[0], &[1, 3], &[f32::NAN]), "a child is missing");
	refused(&ensemble(&[0], &[1, 2], &[1.0]), "membership_values");
	let narrow = [vec![input("x", FLOAT, &[4, 1])], regressor(&TREES, &VOTES, &[])[1..].to_vec()];
	let run = run(&narrow.concat(), &[tensor("x", &[4, 1], &[0.0; 4])]);
	assert!(run.message.contains("features up to 2"), "{}", run.message);
}

#[test]
fn a_tree_that_goes_in_a_circle_should_end() {
	let trees = Trees { when_true: [0, 1], ..TREES };
	let run = run(&regressor(&trees, &VOTES, &[]), &rows());
	assert_eq!(run.outcome, Err(ModelFault::BadInput), "{}", run.message);
	assert_eq!(run.reason, Some(Reason::RunFailed));
	assert!(run.message.contains("circle"), "{}", run.message);
}
