//! Files that are damaged, or made to do harm.

use super::*;
use crate::model::int;
use proptest::prelude::*;

/// Everything that a change looks at, in a few hundred bytes.
fn whole() -> Vec<u8> {
	let dims = || vec![open("n"), fixed(3), fixed(1), fixed(1)];
	let mut inner = node("Concat", &["x", "x"], &["wide"], vec![int("axis", 1)]);
	let mut body = crate::proto::AttributeProto::new();
	body.set_name("body".into());
	body.g = scores().graph;
	inner.attribute.push(body);
	let proto = model(
		vec![f32_value("x", dims()), i64_value("mask", vec![fixed(1), fixed(2)])],
		vec![f32_value("hidden", vec![fixed(1), fixed(2), fixed(3)]), f32_value("y", dims())],
		vec![
			inner,
			node("Gemm", &["w", "w"], &["hidden"], vec![int("transA", 1)]),
			node("Squeeze", &["hidden"], &["z"], vec![]),
			node("MatMul", &["z", "w"], &["v"], vec![]),
			node("Conv", &["x", "w"], &["u"], vec![]),
			node("Add", &["u", "x"], &["y"], vec![]),
		],
		vec![named("w", floats(&[16, 16], &[1.0; 256]))],
	);
	proto.write_to_bytes().unwrap()
}

const ALL: [&str; 7] = [
	"--dim=n=1",
	"--half",
	"--u8=x=1,2:3:4,5",
	"--pool=hidden=mask",
	"--argmax=y:1",
	"--top=y_argmax=1",
	"--keep=y_argmax_top",
];

/// What is said of a file; a panic is the only thing that fails.
fn read(bytes: &[u8], fix: &Fix) -> Result<Report> {
	let mut model = Model::read(bytes)?;
	let folder = std::path::Path::new("/nowhere");
	crate::external::take_in(&mut model, folder)?;
	change(&mut model, fix)?;
	let bytes = model.to_bytes()?;
	// What is written can be read again.
	Model::read(&bytes)?;
	Ok(model.report())
}

#[test]
fn a_whole_file_should_take_all_changes() {
	read(&whole(), &options(&ALL)).unwrap();
}

#[test]
fn files_that_are_no_model_should_be_refused() {
	for bytes in [&b""[..], b"not a model", b"\x08\x08", &[0xff; 64], &whole()[..100]] {
		let said = read(bytes, &Fix::default()).unwrap_err().to_string();
		assert!(said.contains("no ONNX model") || said.contains("made"), "{said}");
	}
}

#[test]
fn graphs_within_graphs_should_have_an_end() {
	let mut proto = scores();
	for _ in 0..500 {
		let mut body = crate::proto::AttributeProto::new();
		body.g = proto.graph.take().into();
		let inner = node("If", &["x"], &["y"], vec![body]);
		proto.graph = Some(GraphProto { node: vec![inner], ..Default::default() }).into();
	}
	assert!(matches!(
		read(&proto.write_to_bytes().unwrap(), &Fix::default()),
		Err(Error::Damaged(_))
	));
}

#[test]
fn a_file_that_ends_anywhere_should_not_panic() {
	let (bytes, fix) = (whole(), options(&ALL));
	for length in 0..bytes.len() {
		let _ = read(&bytes[..length], &fix);
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(1000))]

	#[test]
	fn a_file_with_other_bytes_should_not_panic(
		changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
		first in 0..ALL.len(),
	) {
		let mut bytes = whole();
		for (at, byte) in changes {
			let at = at.index(bytes.len());
			bytes[at] = byte;
		}
		let _ = read(&bytes, &options(&ALL[first..]));
		let _ = read(&bytes, &options(&ALL[first..=first]));
	}

	#[test]
	fn bytes_without_a_sense_should_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
		let _ = read(&bytes, &Fix { half: true, ..Default::default() });
	}
}
