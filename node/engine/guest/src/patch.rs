//! Patches of a model, and the loop of passes that make them: what tract does with both, without its
//! search of the whole model for a twin of each new node. Nothing comes of that search, and it takes
//! most of the time of a model with some thousand nodes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use tract_onnx::{
	prelude::*,
	tract_core::{
		internal::InletId,
		ops::{dummy::Dummy, source::TypedSource},
		optim::{Optimizer, OptimizerSession, TypedPass},
	},
};

/// Runs the passes again and again, until none of them changes the model.
pub fn optimise(optimizer: &Optimizer, model: &mut TypedModel) -> TractResult<()> {
	let _proofs = model.symbols.proof_cache_session();
	model.compact()?;
	let mut session = optimizer.session();
	let mut seen = HashSet::new();
	let mut passes = optimizer.passes.clone();
	// Changes of the model, and how many there were when each pass found nothing.
	let mut changes = 0u64;
	let mut done = vec![None; passes.len()];
	while done.iter().any(|done| *done != Some(changes)) {
		for (pass, done) in passes.iter_mut().zip(&mut done) {
			while *done != Some(changes) {
				*done = Some(changes);
				if run(pass.as_mut(), &mut session, &mut seen, model)? {
					model.compact()?;
					changes += 1;
				}
			}
		}
	}
	Ok(())
}

/// Applies what a pass finds until it finds nothing more. Whether the model has changed.
fn run(
	pass: &mut dyn TypedPass,
	session: &mut OptimizerSession<'_>,
	seen: &mut HashSet<String>,
	model: &mut TypedModel,
) -> TractResult<bool> {
	pass.reset()?;
	let mut changed = false;
	while let Some(mut patch) = pass.next(session, model)? {
		if patch.dont_apply_twice.take().is_some_and(|watchdog| !seen.insert(watchdog)) {
			continue;
		}
		apply(patch, model)?;
		changed = true;
	}
	Ok(pass.run_direct(model)? || changed)
}

/// Adds the nodes of a patch, rewires what it replaces, and empties nodes that nothing reads any more.
fn apply(patch: TypedModelPatch, model: &mut TypedModel) -> TractResult<()> {
	let TypedModelPatch { model: graph, taps, shunts, obliterate, inputs: replaced, .. } = patch;
	// Where the outlets of the patch are in the model.
	let mut places = taps;
	let place = |places: &HashMap<OutletId, OutletId>, outlet: &OutletId| {
		places.get(outlet).copied().ok_or_else(|| TractError::msg("a patch refers to no node"))
	};
	let mut model_inputs = model.input_outlets()?.to_vec();
	let mut added = BTreeMap::new();
	for node in graph.nodes {
		let is_source = node.op_is::<TypedSource>();
		if is_source && places.contains_key(&OutletId::new(node.id, 0)) {
			continue;
		}
		let facts: TVec<TypedFact> = node.outputs.into_iter().map(|output| output.fact).collect();
		let slots = facts.len();
		let id = model.add_node(node.name, node.op, facts)?;
		for slot in 0..slots {
			places.insert(OutletId::new(node.id, slot), OutletId::new(id, slot));
		}
		if is_source {
			let old = replaced.get(&node.id);
			let replaces = |input: &&mut OutletId| Some(&input.node) == old;
			model_inputs.iter_mut().filter(replaces).for_each(|input| input.node = id);
		}
		added.insert(id, node.inputs);
	}
	let shunts: BTreeMap<OutletId, OutletId> = shunts.into_iter().collect();
	for (outlet, by) in &shunts {
		let by = place(&places, by)?;
		for successor in model.nodes[outlet.node].outputs[outlet.slot].successors.clone() {
			model.add_edge(by, successor)?;
		}
		model.outputs.iter_mut().filter(|output| *output == outlet).for_each(|output| *output = by);
		if let Some(label) = model.outlet_labels.remove(outlet) {
			model.set_outlet_label(by, label)?;
		}
	}
	for (node, inputs) in &added {
		for (slot, input) in inputs.iter().enumerate() {
			model.add_edge(place(&places, input)?, InletId::new(*node, slot))?;
		}
	}
	for node in obliterate {
		model.node_mut(node).op = Box::new(Dummy::new());
	}
	model.set_input_outlets(&model_inputs)?;
	empty(model, shunts.keys().map(|outlet| outlet.node).collect());
	for id in added.into_keys() {
		let name = &model.nodes[id].name;
		let name = match name.split_once('#') {
			Some((prefix, _)) => model.unique_name(prefix).into_owned(),
			None if model.nodes.iter().any(|node| node.id != id && node.name == *name) => {
				model.unique_name(name).into_owned()
			},
			None => continue,
		};
		model.nodes[id].name = name;
	}
	Ok(())
}

/// Empties those of these nodes that nothing reads, and what only they have read.
fn empty(model: &mut TypedModel, mut maybe: BTreeSet<usize>) {
	while let Some(id) = maybe.pop_last() {
		let is_port = model.outputs.iter().chain(&model.inputs).any(|outlet| outlet.node == id);
		let mut outputs = model.nodes[id].outputs.iter();
		if is_port || outputs.any(|output| !output.successors.is_empty()) {
			continue;
		}
		let node = &mut model.nodes[id];
		node.op = Box::new(Dummy::new());
		node.name = format!("Dummy-node-{id}");
		// What they say of constants holds these.
		node.outputs.clear();
		for input in std::mem::take(&mut node.inputs) {
			let successors = &mut model.nodes[input.node].outputs[input.slot].successors;
			successors.retain(|successor| successor.node != id);
			maybe.insert(input.node);
		}
	}
}
