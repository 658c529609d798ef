//! Files: weights beside the model, and the output.

use super::*;
use crate::{
	proto::{tensor_proto::DataLocation, StringStringEntryProto},
	run,
};
use std::{fs, path::Path};
use tempfile::TempDir;

/// A folder with `model.onnx`, whose weight of four f32 lies at this place of `weights`.
fn beside(entries: &[(&str, &str)]) -> TempDir {
	let folder = tempfile::tempdir().unwrap();
	let mut weight = named("w", floats(&[4], &[]));
	weight.clear_raw_data();
	weight.set_data_location(DataLocation::EXTERNAL);
	for (key, value) in entries {
		let mut entry = StringStringEntryProto::new();
		entry.set_key((*key).into());
		entry.set_value((*value).into());
		weight.external_data.push(entry);
	}
	let (x, y) = (f32_value("x", vec![fixed(4)]), f32_value("y", vec![fixed(4)]));
	let add = node("Add", &["x", "w"], &["y"], vec![]);
	let bytes = model(vec![x], vec![y], vec![add], vec![weight]).write_to_bytes().unwrap();
	fs::write(folder.path().join("model.onnx"), bytes).unwrap();
	fs::write(folder.path().join("weights"), (0..24).collect::<Vec<u8>>()).unwrap();
	folder
}

fn fix(folder: &Path, output: &str) -> Result<Report> {
	let (model, output) = (folder.join("model.onnx"), folder.join(output));
	run(&Fix { model, output, ..Default::default() })
}

#[test]
fn weights_beside_the_model_should_be_taken_in() {
	let folder = beside(&[("location", "weights"), ("offset", "4"), ("length", "16")]);
	let report = fix(folder.path(), "fixed.onnx").unwrap();
	assert_eq!(report.changes, ["weights taken in from other files: 1, of 1"]);
	let fixed = fs::read(folder.path().join("fixed.onnx")).unwrap();
	let fixed = ModelProto::parse_from_bytes(&fixed).unwrap();
	assert_eq!(weight(&fixed, "w").raw_data(), (4..20).collect::<Vec<u8>>());
	assert!(weight(&fixed, "w").external_data.is_empty());
	assert!(!weight(&fixed, "w").has_data_location());
	// Nothing else is left in the folder.
	assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn weights_should_be_refused_with_the_cause() {
	for (entries, cause) in [
		(&[][..], "does not say which"),
		(&[("location", "../weights")], "not in the model's folder"),
		(&[("location", "/etc/passwd")], "not in the model's folder"),
		(&[("location", "")], "not in the model's folder"),
		(&[("location", "others")], "no such file beside the model"),
		(&[("location", ".")], "this is no file"),
		(&[("location", "weights"), ("offset", "-1")], "its offset is no number"),
		(&[("location", "weights"), ("offset", "18446744073709551615")], "not that of their type"),
		(&[("location", "weights"), ("length", "25")], "ends before their last byte"),
		(&[("location", "weights"), ("length", "8")], "not that of their type"),
	] {
		let folder = beside(entries);
		let said = fix(folder.path(), "fixed.onnx").unwrap_err().to_string();
		assert!(said.contains(cause), "{entries:?}: {said}");
		assert!(!folder.path().join("fixed.onnx").exists());
	}
}

#[cfg(unix)]
#[test]
fn links_should_not_lead_out_of_the_folder() {
	let elsewhere = beside(&[]);
	let folder = beside(&[("location", "link"), ("length", "16")]);
	let link = folder.path().join("link");
	std::os::unix::fs::symlink(elsewhere.path().join("weights"), &link).unwrap();
	let said = fix(folder.path(), "fixed.onnx").unwrap_err().to_string();
	assert!(said.contains("not in the model's folder"), "{said}");
	fs::remove_file(&link).unwrap();
	std::os::unix::fs::symlink("weights", &link).unwrap();
	fix(folder.path(), "fixed.onnx").unwrap();
}

#[test]
fn weights_should_be_refused_when_they_are_longer_than_a_model_can_be() {
	let folder = beside(&[("location", "weights")]);
	let file = fs::File::options().write(true).open(folder.path().join("weights")).unwrap();
	file.set_len(crate::MAX_BYTES + 1).unwrap();
	let bytes = fs::read(folder.path().join("model.onnx")).unwrap();
	let mut proto = ModelProto::parse_from_bytes(&bytes).unwrap();
	proto.graph.as_mut().unwrap().initializer[0].dims = vec![(crate::MAX_BYTES + 1) as i64];
	proto.graph.as_mut().unwrap().initializer[0].set_data_type(DataType::UINT8.value());
	fs::write(folder.path().join("model.onnx"), proto.write_to_bytes().unwrap()).unwrap();
	assert!(matches!(fix(folder.path(), "fixed.onnx"), Err(Error::TooLarge)));
}

#[test]
fn the_model_and_its_weights_should_never_be_replaced() {
	let folder = beside(&[("location", "weights"), ("length", "16")]);
	let before = fs::read(folder.path().join("model.onnx")).unwrap();
	for output in ["model.onnx", "./model.onnx", "weights"] {
		assert!(matches!(fix(folder.path(), output), Err(Error::SameFile(_))), "{output}");
	}
	assert_eq!(fs::read(folder.path().join("model.onnx")).unwrap(), before);
	// Another file that was there is replaced, as a whole.
	fs::write(folder.path().join("fixed.onnx"), "old").unwrap();
	fix(folder.path(), "fixed.onnx").unwrap();
	assert_ne!(fs::read(folder.path().join("fixed.onnx")).unwrap(), b"old");
}

#[test]
fn files_that_cannot_be_read_or_written_should_be_named() {
	let folder = beside(&[("location", "weights"), ("length", "16")]);
	let said = fix(folder.path(), "nowhere/fixed.onnx").unwrap_err().to_string();
	assert!(said.contains("cannot write") && said.contains("nowhere"), "{said}");
	let said = fix(&folder.path().join("gone"), "fixed.onnx").unwrap_err().to_string();
	assert!(said.contains("cannot read") && said.contains("gone"), "{said}");
}
