//! Tensors as people write and read them.
//!
//! [`opg_tensors::input`] has the formats.

use crate::{failure::Failure, fs};
use anyhow::{ensure, Context, Result};
use clap::Args;
use opg_engine_types::tensor::{self, DType, Tensor};
use opg_execution::printable;
use opg_primitives::MAX_CONTENT_BYTES;
use opg_tensors::{
	bytes::BytesArgs,
	image::{Format, Layout, Scaling},
	input::{self, InputFile, Kind},
	json,
	report::Port,
};
use serde_json::Value;
use std::{
	io::{stdin, Read},
	path::Path,
};

/// Heading of the options about pictures.
const PICTURES: &str = "Pictures";

/// Most elements of one tensor that are shown.
const SHOWN: usize = 10;

/// Files of an input, and how they become tensors.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct InputArgs {
	/// File with input tensors: JSON or .opgt (any number of tensors); .npy, .pb, PNG or JPEG (one, named
	/// as NAME=FILE where the model has several inputs or --model is not given). `-` is the standard
	/// input. Repeatable.
	#[arg(long = "tensors", value_name = "[NAME=]FILE", required_unless_present = "bytes")]
	files: Vec<InputFile>,
	#[command(flatten)]
	any: BytesArgs,
	#[command(flatten)]
	pictures: PictureArgs,
}

/// How pixels become elements. What is not given follows from the model, where --model names it.
#[derive(Args, Clone, Debug, Default)]
struct PictureArgs {
	/// Channels that the model takes: 1 or 3.
	#[arg(long, value_parser = clap::value_parser!(u8).range(1..=3), help_heading = PICTURES)]
	channels: Option<u8>,
	/// As [1, height, width, channels], not [1, channels, height, width].
	#[arg(long, requires = "channels", help_heading = PICTURES)]
	interleaved: bool,
	/// As f32, (pixel * scale - mean) / deviation; without it as u8.
	#[arg(long, help_heading = PICTURES)]
	scale: Option<f32>,
	/// Mean, for all channels or one for each.
	#[arg(
		long, value_delimiter = ',', default_value = "0", requires = "scale", help_heading = PICTURES
	)]
	mean: Vec<f32>,
	/// Deviation, for all channels or one for each.
	#[arg(
		long, value_delimiter = ',', default_value = "1", requires = "scale", help_heading = PICTURES
	)]
	deviation: Vec<f32>,
}

/// Files that were read.
pub(crate) struct InputFiles<'a> {
	arguments: &'a InputArgs,
	tensors: Vec<Vec<u8>>,
	bytes: Vec<Vec<u8>>,
}

impl InputArgs {
	/// Reads the files.
	pub fn read(&self) -> Result<InputFiles<'_>> {
		ensure!(
			self.files.iter().chain(self.any.files()).filter(|file| is_stdin(file)).count() <= 1,
			"the standard input can be read once"
		);
		let all = |files: &[InputFile]| files.iter().map(read).collect::<Result<_>>();
		Ok(InputFiles {
			arguments: self,
			tensors: all(&self.files)?,
			bytes: all(self.any.files())?,
		})
	}

	/// The words of the options, as they are given again.
	pub fn words(&self) -> Vec<String> {
		let tensors = self.files.iter().flat_map(|file| ["--tensors".into(), file.to_string()]);
		tensors.chain(self.any.words()).chain(self.pictures.words()).collect()
	}
}

/// Words as a shell takes them. What needs no quotes has none.
pub(crate) fn as_typed(words: &[String]) -> String {
	let is_plain = |word: &&str| {
		!word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "+-./:=_,@".contains(c))
	};
	let quote = |word: &String| match Some(word.as_str()).filter(is_plain) {
		Some(plain) => plain.into(),
		// Not with a zero byte, which no argument has.
		None => shlex::try_quote(word).map_or_else(|_| word.clone(), Into::into),
	};
	words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

fn is_stdin(file: &InputFile) -> bool {
	file.path.as_os_str() == "-"
}

