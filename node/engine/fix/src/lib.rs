//! Changes ONNX files so that they fit the chain: what authors need most, as `opg-engine fix`.
//!
//! The types of ONNX files are generated when this crate is built, from ONNX's own definition
//! (`proto/onnx.proto`), by `protobuf-codegen` 3.7 and its parser in Rust: no `protoc` is needed.
//! They keep fields that they do not know, and whether a field was there, so that what is not changed
//! is written as it was read. Of the crates that carry such types, `onnx-protobuf` 0.2 compiles only
//! with `protobuf` 3.4, which has an advisory; `onnx-pb` is made for `prost` 0.6; `tract-onnx` brings
//! its kernels along; and those with `prost` forget fields that they do not know.

mod bind;
mod check;
mod data;
mod ends;
mod error;
mod external;
mod file;
mod halves;
mod model;
mod opsets;
mod picture;
mod report;
mod shapes;
mod squeeze;
#[cfg(test)]
mod tests;

// Generated, with lints of its own.
#[allow(clippy::unwrap_used)]
mod proto {
	include!(concat!(env!("OUT_DIR"), "/protos/mod.rs"));
	pub use onnx::*;
}

pub use error::Error;
pub use report::Report;

use model::Model;
use std::path::{Path, PathBuf};

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Largest model, with its weights: what a version on the chain can ever be.
pub const MAX_BYTES: u64 = 1 << 30;

/// What is to be changed. The changes are made in the order of these options, and each option can be
/// given many times.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Fix {
	/// The ONNX file. Weights in files beside it are taken in.
	pub model: PathBuf,
	/// File for the changed model.
	#[arg(short, long)]
	pub output: PathBuf,
	/// Binds an open dimension, by its name or by input and axis, counted from 0: `batch=1`, `x:2=48`.
	#[arg(long = "dim", value_name = "NAME=SIZE")]
	pub dims: Vec<String>,
	/// Makes an input a constant, whose elements are all this number: `sr=16000`.
	#[arg(long = "constant", value_name = "INPUT=NUMBER")]
	pub constants: Vec<String>,
	/// Stores large weights as f16, computed with as f32: half of the file.
	#[arg(long)]
	pub half: bool,
	/// Takes a picture, planes of f32, as bytes: the graph computes (byte * SCALE - MEAN) / DEVIATION,
	/// each a number for all channels, or one for each as `R:G:B`.
	#[arg(long = "u8", value_name = "INPUT=SCALE,MEAN,DEVIATION")]
	pub u8s: Vec<String>,
	/// Replaces an output by its mean over the tokens that an input names, scaled to length 1.
	#[arg(long = "pool", value_name = "OUTPUT=MASK")]
	pub pools: Vec<String>,
	/// Replaces an output by the places of its largest numbers along an axis, the last one by default.
	#[arg(long = "argmax", value_name = "OUTPUT[:AXIS]")]
	pub argmaxes: Vec<String>,
	/// Replaces an output by its so many largest numbers along the last axis, and their places.
	#[arg(long = "top", value_name = "OUTPUT=COUNT")]
	pub tops: Vec<String>,
	/// Keeps these outputs only, in this order.
	#[arg(long = "keep", value_name = "OUTPUT,…")]
	pub keeps: Vec<String>,
}

/// Reads the model, changes it and writes it to another file, which is there as a whole or not at all.
pub fn run(fix: &Fix) -> Result<Report> {
	let bytes = file::read(&fix.model)?;
	let folder = fix.model.parent().unwrap_or(Path::new(""));
	let mut model = Model::read(&bytes)?;
	drop(bytes);
	let weights = external::take_in(&mut model, folder)?;
	change(&mut model, fix)?;
	file::write(&model.to_bytes()?, &fix.output, std::iter::once(&fix.model).chain(&weights))?;
	Ok(model.report())
}

/// All changes but those that need other files.
fn change(model: &mut Model, fix: &Fix) -> Result<()> {
	let each = |model: &mut Model, texts: &[String], change: fn(&mut Model, &str) -> Result<()>| {
		texts.iter().try_for_each(|text| change(model, text))
	};
	model.separate_weights();
	opsets::merge(model)?;
	each(model, &fix.dims, bind::dimension)?;
	each(model, &fix.constants, bind::constant)?;
	squeeze::complete(model);
	if fix.half {
		halves::weights(model)?;
	}
	each(model, &fix.u8s, picture::bytes)?;
	each(model, &fix.pools, ends::pool)?;
	each(model, &fix.argmaxes, ends::argmax)?;
	each(model, &fix.tops, ends::top)?;
	each(model, &fix.keeps, ends::keep)?;
	// Notes of shapes inside can be wrong now, and nobody needs them.
	model.graph_mut().value_info.clear();
	check::graph(model.graph())
}
