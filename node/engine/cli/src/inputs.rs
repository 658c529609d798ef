//! Inputs: files of tensors, pictures, and files of any kind, each `file` or `name=file`.

use crate::read;
use anyhow::{Context, Result};
use opg_engine::tensor::{self, Tensor};
use opg_tensors::{
	bytes::BytesArgs,
	image::{Format, Layout, Scaling},
	input::{self, InputFile, Kind},
	report::Port,
};

/// Files of inputs, and how pictures become tensors.
#[derive(clap::Args)]
pub struct Inputs {
	/// Files: `.json` or `.opgt` (any number of tensors), `.npy`, `.pb`, `.png` or `.jpg` (one:
	/// `name=file.npy`).
	#[arg(value_name = "[NAME=]FILE")]
	inputs: Vec<InputFile>,
	#[command(flatten)]
	any: BytesArgs,
	/// Channels of pictures: 1 or 3.
	#[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=3))]
	channels: u8,
	/// Pictures as `[1, height, width, channels]`, not `[1, channels, height, width]`.
	#[arg(long)]
	interleaved: bool,
	/// Pictures as f32, `(pixel * scale - mean) / deviation`; without it as u8.
	#[arg(long)]
	scale: Option<f32>,
	/// Mean, for all channels or one for each.
	#[arg(long, value_delimiter = ',', default_value = "0")]
	mean: Vec<f32>,
	/// Deviation, for all channels or one for each.
	#[arg(long, value_delimiter = ',', default_value = "1")]
	deviation: Vec<f32>,
}

impl Inputs {
	/// Tells whether files of any kind are among them: what becomes of those follows from the model.
	pub fn has_bytes(&self) -> bool {
		!self.any.files().is_empty()
	}

	/// Reads all files. The list can be encoded. `ports` are the inputs of the model, where they are known.
	pub fn load(&self, ports: Option<&[Port]>) -> Result<Vec<Tensor>> {
		let mut tensors = Vec::new();
		for input in &self.inputs {
			let loaded = self.load_one(input).with_context(|| input.path.display().to_string())?;
			tensors.extend(loaded);
		}
		for file in self.any.files() {
			let bytes = read(&file.path)?;
			let cut = self.any.tensor(file, &bytes, ports);
			tensors.push(cut.with_context(|| file.path.display().to_string())?);
		}
		tensor::check(&tensors)?;
		Ok(tensors)
	}

	/// Layout of pictures.
	pub fn layout(&self) -> Layout {
		if self.interleaved {
			Layout::Interleaved
		} else {
			Layout::Planes
		}
	}

	fn load_one(&self, input: &InputFile) -> Result<Vec<Tensor>> {
		let bytes = read(&input.path)?;
		let kind = Kind::of(&input.path, &bytes)
			.context("an input is .json, .opgt, .npy, .pb, .png or .jpg")?;
		Ok(input::parse(kind, input.name.as_deref(), &bytes, &self.format())?)
	}

	fn format(&self) -> Format {
		let scaling = self.scale.map(|factor| Scaling {
			factor,
			mean: self.mean.clone(),
			deviation: self.deviation.clone(),
		});
		Format { channels: self.channels.into(), layout: self.layout(), scaling }
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use opg_engine::tensor::DType;

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		inputs: Inputs,
	}

	#[test]
	fn file_of_any_kind_should_become_what_the_model_takes() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("notes.txt");
		std::fs::write(&path, "abc").unwrap();
		let loaded = |prefix: &str, ports: Option<&[Port]>| {
			let file = format!("{prefix}{}", path.display());
			let line = ["run", "--bytes", &file, "--windows", "head=4,pad=256"];
			Line::parse_from(line).inputs.load(ports)
		};
		let port = Port { name: "bytes".into(), dtype: DType::I64, shape: vec![2, 2] };
		let tensor = loaded("", Some(&[port])).unwrap().remove(0);
		assert_eq!((&*tensor.name, tensor.dtype), ("bytes", DType::I64));
		assert_eq!((tensor.shape, tensor.data.len()), (vec![2, 2], 32));
		let tensor = loaded("x=", None).unwrap().remove(0);
		assert_eq!((&*tensor.name, tensor.dtype, tensor.shape), ("x", DType::I32, vec![1, 4]));
		let error = format!("{:#}", loaded("", None).unwrap_err());
		assert!(error.contains("NAME=FILE"), "{error}");
	}
}