/// What a file has, or the standard input.
fn read(file: &InputFile) -> Result<Vec<u8>> {
	if !is_stdin(file) {
		return fs::read(&file.path);
	}
	let mut bytes = Vec::new();
	stdin().read_to_end(&mut bytes).context("cannot read the standard input")?;
	Ok(bytes)
}

impl InputFiles<'_> {
	/// The encoded tensors. `inputs` are those of the model, where they are known: then the tensors are
	/// what it takes.
	///
	/// # Errors
	///
	/// [`Failure::InputMismatch`] where they are not, or are too long for any model.
	pub fn encode(&self, inputs: Option<&[Port]>) -> Result<Vec<u8>> {
		let mut tensors = Vec::new();
		for (file, bytes) in self.arguments.files.iter().zip(&self.tensors) {
			let loaded = self.load(file, bytes, inputs).with_context(|| file.to_string())?;
			tensors.extend(loaded);
		}
		let any = &self.arguments.any;
		for (file, bytes) in any.files().iter().zip(&self.bytes) {
			tensors.push(any.tensor(file, bytes, inputs).with_context(|| file.to_string())?);
		}
		encode(&tensors, inputs)
	}

	fn load(&self, file: &InputFile, bytes: &[u8], inputs: Option<&[Port]>) -> Result<Vec<Tensor>> {
		let kind = Kind::of(&file.path, bytes)
			.context("an input is JSON, .opgt, .npy, .pb, PNG or JPEG, and this is none")?;
		let port = file.port(inputs);
		let name = match &file.name {
			None if kind.names_tensors() => None,
			None => port.map(|port| port.name.as_str()),
			Some(name) => Some(name.as_str()),
		};
		let format = match kind {
			Kind::Picture => self.arguments.pictures.format(port)?,
			_ => PictureArgs::default().format(None)?,
		};
		Ok(input::parse(kind, name, bytes, &format)?)
	}
}

/// Reads a file of tensors that have names, and encodes them.
pub(crate) fn load(path: &Path) -> Result<Vec<u8>> {
	let file = InputFile { name: None, path: path.into() };
	InputArgs { files: vec![file], ..Default::default() }.read()?.encode(None)
}

/// Encodes tensors that a model takes.
pub(crate) fn encode(tensors: &[Tensor], inputs: Option<&[Port]>) -> Result<Vec<u8>> {
	tensor::check(tensors)?;
	if let Some(inputs) = inputs {
		input::check(tensors, inputs)
			.map_err(|mismatch| Failure::InputMismatch(printable(&mismatch.to_string())))?;
	}
	let encoded = tensor::encode(tensors);
	ensure!(
		encoded.len() <= MAX_CONTENT_BYTES as usize,
		Failure::InputMismatch(format!(
			"an input has {MAX_CONTENT_BYTES} bytes at most, and this one has {}",
			encoded.len()
		))
	);
	Ok(encoded)
}

impl PictureArgs {
	/// The words of the options, as they are given again.
	fn words(&self) -> Vec<String> {
		let Self { channels, interleaved, scale, mean, deviation } = self;
		let list = |numbers: &[f32]| {
			numbers.iter().map(|number| number.to_string()).collect::<Vec<_>>().join(",")
		};
		// What stands for itself is left out, and a minus sign is no option.
		let list = |name, numbers: &[f32], default| {
			(scale.is_some() && *numbers != [default])
				.then(|| format!("--{name}={}", list(numbers)))
		};
		[
			channels.map(|channels| format!("--channels={channels}")),
			interleaved.then(|| "--interleaved".into()),
			scale.map(|scale| format!("--scale={scale}")),
			list("mean", mean, 0.0),
			list("deviation", deviation, 1.0),
		]
		.into_iter()
		.flatten()
		.collect()
	}

