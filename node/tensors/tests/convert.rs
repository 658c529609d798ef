//! Conversions: exact both ways, or refused.

#![allow(clippy::unwrap_used)]

use opg_engine_types::tensor::{self, DType, Tensor, TensorError};
use opg_tensors::{
	image::{self, Depth, Format, ImageError, Layout, Scaling},
	json::{self, JsonError},
	npy::{self, NpyError},
	proto::{self, ProtoError},
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
		let format = Format { channels: 3, layout: Layout::Interleaved, scaling: None };
		for magic in [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff\xe0"] {
			let _ = image::parse("x", &[magic, &bytes].concat(), &format);
		}
	}

	#[test]
	fn parsers_should_be_total_when_a_valid_file_is_damaged(
		tensor in any_tensor(),
		at in any::<prop::sample::Index>(),
		byte in any::<u8>(),
		end in any::<prop::sample::Index>(),
	) {
		let damage = |mut file: Vec<u8>| {
			let at = at.index(file.len());
			file[at] = byte;
			let end = end.index(file.len() + 1);
			[file.clone(), file[..end].to_vec()]
		};
		for file in damage(proto::render(&tensor).unwrap()) {
			let _ = proto::parse(&file);
		}
		let text = json::render(std::slice::from_ref(&tensor)).unwrap().to_string();
		for file in damage(text.into_bytes()) {
			let _ = json::parse(&file);
		}
		for file in npy::render(&tensor).map(damage).into_iter().flatten() {
			let _ = npy::parse("x", &file);
		}
		for file in damage(hex::decode(JPEG.trim()).unwrap()).into_iter().chain(damage(two_pixels())) {
			let _ = image::decode(&file, Depth::Reduced);
		}
	}
}

fn parse(dtype: &str, data: &str) -> Result<Vec<u8>, JsonError> {
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
	assert!(image::render_png(&shaped(&[1, 1, 3, 2]), Layout::Interleaved).is_err());
	let file = image::render_png(&shaped(&[1, 2, 1, 3]), Layout::Interleaved).unwrap();
	let format = |layout, scaling| Format { channels: 3, layout, scaling };
	let read = image::parse("x", &file, &format(Layout::Interleaved, None)).unwrap();
	assert_eq!((&read.shape[..], &read.data), (&[1, 2, 1, 3][..], &picture.data));
	let planes = image::parse("x", &file, &format(Layout::Planes, None)).unwrap();
	assert_eq!(planes.shape, [1, 3, 2, 1]);
	assert_eq!(planes.data, [0, 10, 128, 20, 255, 30]);
	assert_eq!(image::render_png(&planes, Layout::Planes).unwrap(), file);

	let scaling = Scaling { factor: 1.0 / 255.0, mean: vec![0.5, 0.25, 0.0], deviation: vec![0.5] };
	let scaled = image::parse("x", &file, &format(Layout::Planes, Some(scaling))).unwrap();
	let first = (0f32 * (1.0 / 255.0) - 0.5) / 0.5;
	let third = (128f32 * (1.0 / 255.0) - 0.25) / 0.5;
	assert_eq!(scaled.dtype, DType::F32);
	assert_eq!(scaled.data[..4], first.to_le_bytes());
	assert_eq!(scaled.data[8..12], third.to_le_bytes());

	// Colours are not made grey.
	let grey = Format { channels: 1, layout: Layout::Planes, scaling: None };
	assert!(image::parse("x", &file, &grey).is_err());
	assert!(image::parse("x", b"GIF89a", &grey).is_err());
}

/// 8 by 8 grey pixels of the value 128, by libjpeg.
const JPEG: &str = include_str!("grey.jpeg.hex");

#[test]
fn jpeg_should_be_read() {
	let file = hex::decode(JPEG.trim()).unwrap();
	let grey = Format { channels: 1, layout: Layout::Planes, scaling: None };
	let tensor = image::parse("x", &file, &grey).unwrap();
	assert_eq!(tensor.shape, [1, 1, 8, 8]);
	assert!(tensor.data.iter().all(|pixel| *pixel == 128));
	assert_eq!(tensor::decode(&tensor::encode(std::slice::from_ref(&tensor))).unwrap(), [tensor]);
}

