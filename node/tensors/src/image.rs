//! PNG and JPEG pictures, as pixels and as model inputs in the layout and with the scaling that a
//! model's card declares.
//!
//! Pictures are not resized and colours are not converted: that has many ways, and a model was
//! trained with one of them.

use opg_engine_types::tensor::{self, DType, Tensor, TensorError};

/// Longest side of a picture, in pixels.
pub const MAX_SIDE: u32 = 8192;
/// Most bytes that deflate makes of one.
const MAX_DEFLATE_RATIO: u64 = 1032;
/// Most pixels that one byte of a JPEG file describes. The colour that is not subsampled has a
/// block for each 8 by 8 pixels, and a block has at least one bit.
const MAX_JPEG_PIXELS_PER_BYTE: u64 = 8 * 64;

/// Reasons to refuse a picture, or a tensor as a picture.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
	/// The file begins like no known format.
	#[error("neither a PNG nor a JPEG file")]
	Format,
	/// The PNG file is malformed.
	#[error("not a PNG file: {0}")]
	Png(#[from] png::DecodingError),
	/// The PNG file cannot be written.
	#[error("the PNG file cannot be written: {0}")]
	Encode(#[from] png::EncodingError),
	/// The JPEG file is malformed.
	#[error("not a JPEG file: {0}")]
	Jpeg(#[from] jpeg_decoder::Error),
	/// JPEG pixels that are neither grey nor red, green and blue.
	#[error("JPEG pixels of the form {0:?} are not supported")]
	JpegPixels(jpeg_decoder::PixelFormat),
	/// A side is zero or longer than [`MAX_SIDE`].
	#[error("a picture of {width} by {height} pixels; {MAX_SIDE} by {MAX_SIDE} are allowed")]
	Size {
		/// In pixels.
		width: u64,
		/// In pixels.
		height: u64,
	},
	/// A file of this length cannot hold as many pixels as it claims.
	#[error("the file is too short for {width} by {height} pixels")]
	TooShort {
		/// In pixels.
		width: u32,
		/// In pixels.
		height: u32,
	},
	/// The colours have 16 bits, and [`Depth::Eight`] was asked for.
	#[error("pictures of 16 bits a colour are not supported")]
	SixteenBits,
	/// The number of channels is neither 1 nor 3.
	#[error("a picture has 1 or 3 channels, not {0}")]
	Channels(u64),
	/// A pixel is not opaque.
	#[error("the picture is transparent in places")]
	Transparent,
	/// A pixel is not grey.
	#[error("the picture has colours, the model takes grey")]
	Coloured,
	/// Means or deviations are neither one nor as many as channels.
	#[error("a mean and a deviation for each channel, or one for all")]
	ScalingLength,
	/// The scaled element is infinite or no number.
	#[error("the scaling gives {0}")]
	NotFinite(f32),
	/// Only bytes are written as a picture.
	#[error("only u8 is written as a picture, not {0}")]
	DType(DType),
	/// Only `[1, ., ., .]` is written as a picture.
	#[error("a picture has the shape [1, ., ., .], not {0:?}")]
	Shape(Vec<u64>),
	/// The tensor's parts do not fit together.
	#[error(transparent)]
	Tensor(#[from] TensorError),
}

/// Order of a picture's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
	/// `NCHW`: each colour is a plane.
	Planes,
	/// `NHWC`: the colours of a pixel lie next to each other.
	Interleaved,
}

/// Conversion of pixels to elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
	/// Colours of a pixel: 1 (grey) or 3 (red, green, blue).
	pub channels: usize,
	/// Order of the elements.
	pub layout: Layout,
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

/// Treatment of PNG files of 16 bits a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
	/// Refuse them.
	Eight,
	/// Keep the upper eight bits.
	Reduced,
}

/// 8-bit pixels, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
	width: usize,
	height: usize,
	/// 1: grey. 2: grey, alpha. 3: red, green, blue. 4: red, green, blue, alpha.
	channels: usize,
	data: Vec<u8>,
}

impl Picture {
	/// Pixels of a row.
	pub fn width(&self) -> usize {
		self.width
	}

