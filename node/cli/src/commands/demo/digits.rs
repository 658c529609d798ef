//! The demonstration's handwritten digits: 8x8 grey images with values from 0 to 16.

use anyhow::{anyhow, bail, ensure, Context, Result};
use opg_engine_types::tensor::{self, DType, Tensor};
use opg_tensors::image::{self, Depth};
use serde::Deserialize;

const SAMPLES: &str = include_str!(concat!(
	env!("CARGO_MANIFEST_DIR"),
	"/../../docs/examples/digits/digits_test.json"
));
const SIDE: usize = 8;
const SHADES: [char; 5] = [' ', '.', '+', 'x', '#'];
const BLACK: u8 = 16;

/// One image and the digit that a person sees in it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Sample {
	/// Row by row, each from 0 to 16.
	pub pixels: Vec<u8>,
	/// The digit.
	pub label: i64,
}

/// Answer of the model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prediction {
	/// The digit with the highest score.
	pub label: i64,
	/// Probability of that digit, from 0 to 1.
	pub probability: f32,
}

/// The samples of this program: ten images that the model was not trained on, one for each digit.
pub(super) fn samples() -> Result<Vec<Sample>> {
	parse(SAMPLES.as_bytes())
}

/// Reads a list of samples, which is JSON.
pub(super) fn parse(json: &[u8]) -> Result<Vec<Sample>> {
	let samples: Vec<Sample> =
		serde_json::from_slice(json).context("not a list of `pixels` and `label`")?;
	ensure!(!samples.is_empty(), "no samples");
	for Sample { pixels, .. } in &samples {
		if pixels.len() != SIDE * SIDE || pixels.iter().any(|pixel| *pixel > BLACK) {
			bail!("a sample has 64 `pixels` from 0 to 16");
		}
	}
	Ok(samples)
}

/// Reads the digit in a PNG or JPEG picture: shrunk to 8x8, paper taken as white whatever its
/// colour.
pub(super) fn picture(file: &[u8]) -> Result<Vec<u8>> {
	let picture = image::decode(file, Depth::Reduced)?;
	let (width, height) = (picture.width(), picture.height());
	ensure!(width >= SIDE && height >= SIDE, "a picture needs sides of {SIDE} pixels at least");
	let light: Vec<u64> = picture
		.pixels()
		.map(|(colours, _)| {
			colours.iter().map(|colour| u64::from(*colour)).sum::<u64>() / colours.len() as u64
		})
		.collect();
	let cell = |place: usize| {
		let (column, row) = (place % SIDE, place / SIDE);
		let xs = column * width / SIDE..(column + 1) * width / SIDE;
		let ys = row * height / SIDE..(row + 1) * height / SIDE;
		let count = (xs.len() * ys.len()) as u64;
		ys.flat_map(|y| &light[y * width..][xs.clone()]).sum::<u64>() / count
	};
	let cells: Vec<u64> = (0..SIDE * SIDE).map(cell).collect();
	// There is more paper than ink.
	let paper_is_light = cells.iter().sum::<u64>() / cells.len() as u64 > 127;
	let ink = |light: &u64| if paper_is_light { 255 - light } else { *light };
	Ok(cells.iter().map(|light| (ink(light) * u64::from(BLACK) / 255) as u8).collect())
}

/// The image as text, two characters a pixel.
pub(super) fn art(pixels: &[u8]) -> String {
	let shade = |pixel: &u8| SHADES[usize::from(*pixel) * (SHADES.len() - 1) / usize::from(BLACK)];
	let rows = pixels.chunks(SIDE).map(|row| {
		format!("      {}", row.iter().flat_map(|pixel| [shade(pixel); 2]).collect::<String>())
	});
	rows.collect::<Vec<_>>().join("\n")
}