/// 2 by 1 pixels, red and blue.
fn two_pixels() -> Vec<u8> {
	let data = vec![255, 0, 0, 0, 0, 255];
	let tensor = Tensor { name: "x".into(), dtype: DType::U8, shape: vec![1, 1, 2, 3], data };
	image::render_png(&tensor, Layout::Interleaved).unwrap()
}

/// Each float that is special in some way, as bits.
fn special_bits(dtype: DType) -> Vec<u64> {
	let (exponent_bits, fraction_bits) = match dtype {
		DType::F16 => (5, 10),
		DType::BF16 => (8, 7),
		DType::F32 => (8, 23),
		_ => (11, 52),
	};
	let infinity = ((1u64 << exponent_bits) - 1) << fraction_bits;
	let quiet = infinity | 1 << (fraction_bits - 1);
	let sign = 1 << (exponent_bits + fraction_bits);
	// Zero, denormals, the smallest and the largest normal number, infinity, and NaNs.
	let smallest_normal = 1 << fraction_bits;
	[0, 1, 2, smallest_normal - 1, smallest_normal, infinity - 1, infinity]
		.into_iter()
		.chain([infinity | 1, quiet, quiet | 1, sign - 1])
		.flat_map(|bits| [bits, sign | bits])
		.collect()
}

const FLOATS: [DType; 4] = [DType::F16, DType::BF16, DType::F32, DType::F64];

#[test]
fn special_floats_should_keep_every_bit_in_every_format() {
	for dtype in FLOATS {
		let bits = special_bits(dtype);
		let tensor = Tensor {
			name: "x".into(),
			dtype,
			shape: vec![bits.len() as u64],
			data: bits
				.iter()
				.flat_map(|bits| bits.to_le_bytes()[..dtype.size()].to_vec())
				.collect(),
		};
		let text = json::render(std::slice::from_ref(&tensor)).unwrap().to_string();
		assert_eq!(json::parse(text.as_bytes()).unwrap(), std::slice::from_ref(&tensor), "{text}");
		assert_eq!(proto::parse(&proto::render(&tensor).unwrap()).unwrap(), tensor);
		if dtype != DType::BF16 {
			assert_eq!(npy::parse("x", &npy::render(&tensor).unwrap()).unwrap(), tensor);
		}
	}
}

#[test]
fn json_should_keep_every_short_float() {
	for dtype in [DType::F16, DType::BF16] {
		let data = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
		let tensor = Tensor { name: "x".into(), dtype, shape: vec![1 << 16], data };
		let text = json::render(std::slice::from_ref(&tensor)).unwrap().to_string();
		assert!(json::parse(text.as_bytes()).unwrap() == [tensor], "{dtype}");
	}
}

#[test]
fn json_should_refuse_overflow_and_underflow() {
	for (dtype, data) in [
		// The largest f16 is 65504; 65520 rounds to infinity, the smallest denormal is 2^-24.
		("f16", "65505"),
		("f16", "65520"),
		("f16", "-65520"),
		("f16", "1e-8"),
		("f16", "-1e-8"),
		("f16", "1e-320"),
		("bf16", "3.4e38"),
		("bf16", "-1e-41"),
		("f32", "1e-46"),
		("f32", "-1e-46"),
		("f64", "1e400"),
		("f16", "\"0x7c00\""),
		("f16", "\"0x17c01\""),
		("f16", "\"0x+c01\""),
		("bf16", "\"infinity\""),
	] {
		assert!(parse(dtype, data).is_err(), "{dtype} {data}");
	}
	assert_eq!(parse("f16", "65504").unwrap(), 0x7bffu16.to_le_bytes());
	assert_eq!(parse("f16", "5.9604644775390625e-8").unwrap(), 1u16.to_le_bytes());
	assert_eq!(parse("f16", "-0.0").unwrap(), 0x8000u16.to_le_bytes());
	assert_eq!(parse("bf16", "\"-inf\"").unwrap(), 0xff80u16.to_le_bytes());
	assert_eq!(parse("f32", "1.401298464324817e-45").unwrap(), 1u32.to_le_bytes());
	assert_eq!(parse("f64", "5e-324").unwrap(), 1u64.to_le_bytes());
}

