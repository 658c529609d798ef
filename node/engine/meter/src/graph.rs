//! Which functions count their frames.
//!
//! A stack without end has a function in it that calls itself, by way of others or not. So it is
//! enough to count one function of each such circle. These are counted:
//!
//! - each function after whose call nothing is reached, such as one that panics, unless it is a
//!   leaf;
//! - of the functions that are left, each that can come to call itself without one of the former.
//!
//! A call by a place in the table is a call of each function in the table that has the type.
//!
//! What is not counted can stand on the stack once below each of the former, and in no other case
//! twice. So the height of each of the former includes the highest stack of functions that are not
//! counted.

use crate::shape::{Callee, Shape};

/// The height of each function that counts, by its number among those that are defined.
pub fn heights(shape: &Shape) -> Vec<Option<u32>> {
	let imports = shape.imports as usize;
	let first_types = shape.first_types();
	let first = |ty: u32| first_types.get(ty as usize).copied().unwrap_or(ty) as usize;
	let functions = shape.functions.len();

	let mut ends = vec![false; functions];
	for callee in shape.bodies.iter().flat_map(|body| &body.calls) {
		if let Callee::End(function) = *callee {
			let function = function as usize;
			let body = function.checked_sub(imports).and_then(|at| shape.bodies.get(at));
			if body.is_some_and(|body| !body.calls.is_empty()) {
				ends[function] = true;
			}
		}
	}

	// Behind the functions, a node for each type.
	let mut graph = vec![Vec::new(); functions + first_types.len()];
	for (at, body) in shape.bodies.iter().enumerate() {
		let callees = body.calls.iter().map(|callee| match *callee {
			Callee::Function(function) | Callee::End(function) => function as usize,
			Callee::Type(ty) => functions + first(ty),
		});
		graph[imports + at] =
			callees.filter(|callee| !ends.get(*callee).is_some_and(|end| *end)).collect();
	}
	for function in &shape.in_table {
		let function = *function as usize;
		if let (Some(ty), Some(false)) = (shape.functions.get(function), ends.get(function)) {
			graph[functions + first(*ty)].push(function);
		}
	}

	let circles = Circles::of(&graph);
	// The highest stack of what is not counted, from each circle on; callees come first.
	let mut highest = vec![0u32; circles.members.len()];
	for (circle, members) in circles.members.iter().enumerate() {
		let mut below = 0;
		let mut own = 0;
		for node in members {
			let callees = graph[*node].iter().map(|callee| circles.of[*callee]);
			below = callees.filter(|of| *of != circle).map(|of| highest[of]).fold(below, u32::max);
			if !circles.turns[circle] && !ends.get(*node).is_some_and(|end| *end) {
				let body = node.checked_sub(imports).and_then(|at| shape.bodies.get(at));
				own = body.filter(|_| *node < functions).map_or(0, |body| body.frame);
			}
		}
		highest[circle] = below.saturating_add(own);
	}
	let uncounted = highest.into_iter().max().unwrap_or_default();
	let bodies = shape.bodies.iter().enumerate();
	let heights = bodies.map(|(at, body)| {
		let node = imports + at;
		if ends[node] {
			Some(body.frame.saturating_add(uncounted))
		} else {
			circles.turns[circles.of[node]].then_some(body.frame)
		}
	});
	heights.collect()
}

/// Nodes of a graph that can be reached from each other (Tarjan's algorithm).
struct Circles {
	/// The circle of each node.
	of: Vec<usize>,
	/// The nodes of each circle. What a circle leads to has a smaller number.
	members: Vec<Vec<usize>>,
	/// Whether a node of the circle can be reached from itself.
	turns: Vec<bool>,
}

impl Circles {
	fn of(graph: &[Vec<usize>]) -> Circles {
		const NONE: usize = usize::MAX;
		let mut circles =
			Circles { of: vec![NONE; graph.len()], members: Vec::new(), turns: Vec::new() };
		let (mut order, mut low) = (vec![NONE; graph.len()], vec![NONE; graph.len()]);
		let mut count = 0;
		let mut open = Vec::new();
		for root in 0..graph.len() {
			// Nodes on the way, and how many of their edges were followed.
			let mut way = vec![(root, 0)];
			while let Some((node, edge)) = way.pop() {
				if edge == 0 {
					if order[node] != NONE {
						continue;
					}
					(order[node], low[node]) = (count, count);
					count += 1;
					open.push(node);
				} else {
					let from = graph[node][edge - 1];
					if circles.of[from] == NONE {
						low[node] = low[node].min(low[from]);
					}
				}
				if let Some(next) = graph[node].get(edge) {
					way.push((node, edge + 1));
					way.push((*next, 0));
					continue;
				}
				if low[node] == order[node] {
					let at = open.iter().rposition(|open| *open == node).unwrap_or_default();
					let members = open.split_off(at);
					members.iter().for_each(|member| circles.of[*member] = circles.members.len());
					circles.turns.push(members.len() > 1 || graph[node].contains(&node));
					circles.members.push(members);
				}
			}
		}
		circles
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn circles_should_be_found_when_they_lead_to_each_other() {
		// 0 → 1 → 2 → 1, 2 → 3, 4 → 4, 0 → 4
		let circles = Circles::of(&[vec![1, 4], vec![2], vec![1, 3], vec![], vec![4]]);
		assert_eq!(circles.of[1], circles.of[2]);
		let turns = |node: usize| circles.turns[circles.of[node]];
		assert_eq!([0, 1, 2, 3, 4].map(turns), [false, true, true, false, true]);
		assert!(circles.of[3] < circles.of[1] && circles.of[1] < circles.of[0]);
		assert!(circles.of[4] < circles.of[0]);
	}
}
