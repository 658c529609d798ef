//! The inference engine inside its sandbox: a reactor that loads an ONNX model with tract and runs
//! it once.
//!
//! The host calls `_initialize`, then [`opg_alloc`] for the two files, then [`opg_run`], and drops
//! the instance. Everything here is deterministic; the hash of the compiled module is the engine id.

use tract_onnx::prelude::*;

#[path = "../../src/tensor.rs"]
#[allow(dead_code)]
mod tensor;
mod wire;

/// Why there is no output.
enum Fault {
	/// Status 1.
	Model(String),
	/// Status 2.
	Input(String),
}

/// What [`opg_run`] leaves for the host.
#[repr(C)]
pub struct Report {
	/// 0: the rest is the encoded output; 1: bad model; 2: bad input; then the rest is a message.
	status: u32,
	data: *const u8,
	length: u32,
}

extern "C" {
	fn __wasm_call_ctors();
}

/// Runs the constructors, in which tract's kernels register themselves. To be called once, first.
///
/// Naming them here also keeps the linker from running them before every export.
#[export_name = "_initialize"]
pub extern "C" fn initialize() {
	// SAFETY: the linker defines it; the host calls this once.
	unsafe { __wasm_call_ctors() }
}

/// Returns a buffer of `length` bytes for the host to fill.
#[no_mangle]
pub extern "C" fn opg_alloc(length: u32) -> *mut u8 {
	Vec::leak(vec![0; length as usize]).as_mut_ptr()
}

/// Loads the model and runs it on the input. Both buffers come from [`opg_alloc`] and are consumed.
///
/// # Safety
///
/// The buffers must be of the given lengths and used for nothing else. The host is trusted.
#[no_mangle]
pub unsafe extern "C" fn opg_run(
	model: *mut u8,
	model_length: u32,
	input: *mut u8,
	input_length: u32,
) -> *const Report {
	let own = |data, length| Vec::from_raw_parts(data, length as usize, length as usize);
	let (model, input) = (own(model, model_length), own(input, input_length));
	let (status, data) = match run(model, input) {
		Ok(output) => (0, output),
		Err(Fault::Model(message)) => (1, message.into_bytes()),
		Err(Fault::Input(message)) => (2, message.into_bytes()),
	};
	let data = data.leak();
	Box::leak(Box::new(Report { status, data: data.as_ptr(), length: data.len() as u32 }))
}

fn run(model: Vec<u8>, input: Vec<u8>) -> Result<Vec<u8>, Fault> {
	let given = tensor::decode(&input).map_err(|e| Fault::Input(e.to_string()))?;
	drop(input);
	wire::check(&model).map_err(|e| Fault::Model(e.to_string()))?;
	let loaded = load(model).map_err(Fault::Model)?;
	let inputs = loaded.bind(given).map_err(Fault::Input)?;
	let outputs =
		loaded.plan.run(inputs).map_err(|e| Fault::Input(format!("the run fails: {e:#}")))?;
	loaded.encode(outputs).map_err(Fault::Model)
}

/// A model ready to run.
struct Loaded {
	inputs: Vec<(String, tensor::DType, Vec<usize>)>,
	outputs: Vec<String>,
	plan: Arc<TypedRunnableModel>,
}

fn load(file: Vec<u8>) -> Result<Loaded, String> {
	// Shapes noted for outputs and values inside are hints that a file can get wrong; without
	// them tract infers its own.
	let onnx = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
	let proto =
		onnx.proto_model_for_read(&mut &file[..]).map_err(|e| format!("not ONNX: {e:#}"))?;
	drop(file);
	let graph = proto.graph.as_ref().ok_or("the file has no graph")?;
	let outputs: Vec<String> = graph.output.iter().map(|o| o.name.clone()).collect();
	if outputs.is_empty() || outputs.len() > tensor::MAX_TENSORS {
		return Err(format!("{} outputs; 1 to {} are allowed", outputs.len(), tensor::MAX_TENSORS));
	}
	let known = |name: &String| {
		graph.node.iter().any(|node| node.output.contains(name))
			|| graph.input.iter().any(|input| input.name == *name)
			|| graph.initializer.iter().any(|tensor| tensor.name == *name)
	};
	if let Some(name) = outputs.iter().find(|name| !known(name)) {
		return Err(format!("nothing computes the output `{name}`"));
	}

	let model = onnx.model_for_proto_model(&proto).map_err(|e| format!("cannot load: {e:#}"))?;
	drop(proto);
	let mut inputs = Vec::new();
	for outlet in model.input_outlets().map_err(|e| e.to_string())? {
		let name = model.node(outlet.node).name.clone();
		let fact = model.outlet_fact(*outlet).map_err(|e| e.to_string())?;
		let dtype = fact.datum_type().and_then(dtype);
		let shape = fact.shape.as_concrete_finite().map_err(|e| e.to_string())?;
		match (dtype, shape) {
			(Some(dtype), Some(shape)) => inputs.push((name, dtype, shape.to_vec())),
			(None, _) => return Err(format!("the type of input `{name}` is not supported")),
			(_, None) => {
				return Err(format!(
					"input `{name}` has an open dimension; export the model with fixed shapes"
				))
			},
		}
	}
	let typed = model.into_typed().map_err(|e| format!("cannot analyse: {e:#}"))?;
	for node in typed.nodes() {
		if node.outputs.iter().any(|output| output.fact.shape.as_concrete().is_none()) {
			return Err(format!(
				"the shape of `{}` depends on the input's values; only fixed shapes are supported",
				node.name
			));
		}
	}
	let plan = typed
		.into_optimized()
		.and_then(|model| model.into_runnable())
		.map_err(|e| format!("cannot prepare: {e:#}"))?;
	Ok(Loaded { inputs, outputs, plan })
}