#[test]
fn json_should_name_the_tensor_and_cut_the_element_when_it_refuses() {
	let element = format!("\"{}\"", "long".repeat(1000));
	let error = parse("f32", &element).unwrap_err().to_string();
	assert!(error.starts_with("tensor `x`: \"longlong"), "{error}");
	assert!(error.ends_with("is not exactly a f32"), "{error}");
	assert!(error.len() < 120, "{error}");
	for (text, part) in [
		(r#"[{"name":"x","dtype":"f33","shape":[],"data":[]}]"#, "dtype"),
		(r#"[{"name":"x","dtype":"f32","shape":[-1],"data":[]}]"#, "shape"),
		(r#"[{"name":"x","dtype":"f32","shape":[1.0],"data":[1]}]"#, "shape"),
		(r#"[{"name":"x","dtype":"f32","shape":[18446744073709551616],"data":[]}]"#, "shape"),
		(r#"[{"name":"x","dtype":"f32","shape":[]}]"#, "data"),
	] {
		let error = json::parse(text.as_bytes()).unwrap_err();
		assert!(matches!(error, JsonError::Part { part: p, .. } if p == part), "{text}: {error}");
	}
	assert!(matches!(json::parse(b"{}"), Err(JsonError::NotAList)));
	assert!(matches!(json::parse(b"[1]"), Err(JsonError::NoName(0))));
	let nested = "[".repeat(100_000);
	assert!(matches!(json::parse(nested.as_bytes()), Err(JsonError::Syntax(_))));
}

#[test]
fn json_should_refuse_an_element_when_its_length_is_wrong() {
	for bytes in [&[][..], &[0; 3], &[0; 5], &[0; 9]] {
		let error = json::render_element(DType::F32, bytes).unwrap_err();
		assert!(matches!(error, JsonError::Length { .. }), "{error}");
	}
	assert_eq!(json::render_element(DType::I16, &[0xfe, 0xff]).unwrap(), -2);
}

/// An `.npy` file of version 1 with this header.
fn npy_file(header: &str, data: &[u8]) -> Vec<u8> {
	let length = (header.len() as u16).to_le_bytes();
	[b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), data].concat()
}

#[test]
fn npy_should_read_every_notation_of_the_header() {
	for header in [
		"{'descr': '<i2', 'fortran_order': False, 'shape': (1,), }\n",
		"{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"<i2\"}",
		"  { 'fortran_order' : False , 'descr' : '<i2' , 'shape' : ( 1 , ) }  \n",
	] {
		let tensor = npy::parse("x", &npy_file(header, &[1, 2])).unwrap();
		assert_eq!((tensor.shape, tensor.data), (vec![1], vec![1, 2]), "{header}");
	}
	let scalar = "{'descr': '|u1', 'fortran_order': False, 'shape': ()}";
	assert_eq!(npy::parse("x", &npy_file(scalar, &[7])).unwrap().shape, [0u64; 0]);
	let two = "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2)}";
	assert_eq!(npy::parse("x", &npy_file(two, &[0; 4])).unwrap().shape, [1, 2]);
	// Version 3 has a longer length.
	let file = [b"\x93NUMPY\x03\0", &(two.len() as u32).to_le_bytes()[..], two.as_bytes()];
	let file = [&file.concat()[..], &[0; 4]].concat();
	assert_eq!(npy::parse("x", &file).unwrap().shape, [1, 2]);
}

#[test]
fn npy_should_refuse_a_malformed_header() {
	for header in [
		"",
		"{}",
		"{'descr': '<i2', 'fortran_order': False}",
		"{'descr': '<i2', 'fortran_order': False, 'shape': (1)}",
		"{'descr': '<i2', 'fortran_order': False, 'shape': (-1,)}",
		"{'descr': '<i2', 'fortran_order': False, 'shape': (1.0,)}",
		"{'descr': '<i2', 'fortran_order': False, 'shape': (,)}",
		"{'descr': '<i2', 'fortran_order': False, 'shape': (18446744073709551616,)}",
		"{'descr': '<i2', 'fortran_order': False, 'shape': (1,)",
		"{'descr': '<i2', 'fortran_order': False, 'shape': (1,)} {",
		"{'descr': '<i2', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}",
		"{'descr': '<i2', 'fortran_order': False, 'shape': (1,), 'more': 1}",
		"{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (1,)}",
		"{'descr': '<i2', 'fortran_order': 0, 'shape': (1,)}",
		&format!("{{'shape': {}", "(".repeat(60_000)),
	] {
		let error = npy::parse("x", &npy_file(header, &[1, 2])).unwrap_err();
		assert!(matches!(error, NpyError::Header), "{header}: {error}");
	}
	for descr in ["", "<", "<f3", "|i2", "=i2", "<U1", "|O", "<c8", "é"] {
		let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,)}}");
		let error = npy::parse("x", &npy_file(&header, &[1, 2])).unwrap_err();
		assert!(matches!(error, NpyError::UnknownType(_)), "{header}: {error}");
	}
}

#[test]
fn npy_should_refuse_lengths_that_the_file_does_not_have() {
	// A header of 4 GiB, and one of a byte more than there is.
	let huge = b"\x93NUMPY\x02\0\xff\xff\xff\xff{}";
	assert!(matches!(npy::parse("x", huge), Err(NpyError::Truncated)));
	assert!(matches!(npy::parse("x", b"\x93NUMPY\x01\0\x03\0{}"), Err(NpyError::Truncated)));
	assert!(matches!(npy::parse("x", b"\x93NUMPY\x01"), Err(NpyError::Truncated)));
	assert!(matches!(npy::parse("x", b"\x93NUMPY\x04\0\0\0"), Err(NpyError::Version(4))));
	for shape in ["(2,)", "(0,)", "(4611686018427387904, 4611686018427387904)", "(4294967296,)"] {
		let header = format!("{{'descr': '<i2', 'fortran_order': False, 'shape': {shape}}}");
		let error = npy::parse("x", &npy_file(&header, &[1, 2])).unwrap_err();
		let is_length = matches!(error, NpyError::Tensor(TensorError::WrongLength { .. }));
		assert!(is_length, "{shape}: {error}");
	}
	let bool = "{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}";
	let error = npy::parse("x", &npy_file(bool, &[2])).unwrap_err();
	assert!(matches!(error, NpyError::Tensor(TensorError::BadBool(_))), "{error}");
}

/// A field of protobuf: its number, and a varint.
fn varint_field(number: u8, mut value: u64) -> Vec<u8> {
	let mut field = vec![number << 3];
	while value >= 0x80 {
		field.push(value as u8 | 0x80);
		value >>= 7;
	}
	field.push(value as u8);
	field
}

/// A `TensorProto` of one element of ONNX's type `code`, followed by other fields.
fn one_element(code: u64, fields: &[u8]) -> Vec<u8> {
	[&varint_field(1, 1)[..], &varint_field(2, code), fields].concat()
}

#[test]
fn proto_should_read_integers_of_every_range_and_refuse_what_is_beyond() {
	let minus = |number: i64| number as u64;
	// ONNX's type, the field, the smallest and the largest number.
	for (code, field, least, most) in [
		(2, 5, 0, 0xff),
		(3, 5, minus(-0x80), 0x7f),
		(4, 5, 0, 0xffff),
		(5, 5, minus(-0x8000), 0x7fff),
		(6, 5, minus(-0x8000_0000), 0x7fff_ffff),
		(9, 5, 0, 1),
		(10, 5, 0, 0xffff),
		(12, 11, 0, 0xffff_ffff),
		(16, 5, 0, 0xffff),
	] {
		for number in [least, most] {
			let tensor = proto::parse(&one_element(code, &varint_field(field, number))).unwrap();
			let size = tensor.dtype.size();
			assert_eq!(tensor.data, number.to_le_bytes()[..size], "{code} {number:#x}");
		}
		// 2^32 and 2^40 have lower bits that fit.
		for number in [least.wrapping_sub(1), most + 1, 1 << 32, 1 << 40] {
			let file = one_element(code, &varint_field(field, number));
			assert!(proto::parse(&file).is_err(), "{code} {number:#x}");
		}
	}
	for (code, field) in [(7, 7), (13, 11)] {
		for number in [0, u64::MAX, 1 << 63, i64::MAX as u64] {
			let tensor = proto::parse(&one_element(code, &varint_field(field, number))).unwrap();
			assert_eq!(tensor.data, number.to_le_bytes());
		}
	}
}

#[test]
fn proto_should_keep_the_bits_of_typed_floats() {
	for bits in special_bits(DType::F32) {
		let bits = bits as u32;
		let field = [&[4 << 3 | 5][..], &bits.to_le_bytes()].concat();
		assert_eq!(proto::parse(&one_element(1, &field)).unwrap().data, bits.to_le_bytes());
		let packed = [&[4 << 3 | 2, 4][..], &bits.to_le_bytes()].concat();
		assert_eq!(proto::parse(&one_element(1, &packed)).unwrap().data, bits.to_le_bytes());
	}
	for bits in special_bits(DType::F64) {
		let field = [&[10 << 3 | 1][..], &bits.to_le_bytes()].concat();
		assert_eq!(proto::parse(&one_element(11, &field)).unwrap().data, bits.to_le_bytes());
	}
}

#[test]
fn proto_should_refuse_truncated_files_and_lengths_beyond_the_end() {
	let data = vec![7; 300];
	let tensor = Tensor { name: "name".into(), dtype: DType::U8, shape: vec![300], data };
	let file = proto::render(&tensor).unwrap();
	for end in 0..file.len() {
		assert!(proto::parse(&file[..end]).is_err(), "{end}");
	}
	for field in [
		// Lengths of 2^63 and 2^34 in raw_data, packed int32_data, float_data, and an unknown field.
		&b"\x4a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"[..],
		b"\x4a\x80\x80\x80\x80\x40",
		b"\x2a\x80\x80\x80\x80\x40\x01",
		b"\x22\x80\x80\x80\x80\x40\0\0\0\0",
		b"\xfa\x01\x80\x80\x80\x80\x40",
		// A varint of more than ten bytes, packed floats of three bytes, a name that is not UTF-8.
		b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		b"\x22\x03\0\0\0",
		b"\x42\x01\xff",
		// Field 0, and a group that does not end.
		b"\x00\x00",
		b"\xfb\x01",
	] {
		let error = proto::parse(&one_element(2, field)).unwrap_err();
		assert!(matches!(error, ProtoError::Syntax(_)), "{field:?}: {error}");
	}
}

#[test]
fn proto_should_refuse_dimensions_that_are_negative_or_beyond_onnx() {
	// Minus one as a dimension, beside a zero that hides the product.
	for dims in [&[u64::MAX][..], &[0, u64::MAX], &[u64::MAX, 0], &[1 << 63]] {
		let dims: Vec<u8> = dims.iter().flat_map(|dim| varint_field(1, *dim)).collect();
		let error = proto::parse(&[&dims[..], b"\x10\x02"].concat()).unwrap_err();
		assert!(matches!(error, ProtoError::Dimension(dim) if dim < 0), "{dims:?}: {error}");
	}
	let huge = [varint_field(1, 1 << 32), varint_field(1, 1 << 32), varint_field(2, 2)].concat();
	assert!(matches!(proto::parse(&huge), Err(ProtoError::Tensor(_))));
	let shape = vec![0, 1 << 63];
	let tensor = Tensor { name: "x".into(), dtype: DType::U8, shape, data: vec![] };
	assert!(matches!(proto::render(&tensor), Err(ProtoError::Dimension(_))));
}

#[test]
fn proto_should_refuse_data_in_the_wrong_place() {
	let raw = b"\x4a\x01\x07";
	let int32 = varint_field(5, 7);
	assert_eq!(proto::parse(&one_element(2, raw)).unwrap().data, [7]);
	let twice = [&raw[..], &int32].concat();
	assert!(matches!(proto::parse(&one_element(2, &twice)), Err(ProtoError::DataTwice)));
	let two_fields = [int32, varint_field(7, 7)].concat();
	assert!(matches!(proto::parse(&one_element(2, &two_fields)), Err(ProtoError::DataTwice)));
	let int64 = varint_field(7, 7);
	assert!(matches!(proto::parse(&one_element(2, &int64)), Err(ProtoError::WrongField)));
	// Also where the shape asks for no data.
	let empty = [&varint_field(1, 0)[..], &varint_field(2, 2), &int64].concat();
	assert!(matches!(proto::parse(&empty), Err(ProtoError::WrongField)));
	assert!(matches!(proto::parse(&varint_field(1, 1)), Err(ProtoError::NoType)));
	for code in [0, 8, 14, 17, 1 << 32 | 2] {
		let error = proto::parse(&one_element(code, raw)).unwrap_err();
		assert!(matches!(error, ProtoError::UnknownType(_)), "{code}: {error}");
	}
	// A segment, and an entry of external_data.
	let segment = [&raw[..], b"\x1a\x02\x08\x01"].concat();
	assert!(matches!(proto::parse(&one_element(2, &segment)), Err(ProtoError::Segment)));
	let external = b"\x6a\x06\x0a\x01k\x12\x01v";
	assert!(matches!(proto::parse(&one_element(2, external)), Err(ProtoError::External)));
	// doc_string, metadata_props, and data_location DEFAULT are no obstacle.
	let more = [&raw[..], b"\x62\x01d", b"\x82\x01\x03\x0a\x01k", b"\x70\x00"].concat();
	assert_eq!(proto::parse(&one_element(2, &more)).unwrap().data, [7]);
}

#[test]
fn proto_should_write_the_bytes_of_onnx() {
	let tensor = Tensor {
		name: "x".into(),
		dtype: DType::I16,
		shape: vec![1, 2],
		data: vec![1, 0, 0xff, 0xff],
	};
	let bytes = b"\x08\x01\x08\x02\x10\x05\x42\x01x\x4a\x04\x01\0\xff\xff";
	assert_eq!(proto::render(&tensor).unwrap(), bytes);
}

#[test]
fn decode_should_give_pixels_with_their_opacity() {
	let picture = image::decode(&two_pixels(), Depth::Eight).unwrap();
	assert_eq!((picture.width(), picture.height()), (2, 1));
	let pixels: Vec<_> = picture.pixels().collect();
	assert_eq!(pixels, [(&[255, 0, 0][..], 255), (&[0, 0, 255], 255)]);
	let jpeg = image::decode(&hex::decode(JPEG.trim()).unwrap(), Depth::Eight).unwrap();
	assert!(jpeg.pixels().all(|pixel| pixel == (&[128], 255)));
	assert_eq!(jpeg.pixels().count(), 64);

	let encode = |colour, depth, data: &[u8]| {
		let mut file = Vec::new();
		let mut encoder = png::Encoder::new(&mut file, 1, 1);
		encoder.set_color(colour);
		encoder.set_depth(depth);
		encoder.write_header().unwrap().write_image_data(data).unwrap();
		file
	};
	let translucent = encode(png::ColorType::GrayscaleAlpha, png::BitDepth::Eight, &[9, 100]);
	let picture = image::decode(&translucent, Depth::Eight).unwrap();
	assert_eq!(picture.pixels().collect::<Vec<_>>(), [(&[9][..], 100)]);
	let format = Format { channels: 1, layout: Layout::Planes, scaling: None };
	let refused = image::parse("x", &translucent, &format);
	assert!(matches!(refused, Err(ImageError::Transparent)));

	let deep = encode(png::ColorType::Grayscale, png::BitDepth::Sixteen, &[3, 200]);
	assert!(matches!(image::decode(&deep, Depth::Eight), Err(ImageError::SixteenBits)));
	assert!(matches!(image::parse("x", &deep, &format), Err(ImageError::SixteenBits)));
	let picture = image::decode(&deep, Depth::Reduced).unwrap();
	assert_eq!(picture.pixels().collect::<Vec<_>>(), [(&[3][..], 255)]);
}

#[test]
fn decode_should_refuse_sizes_that_the_file_does_not_have() {
	let claim = |width: u32, height: u32| {
		// Signature and header, whose checksum is made right.
		let mut file = Vec::new();
		let encoder = png::Encoder::new(&mut file, width, height);
		drop(encoder.write_header());
		image::decode(&file, Depth::Eight)
	};
	assert!(matches!(claim(8192, 8192), Err(ImageError::TooShort { .. })));
	assert!(matches!(claim(8193, 1), Err(ImageError::Size { .. })));
	assert!(matches!(claim(1, u32::MAX >> 1), Err(ImageError::Size { .. })));

	// The height and the width of the frame header, in the picture of 8 by 8 pixels.
	let mut file = hex::decode(JPEG.trim()).unwrap();
	let frame = file.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
	file[frame + 5..frame + 9].copy_from_slice(&[0x20, 0, 0x20, 0]);
	let refused = image::decode(&file, Depth::Eight);
	assert!(matches!(refused, Err(ImageError::TooShort { .. })), "{refused:?}");
	file[frame + 5..frame + 9].copy_from_slice(&[0x20, 1, 0, 8]);
	assert!(matches!(image::decode(&file, Depth::Eight), Err(ImageError::Size { .. })));

	// A blank picture is the most that a file can claim: it is read.
	let data = vec![0; 3 * 2000 * 2000];
	let shape = vec![1, 2000, 2000, 3];
	let blank = Tensor { name: "x".into(), dtype: DType::U8, shape, data };
	let file = image::render_png(&blank, Layout::Interleaved).unwrap();
	assert_eq!(image::decode(&file, Depth::Eight).unwrap().pixels().count(), 4_000_000);
}

#[test]
fn scaling_should_be_refused_when_it_does_not_fit() {
	let scaled = |mean: &[f32], deviation: &[f32]| {
		let scaling = Scaling { factor: 1.0, mean: mean.to_vec(), deviation: deviation.to_vec() };
		let layout = Layout::Interleaved;
		image::parse("x", &two_pixels(), &Format { channels: 3, layout, scaling: Some(scaling) })
	};
	assert!(scaled(&[0.0], &[1.0, 1.0, 1.0]).is_ok());
	for (mean, deviation) in [(&[][..], &[1.0][..]), (&[0.0; 2], &[1.0]), (&[0.0], &[1.0; 4])] {
		assert!(matches!(scaled(mean, deviation), Err(ImageError::ScalingLength)));
	}
	for (mean, deviation) in [(0.0, 0.0), (f32::NAN, 1.0), (0.0, f32::MIN_POSITIVE / 2.0)] {
		assert!(matches!(scaled(&[mean], &[deviation]), Err(ImageError::NotFinite(_))));
	}
	for channels in [0, 2, 4] {
		let format = Format { channels, layout: Layout::Planes, scaling: None };
		assert!(matches!(image::parse("x", &two_pixels(), &format), Err(ImageError::Channels(_))));
	}
}
