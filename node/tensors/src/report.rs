//! Inspection reports as JSON.

use opg_engine_types::report::{Inspection, Port};
use serde_json::{json, Map, Value};

/// Writes a report. `*_fuel` are units of fuel, `memory_bytes` bytes, `parameters` elements.
pub fn render(report: &Inspection) -> Value {
	let ports = |ports: &[Port]| -> Value {
		ports
			.iter()
			.map(|port| {
				json!({
					"name": port.name,
					"dtype": port.dtype.to_string(),
					"shape": port.shape,
				})
			})
			.collect()
	};
	let map = |list: &[(String, u64)]| -> Value {
		let map: Map<_, _> =
			list.iter().map(|(name, number)| (name.clone(), (*number).into())).collect();
		Value::Object(map)
	};
	let operators: Map<_, _> = report
		.description
		.operators
		.iter()
		.map(|((domain, name), count)| {
			let name = if domain.is_empty() { name.clone() } else { format!("{domain}.{name}") };
			(name, (*count).into())
		})
		.collect();
	let trial = match &report.trial {
		Ok(digest) => json!({ "output_digest": hex::encode(digest) }),
		Err(fault) => json!({ "fault": fault.code() }),
	};
	json!({
		"inputs": ports(&report.description.inputs),
		"outputs": ports(&report.description.outputs),
		"dims": map(&report.description.dims),
		"opsets": map(&report.description.opsets),
		"operators": operators,
		"parameters": report.description.parameters,
		"memory_bytes": report.memory_bytes,
		"load_fuel": report.load_fuel,
		"run_fuel": report.run_fuel,
		"trial": trial,
	})
}