	/// What becomes of pixels, for this input of a model where it is known.
	fn format(&self, port: Option<&Port>) -> Result<Format> {
		let layout = match (self.channels, port) {
			(Some(channels), _) if self.interleaved => (channels.into(), Layout::Interleaved),
			(Some(channels), _) => (channels.into(), Layout::Planes),
			(None, None) => (3, Layout::Planes),
			(None, Some(port)) => input::picture_layout(port).with_context(|| {
				format!(
					"the input {} does not tell how a picture lies in it: give --channels, and \
					 --interleaved, or the tensor itself",
					printable(&input::describe_port(port))
				)
			})?,
		};
		let takes_floats = port.is_some_and(|port| port.dtype == DType::F32);
		ensure!(
			!takes_floats || self.scale.is_some(),
			"the model takes f32, and only its card says how pixels are scaled: give --scale (often \
			 0.00392157, which is 1/255), and --mean and --deviation where it names them"
		);
		let scaling = self.scale.map(|factor| Scaling {
			factor,
			mean: self.mean.clone(),
			deviation: self.deviation.clone(),
		});
		let (channels, layout) = layout;
		Ok(Format { channels, layout, scaling })
	}
}

/// Writes encoded tensors to a file: as JSON where its name ends so, otherwise as they are.
pub(crate) fn save(path: &Path, encoded: &[u8]) -> Result<()> {
	if path.extension().is_none_or(|extension| extension != "json") {
		return fs::write(path, encoded);
	}
	let tensors = tensor::decode(encoded)?;
	fs::write(path, serde_json::to_vec(&json::render(&tensors)?)?)
}

/// An encoded list of tensors, a line for each.
pub(crate) fn show(encoded: &[u8]) -> Vec<String> {
	match tensor::decode(encoded) {
		Err(error) => vec![format!("{} bytes that do not decode: {error}", encoded.len())],
		Ok(tensors) => tensors.iter().map(show_tensor).collect(),
	}
}

/// An encoded list of tensors as JSON; null if it does not decode.
pub(crate) fn to_json(encoded: &[u8]) -> Value {
	tensor::decode(encoded)
		.ok()
		.and_then(|tensors| json::render(&tensors).ok())
		.unwrap_or(Value::Null)
}

