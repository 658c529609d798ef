//! Inspection reports as JSON.

use opg_engine_types::{report::Inspection, tensor::MAGIC};
use serde_json::{json, Map, Value};

pub use opg_engine_types::report::Port;

/// Length of a list with a tensor for each of these ports, as [`encode`] gives it. `None` where no number
/// says it.
///
/// [`encode`]: opg_engine_types::tensor::encode
pub fn encoded_bytes(ports: &[Port]) -> Option<u64> {
	// Magic and version, and the number of tensors.
	let head = MAGIC.len() as u64 + 1;
	ports.iter().try_fold(head, |sum, Port { name, dtype, shape }| {
		let element = dtype.size() as u64;
		let data = shape.iter().try_fold(element, |product, size| product.checked_mul(*size))?;
		// Lengths of the name and of the data, type and rank; the name and the sizes.
		let about = 2 + 4 + 1 + 1 + name.len() as u64 + 8 * shape.len() as u64;
		sum.checked_add(about)?.checked_add(data)
	})
}

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
	let mut value = json!({
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
	});
	if let Some(generation) = report.description.generation {
		value["generation"] = json!({
			"context": generation.context,
			"block": generation.block,
			"vocabulary": generation.vocabulary,
			"token_fuel": generation.token_fuel,
			"block_fuel": generation.block_fuel,
		});
	}
	value
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_engine_types::tensor::{encode, DType, Tensor};

	#[test]
	fn encoded_bytes_should_be_those_that_tensors_of_these_ports_have() {
		let port = |name: &str, dtype, shape: &[u64]| Port {
			name: name.into(),
			dtype,
			shape: shape.to_vec(),
		};
		let ports = [
			port("pixels", DType::F32, &[1, 3, 48, 112]),
			port("n", DType::I64, &[]),
			port("none", DType::U8, &[4, 0]),
			port("märz", DType::F16, &[7]),
		];
		for count in 0..=ports.len() {
			let tensors = ports[..count].iter().cloned().map(|Port { name, dtype, shape }| {
				let data = vec![0; shape.iter().product::<u64>() as usize * dtype.size()];
				Tensor { name, dtype, shape, data }
			});
			let encoded = encode(&tensors.collect::<Vec<_>>());
			assert_eq!(encoded_bytes(&ports[..count]), Some(encoded.len() as u64));
		}
		assert_eq!(encoded_bytes(&[port("x", DType::F32, &[1 << 32, 1 << 32])]), None);
		assert_eq!(encoded_bytes(&[port("x", DType::U8, &[u64::MAX])]), None);
	}
}
