//! PNG and JPEG pictures as model inputs, in the layout and with the scaling that the model's card
//! declares. Pictures are not resized and colours are not converted: that has many ways, and the
//! model was trained with one of them.

use anyhow::{bail, ensure, Context, Result};
use opg_engine::tensor::{self, DType, Tensor};

/// Longest side of a picture, in pixels.
const MAX_SIDE: u32 = 8192;

/// How pixels become elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
	/// Colours of a pixel: 1 (grey) or 3 (red, green, blue).
	pub channels: usize,
	/// The colours of a pixel lie next to each other (`NHWC`); else each colour is a plane
	/// (`NCHW`).
	pub interleaved: bool,
	/// The scaling, to `f32`; without it the elements are `u8` from 0 to 255.
	pub scaling: Option<Scaling>,
}

/// `(pixel * factor - mean) / deviation`, each step in `f32`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
	/// Often 1/255.
	pub factor: f32,
	/// One for each channel, or one for all.
	pub mean: Vec<f32>,
	/// One for each channel, or one for all.
	pub deviation: Vec<f32>,
}

/// 8-bit pixels, colours next to each other.
struct Pixels {
	width: usize,
	height: usize,
	channels: usize,
	data: Vec<u8>,
}

/// Reads a picture as a tensor `[1, channels, height, width]`, or `[1, height, width, channels]`.
pub fn parse(name: &str, file: &[u8], format: &Format) -> Result<Tensor> {
	let pixels = match file {
		[0x89, b'P', b'N', b'G', ..] => png(file)?,
		[0xff, 0xd8, ..] => jpeg(file)?,
		_ => bail!("neither a PNG nor a JPEG file"),
	};
	let Pixels { width, height, data, .. } = with_channels(pixels, format.channels)?;
	let channels = format.channels;
	let mut elements = Vec::with_capacity(data.len());
	if format.interleaved {
		elements = data;
	} else {
		for channel in 0..channels {
			elements.extend(data.iter().skip(channel).step_by(channels));
		}
	}
	let (channels, height, width) = (channels as u64, height as u64, width as u64);
	let shape = if format.interleaved {
		vec![1, height, width, channels]
	} else {
		vec![1, channels, height, width]
	};
	let (dtype, data) = match &format.scaling {
		None => (DType::U8, elements),
		Some(scaling) => (DType::F32, scaled(&elements, format, scaling)?),
	};
	let tensor = Tensor { name: name.into(), dtype, shape, data };
	tensor::check(std::slice::from_ref(&tensor))?;
	Ok(tensor)
}

fn scaled(elements: &[u8], format: &Format, scaling: &Scaling) -> Result<Vec<u8>> {
	let of = |list: &[f32], channel: usize| match list {
		[one] => Ok(*one),
		_ => list.get(channel).copied().context("a mean or deviation for each channel, or one"),
	};
	let plane = elements.len() / format.channels;
	let mut out = Vec::with_capacity(4 * elements.len());
	for (i, element) in elements.iter().enumerate() {
		let channel = if format.interleaved { i % format.channels } else { i / plane };
		let (mean, deviation) = (of(&scaling.mean, channel)?, of(&scaling.deviation, channel)?);
		let value = (f32::from(*element) * scaling.factor - mean) / deviation;
		ensure!(value.is_finite(), "the scaling gives {value}");
		out.extend(value.to_le_bytes());
	}
	Ok(out)
}

/// Grey as colours, and colours as grey where they are grey. Transparency only where there is none.
fn with_channels(pixels: Pixels, wanted: usize) -> Result<Pixels> {
	ensure!(matches!(wanted, 1 | 3), "a picture has 1 or 3 channels, not {wanted}");
	let colours = if pixels.channels < 3 { 1 } else { 3 };
	let mut data = Vec::with_capacity(pixels.width * pixels.height * wanted);
	for pixel in pixels.data.chunks_exact(pixels.channels) {
		let (pixel, alpha) = pixel.split_at(colours);
		ensure!(alpha.iter().all(|alpha| *alpha == 255), "the picture is transparent in places");
		match (pixel, wanted) {
			(&[grey], 3) => data.extend([grey; 3]),
			(&[red, green, blue], 1) => {
				ensure!(
					red == green && green == blue,
					"the picture has colours, the model takes grey"
				);
				data.push(red);
			},
			_ => data.extend(pixel),
		}
	}
	Ok(Pixels { channels: wanted, data, ..pixels })
}

fn png(file: &[u8]) -> Result<Pixels> {
	let mut decoder = png::Decoder::new(file);
	decoder.set_transformations(png::Transformations::EXPAND);
	let mut reader = decoder.read_info()?;
	let (width, height) = reader.info().size();
	check_size(width, height)?;
	let (colour, depth) = reader.output_color_type();
	ensure!(depth == png::BitDepth::Eight, "pictures of 16 bits a colour are not supported");
	let mut data = vec![0; reader.output_buffer_size()];
	let frame = reader.next_frame(&mut data)?;
	data.truncate(frame.buffer_size());
	let (width, height) = (width as usize, height as usize);
	Ok(Pixels { width, height, channels: colour.samples(), data })
}

fn jpeg(file: &[u8]) -> Result<Pixels> {
	let mut decoder = jpeg_decoder::Decoder::new(file);
	decoder.read_info()?;
	let info = decoder.info().context("a JPEG file without a picture")?;
	check_size(info.width.into(), info.height.into())?;
	let channels = match info.pixel_format {
		jpeg_decoder::PixelFormat::L8 => 1,
		jpeg_decoder::PixelFormat::RGB24 => 3,
		other => bail!("JPEG pixels of the form {other:?} are not supported"),
	};
	let data = decoder.decode()?;
	Ok(Pixels { width: info.width.into(), height: info.height.into(), channels, data })
}

fn check_size(width: u32, height: u32) -> Result<()> {
	let sides = 1..=MAX_SIDE;
	ensure!(
		sides.contains(&width) && sides.contains(&height),
		"a picture of {width} by {height} pixels; {MAX_SIDE} are allowed"
	);
	Ok(())
}

/// Writes a `u8` tensor `[1, channels, height, width]`, or with the channels last, as PNG.
pub fn render_png(tensor: &Tensor, interleaved: bool) -> Result<Vec<u8>> {
	tensor::check(std::slice::from_ref(tensor))?;
	ensure!(tensor.dtype == DType::U8, "only u8 is written as a picture, not {}", tensor.dtype);
	let &[1, a, b, c] = tensor.shape.as_slice() else {
		bail!("a picture has the shape [1, ., ., .], not {:?}", tensor.shape)
	};
	let (channels, height, width) = if interleaved { (c, a, b) } else { (a, b, c) };
	let colour = match channels {
		1 => png::ColorType::Grayscale,
		3 => png::ColorType::Rgb,
		_ => bail!("a picture has 1 or 3 channels, not {channels}"),
	};
	let (width, height) = (u32::try_from(width)?, u32::try_from(height)?);
	check_size(width, height)?;
	let mut pixels = Vec::with_capacity(tensor.data.len());
	if interleaved {
		pixels.extend(&tensor.data);
	} else {
		let plane = width as usize * height as usize;
		for i in 0..plane {
			pixels.extend(tensor.data.iter().skip(i).step_by(plane));
		}
	}
	let mut file = Vec::new();
	let mut encoder = png::Encoder::new(&mut file, width, height);
	encoder.set_color(colour);
	encoder.set_depth(png::BitDepth::Eight);
	encoder.write_header()?.write_image_data(&pixels)?;
	Ok(file)
}
