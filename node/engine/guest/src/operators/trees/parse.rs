//! Reads ensembles from the attributes of nodes.

use super::{Aggregate, Ensemble, Mode, Next, Node, Transform};
use std::collections::{BTreeMap, BTreeSet};
use tract_onnx::{
	model::ParsingContext,
	pb::{NodeProto, TensorProto},
	tract_hir::internal::*,
};

/// The numbers of a list, if there is one.
fn floats(node: &NodeProto, name: &str) -> TractResult<Option<Vec<f64>>> {
	ensure!(
		!node.attribute.iter().any(|of| of.name.strip_suffix("_as_tensor") == Some(name)),
		"{name}_as_tensor is not supported"
	);
	let floats = node.get_attr_opt_slice::<f32>(name)?;
	Ok(floats.map(|floats| floats.iter().map(|float| f64::from(*float)).collect()))
}

/// Integers that are places or ids. What is negative is none that could be there.
fn places(node: &NodeProto, name: &str) -> TractResult<Vec<usize>> {
	let ints = node.get_attr_opt_slice::<i64>(name)?.unwrap_or_default();
	Ok(ints.iter().map(|int| usize::try_from(*int).unwrap_or(usize::MAX)).collect())
}

fn same_length<T>(name: &str, list: &[T], length: usize) -> TractResult<()> {
	ensure!(list.len() == length, "{} {name} of {length}", list.len());
	Ok(())
}

/// The form in which trees and nodes have ids, and leaves are among the nodes. The names of attributes
/// of leaves begin with `votes`.
pub fn with_ids(node: &NodeProto, votes: &str, targets: usize) -> TractResult<Ensemble> {
	let trees = places(node, "nodes_treeids")?;
	let ids = places(node, "nodes_nodeids")?;
	let features = places(node, "nodes_featureids")?;
	let modes = node.get_attr_opt_slice::<Vec<u8>>("nodes_modes")?.unwrap_or_default();
	let when_true = places(node, "nodes_truenodeids")?;
	let when_false = places(node, "nodes_falsenodeids")?;
	let values = floats(node, "nodes_values")?.unwrap_or_default();
	let count = ids.len();
	same_length("nodes_treeids", &trees, count)?;
	same_length("nodes_featureids", &features, count)?;
	same_length("nodes_modes", modes, count)?;
	same_length("nodes_truenodeids", &when_true, count)?;
	same_length("nodes_falsenodeids", &when_false, count)?;
	same_length("nodes_values", &values, count)?;
	let missing = node.get_attr_opt_vec::<bool>("nodes_missing_value_tracks_true")?;
	let missing = missing.unwrap_or_else(|| vec![false; count]);
	same_length("nodes_missing_value_tracks_true", &missing, count)?;

	let mut votes_of: BTreeMap<(usize, usize), Vec<(usize, f64)>> = BTreeMap::new();
	let of_votes = |what: &str| places(node, &format!("{votes}_{what}"));
	let (of_trees, of_nodes, of_targets) =
		(of_votes("treeids")?, of_votes("nodeids")?, of_votes("ids")?);
	let weights = floats(node, &format!("{votes}_weights"))?.unwrap_or_default();
	same_length("votes", &of_nodes, of_trees.len())?;
	same_length("votes", &of_targets, of_trees.len())?;
	same_length("votes", &weights, of_trees.len())?;
	for (at, weight) in weights.into_iter().enumerate() {
		let leaf = votes_of.entry((of_trees[at], of_nodes[at])).or_default();
		leaf.push((of_targets[at], weight));
	}

	// Places of the nodes that are left, and votes of the leaves.
	let mut nexts = BTreeMap::new();
	let mut branches = Vec::new();
	let mut all_votes = Vec::new();
	for at in 0..count {
		let id = (trees[at], ids[at]);
		let next = if modes[at] == b"LEAF" {
			let begin = all_votes.len();
			all_votes.extend(votes_of.remove(&id).unwrap_or_default());
			Next::Votes(begin, all_votes.len())
		} else {
			branches.push(at);
			Next::Node(branches.len() - 1)
		};
		ensure!(nexts.insert(id, next).is_none(), "node {} of tree {} is there twice", id.1, id.0);
	}
	let next = |tree: usize, id: usize| {
		let next = nexts.get(&(tree, id)).copied();
		next.with_context(|| format!("node {id} of tree {tree} is missing"))
	};
	let mut nodes = Vec::new();
	for at in branches {
		nodes.push(Node {
			feature: features[at],
			mode: mode(&modes[at])?,
			value: values[at],
			missing_is_true: missing[at],
			when_true: next(trees[at], when_true[at])?,
			when_false: next(trees[at], when_false[at])?,
		});
	}
	// The first node of a tree is its root.
	let mut roots = Vec::new();
	let mut seen = BTreeSet::new();
	for at in 0..count {
		if seen.insert(trees[at]) {
			roots.push(next(trees[at], ids[at])?);
		}
	}
	let aggregate: Option<String> = node.get_attr_opt("aggregate_function")?;
	let transform: Option<String> = node.get_attr_opt("post_transform")?;
	let ensemble = Ensemble {
		nodes,
		roots,
		votes: all_votes,
		members: Vec::new(),
		targets,
		base: floats(node, "base_values")?.unwrap_or_default(),
		aggregate: match aggregate.as_deref() {
			None | Some("SUM") => Aggregate::Sum,
			Some("AVERAGE") => Aggregate::Average,
			Some("MIN") => Aggregate::Min,
			Some("MAX") => Aggregate::Max,
			Some(other) => bail!("the aggregate_function {other} is not supported"),
		},
		transform: Transform::of(transform.as_deref().unwrap_or("NONE"))?,
	};
	ensemble.check()?;
	Ok(ensemble)
}

