//! The demonstration's handwritten digits: 8x8 grey images with values from 0 to 16.

use crate::local;
use anyhow::{anyhow, bail, Context, Result};
use opg_engine::tensor::{self, DType, Tensor};
use opg_primitives::Input;
use serde_json::Value;
use std::path::Path;

const SIDE: usize = 8;
const SHADES: [char; 5] = [' ', '.', '+', 'x', '#'];
const BLACK: u8 = 16;
/// Largest side of a picture that is read.
const MAX_PICTURE_SIDE: u32 = 4096;

/// One image and the digit that a person sees in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
	/// Row by row, each from 0 to 16.
	pub pixels: Vec<u8>,
	/// The digit.
	pub label: i64,
}

/// What the model answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
	/// The digit with the highest score.
	pub label: i64,
	/// Probability of each digit.
	pub probabilities: Vec<f32>,
}

/// Read a list of samples from JSON.
pub fn load(path: &Path) -> Result<Vec<Sample>> {
	parse(&local::read(path)?).with_context(|| format!("{}", path.display()))
}

fn parse(json: &[u8]) -> Result<Vec<Sample>> {
	let list: Value = serde_json::from_slice(json).map_err(|e| anyhow!("not JSON: {e}"))?;
	let samples = list
		.as_array()
		.context("not a list")?
		.iter()
		.map(|sample| {
			let pixels: Option<Vec<u8>> = sample["pixels"]
				.as_array()?
				.iter()
				.map(|p| p.as_u64().filter(|p| *p <= BLACK.into()).map(|p| p as u8))
				.collect();
			let pixels = pixels.filter(|pixels| pixels.len() == SIDE * SIDE)?;
			Some(Sample { pixels, label: sample["label"].as_i64()? })
		})
		.collect::<Option<Vec<_>>>()
		.context("a sample needs 64 `pixels` from 0 to 16, and a `label`")?;
	if samples.is_empty() {
		bail!("no samples");
	}
	Ok(samples)
}

/// Read the digit in a PNG picture: shrunk to 8x8, paper taken as white whatever its colour.
pub fn load_picture(path: &Path) -> Result<Vec<u8>> {
	picture(&local::read(path)?).with_context(|| format!("{}", path.display()))
}

fn picture(png: &[u8]) -> Result<Vec<u8>> {
	let mut decoder = png::Decoder::new(png);
	decoder.set_transformations(png::Transformations::normalize_to_color8());
	let mut reader = decoder.read_info()?;
	let (width, height) = reader.info().size();
	let sides = SIDE as u32..=MAX_PICTURE_SIDE;
	if !sides.contains(&width) || !sides.contains(&height) {
		bail!("a picture needs sides of {SIDE} to {MAX_PICTURE_SIDE} pixels");
	}
	let mut data = vec![0; reader.output_buffer_size()];
	let frame = reader.next_frame(&mut data)?;
	// Grey, grey with alpha, RGB, RGBA: alpha is ignored.
	let samples = frame.color_type.samples();
	let colours = if samples < 3 { 1 } else { 3 };
	let light = |x: usize, y: usize| {
		let start = y * frame.line_size + x * samples;
		data[start..start + colours].iter().map(|c| u64::from(*c)).sum::<u64>() / colours as u64
	};
	let (width, height) = (width as usize, height as usize);
	let cell = |place: usize| {
		let (column, row) = (place % SIDE, place / SIDE);
		let xs = column * width / SIDE..(column + 1) * width / SIDE;
		let ys = row * height / SIDE..(row + 1) * height / SIDE;
		let count = (xs.len() * ys.len()) as u64;
		ys.flat_map(|y| xs.clone().map(move |x| (x, y))).map(|(x, y)| light(x, y)).sum::<u64>()
			/ count
	};
	let cells: Vec<u64> = (0..SIDE * SIDE).map(cell).collect();
	// There is more paper than ink.
	let paper_is_light = cells.iter().sum::<u64>() / cells.len() as u64 > 127;
	let ink = |light: &u64| if paper_is_light { 255 - light } else { *light };
	Ok(cells.iter().map(|light| (ink(light) * u64::from(BLACK) / 255) as u8).collect())
}

