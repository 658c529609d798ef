//! Inputs: formats by name and content, names, and what a model takes.

#![allow(clippy::unwrap_used)]

use opg_engine_types::tensor::{self, DType, Tensor};
use opg_tensors::{
	image::{self, Format, Layout},
	input::{self, check, parse, picture_layout, InputError, Kind, Mismatch},
	json, npy, proto,
	report::Port,
};
use std::path::Path;

const GREY: Format = Format { channels: 1, layout: Layout::Planes, scaling: None };

fn tensor(name: &str) -> Tensor {
	Tensor { name: name.into(), dtype: DType::U8, shape: vec![1, 1, 1, 2], data: vec![7, 9] }
}

fn port(name: &str, dtype: DType, shape: &[u64]) -> Port {
	Port { name: name.into(), dtype, shape: shape.to_vec() }
}

/// The same tensor in every format, with its usual ending.
fn files() -> [(&'static str, Kind, Vec<u8>); 5] {
	let (named, list) = (tensor("x"), [tensor("x")]);
	[
		("json", Kind::Json, serde_json::to_vec_pretty(&json::render(&list).unwrap()).unwrap()),
		("opgt", Kind::Opgt, tensor::encode(&list)),
		("npy", Kind::Npy, npy::render(&named).unwrap()),
		("pb", Kind::Proto, proto::render(&named).unwrap()),
		("png", Kind::Picture, image::render_png(&named, Layout::Planes).unwrap()),
	]
}

#[test]
fn format_should_be_told_by_the_name_and_else_by_the_content() {
	for (ending, kind, bytes) in files() {
		assert_eq!(Kind::of(Path::new(&format!("a.{ending}")), b""), Some(kind));
		// Nothing tells a TensorProto by its first bytes.
		let by_content = Some(kind).filter(|kind| *kind != Kind::Proto);
		for name in ["-", "a.b/data", "x.bin"] {
			assert_eq!(Kind::of(Path::new(name), &bytes), by_content, "{name} {kind:?}");
		}
	}
	assert_eq!(Kind::of(Path::new("-"), b" \n\t["), Some(Kind::Json));
	assert_eq!(Kind::of(Path::new("-"), b"\xff\xd8\xff"), Some(Kind::Picture));
	assert_eq!(Kind::of(Path::new("-"), b""), None);
}

#[test]
fn every_format_should_hold_the_same_tensor() {
	for (_, kind, bytes) in files() {
		let name = Some("x").filter(|_| !kind.names_tensors());
		assert_eq!(parse(kind, name, &bytes, &GREY).unwrap(), [tensor("x")], "{kind:?}");
	}
}

#[test]
fn name_should_be_given_once() {
	for (_, kind, bytes) in files() {
		let named = parse(kind, Some("y"), &bytes, &GREY);
		let unnamed = parse(kind, None, &bytes, &GREY);
		match kind {
			Kind::Json | Kind::Opgt => {
				assert!(matches!(named, Err(InputError::NamesItself)));
				assert!(unnamed.is_ok());
			},
			// It has a name, which may be given another.
			Kind::Proto => assert!(named.is_ok() && unnamed.is_ok()),
			Kind::Npy | Kind::Picture => {
				assert!(named.is_ok());
				assert!(matches!(unnamed, Err(InputError::NoName)));
			},
		}
	}
}

#[test]
fn mismatch_should_say_which_input_and_what_was_expected() {
	let ports = [port("x", DType::U8, &[1, 1, 1, 2]), port("n", DType::I64, &[])];
	let n = Tensor { name: "n".into(), dtype: DType::I64, shape: vec![], data: vec![0; 8] };
	check(&[n.clone(), tensor("x")], &ports).unwrap();
	let error = check(&[tensor("x")], &ports).unwrap_err();
	assert_eq!(error, Mismatch::Missing { name: "n".into(), expected: "i64[]".into() });
	let error = check(&[tensor("y"), n.clone()], &ports).unwrap_err().to_string();
	assert!(error.contains("`y`") && error.contains("x u8[1, 1, 1, 2], n i64[]"), "{error}");
	for other in [port("x", DType::F32, &[1, 1, 1, 2]), port("x", DType::U8, &[2, 1])] {
		let error = check(&[tensor("x")], &[other]).unwrap_err().to_string();
		assert!(error.contains("this is u8[1, 1, 1, 2]"), "{error}");
	}
	check(&[], &[]).unwrap();
}

#[test]
fn layout_should_be_told_where_the_shape_tells_it() {
	for (dtype, shape, layout) in [
		(DType::U8, &[1, 3, 48, 96][..], Some((3, Layout::Planes))),
		(DType::F32, &[1, 1, 28, 28], Some((1, Layout::Planes))),
		(DType::F32, &[1, 28, 28, 3], Some((3, Layout::Interleaved))),
		(DType::I64, &[1, 3, 48, 96], None),
		(DType::U8, &[2, 3, 48, 96], None),
		(DType::U8, &[3, 48, 96], None),
		(DType::U8, &[1, 4, 48, 96], None),
		(DType::U8, &[1, 3, 48, 3], None),
	] {
		assert_eq!(picture_layout(&port("x", dtype, shape)), layout, "{dtype}{shape:?}");
	}
	assert_eq!(input::describe_port(&port("x", DType::U8, &[1])), "x u8[1]");
}