fn show_tensor(tensor: &Tensor) -> String {
	let Tensor { name, dtype, shape, data } = tensor;
	let elements = data.chunks_exact(dtype.size());
	let more = if elements.len() > SHOWN { ", ..." } else { "" };
	let shown: Vec<_> = elements
		.take(SHOWN)
		.map(|bytes| match json::render_element(*dtype, bytes) {
			Ok(Value::Number(number)) => match number.as_f64().filter(|_| number.is_f64()) {
				Some(float) => format!("{float:.4}"),
				None => number.to_string(),
			},
			// Numbers that JSON does not have are strings.
			Ok(Value::String(text)) => text,
			Ok(value) => value.to_string(),
			Err(error) => error.to_string(),
		})
		.collect();
	format!("{} {dtype}{shape:?}: {}{more}", printable(name), shown.join(", "))
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::path::PathBuf;

	#[test]
	fn load_should_read_both_formats_when_they_hold_the_same() {
		let json = r#"[{"name":"x","dtype":"f32","shape":[3],"data":[0.5,-1,"nan"]},
			{"name":"n","dtype":"i8","shape":[1,1],"data":[-128]}]"#;
		let directory = tempfile::tempdir().unwrap();
		let (text, encoded) = (directory.path().join("x.json"), directory.path().join("x.opgt"));
		std::fs::write(&text, json).unwrap();
		let input = load(&text).unwrap();
		assert_eq!(show(&input), ["x f32[3]: 0.5000, -1.0000, nan", "n i8[1, 1]: -128"]);
		assert_eq!(to_json(&input)[1]["data"][0], -128);
		save(&encoded, &input).unwrap();
		assert_eq!(std::fs::read(&encoded).unwrap(), input);
		assert_eq!(load(&encoded).unwrap(), input);
		save(&text, &input).unwrap();
		assert_eq!(load(&text).unwrap(), input);
	}

	#[test]
	fn load_should_name_the_file_when_it_refuses_it() {
		let directory = tempfile::tempdir().unwrap();
		for name in ["x.json", "x.opgt", "missing.json"] {
			let path = directory.path().join(name);
			if !name.starts_with("missing") {
				std::fs::write(&path, "{}").unwrap();
			}
			let error = format!("{:#}", load(&path).err().unwrap());
			assert!(error.contains(name), "{error}");
		}
	}

	fn inputs(line: &str) -> InputArgs {
		#[derive(clap::Parser)]
		struct Line {
			#[command(flatten)]
			inputs: InputArgs,
		}
		let words = shlex::split(line).expect("its quotes are closed");
		let words = ["test".into()].into_iter().chain(words);
		<Line as clap::Parser>::parse_from(words).inputs
	}

	fn port(name: &str, dtype: DType, shape: &[u64]) -> Port {
		Port { name: name.into(), dtype, shape: shape.to_vec() }
	}

	/// A grey picture of two pixels by two.
	fn picture(folder: &Path) -> PathBuf {
		let (name, dtype, shape) = ("x".into(), DType::U8, vec![1, 1, 2, 2]);
		let tensor = Tensor { name, dtype, shape, data: vec![0, 255, 0, 255] };
		let path = folder.join("picture");
		let png = opg_tensors::image::render_png(&tensor, Layout::Planes).unwrap();
		std::fs::write(&path, png).unwrap();
		path
	}

	#[test]
	fn picture_should_become_what_the_model_takes() {
		let folder = tempfile::tempdir().unwrap();
		let path = picture(folder.path());
		let encoded = |line: &str, port: Port| -> Result<Vec<String>> {
			Ok(show(&inputs(line).read()?.encode(Some(&[port]))?))
		};
		let plain = format!("--tensors {}", path.display());
		let bytes = encoded(&plain, port("pixels", DType::U8, &[1, 1, 2, 2])).unwrap();
		assert_eq!(bytes, ["pixels u8[1, 1, 2, 2]: 0, 255, 0, 255"]);
		let last = encoded(&plain, port("pixels", DType::U8, &[1, 2, 2, 3])).unwrap();
		assert_eq!(last, ["pixels u8[1, 2, 2, 3]: 0, 0, 0, 255, 255, 255, 0, 0, 0, 255, ..."]);
		let floats = port("pixels", DType::F32, &[1, 1, 2, 2]);
		let error = format!("{:#}", encoded(&plain, floats.clone()).unwrap_err());
		assert!(error.contains("--scale"), "{error}");
		let scaled = format!("{plain} --scale 0.00392157 --mean 0.5 --deviation 0.5");
		assert_eq!(
			encoded(&scaled, floats).unwrap(),
			["pixels f32[1, 1, 2, 2]: -1.0000, 1.0000, -1.0000, 1.0000"]
		);
		let error = encoded(&plain, port("pixels", DType::U8, &[1, 1, 9, 9])).unwrap_err();
		assert!(error.is::<Failure>(), "{error:#}");
		assert!(error.to_string().contains("takes u8[1, 1, 9, 9], and this is u8[1, 1, 2, 2]"));
	}

	#[test]
	fn picture_should_need_a_name_when_the_model_is_not_known() {
		let folder = tempfile::tempdir().unwrap();
		let path = picture(folder.path());
		let line = format!("--channels 1 --tensors {}", path.display());
		let error = format!("{:#}", inputs(&line).read().unwrap().encode(None).unwrap_err());
		assert!(error.contains("NAME=FILE"), "{error}");
		let line = format!("--channels 1 --tensors x={}", path.display());
		let encoded = inputs(&line).read().unwrap().encode(None).unwrap();
		assert_eq!(show(&encoded), ["x u8[1, 1, 2, 2]: 0, 255, 0, 255"]);
		let words =
			[String::from("--tensors"), format!("x={}", path.display()), "--channels=1".into()];
		assert_eq!(inputs(&line).words(), words);
	}

	#[test]
	fn file_of_any_kind_should_become_what_the_model_takes() {
		let folder = tempfile::tempdir().unwrap();
		// It begins as a list of JSON does, and is none.
		let path = folder.path().join("notes.json");
		std::fs::write(&path, " [so]\n").unwrap();
		let line = format!("--bytes {} --windows head=5,tail=3,pad=256,strip=8", path.display());
		let port = || port("bytes", DType::I32, &[1, 8]);
		let encoded = |line: &str, ports: Option<&[Port]>| -> Result<Vec<String>> {
			Ok(show(&inputs(line).read()?.encode(ports)?))
		};
		assert_eq!(
			encoded(&line, Some(&[port()])).unwrap(),
			["bytes i32[1, 8]: 91, 115, 111, 93, 10, 115, 111, 93"]
		);
		let error = format!("{:#}", encoded(&line, None).unwrap_err());
		assert!(error.contains("NAME=FILE"), "{error}");
		let named = line.replace("--bytes ", "--bytes x=");
		assert_eq!(
			encoded(&named, None).unwrap(),
			["x i32[1, 8]: 91, 115, 111, 93, 10, 115, 111, 93"]
		);
		let plain = format!("--bytes x={}", path.display());
		assert_eq!(encoded(&plain, None).unwrap(), ["x u8[1, 6]: 32, 91, 115, 111, 93, 10"]);
		let error = encoded(&plain.replace("x=", ""), Some(&[port()])).unwrap_err();
		assert!(error.to_string().contains("takes i32[1, 8], and this is i32[1, 6]"), "{error}");
		let few = format!("{line},least=5").replace("head=5,tail=3", "head=6,tail=2");
		assert!(encoded(&few, Some(&[port()])).is_ok());
		let few = few.replace("least=5", "least=6");
		let error = format!("{:#}", encoded(&few, Some(&[port()])).unwrap_err());
		assert!(error.contains("notes.json: 5 bytes are left"), "{error}");
	}

	#[test]
	fn options_of_inputs_should_be_given_again_as_they_were() {
		for line in [
			"--tensors a=b.npy --bytes c=d --windows head=4,tail=0,pad=256,least=0",
			"--tensors a=b.png --channels=3 --interleaved --scale=0.00392157",
			"--tensors b.png --scale=-0.5 --mean=-0.5,0.25,1 --deviation=0.5",
			"--tensors 'a=the \"new\" one.npy' --bytes \"it's\"",
			"--tensors '~' --bytes '*'",
		] {
			assert_eq!(as_typed(&inputs(line).words()), line);
		}
		assert_eq!(
			as_typed(&inputs("--tensors b.png --scale 1 --mean 0").words()),
			"--tensors b.png --scale=1"
		);
	}

	#[test]
	fn several_files_should_make_one_input() {
		let folder = tempfile::tempdir().unwrap();
		let (one, two) = (folder.path().join("one.json"), folder.path().join("two.json"));
		std::fs::write(&one, r#"[{"name":"a","dtype":"u8","shape":[1],"data":[1]}]"#).unwrap();
		std::fs::write(&two, r#"[{"name":"b","dtype":"u8","shape":[1],"data":[2]}]"#).unwrap();
		let line = format!("--tensors {} --tensors {}", one.display(), two.display());
		let encoded = inputs(&line).read().unwrap().encode(None).unwrap();
		assert_eq!(show(&encoded), ["a u8[1]: 1", "b u8[1]: 2"]);
		let twice = format!("--tensors {0} --tensors {0}", one.display());
		assert!(inputs(&twice).read().unwrap().encode(None).is_err());
	}

	#[test]
	fn show_should_print_no_control_characters_when_a_name_has_some() {
		let data = vec![0];
		let tensor =
			Tensor { name: "\u{1b}[2J".into(), dtype: tensor::DType::U8, shape: vec![1], data };
		let shown = show(&tensor::encode(&[tensor]));
		assert!(shown[0].chars().all(|c| !c.is_control()), "{shown:?}");
		assert!(show(b"nonsense")[0].starts_with("8 bytes"));
	}
}
