//! Lists of tensors: the encoding is canonical and its decoder total.

#![allow(clippy::unwrap_used)]

use opg_engine_types::tensor::{check, decode, encode, DType, Tensor, TensorError, MAX_TENSORS};
use proptest::prelude::*;

fn scalar(name: &str, dtype: DType, data: &[u8]) -> Tensor {
	Tensor { name: name.into(), dtype, shape: vec![], data: data.into() }
}

fn tensor() -> impl Strategy<Value = Tensor> {
	("[a-z]{0,6}", 0..DType::ALL.len(), prop::collection::vec(0u64..4, 0..5)).prop_flat_map(
		|(name, dtype, shape)| {
			let dtype = DType::ALL[dtype];
			let length = shape.iter().product::<u64>() as usize * dtype.size();
			let top = if dtype == DType::Bool { 1u8 } else { 255 };
			prop::collection::vec(0..=top, length).prop_map(move |data| Tensor {
				name: name.clone(),
				dtype,
				shape: shape.clone(),
				data,
			})
		},
	)
}

fn tensors() -> impl Strategy<Value = Vec<Tensor>> {
	prop::collection::vec(tensor(), 0..5).prop_map(|mut tensors| {
		for (i, tensor) in tensors.iter_mut().enumerate() {
			tensor.name.push_str(&i.to_string());
		}
		tensors
	})
}

proptest! {
	#[test]
	fn decode_should_return_what_was_encoded(tensors in tensors()) {
		prop_assert_eq!(decode(&encode(&tensors)).unwrap(), tensors);
	}

	#[test]
	fn decode_should_accept_only_the_one_encoding(
		tensors in tensors(),
		flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
	) {
		let mut bytes = encode(&tensors);
		for (at, value) in flips {
			let at = at.index(bytes.len());
			bytes[at] = value;
		}
		if let Ok(decoded) = decode(&bytes) {
			prop_assert_eq!(encode(&decoded), bytes);
		}
	}

	#[test]
	fn decode_should_not_panic(tail in prop::collection::vec(any::<u8>(), 0..64)) {
		let _ = decode(&tail);
		let _ = decode(&[b"OPGT\x01", &tail[..]].concat());
	}

	#[test]
	fn decode_should_refuse_every_prefix(tensors in tensors(), cut in any::<prop::sample::Index>()) {
		let bytes = encode(&tensors);
		prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
	}
}

#[test]
fn encoding_should_be_pinned() {
	let tensor =
		Tensor { name: "x".into(), dtype: DType::I16, shape: vec![2], data: vec![1, 2, 3, 4] };
	assert_eq!(
		encode(&[tensor]),
		b"OPGT\x01\x01\x01\0x\x06\x01\x02\0\0\0\0\0\0\0\x04\0\0\0\x01\x02\x03\x04"
	);
	assert_eq!(encode(&[]), b"OPGT\x01\0");
	for (code, dtype) in DType::ALL.into_iter().enumerate() {
		assert_eq!(dtype as usize, code);
	}
}

#[test]
fn decode_should_refuse_a_shape_that_overflows() {
	let mut bytes = b"OPGT\x01\x01\0\0\x01\x02".to_vec();
	bytes.extend([(1u64 << 63).to_le_bytes(), 2u64.to_le_bytes()].concat());
	bytes.extend(0u32.to_le_bytes());
	assert!(matches!(decode(&bytes), Err(TensorError::WrongLength { .. })));
}

#[test]
fn decode_should_refuse_trailing_bytes() {
	assert_eq!(decode(b"OPGT\x01\0\0"), Err(TensorError::TrailingBytes));
}

#[test]
fn check_should_refuse_what_breaks_a_rule() {
	let good = scalar("x", DType::U8, &[7]);
	assert_eq!(check(std::slice::from_ref(&good)), Ok(()));
	assert_eq!(check(&[good.clone(), good.clone()]), Err(TensorError::DuplicateName("x".into())));
	assert_eq!(check(&[scalar("x", DType::Bool, &[2])]), Err(TensorError::BadBool("x".into())));
	assert!(check(&[scalar("x", DType::F32, &[0; 3])]).is_err());
	assert!(check(&[scalar(&"n".repeat(1 << 16), DType::U8, &[0])]).is_err());
	assert!(check(&[Tensor { shape: vec![1; 9], ..good }]).is_err());
	let many: Vec<_> = (0..=MAX_TENSORS).map(|i| scalar(&i.to_string(), DType::U8, &[0])).collect();
	assert_eq!(check(&many), Err(TensorError::TooMany(65)));
}