/// The image as text, two characters a pixel.
pub fn art(pixels: &[u8]) -> String {
	let shade = |pixel: &u8| SHADES[usize::from(*pixel) * (SHADES.len() - 1) / usize::from(BLACK)];
	pixels
		.chunks(SIDE)
		.map(|row| {
			format!("      {}\n", row.iter().flat_map(|p| [shade(p); 2]).collect::<String>())
		})
		.collect()
}

/// The model's encoded input for an image: `pixels`, f32 `[1, 64]`, from 0 to 1.
pub fn input(pixels: &[u8]) -> Result<Input> {
	let data = pixels
		.iter()
		.flat_map(|pixel| (f32::from(*pixel) / f32::from(BLACK)).to_le_bytes())
		.collect();
	let shape = vec![1, pixels.len() as u64];
	let tensor = Tensor { name: "pixels".into(), dtype: DType::F32, shape, data };
	Input::try_from(tensor::encode(&[tensor])).map_err(|_| anyhow!("the input is too large"))
}

/// Read the model's encoded output.
pub fn prediction(output: &[u8]) -> Result<Prediction> {
	let tensors = tensor::decode(output).map_err(|e| anyhow!("the output does not decode: {e}"))?;
	let find = |name: &str, dtype: DType| {
		tensors
			.iter()
			.find(|t| t.name == name && t.dtype == dtype)
			.with_context(|| format!("the output has no {dtype:?} tensor `{name}`"))
	};
	let label = find("label", DType::I64)?.data.as_slice().try_into().context("one label")?;
	let probabilities = find("probabilities", DType::F32)?
		.data
		.chunks_exact(4)
		.map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
		.collect();
	Ok(Prediction { label: i64::from_le_bytes(label), probabilities })
}

#[cfg(test)]
mod tests {
	use super::*;

	fn samples() -> Vec<Sample> {
		let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/models/digits_test.json");
		load(Path::new(path)).unwrap()
	}

	#[test]
	fn committed_samples_should_hold_every_digit_once() {
		let labels: Vec<i64> = samples().iter().map(|s| s.label).collect();
		assert_eq!(labels, (0..10).collect::<Vec<_>>());
	}

	#[test]
	fn parse_should_refuse_images_of_another_kind() {
		for json in [
			"[]",
			"{}",
			"[{\"label\":1}]",
			"[{\"pixels\":[1,2],\"label\":1}]",
			&format!("[{{\"pixels\":[{}17],\"label\":1}}]", "0,".repeat(63)),
		] {
			assert!(parse(json.as_bytes()).is_err(), "{json}");
		}
	}

	#[test]
	fn art_should_be_blank_where_the_image_is() {
		assert_eq!(art(&[0; 64]).trim(), "");
		assert_eq!(art(&[16; 64]).matches('#').count(), 128);
	}

	#[test]
	fn input_should_scale_pixels_to_one() {
		let mut pixels = [0; 64];
		pixels[1] = 16;
		let encoded = input(&pixels).unwrap();
		let tensors = tensor::decode(&encoded).unwrap();
		assert_eq!(tensors[0].shape, [1, 64]);
		assert_eq!(tensors[0].data[4..8], 1f32.to_le_bytes());
	}

	#[test]
	fn picture_should_find_ink_on_light_and_on_dark_paper() {
		for (ink, paper) in [(0, 255), (255, 0)] {
			let mut pixels = vec![paper; 16 * 16];
			// The second cell of the first row.
			for place in [2, 3, 18, 19] {
				pixels[place] = ink;
			}
			let mut file = Vec::new();
			let mut encoder = png::Encoder::new(&mut file, 16, 16);
			encoder.set_color(png::ColorType::Grayscale);
			encoder.set_depth(png::BitDepth::Eight);
			encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
			let mut expected = vec![0; 64];
			expected[1] = 16;
			assert_eq!(picture(&file).unwrap(), expected);
		}
		assert!(picture(b"not a picture").is_err());
	}
}