fn mode(name: &[u8]) -> TractResult<Mode> {
	Ok(match name {
		b"BRANCH_LEQ" => Mode::LessOrEqual,
		b"BRANCH_LT" => Mode::Less,
		b"BRANCH_GTE" => Mode::GreaterOrEqual,
		b"BRANCH_GT" => Mode::Greater,
		b"BRANCH_EQ" => Mode::Equal,
		b"BRANCH_NEQ" => Mode::NotEqual,
		_ => bail!("the mode {} is not supported", String::from_utf8_lossy(name)),
	})
}

/// The form in which nodes and leaves name each other by place. Also gives the type of the scores.
pub fn with_places(
	context: &ParsingContext,
	node: &NodeProto,
) -> TractResult<(Ensemble, DatumType)> {
	let tensor = |name: &str| -> TractResult<Option<Tensor>> {
		let tensor = node.get_attr_opt::<&TensorProto>(name)?;
		tensor.map(|tensor| context.load_tensor(tensor)).transpose()
	};
	let numbers = |tensor: &Tensor| -> TractResult<Vec<f64>> {
		let numbers = tensor.cast_to::<f64>()?;
		Ok(numbers.try_as_plain_ram()?.as_slice::<f64>()?.to_vec())
	};
	let features = places(node, "nodes_featureids")?;
	let when_true = places(node, "nodes_truenodeids")?;
	let when_false = places(node, "nodes_falsenodeids")?;
	let true_is_leaf = node.get_attr_vec::<bool>("nodes_trueleafs")?;
	let false_is_leaf = node.get_attr_vec::<bool>("nodes_falseleafs")?;
	let modes = tensor("nodes_modes")?.context("nodes_modes are missing")?;
	let modes = numbers(&modes)?;
	let splits = numbers(&tensor("nodes_splits")?.context("nodes_splits are missing")?)?;
	let count = features.len();
	let missing = node.get_attr_opt_vec::<bool>("nodes_missing_value_tracks_true")?;
	let missing = missing.unwrap_or_else(|| vec![false; count]);
	same_length("nodes_truenodeids", &when_true, count)?;
	same_length("nodes_falsenodeids", &when_false, count)?;
	same_length("nodes_trueleafs", &true_is_leaf, count)?;
	same_length("nodes_falseleafs", &false_is_leaf, count)?;
	same_length("nodes_modes", &modes, count)?;
	same_length("nodes_splits", &splits, count)?;
	same_length("nodes_missing_value_tracks_true", &missing, count)?;

	let weights = tensor("leaf_weights")?.context("leaf_weights are missing")?;
	let datum_type = weights.datum_type();
	ensure!(datum_type.is_float(), "weights of the type {datum_type:?}");
	let weights = numbers(&weights)?;
	let of_leaves = places(node, "leaf_targetids")?;
	same_length("leaf_targetids", &of_leaves, weights.len())?;
	let votes = of_leaves.into_iter().zip(weights).collect();

	// The sets of all nodes one after the other, with NaN after each.
	let members = tensor("membership_values")?.as_ref().map(numbers).transpose()?;
	let members = members.unwrap_or_default();
	let mut begin = 0;
	let mut set = || {
		let length = members.get(begin..)?.iter().position(|member| member.is_nan())?;
		let set = (begin, begin + length);
		begin = set.1 + 1;
		Some(set)
	};
	let next = |place: usize, is_leaf: bool| match is_leaf {
		true => Next::Votes(place, place.saturating_add(1)),
		false => Next::Node(place),
	};
	let mut nodes = Vec::new();
	for at in 0..count {
		nodes.push(Node {
			feature: features[at],
			mode: match modes[at] as u8 {
				0 => Mode::LessOrEqual,
				1 => Mode::Less,
				2 => Mode::GreaterOrEqual,
				3 => Mode::Greater,
				4 => Mode::Equal,
				5 => Mode::NotEqual,
				6 => {
					let (begin, end) = set().context("a set of membership_values is missing")?;
					Mode::Member(begin, end)
				},
				other => bail!("the mode {other} is not supported"),
			},
			value: splits[at],
			missing_is_true: missing[at],
			when_true: next(when_true[at], true_is_leaf[at]),
			when_false: next(when_false[at], false_is_leaf[at]),
		});
	}
	let ensemble = Ensemble {
		nodes,
		roots: places(node, "tree_roots")?.into_iter().map(Next::Node).collect(),
		votes,
		members,
		targets: node.get_attr_opt("n_targets")?.unwrap_or(1),
		base: Vec::new(),
		aggregate: match node.get_attr_opt::<i64>("aggregate_function")?.unwrap_or(1) {
			0 => Aggregate::Average,
			1 => Aggregate::Sum,
			2 => Aggregate::Min,
			3 => Aggregate::Max,
			other => bail!("the aggregate_function {other} is not supported"),
		},
		transform: match node.get_attr_opt::<i64>("post_transform")?.unwrap_or(0) {
			0 => Transform::None,
			1 => Transform::Softmax,
			2 => Transform::Logistic,
			3 => Transform::SoftmaxZero,
			other => bail!("the post_transform {other} is not supported"),
		},
	};
	ensemble.check()?;
	Ok((ensemble, datum_type))
}
