//! Conversions are exact, both ways, or refused.

use opg_engine::tensor::{self, DType, Tensor};
use opg_tensors::{
	image::{self, Format, Scaling},
	json, npy, proto,
};
use proptest::prelude::*;

fn any_tensor() -> impl Strategy<Value = Tensor> {
	(0..DType::ALL.len(), prop::collection::vec(0u64..4, 0..4)).prop_flat_map(|(dtype, shape)| {
		let dtype = DType::ALL[dtype];
		let length = shape.iter().product::<u64>() as usize * dtype.size();
		let top = if dtype == DType::Bool { 1u8 } else { 255 };
		// Exponents of ones, often: NaNs and infinities.
		let byte = prop_oneof![0..=top, Just(top), Just(0)];
		prop::collection::vec(byte, length).prop_map(move |data| Tensor {
			name: "x".into(),
			dtype,
			shape: shape.clone(),
			data,
		})
	})
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2000))]

	#[test]
	fn json_should_return_every_bit(tensor in any_tensor()) {
		let text = serde_json::to_vec(&json::render(std::slice::from_ref(&tensor)).unwrap()).unwrap();
		prop_assert_eq!(json::parse(&text).unwrap(), [tensor]);
	}

	#[test]
	fn npy_should_return_every_bit(tensor in any_tensor()) {
		match npy::render(&tensor) {
			Ok(file) => prop_assert_eq!(npy::parse("x", &file).unwrap(), tensor),
			Err(_) => prop_assert_eq!(tensor.dtype, DType::BF16),
		}
	}

	#[test]
	fn proto_should_return_every_bit(tensor in any_tensor()) {
		prop_assert_eq!(proto::parse(&proto::render(&tensor).unwrap()).unwrap(), tensor);
	}

	#[test]
	fn parsers_should_be_total(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
		let _ = json::parse(&bytes);
		let _ = proto::parse(&bytes);
		let _ = npy::parse("x", &bytes);
		let _ = npy::parse("x", &[b"\x93NUMPY\x01\0", &bytes[..]].concat());
		let format = Format { channels: 3, interleaved: true, scaling: None };
		for magic in [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff\xe0"] {
			let _ = image::parse("x", &[magic, &bytes].concat(), &format);
		}
	}
}