/// The model's input for an image: `pixels`, f32 `[1, 64]`, from 0 to 1.
pub(super) fn tensor(pixels: &[u8]) -> Tensor {
	let data = pixels
		.iter()
		.flat_map(|pixel| (f32::from(*pixel) / f32::from(BLACK)).to_le_bytes())
		.collect();
	let shape = vec![1, pixels.len() as u64];
	Tensor { name: "pixels".into(), dtype: DType::F32, shape, data }
}

/// The model's encoded input for an image.
pub(super) fn input(pixels: &[u8]) -> Vec<u8> {
	tensor::encode(&[tensor(pixels)])
}

/// Reads the model's encoded output.
pub(super) fn prediction(output: &[u8]) -> Result<Prediction> {
	let tensors = tensor::decode(output).map_err(|e| anyhow!("the output does not decode: {e}"))?;
	let find = |name: &str, dtype: DType| {
		tensors
			.iter()
			.find(|t| t.name == name && t.dtype == dtype)
			.with_context(|| format!("the output has no {dtype} tensor `{name}`"))
	};
	let label = find("label", DType::I64)?.data.as_slice().try_into().context("one label")?;
	let label = i64::from_le_bytes(label);
	let probabilities = find("probabilities", DType::F32)?.data.chunks_exact(4);
	let probability = usize::try_from(label)
		.ok()
		.and_then(|label| probabilities.clone().nth(label)?.try_into().ok())
		.with_context(|| format!("the label {label} has no probability"))?;
	Ok(Prediction { label, probability: f32::from_le_bytes(probability) })
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_tensors::image::Layout;

	#[test]
	fn samples_should_hold_every_digit_once() {
		let labels: Vec<i64> = samples().unwrap().iter().map(|s| s.label).collect();
		assert_eq!(labels, (0..10).collect::<Vec<_>>());
	}

	#[test]
	fn parse_should_refuse_samples_when_they_are_of_another_kind() {
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
	fn art_should_be_blank_when_the_image_is() {
		assert_eq!(art(&[0; 64]).trim(), "");
		assert_eq!(art(&[16; 64]).matches('#').count(), 128);
	}

	#[test]
	fn input_should_scale_pixels_to_one() {
		let mut pixels = [0; 64];
		pixels[1] = 16;
		let encoded = input(&pixels);
		let tensors = tensor::decode(&encoded).unwrap();
		assert_eq!(tensors[0].shape, [1, 64]);
		assert_eq!(tensors[0].data[4..8], 1f32.to_le_bytes());
	}

	#[test]
	fn prediction_should_be_refused_when_the_label_is_no_digit() {
		let output = |label: i64| {
			let probabilities = [0.25f32, 0.75].iter().flat_map(|p| p.to_le_bytes()).collect();
			tensor::encode(&[
				Tensor {
					name: "probabilities".into(),
					dtype: DType::F32,
					shape: vec![1, 2],
					data: probabilities,
				},
				Tensor {
					name: "label".into(),
					dtype: DType::I64,
					shape: vec![1],
					data: label.to_le_bytes().to_vec(),
				},
			])
		};
		assert_eq!(prediction(&output(1)).unwrap(), Prediction { label: 1, probability: 0.75 });
		for label in [-1, 2, i64::MAX] {
			assert!(prediction(&output(label)).is_err(), "{label}");
		}
		assert!(prediction(b"").is_err());
	}

	#[test]
	fn picture_should_find_ink_on_light_and_on_dark_paper() {
		for (ink, paper) in [(0, 255), (255, 0)] {
			let mut data = vec![paper; 16 * 16];
			// The second cell of the first row.
			for place in [2, 3, 18, 19] {
				data[place] = ink;
			}
			let shape = vec![1, 1, 16, 16];
			let tensor = Tensor { name: "x".into(), dtype: DType::U8, shape, data };
			let file = image::render_png(&tensor, Layout::Planes).unwrap();
			let mut expected = vec![0; 64];
			expected[1] = 16;
			assert_eq!(picture(&file).unwrap(), expected);
		}
		assert!(picture(b"not a picture").is_err());
	}
}
