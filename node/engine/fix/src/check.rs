//! Whether a graph is one: everything is made once, and before it is used.

use crate::{
	error::unfit,
	model::subgraphs,
	proto::{GraphProto, NodeProto},
	Result,
};
use std::collections::HashSet;

/// Names that are known at a place, with those around it.
struct Scope<'a> {
	names: HashSet<&'a str>,
	around: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
	fn has(&self, name: &str) -> bool {
		self.names.contains(name) || self.around.is_some_and(|around| around.has(name))
	}
}

/// Checks a graph, and those inside of it.
pub(crate) fn graph(graph: &GraphProto) -> Result<()> {
	within(graph, None)
}

fn within(graph: &GraphProto, around: Option<&Scope>) -> Result<()> {
	let inputs = graph.input.iter().map(|input| input.name());
	let weights = graph.initializer.iter().map(|weight| weight.name());
	let sparse = graph.sparse_initializer.iter().map(|weight| weight.values.name());
	let mut scope = Scope { names: inputs.chain(weights).chain(sparse).collect(), around };
	for node in &graph.node {
		for name in node.input.iter().filter(|name| !name.is_empty()) {
			if !scope.has(name) {
				return Err(unfit(name, format!("{} uses it before it is made", called(node))));
			}
		}
		subgraphs(node).try_for_each(|graph| within(graph, Some(&scope)))?;
		for name in node.output.iter().filter(|name| !name.is_empty()) {
			if !scope.names.insert(name) {
				return Err(unfit(name, format!("it is made twice, again by {}", called(node))));
			}
		}
	}
	let mut outputs = HashSet::new();
	for output in graph.output.iter().map(|output| output.name()) {
		if !scope.has(output) {
			return Err(unfit(output, "it is an output that nothing makes"));
		}
		if !outputs.insert(output) && around.is_none() {
			return Err(unfit(output, "it is an output twice"));
		}
	}
	Ok(())
}

fn called(node: &NodeProto) -> String {
	use crate::error::shown;
	match node.name() {
		"" => format!("an operator {}", shown(node.op_type())),
		name => format!("operator {}", shown(name)),
	}
}
