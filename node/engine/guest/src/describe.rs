//! Description of a model for inspection: operator sets, operators, parameters, ports.

use crate::{refusal::Refusal, values::dtype};
use opg_engine_types::{
	dims::{Dims, MAX_NAME},
	report::{Description, Port},
	tensor, DType, Reason,
};
use std::collections::BTreeMap;
use tract_onnx::{pb, prelude::*};

/// Most operator sets that a file may name.
const MAX_OPSETS: usize = 16;

/// Describes the file; ports are still to come.
pub fn describe(proto: &pb::ModelProto, dims: &Dims) -> Result<Description, Refusal> {
	let mut opsets = BTreeMap::new();
	for opset in &proto.opset_import {
		let domain = domain(&opset.domain);
		if domain.len() > MAX_NAME || opsets.insert(domain, opset.version as u64).is_some() {
			return Err(unsupported("an operator set is named twice, or its name is too long"));
		}
	}
	if opsets.len() > MAX_OPSETS {
		return Err(unsupported("more than 16 operator sets are"));
	}
	let mut operators = BTreeMap::new();
	let mut parameters = 0u64;
	if let Some(graph) = &proto.graph {
		count(graph, &mut operators, &mut parameters);
	}
	Ok(Description {
		dims: dims.iter().map(|(name, size)| (name.to_owned(), size)).collect(),
		opsets: opsets.into_iter().collect(),
		operators: operators.into_iter().collect(),
		parameters,
		..Description::default()
	})
}

fn unsupported(what: &str) -> Refusal {
	Refusal::new(Reason::UnsupportedFeature, what)
}

/// The standard domain has two names.
fn domain(name: &str) -> String {
	if name == "ai.onnx" { "" } else { name }.to_owned()
}

/// The recursion is bounded by the check on the wire.
fn count(
	graph: &pb::GraphProto,
	operators: &mut BTreeMap<(String, String), u64>,
	parameters: &mut u64,
) {
	let elements = |tensor: &pb::TensorProto| {
		tensor.dims.iter().fold(1u64, |product, dim| product.saturating_mul(*dim as u64))
	};
	for tensor in &graph.initializer {
		*parameters = parameters.saturating_add(elements(tensor));
	}
	for node in &graph.node {
		*operators.entry((domain(&node.domain), node.op_type.clone())).or_default() += 1;
		for attribute in &node.attribute {
			for tensor in attribute.t.iter().chain(&attribute.tensors) {
				*parameters = parameters.saturating_add(elements(tensor));
			}
			for graph in attribute.g.iter().chain(&attribute.graphs) {
				count(graph, operators, parameters);
			}
		}
	}
}

/// Outputs as the analysed model has them.
pub fn outputs(model: &TypedModel, names: &[String]) -> Result<Vec<Port>, Refusal> {
	let outlets =
		model.output_outlets().map_err(|e| Refusal::new(Reason::BadOutputs, e.to_string()))?;
	let port = |(name, outlet): (&String, &OutletId)| {
		let fact = model.outlet_fact(*outlet).ok()?;
		// Shapes are computed with symbols, and encoded as numbers.
		let dtype = if fact.datum_type == TDim::datum_type() {
			DType::I64
		} else {
			dtype(fact.datum_type)?
		};
		let shape = fact.shape.as_concrete()?;
		if shape.len() > tensor::MAX_RANK || name.len() > MAX_NAME {
			return None;
		}
		let shape = shape.iter().map(|dim| *dim as u64).collect();
		Some(Port { name: name.clone(), dtype, shape })
	};
	names
		.iter()
		.zip(outlets)
		.map(|item| {
			port(item).ok_or_else(|| {
				let message = format!("the type of output `{}` is not supported", item.0);
				Refusal::new(Reason::UnsupportedType, message)
			})
		})
		.collect()
}
