//! Determinism: one answer and one fuel for each model and input, whatever executes it.
//!
//! The models in `tests/models` are made by `scripts/make_determinism.py`. Their
//! answers are pinned in `tests/determinism.pins`. After a change of the guest, which is a new
//! engine, `scripts/repin.sh` writes the pins and `engine.id` anew.

#![allow(clippy::unwrap_used)]

use opg_engine::{
	digest, engine_id,
	tensor::{self, DType, Tensor},
	Backend, Dim, Dims, Engine, EngineConfig, Limits, PINNED_ENGINE_ID,
};
use std::{
	env, fs,
	io::Write,
	path::{Path, PathBuf},
	process::Command,
	sync::Mutex,
};

const LIMITS: Limits = Limits {
	fuel: 2_000_000_000,
	load_fuel: 2_000_000_000,
	memory_bytes: 256 << 20,
	max_output: 64 << 10,
	time: None,
};

/// The test that other processors run, see [`child_should_hold`].
const CHILD: &str = "child_should_hold";

fn path(relative: &str) -> PathBuf {
	// Where the tests were compiled, unless they run elsewhere.
	let tests = env::var("OPG_ENGINE_TESTS");
	let tests = tests.unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests").into());
	Path::new(&tests).join(relative)
}

fn cache() -> PathBuf {
	let directory = env::var_os("OPG_ENGINE_CACHE").map(PathBuf::from);
	directory
		.unwrap_or_else(|| Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache")).into())
}

fn engine(backend: Backend) -> Engine {
	// One after another: the second of two tests finds what the first has compiled.
	static COMPILING: Mutex<()> = Mutex::new(());
	let _guard = COMPILING.lock();
	let cache = cache();
	Engine::with(EngineConfig { cache: Some(&cache), backend, ..Default::default() }).unwrap()
}

/// Names of the models, in order.
fn models() -> Vec<String> {
	let files = fs::read_dir(path("models")).unwrap().map(|entry| entry.unwrap().file_name());
	let mut names: Vec<String> =
		files.filter_map(|file| file.to_str()?.strip_suffix(".onnx").map(str::to_owned)).collect();
	names.sort();
	names
}

fn read(model: &str, kind: &str) -> Vec<u8> {
	let file = path(&format!("models/{model}.{kind}"));
	fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn dims(model: &str) -> Dims {
	let lines = fs::read_to_string(path(&format!("models/{model}.dims"))).unwrap_or_default();
	let dims: Vec<Dim> = lines.lines().map(|line| line.parse().unwrap()).collect();
	dims.try_into().unwrap()
}

/// The answer of a model and its fuel, in one line.
fn line(engine: &Engine, model: &str, input: &str) -> String {
	let run = engine
		.run(&read(model, "onnx"), &dims(model), &read(model, &format!("{input}.opgt")), &LIMITS)
		.unwrap();
	let answer = match run.outcome {
		Ok(output) => hex::encode(digest(&output)),
		Err(fault) => format!("{fault} {:?}", run.reason),
	};
	format!("{model} {input} {} {answer}\n", run.fuel)
}

/// The witnesses of a model and their fuel, a line for each input that it answers.
fn witnesses(engine: &Engine, model: &str) -> String {
	let prepared = engine.prepare(&read(model, "onnx"), &dims(model), &LIMITS).unwrap();
	let Ok(prepared) = prepared.outcome else { return String::new() };
	let seed = digest(model.as_bytes());
	let mut lines = String::new();
	for input in ["plain", "special"] {
		let given = read(model, &format!("{input}.opgt"));
		let run = engine.witness_prepared(&prepared, &given, &seed, &LIMITS).unwrap();
		if run.fault.is_none() {
			let witness = hex::encode(run.witness);
			lines.push_str(&format!("{model} {input} witness {} {witness}\n", run.fuel));
		}
	}
	lines
}

/// The digest of a model's inspection report, in one line.
fn report(engine: &Engine, model: &str) -> String {
	let inspected = engine.inspect(&read(model, "onnx"), &dims(model), &LIMITS).unwrap();
	let digest = match inspected.outcome {
		Ok(report) => hex::encode(digest(&report.encode())),
		Err(fault) => format!("{fault} {:?}", inspected.reason),
	};
	format!("{model} report {digest}\n")
}

/// The whole suite on one engine, in the form of the pins.
fn suite(engine: &Engine) -> String {
	let mut lines = String::new();
	for model in models() {
		for input in ["plain", "special"] {
			lines.push_str(&line(engine, &model, input));
		}
		lines.push_str(&witnesses(engine, &model));
		lines.push_str(&report(engine, &model));
	}
	lines
}

#[track_caller]
fn hold(backend: Backend) {
	let pins = fs::read_to_string(path("determinism.pins")).unwrap();
	let lines = suite(&engine(backend));
	if pins == lines {
		return;
	}
	for (pin, line) in pins.lines().zip(lines.lines()).filter(|(pin, line)| pin != line) {
		say(&format!("{backend:?}: pinned    {pin}\n{backend:?}: this run  {line}\n"));
	}
	let advice = if engine_id() == PINNED_ENGINE_ID {
		"the pinned engine gives other answers"
	} else {
		"this is another engine than the pinned one: run scripts/repin.sh if that is intended"
	};
	panic!("{backend:?}: {advice}");
}

/// Says something that the test harness does not swallow.
fn say(text: &str) {
	let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Genesis and receipts name the pinned id; machines that build another engine cannot take part.
#[test]
fn engine_should_be_the_pinned_one() {
	let (built, pinned) = (hex::encode(engine_id()), hex::encode(PINNED_ENGINE_ID));
	assert_eq!(built, pinned, "run scripts/repin.sh if the engine was changed on purpose");
}

#[test]
fn pins_should_hold_on_this_cpu() {
	if env::var("OPG_REPIN").is_ok_and(|repin| repin == "1") {
		fs::write(path("determinism.pins"), suite(&engine(Backend::Native))).unwrap();
		fs::write(path("../types/engine.id"), hex::encode(engine_id()) + "\n").unwrap();
		say("determinism.pins and engine.id are written anew\n");
	}
	hold(Backend::Native);
}

#[test]
fn pins_should_hold_in_the_interpreter() {
	hold(Backend::Interpreter);
}

#[test]
fn pins_should_hold_in_code_for_the_plainest_cpu() {
	hold(Backend::Baseline);
}

/// The same code as above, on a processor that indeed has no AVX and no FMA.
#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn pins_should_hold_on_an_emulated_cpu() {
	let emulator = "qemu-x86_64";
	if Command::new(emulator).arg("--version").output().is_err() {
		say(&format!(
			"\n!!! {emulator} is missing: determinism is NOT checked on an emulated CPU; \
			 scripts/setup.sh installs it !!!\n\n"
		));
		return;
	}
	// The emulator need not compile what this CPU can compile for it.
	drop(engine(Backend::Baseline));
	let output = Command::new(emulator)
		.args(["-cpu", "qemu64"])
		.arg(env::current_exe().unwrap())
		.args(["--ignored", "--exact", CHILD, "--nocapture"])
		.env("OPG_ENGINE_BACKEND", "plain")
		.output()
		.unwrap();
	let said = String::from_utf8_lossy(&output.stderr);
	assert!(output.status.success(), "{said}");
	assert!(said.contains("avx: false, fma: false"), "{said}");
}

/// For a processor other than the one that compiled the tests, by an emulator; see also
/// `scripts/determinism-aarch64.sh`.
#[test]
#[ignore = "started by others"]
fn child_should_hold() {
	#[cfg(target_arch = "x86_64")]
	say(&format!(
		"avx: {}, fma: {}\n",
		is_x86_feature_detected!("avx"),
		is_x86_feature_detected!("fma")
	));
	hold(match env::var("OPG_ENGINE_BACKEND").as_deref() {
		Ok("plain") => Backend::Baseline,
		Ok("interpreter") => Backend::Interpreter,
		_ => Backend::Native,
	});
}

/// Elements of a floating-point tensor.
fn numbers(tensor: &Tensor) -> Option<Vec<f64>> {
	Some(match tensor.dtype {
		DType::F32 => {
			let words = tensor.data.chunks_exact(4);
			words.map(|b| f32::from_le_bytes(b.try_into().unwrap()).into()).collect()
		},
		DType::F64 => {
			let words = tensor.data.chunks_exact(8);
			words.map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
		},
		DType::F16 => {
			let words = tensor.data.chunks_exact(2);
			words.map(|b| half(u16::from_le_bytes(b.try_into().unwrap()))).collect()
		},
		_ => return None,
	})
}

fn half(bits: u16) -> f64 {
	let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
	let fraction = f64::from(bits & 0x3ff) / 1024.0;
	sign * match bits >> 10 & 0x1f {
		0 => fraction * 2f64.powi(-14),
		31 if fraction == 0.0 => f64::INFINITY,
		31 => f64::NAN,
		exponent => (1.0 + fraction) * 2f64.powi(i32::from(exponent) - 15),
	}
}

/// Pins say "the same", not "right": this compares with onnx's own reference implementation.
#[test]
fn answers_should_be_close_to_the_reference() {
	let engine = engine(Backend::Native);
	let mut wrong = Vec::new();
	let mut compared = 0;
	for model in models() {
		if !path(&format!("models/{model}.expected.opgt")).exists() {
			continue;
		}
		compared += 1;
		let input = read(&model, "plain.opgt");
		let run = engine.run(&read(&model, "onnx"), &dims(&model), &input, &LIMITS).unwrap();
		let Ok(output) = run.outcome else {
			wrong.push(format!("{model}: {}", run.message));
			continue;
		};
		let expected = tensor::decode(&read(&model, "expected.opgt")).unwrap();
		let ours = tensor::decode(&output).unwrap();
		for expected in &expected {
			let ours = ours.iter().find(|ours| ours.name == expected.name).unwrap();
			let same = (&expected.name, expected.dtype, &expected.shape)
				== (&ours.name, ours.dtype, &ours.shape);
			// Halves are rounded after each step.
			let slack = if ours.dtype == DType::F16 { 4e-3 } else { 1e-4 };
			let close = |(a, b): (&f64, &f64)| {
				a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= slack * (0.1 + b.abs())
			};
			let equal = match (numbers(ours), numbers(expected)) {
				(Some(a), Some(b)) => a.iter().zip(&b).all(close),
				// Quantised: where a value lies between two, either will do.
				_ if model.starts_with("int8") && ours.dtype == DType::U8 => {
					ours.data.iter().zip(&expected.data).all(|(a, b)| a.abs_diff(*b) <= 1)
				},
				_ => ours.data == expected.data,
			};
			if !same || !equal {
				wrong.push(format!(
					"{model}: {} {} {:?}, the reference has {} {:?}: {:?} {:?}",
					ours.name,
					ours.dtype,
					ours.shape,
					expected.dtype,
					expected.shape,
					numbers(ours),
					numbers(expected)
				));
			}
		}
	}
	assert!(wrong.is_empty(), "{}", wrong.join("\n"));
	assert!(compared >= 30, "only {compared} models have a reference");
}