	/// Rows.
	pub fn height(&self) -> usize {
		self.height
	}

	/// Every pixel, row by row: its colours, which are one or three, and its opacity.
	pub fn pixels(&self) -> impl Iterator<Item = (&[u8], u8)> {
		let colours = if self.channels < 3 { 1 } else { 3 };
		self.data.chunks_exact(self.channels).map(move |pixel| {
			let (colours, alpha) = pixel.split_at(colours);
			(colours, alpha.first().copied().unwrap_or(u8::MAX))
		})
	}

	/// Grey as colours, and colours as grey where they are grey. Transparency only where there is
	/// none.
	fn with_channels(&self, channels: usize) -> Result<Vec<u8>, ImageError> {
		let mut data = Vec::with_capacity(self.width * self.height * channels);
		for (colours, opacity) in self.pixels() {
			if opacity != u8::MAX {
				return Err(ImageError::Transparent);
			}
			match (colours, channels) {
				(&[grey], 3) => data.extend([grey; 3]),
				(&[red, green, blue], 1) => {
					if red != green || green != blue {
						return Err(ImageError::Coloured);
					}
					data.push(red);
				},
				_ => data.extend(colours),
			}
		}
		Ok(data)
	}
}

/// Reads the pixels of a PNG or JPEG file.
///
/// # Errors
///
/// If the file is malformed, of an unknown form, or larger than [`MAX_SIDE`].
pub fn decode(file: &[u8], depth: Depth) -> Result<Picture, ImageError> {
	match file {
		[0x89, b'P', b'N', b'G', ..] => png(file, depth),
		[0xff, 0xd8, ..] => jpeg(file),
		_ => Err(ImageError::Format),
	}
}

fn png(file: &[u8], depth: Depth) -> Result<Picture, ImageError> {
	let mut decoder = png::Decoder::new(file);
	decoder.set_transformations(match depth {
		Depth::Eight => png::Transformations::EXPAND,
		Depth::Reduced => png::Transformations::normalize_to_color8(),
	});
	let header = decoder.read_header_info()?;
	let (width, height) = header.size();
	let bits = u64::from(width) * u64::from(height) * header.bits_per_pixel() as u64;
	check_size(width, height, bits / 8, MAX_DEFLATE_RATIO, file)?;
	let mut reader = decoder.read_info()?;
	let (_, depth) = reader.output_color_type();
	if depth != png::BitDepth::Eight {
		return Err(ImageError::SixteenBits);
	}
	let mut data = vec![0; reader.output_buffer_size()];
	let frame = reader.next_frame(&mut data)?;
	data.truncate(frame.buffer_size());
	let channels = frame.color_type.samples();
	Ok(Picture { width: width as usize, height: height as usize, channels, data })
}

fn jpeg(file: &[u8]) -> Result<Picture, ImageError> {
	let mut decoder = jpeg_decoder::Decoder::new(file);
	decoder.read_info()?;
	let info = decoder.info().ok_or(ImageError::Format)?;
	let (width, height) = (u32::from(info.width), u32::from(info.height));
	let pixels = u64::from(width) * u64::from(height);
	check_size(width, height, pixels, MAX_JPEG_PIXELS_PER_BYTE, file)?;
	let channels = match info.pixel_format {
		jpeg_decoder::PixelFormat::L8 => 1,
		jpeg_decoder::PixelFormat::RGB24 => 3,
		other => return Err(ImageError::JpegPixels(other)),
	};
	let data = decoder.decode()?;
	Ok(Picture { width: width as usize, height: height as usize, channels, data })
}

/// Checks the sides, and that each byte of the file stands for at most `per_byte` of `units`: the
/// decoders allocate a whole picture before they read it.
fn check_size(
	width: u32,
	height: u32,
	units: u64,
	per_byte: u64,
	file: &[u8],
) -> Result<(), ImageError> {
	let sides = 1..=MAX_SIDE;
	if !sides.contains(&width) || !sides.contains(&height) {
		return Err(ImageError::Size { width: width.into(), height: height.into() });
	}
	if units / per_byte > file.len() as u64 {
		return Err(ImageError::TooShort { width, height });
	}
	Ok(())
}

