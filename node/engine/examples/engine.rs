//! For model authors: what the engine makes of a file.
//!
//! ```text
//! engine id                                the engine's id
//! engine digest <file>                     a file's name on the chain
//! engine run <model.onnx> <input> [fuel]   output, fuel and time; the input is encoded tensors
//! ```

use blake2::{digest::consts::U32, Blake2b, Digest};
use opg_engine::{engine_id, tensor, Engine, Limits};
use std::{env, error::Error, fs, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
	match arguments[..] {
		["id"] => println!("{}", hex::encode(engine_id())),
		["digest", file] => println!("{}", hex::encode(Blake2b::<U32>::digest(fs::read(file)?))),
		["run", model, input] => run(model, input, 1_000_000_000_000)?,
		["run", model, input, fuel] => run(model, input, fuel.parse()?)?,
		_ => {
			return Err("usage: engine id | digest <file> | run <model.onnx> <input> [fuel]".into())
		},
	}
	Ok(())
}

fn run(model: &str, input: &str, fuel: u64) -> Result<(), Box<dyn Error>> {
	let (model, input) = (fs::read(model)?, fs::read(input)?);
	let engine = Engine::new(Some(&env::temp_dir().join("opg-engine-cache")))?;
	let start = Instant::now();
	let limits = Limits { fuel, memory_bytes: 1 << 30, max_output: 64 << 20 };
	let run = engine.run(&model, &input, &limits)?;
	println!("fuel {}, {:.1} ms", run.fuel, start.elapsed().as_secs_f64() * 1e3);
	match run.outcome {
		Ok(output) => {
			for tensor in tensor::decode(&output)? {
				println!("{} {} {:?}", tensor.name, tensor.dtype, tensor.shape);
				println!("{}", hex::encode(&tensor.data[..tensor.data.len().min(256)]));
			}
			Ok(())
		},
		Err(fault) => Err(format!("{fault}: {}", run.message).into()),
	}
}
