//! Inputs: files of tensors and pictures, each `file` or `name=file`.

use crate::read;
use anyhow::{ensure, Context, Result};
use opg_engine::tensor::{self, Tensor};
use opg_tensors::{
	image::{self, Format, Layout, Scaling},
	json, npy, proto,
};
use std::{path::PathBuf, str::FromStr};

/// Files of inputs, and how pictures become tensors.
#[derive(clap::Args)]
pub struct Inputs {
	/// Files: `.json` or `.opgt` (any number of tensors), `.npy`, `.pb`, `.png` or `.jpg` (one:
	/// `name=file.npy`).
	#[arg(value_name = "[NAME=]FILE")]
	inputs: Vec<InputFile>,
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

/// A file of tensors, with the name of its tensor if it is given.
#[derive(Clone, Debug)]
struct InputFile {
	name: Option<String>,
	path: PathBuf,
	kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
	Json,
	Opgt,
	Npy,
	Proto,
	Picture,
}

impl FromStr for InputFile {
	type Err = anyhow::Error;

	fn from_str(argument: &str) -> Result<InputFile> {
		let (name, path) = match argument.split_once('=') {
			Some((name, path)) => (Some(name.to_owned()), PathBuf::from(path)),
			None => (None, PathBuf::from(argument)),
		};
		let extension = path.extension().and_then(|extension| extension.to_str());
		let kind = match extension {
			Some("json") => Kind::Json,
			Some("opgt") => Kind::Opgt,
			Some("npy") => Kind::Npy,
			Some("pb") => Kind::Proto,
			Some("png" | "jpg" | "jpeg") => Kind::Picture,
			_ => anyhow::bail!("an input is .json, .opgt, .npy, .pb, .png or .jpg"),
		};
		let names_itself = matches!(kind, Kind::Json | Kind::Opgt);
		ensure!(!(names_itself && name.is_some()), "such a file names its tensors");
		Ok(InputFile { name, path, kind })
	}
}

impl Inputs {
	/// Reads all files. The list can be encoded.
	pub fn load(&self) -> Result<Vec<Tensor>> {
		let mut tensors = Vec::new();
		for input in &self.inputs {
			let loaded = self.load_one(input).with_context(|| input.path.display().to_string())?;
			tensors.extend(loaded);
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
		let tensor = match input.kind {
			Kind::Json => return Ok(json::parse(&bytes)?),
			Kind::Opgt => return Ok(tensor::decode(&bytes)?),
			Kind::Npy => npy::parse("", &bytes)?,
			Kind::Proto => proto::parse(&bytes)?,
			Kind::Picture => image::parse("", &bytes, &self.format())?,
		};
		let name = input.name.clone().unwrap_or(tensor.name);
		ensure!(!name.is_empty(), "which input is it? Write name={}", input.path.display());
		Ok(vec![Tensor { name, ..tensor }])
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
