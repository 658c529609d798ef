//! Bound dimensions: one encoding, a total decoder, and the text `NAME=SIZE`.

#![allow(clippy::unwrap_used)]

use opg_engine_types::{
	dims::{position, MAX_DIMS, MAX_NAME},
	Dim, Dims, DimsError,
};
use proptest::prelude::*;

proptest! {
	#[test]
	fn dims_should_have_one_encoding(
		bindings in prop::collection::btree_map("[a-z]{1,3}", any::<u64>(), 0..5),
		tail in prop::collection::vec(any::<u8>(), 0..40),
	) {
		let mut bound = Dims::default();
		for (name, size) in &bindings {
			bound.bind(name, *size).unwrap();
		}
		prop_assert_eq!(Dims::decode(&bound.encode()), Ok(bound));
		if let Ok(decoded) = Dims::decode(&tail) {
			prop_assert_eq!(decoded.encode(), tail);
		}
	}
}

#[test]
fn dim_should_survive_its_text() {
	for text in ["batch=1", "a=b=3", "?=18446744073709551615"] {
		let dim: Dim = text.parse().unwrap();
		assert_eq!(dim.to_string(), text);
	}
}

#[test]
fn dim_should_be_refused_when_its_text_is_not_name_and_size() {
	for text in ["", "batch", "batch=", "batch=-1", "batch=1.5"] {
		assert_eq!(text.parse::<Dim>(), Err(DimsError::Syntax), "{text}");
	}
	assert_eq!("=1".parse::<Dim>(), Err(DimsError::InvalidName));
	assert_eq!(
		format!("{}=1", "n".repeat(MAX_NAME + 1)).parse::<Dim>(),
		Err(DimsError::InvalidName)
	);
}

#[test]
fn dims_should_be_bound_in_any_order_and_once() {
	let dim = |name: &str, size| Dim { name: name.into(), size };
	let dims = Dims::try_from(vec![dim("b", 2), dim("a", 1)]).unwrap();
	assert_eq!(dims.iter().collect::<Vec<_>>(), [("a", 1), ("b", 2)]);
	let twice = Dims::try_from(vec![dim("b", 2), dim("b", 2)]);
	assert_eq!(twice, Err(DimsError::BoundTwice("b".into())));
	let many = (0..=MAX_DIMS).map(|i| dim(&i.to_string(), 1)).collect::<Vec<_>>();
	assert_eq!(Dims::try_from(many), Err(DimsError::TooMany));
}

#[test]
fn a_name_should_be_a_place_when_it_ends_in_an_axis() {
	let dim: Dim = "x:2=48".parse().unwrap();
	assert_eq!((position(&dim.name), dim.size), (Some(("x", 2)), 48));
	// TensorFlow names its inputs so.
	assert_eq!(position("serving_default:0:1"), Some(("serving_default:0", 1)));
	for name in ["x", "x:", ":1", "x:-1", "x:+1", "x:01", "x:1 ", "x:one", "x:65536"] {
		assert_eq!(position(name), None, "{name}");
	}
}
