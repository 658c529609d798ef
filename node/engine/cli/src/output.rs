//! Files for tensors: the format is in the name.

use anyhow::{bail, Context, Result};
use opg_engine::tensor::{self, Tensor};
use opg_tensors::{
	image::{self, Layout},
	json, npy, proto,
};
use std::{fs, path::PathBuf, str::FromStr};

/// A file to write tensors to.
#[derive(Clone, Debug)]
pub struct OutputFile {
	path: PathBuf,
	format: Format,
}

#[derive(Clone, Copy, Debug)]
enum Format {
	Opgt,
	Json,
	Npy,
	Proto,
	Png,
}

impl FromStr for OutputFile {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> Result<OutputFile> {
		let path = PathBuf::from(text);
		let extension = path.extension().and_then(|extension| extension.to_str());
		let format = match extension {
			Some("opgt") => Format::Opgt,
			Some("json") => Format::Json,
			Some("npy") => Format::Npy,
			Some("pb") => Format::Proto,
			Some("png") => Format::Png,
			_ => bail!("an output is .json, .opgt, .npy, .pb or .png"),
		};
		Ok(OutputFile { path, format })
	}
}

impl OutputFile {
	/// Writes the tensors. Pictures have this layout.
	pub fn write(&self, tensors: &[Tensor], layout: Layout) -> Result<()> {
		let one = || match tensors {
			[tensor] => Ok(tensor),
			_ => bail!("such a file holds one tensor, there are {}", tensors.len()),
		};
		let bytes = match self.format {
			Format::Opgt => tensor::encode(tensors),
			Format::Json => serde_json::to_vec(&json::render(tensors)?)?,
			Format::Npy => npy::render(one()?)?,
			Format::Proto => proto::render(one()?)?,
			Format::Png => image::render_png(one()?, layout)?,
		};
		fs::write(&self.path, bytes)
			.with_context(|| format!("cannot write {}", self.path.display()))
	}
}
