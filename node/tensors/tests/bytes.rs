//! Bytes of files: as the package of Magika cuts them, types, shapes, and what is refused.

#![allow(clippy::unwrap_used)]

use opg_engine_types::tensor::{DType, Tensor};
use opg_tensors::bytes::{parse, BytesError, Windows, WindowsError};
use proptest::prelude::*;
use serde_json::Value;

fn windows(text: &str) -> Windows {
	text.parse().unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<i32> {
	assert_eq!(tensor.dtype, DType::I32);
	let elements = tensor.data.chunks_exact(4);
	elements.map(|bytes| i32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

#[test]
fn file_should_be_cut_as_the_package_of_magika_does() {
	let vectors: Vec<Value> = serde_json::from_str(include_str!("../vectors/magika.json")).unwrap();
	assert!(vectors.len() > 20);
	for vector in vectors {
		let mut file = Vec::new();
		for part in vector["file"].as_array().unwrap() {
			let bytes = hex::decode(part[0].as_str().unwrap()).unwrap();
			file.extend(bytes.repeat(part[1].as_u64().unwrap() as usize));
		}
		let expected: Vec<i32> = serde_json::from_value(vector["elements"].clone()).unwrap();
		let windows = windows(vector["windows"].as_str().unwrap());
		let tensor = parse("bytes", &file, Some(&windows), None).unwrap();
		assert_eq!(numbers(&tensor), expected, "{} {windows}", vector["name"]);
		assert_eq!(tensor.shape, [1, expected.len() as u64]);
	}
}

#[test]
fn least_bytes_should_be_there_after_white_space_is_taken_off() {
	let windows = windows("head=16,tail=16,pad=256,strip=32,least=8");
	let cut = |file: &[u8]| parse("x", file, Some(&windows), None);
	assert!(cut(b" \n12345678").is_ok());
	let few = |found| Err(BytesError::TooFew { found, least: 8 });
	assert_eq!(cut(b""), few(0));
	assert_eq!(cut(b"1234567"), few(7));
	assert_eq!(cut(b" 1234567"), few(7));
	// Only its beginning counts: here are as many spaces as are looked through.
	assert_eq!(cut(&[[b' '; 32], [b'x'; 32]].concat()), few(0));
}

#[test]
fn elements_should_be_what_the_model_takes() {
	let of = |dtype| parse("x", &[0, 7, 255], None, Some((dtype, &[3, 1])));
	for (dtype, data) in [
		(DType::U8, vec![0, 7, 255]),
		(DType::I16, vec![0, 0, 7, 0, 255, 0]),
		(DType::F32, [0f32, 7.0, 255.0].map(f32::to_le_bytes).concat()),
		(DType::I64, [0i64, 7, 255].map(i64::to_le_bytes).concat()),
	] {
		assert_eq!(of(dtype), Ok(Tensor { name: "x".into(), dtype, shape: vec![3, 1], data }));
	}
	for dtype in DType::ALL {
		let is_for_bytes = !matches!(dtype, DType::Bool | DType::I8 | DType::F16 | DType::BF16);
		assert_eq!(of(dtype).is_ok(), is_for_bytes, "{dtype}");
	}
	// A shape of another size is for the comparison with the model to tell.
	let other = parse("x", b"abc", None, Some((DType::U8, &[1, 4]))).unwrap();
	assert_eq!(other.shape, [1, 3]);
	let endless = parse("x", b"abc", None, Some((DType::U8, &[u64::MAX, 2]))).unwrap();
	assert_eq!(endless.shape, [1, 3]);
	let padded = windows("head=4,pad=256");
	let small = parse("x", b"abc", Some(&padded), Some((DType::U8, &[4])));
	assert_eq!(small, Err(BytesError::Type { dtype: DType::U8, number: 256 }));
	assert_eq!(parse("x", b"abc", None, None).unwrap().dtype, DType::U8);
}

#[test]
fn missing_bytes_should_need_padding() {
	let error = BytesError::NoPad { found: 3, wanted: 4 };
	assert_eq!(parse("x", b"abc", Some(&windows("head=4")), None), Err(error.clone()));
	assert_eq!(parse("x", b"abc", Some(&windows("tail=4")), None), Err(error));
	let both = parse("x", b"abc", Some(&windows("head=2,tail=2")), None).unwrap();
	assert_eq!((both.dtype, both.data), (DType::U8, b"abbc".to_vec()));
	let padded = parse("x", b"abc", Some(&windows("tail=5,pad=0")), None).unwrap();
	assert_eq!((padded.dtype, padded.data), (DType::U8, b"\0\0abc".to_vec()));
}

#[test]
fn windows_should_be_refused_when_they_make_no_sense() {
	for text in ["", "head", "head=", "head=-1", "head=x", "width=3", "head=1,", "head=1,pad=65536"]
	{
		assert!(matches!(text.parse::<Windows>(), Err(WindowsError::Part(_))), "{text:?}");
	}
	assert_eq!("head=1,head=1".parse::<Windows>(), Err(WindowsError::Twice("head".into())));
	for text in ["pad=1", "head=0", "head=67108865", "head=18446744073709551615,tail=1"] {
		assert_eq!(text.parse::<Windows>(), Err(WindowsError::Elements), "{text}");
	}
	assert_eq!(
		"head=4,tail=9,strip=8".parse::<Windows>(),
		Err(WindowsError::Strip { strip: 8, window: 9 })
	);
	assert_eq!(
		"head=4,tail=9,least=5".parse::<Windows>(),
		Err(WindowsError::Least { least: 5, head: 4 })
	);
}

#[test]
fn windows_should_be_written_as_they_are_read() {
	for text in ["head=1024,tail=1024,pad=256,strip=4096,least=8", "head=0,tail=5,least=0"] {
		assert_eq!(windows(text).to_string(), text);
		assert_eq!(windows(&windows(text).to_string()), windows(text));
	}
}

proptest! {
	#[test]
	fn every_file_should_give_as_many_elements_as_the_windows_have(
		file in proptest::collection::vec(prop_oneof![Just(b' '), any::<u8>()], 0..200),
		head in 0..40usize,
		tail in 1..40usize,
		more in proptest::option::of(0..80usize),
	) {
		let windows = Windows {
			head, tail, pad: Some(256), strip: more.map(|more| more + head.max(tail)), least: 0,
		};
		let tensor = parse("x", &file, Some(&windows), None).unwrap();
		let numbers = numbers(&tensor);
		prop_assert_eq!(numbers.len(), head + tail);
		// What is no padding is of the file, in its order.
		let of = |numbers: &[i32]| -> Vec<u8> {
			numbers.iter().filter(|number| **number != 256).map(|number| *number as u8).collect()
		};
		let (first, last) = (of(&numbers[..head]), of(&numbers[head..]));
		prop_assert!(first.is_empty() || file.windows(first.len()).any(|part| part == first));
		prop_assert!(last.is_empty() || file.windows(last.len()).any(|part| part == last));
	}
}