/// Reads a picture as a tensor `[1, channels, height, width]`, or `[1, height, width, channels]`.
///
/// # Errors
///
/// As [`decode`], and if the picture does not have the format's channels or the scaling is invalid.
pub fn parse(name: &str, file: &[u8], format: &Format) -> Result<Tensor, ImageError> {
	let channels = format.channels;
	if !matches!(channels, 1 | 3) {
		return Err(ImageError::Channels(channels as u64));
	}
	let picture = decode(file, Depth::Eight)?;
	let pixels = picture.with_channels(channels)?;
	let (width, height) = (picture.width as u64, picture.height as u64);
	let (elements, shape) = match format.layout {
		Layout::Interleaved => (pixels, vec![1, height, width, channels as u64]),
		Layout::Planes => {
			let plane = |channel| pixels.iter().copied().skip(channel).step_by(channels);
			((0..channels).flat_map(plane).collect(), vec![1, channels as u64, height, width])
		},
	};
	let (dtype, data) = match &format.scaling {
		None => (DType::U8, elements),
		Some(scaling) => (DType::F32, scaled(&elements, format, scaling)?),
	};
	let tensor = Tensor { name: name.into(), dtype, shape, data };
	tensor::check(std::slice::from_ref(&tensor))?;
	Ok(tensor)
}

fn scaled(elements: &[u8], format: &Format, scaling: &Scaling) -> Result<Vec<u8>, ImageError> {
	let channels = format.channels;
	let per_channel = |list: &[f32]| match list {
		[one] => Ok(vec![*one; channels]),
		_ if list.len() == channels => Ok(list.to_vec()),
		_ => Err(ImageError::ScalingLength),
	};
	let (mean, deviation) = (per_channel(&scaling.mean)?, per_channel(&scaling.deviation)?);
	let plane = elements.len() / channels;
	let mut out = Vec::with_capacity(4 * elements.len());
	for (i, element) in elements.iter().enumerate() {
		let channel = match format.layout {
			Layout::Interleaved => i % channels,
			Layout::Planes => i / plane,
		};
		let value = (f32::from(*element) * scaling.factor - mean[channel]) / deviation[channel];
		if !value.is_finite() {
			return Err(ImageError::NotFinite(value));
		}
		out.extend(value.to_le_bytes());
	}
	Ok(out)
}

/// Writes a `u8` tensor of this layout as PNG.
///
/// # Errors
///
/// If the tensor is not one picture of 1 or 3 channels.
pub fn render_png(tensor: &Tensor, layout: Layout) -> Result<Vec<u8>, ImageError> {
	tensor::check(std::slice::from_ref(tensor))?;
	if tensor.dtype != DType::U8 {
		return Err(ImageError::DType(tensor.dtype));
	}
	let &[1, a, b, c] = tensor.shape.as_slice() else {
		return Err(ImageError::Shape(tensor.shape.clone()));
	};
	let (channels, height, width) = match layout {
		Layout::Interleaved => (c, a, b),
		Layout::Planes => (a, b, c),
	};
	let colour = match channels {
		1 => png::ColorType::Grayscale,
		3 => png::ColorType::Rgb,
		_ => return Err(ImageError::Channels(channels)),
	};
	let side = |side| u32::try_from(side).ok().filter(|side| (1..=MAX_SIDE).contains(side));
	let (Some(columns), Some(rows)) = (side(width), side(height)) else {
		return Err(ImageError::Size { width, height });
	};
	let pixels = match layout {
		Layout::Interleaved => tensor.data.clone(),
		Layout::Planes => {
			let plane = columns as usize * rows as usize;
			let pixel = |i| tensor.data.iter().copied().skip(i).step_by(plane);
			(0..plane).flat_map(pixel).collect()
		},
	};
	let mut file = Vec::new();
	let mut encoder = png::Encoder::new(&mut file, columns, rows);
	encoder.set_color(colour);
	encoder.set_depth(png::BitDepth::Eight);
	encoder.write_header()?.write_image_data(&pixels)?;
	Ok(file)
}
