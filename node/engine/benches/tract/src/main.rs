//! Benchmark of native tract, one thread: prints `<model> <median ms>` and leaves `<model>.tract`, the
//! bytes of the first output.
//!
//! ```text
//! opg-engine-bench-tract DIRECTORY SECONDS MODEL...
//! ```

use opg_engine_types::{tensor, DType};
use std::{
	env, fs,
	path::Path,
	time::{Duration, Instant},
};
use tract_onnx::{prelude::*, tract_core::internal::format_err};

fn main() -> TractResult<()> {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let [directory, seconds, models @ ..] = &arguments[..] else {
		return Err(format_err!("usage: opg-engine-bench-tract DIRECTORY SECONDS MODEL..."));
	};
	let seconds = Duration::from_secs_f64(seconds.parse()?);
	for name in models {
		let file = |extension: &str| Path::new(directory).join(format!("{name}.{extension}"));
		let plan = tract_onnx::onnx()
			.with_ignore_output_shapes(true)
			.with_ignore_value_info(true)
			.model_for_path(file("onnx"))?
			.into_optimized()?
			.into_runnable()?;
		let inputs = inputs(&fs::read(file("input"))?)?;
		let (mut times, end) = (Vec::new(), Instant::now() + seconds);
		let mut outputs = tvec!();
		while times.len() < 5 || Instant::now() < end {
			let start = Instant::now();
			outputs = plan.run(inputs.clone())?;
			times.push(start.elapsed());
		}
		fs::write(file("tract"), outputs[0].try_as_plain_ram()?.as_bytes())?;
		times.sort();
		println!("{name} {}", times[times.len() / 2].as_secs_f64() * 1e3);
	}
	Ok(())
}

/// The tensors of an input file, which are in the order of the model's inputs.
fn inputs(encoded: &[u8]) -> TractResult<TVec<TValue>> {
	let tensors = tensor::decode(encoded).map_err(|e| format_err!("{e}"))?;
	let values = tensors.iter().map(|given| {
		let datum_type = match given.dtype {
			DType::Bool => DatumType::Bool,
			DType::U8 => DatumType::U8,
			DType::I8 => DatumType::I8,
			DType::I32 => DatumType::I32,
			DType::I64 => DatumType::I64,
			DType::F32 => DatumType::F32,
			other => return Err(format_err!("no model of the bench takes {other}")),
		};
		let shape: Vec<usize> = given.shape.iter().map(|dim| *dim as usize).collect();
		// SAFETY: `decode` has checked the length, and any bytes are numbers.
		unsafe { Tensor::from_raw_dt(datum_type, &shape, &given.data) }.map(Tensor::into_tvalue)
	});
	values.collect()
}