fn parse(dtype: &str, data: &str) -> anyhow::Result<Vec<u8>> {
	let json = format!(r#"[{{"name":"x","dtype":"{dtype}","shape":[1],"data":[{data}]}}]"#);
	json::parse(json.as_bytes()).map(|tensors| tensors[0].data.clone())
}

#[test]
fn json_should_refuse_what_would_be_rounded() {
	for (dtype, data) in [
		("f32", "0.123456789012"),
		("f32", "16777217"),
		("f32", "1e39"),
		("f16", "0.1"),
		("f16", "70000"),
		("bf16", "1.01"),
		("f64", "9007199254740993"),
		("i8", "128"),
		("u8", "-1"),
		("u8", "1.5"),
		("i64", "9223372036854775808"),
		("bool", "1"),
		("f32", "\"0x7f800000\""),
		("f32", "null"),
		("string", "\"a\""),
	] {
		assert!(parse(dtype, data).is_err(), "{dtype} {data}");
	}
	assert_eq!(parse("f32", "0.1").unwrap(), 0.1f32.to_le_bytes());
	assert_eq!(parse("f32", "-0.0").unwrap(), (-0f32).to_le_bytes());
	assert_eq!(parse("f32", "\"nan\"").unwrap(), 0x7fc0_0000u32.to_le_bytes());
	assert_eq!(parse("f32", "\"0xffc00001\"").unwrap(), 0xffc0_0001u32.to_le_bytes());
	assert_eq!(parse("f16", "1.5").unwrap(), 0x3e00u16.to_le_bytes());
	assert_eq!(parse("u64", "18446744073709551615").unwrap(), [0xff; 8]);
}

#[test]
fn npy_should_read_what_numpy_writes() {
	// numpy.save of numpy.array([[1, -2]], ">i2"), and of a column-major one.
	let file = |order: &str, fortran: &str| {
		let mut header =
			format!("{{'descr': '{order}i2', 'fortran_order': {fortran}, 'shape': (1, 2), }}");
		header.push_str(&" ".repeat(117 - header.len()));
		header.push('\n');
		[b"\x93NUMPY\x01\0\x76\0", header.as_bytes(), &[0, 1, 0xff, 0xfe]].concat()
	};
	let tensor = npy::parse("x", &file(">", "False")).unwrap();
	assert_eq!((tensor.shape, tensor.data), (vec![1, 2], vec![1, 0, 0xfe, 0xff]));
	assert!(npy::parse("x", &file("<", "True")).is_err());
	assert!(npy::parse("x", &file("V", "False")).is_err());
}

#[test]
fn proto_should_read_typed_fields() {
	// dims 2; int8; int32_data 1, -1 (packed, as ten bytes); name x.
	let int8 = b"\x08\x02\x10\x03\x2a\x0b\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x42\x01x";
	assert_eq!(proto::parse(int8).unwrap().data, [1, 0xff]);
	// float_data 1.5, one by one.
	let float = b"\x08\x01\x10\x01\x25\0\0\xc0\x3f\x42\x01x";
	assert_eq!(proto::parse(float).unwrap().data, 1.5f32.to_le_bytes());
	// 300 is no int8; floats are no int8 either; strings; another file.
	for bad in [
		&b"\x08\x01\x10\x03\x28\xac\x02"[..],
		b"\x08\x01\x10\x03\x25\0\0\xc0\x3f",
		b"\x08\x01\x10\x08\x32\x01a",
		b"\x08\x01\x10\x03\x70\x01",
	] {
		assert!(proto::parse(bad).is_err(), "{bad:?}");
	}
}

#[test]
fn pictures_should_have_the_declared_layout_and_scaling() {
	let shape = vec![1, 1, 2, 3];
	let data: Vec<u8> = vec![0, 128, 255, 10, 20, 30];
	let picture = Tensor { name: "x".into(), dtype: DType::U8, shape, data };
	let shaped = |shape: &[u64]| Tensor { shape: shape.to_vec(), ..picture.clone() };
	assert!(image::render_png(&shaped(&[1, 1, 3, 2]), true).is_err());
	let file = image::render_png(&shaped(&[1, 2, 1, 3]), true).unwrap();
	let format = |interleaved, scaling| Format { channels: 3, interleaved, scaling };
	let read = image::parse("x", &file, &format(true, None)).unwrap();
	assert_eq!((&read.shape[..], &read.data), (&[1, 2, 1, 3][..], &picture.data));
	let planes = image::parse("x", &file, &format(false, None)).unwrap();
	assert_eq!(planes.shape, [1, 3, 2, 1]);
	assert_eq!(planes.data, [0, 10, 128, 20, 255, 30]);
	assert_eq!(image::render_png(&planes, false).unwrap(), file);

	let scaling = Scaling { factor: 1.0 / 255.0, mean: vec![0.5, 0.25, 0.0], deviation: vec![0.5] };
	let scaled = image::parse("x", &file, &format(false, Some(scaling))).unwrap();
	let first = (0f32 * (1.0 / 255.0) - 0.5) / 0.5;
	let third = (128f32 * (1.0 / 255.0) - 0.25) / 0.5;
	assert_eq!(scaled.dtype, DType::F32);
	assert_eq!(scaled.data[..4], first.to_le_bytes());
	assert_eq!(scaled.data[8..12], third.to_le_bytes());

	// Colours are not made grey.
	let grey = Format { channels: 1, interleaved: false, scaling: None };
	assert!(image::parse("x", &file, &grey).is_err());
	assert!(image::parse("x", b"GIF89a", &grey).is_err());
}

/// 8 by 8 grey pixels of the value 128, by libjpeg.
const JPEG: &str = include_str!("grey.jpeg.hex");

#[test]
fn jpeg_should_be_read() {
	let file = hex::decode(JPEG.trim()).unwrap();
	let grey = Format { channels: 1, interleaved: false, scaling: None };
	let tensor = image::parse("x", &file, &grey).unwrap();
	assert_eq!(tensor.shape, [1, 1, 8, 8]);
	assert!(tensor.data.iter().all(|pixel| *pixel == 128));
	assert_eq!(tensor::decode(&tensor::encode(std::slice::from_ref(&tensor))).unwrap(), [tensor]);
}
