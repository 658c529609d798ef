//! Inputs: files of tensors and pictures, each `file` or `name=file`.

use crate::read;
use anyhow::{Context, Result};
use opg_engine::tensor::{self, Tensor};
use opg_tensors::{
	image::{Format, Layout, Scaling},
	input::{self, InputFile, Kind},
};

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