impl Loaded {
	/// Puts the tensors into the order of the model's inputs.
	fn bind(&self, mut given: Vec<tensor::Tensor>) -> Result<TVec<TValue>, String> {
		let mut values = tvec!();
		for (name, dtype, shape) in &self.inputs {
			let at = given.iter().position(|t| t.name == *name);
			let tensor = given.swap_remove(at.ok_or_else(|| format!("input `{name}` is missing"))?);
			if tensor.dtype != *dtype {
				return Err(format!("input `{name}` is {}, the model takes {dtype}", tensor.dtype));
			}
			if !tensor.shape.iter().copied().eq(shape.iter().map(|dim| *dim as u64)) {
				return Err(format!(
					"input `{name}` has shape {:?}, the model takes {shape:?}",
					tensor.shape
				));
			}
			// SAFETY: `decode` has checked the length and that every bool is 0 or 1; of the other
			// types any bytes are values.
			let value = unsafe { Tensor::from_raw_dt(datum_type(*dtype), shape, &tensor.data) };
			values.push(value.map_err(|e| format!("input `{name}`: {e:#}"))?.into_tvalue());
		}
		match given.first() {
			Some(extra) => Err(format!("the model has no input `{}`", extra.name)),
			None => Ok(values),
		}
	}

	fn encode(&self, values: TVec<TValue>) -> Result<Vec<u8>, String> {
		let mut tensors = Vec::new();
		for (name, value) in self.outputs.iter().zip(values) {
			let named = |e: TractError| format!("output `{name}`: {e:#}");
			let mut value = value.into_tensor();
			// A TDim is a pointer in memory.
			if value.datum_type() == TDim::datum_type() {
				value = value.cast_to_dt(DatumType::I64).map_err(named)?.into_owned();
			}
			let dtype = dtype(value.datum_type()).ok_or_else(|| {
				format!("output `{name}`: {:?} is not supported", value.datum_type())
			})?;
			// SAFETY: every supported type is plain data.
			let mut data = value.try_as_plain_ram().map_err(named)?.as_bytes().to_vec();
			canonicalise_nan(dtype, &mut data);
			let shape = value.shape().iter().map(|dim| *dim as u64).collect();
			tensors.push(tensor::Tensor { name: name.clone(), dtype, shape, data });
		}
		tensor::check(&tensors).map_err(|e| format!("the output cannot be encoded: {e}"))?;
		Ok(tensor::encode(&tensors))
	}
}

fn dtype(datum_type: DatumType) -> Option<tensor::DType> {
	Some(match datum_type.unquantized() {
		DatumType::Bool => tensor::DType::Bool,
		DatumType::U8 => tensor::DType::U8,
		DatumType::U16 => tensor::DType::U16,
		DatumType::U32 => tensor::DType::U32,
		DatumType::U64 => tensor::DType::U64,
		DatumType::I8 => tensor::DType::I8,
		DatumType::I16 => tensor::DType::I16,
		DatumType::I32 => tensor::DType::I32,
		DatumType::I64 => tensor::DType::I64,
		DatumType::F16 => tensor::DType::F16,
		DatumType::F32 => tensor::DType::F32,
		DatumType::F64 => tensor::DType::F64,
		_ => return None,
	})
}

fn datum_type(dtype: tensor::DType) -> DatumType {
	match dtype {
		tensor::DType::Bool => DatumType::Bool,
		tensor::DType::U8 => DatumType::U8,
		tensor::DType::U16 => DatumType::U16,
		tensor::DType::U32 => DatumType::U32,
		tensor::DType::U64 => DatumType::U64,
		tensor::DType::I8 => DatumType::I8,
		tensor::DType::I16 => DatumType::I16,
		tensor::DType::I32 => DatumType::I32,
		tensor::DType::I64 => DatumType::I64,
		tensor::DType::F16 => DatumType::F16,
		tensor::DType::F32 => DatumType::F32,
		tensor::DType::F64 => DatumType::F64,
		// No model has such an input: `dtype` never gives it.
		tensor::DType::BF16 => DatumType::U16,
	}
}

/// Gives every NaN the one bit pattern: quiet, positive, no payload.
fn canonicalise_nan(dtype: tensor::DType, data: &mut [u8]) {
	fn each<const N: usize>(data: &mut [u8], is_nan: fn([u8; N]) -> bool, nan: [u8; N]) {
		for chunk in data.chunks_exact_mut(N) {
			if <[u8; N]>::try_from(&*chunk).is_ok_and(is_nan) {
				chunk.copy_from_slice(&nan);
			}
		}
	}
	match dtype {
		tensor::DType::F16 => {
			each(data, |b| u16::from_le_bytes(b) & 0x7fff > 0x7c00, 0x7e00u16.to_le_bytes())
		},
		tensor::DType::F32 => {
			each(data, |b| f32::from_le_bytes(b).is_nan(), 0x7fc0_0000u32.to_le_bytes())
		},
		tensor::DType::F64 => {
			each(data, |b| f64::from_le_bytes(b).is_nan(), 0x7ff8_0000_0000_0000u64.to_le_bytes())
		},
		_ => (),
	}
}
