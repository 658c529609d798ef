//! Weights that lie in files beside the model.

use crate::{
	data,
	error::shown,
	model::Model,
	proto::{
		tensor_proto::DataLocation, AttributeProto, GraphProto, NodeProto, SparseTensorProto,
		TensorProto,
	},
	Error, Result, MAX_BYTES,
};
use protobuf::Message;
use std::{
	collections::BTreeSet,
	fs::File,
	io::{Read, Seek, SeekFrom},
	path::{Component, Path, PathBuf},
};

/// Takes weights into the model, and gives the files that they lay in.
pub(crate) fn take_in(model: &mut Model, folder: &Path) -> Result<BTreeSet<PathBuf>> {
	let left = MAX_BYTES.saturating_sub(model.proto_mut().compute_size());
	let mut weights = Weights { folder: folder.to_owned(), left, taken: 0, files: BTreeSet::new() };
	let proto = model.proto_mut();
	if let Some(graph) = proto.graph.as_mut() {
		weights.graph(graph)?;
	}
	for function in &mut proto.functions {
		weights.nodes(&mut function.node)?;
		weights.attributes(&mut function.attribute_proto)?;
	}
	if weights.taken > 0 {
		let (taken, files) = (weights.taken, weights.files.len());
		model.note(format!("weights taken in from other files: {taken}, of {files}"));
	}
	Ok(weights.files)
}

struct Weights {
	/// Of the model; nothing outside of it is read.
	folder: PathBuf,
	/// Bytes that may still be taken in.
	left: u64,
	taken: usize,
	files: BTreeSet<PathBuf>,
}

impl Weights {
	fn graph(&mut self, graph: &mut GraphProto) -> Result<()> {
		graph.initializer.iter_mut().try_for_each(|tensor| self.tensor(tensor))?;
		graph.sparse_initializer.iter_mut().try_for_each(|tensor| self.sparse(tensor))?;
		self.nodes(&mut graph.node)
	}

	fn nodes(&mut self, nodes: &mut [NodeProto]) -> Result<()> {
		nodes.iter_mut().try_for_each(|node| self.attributes(&mut node.attribute))
	}

	fn attributes(&mut self, attributes: &mut [AttributeProto]) -> Result<()> {
		for attribute in attributes {
			let one = attribute.t.as_mut().into_iter();
			one.chain(&mut attribute.tensors).try_for_each(|tensor| self.tensor(tensor))?;
			let one = attribute.sparse_tensor.as_mut().into_iter();
			one.chain(&mut attribute.sparse_tensors).try_for_each(|tensor| self.sparse(tensor))?;
			let one = attribute.g.as_mut().into_iter();
			one.chain(&mut attribute.graphs).try_for_each(|graph| self.graph(graph))?;
		}
		Ok(())
	}

	fn sparse(&mut self, tensor: &mut SparseTensorProto) -> Result<()> {
		let parts = tensor.values.as_mut().into_iter().chain(tensor.indices.as_mut());
		parts.into_iter().try_for_each(|tensor| self.tensor(tensor))
	}

	fn tensor(&mut self, tensor: &mut TensorProto) -> Result<()> {
		if tensor.data_location() != DataLocation::EXTERNAL {
			return Ok(());
		}
		let name = shown(tensor.name());
		let wrong = |what: String| Error::External { tensor: name.clone(), what };
		let entry = |key: &str| {
			tensor.external_data.iter().find(|entry| entry.key() == key).map(|entry| entry.value())
		};
		let number = |key: &str| match entry(key).map(str::parse::<u64>) {
			Some(Ok(number)) => Ok(Some(number)),
			Some(Err(_)) => Err(wrong(format!("its {key} is no number"))),
			None => Ok(None),
		};
		let Some(location) = entry("location") else {
			return Err(wrong("the model does not say which".into()));
		};
		let path =
			self.inside(location).map_err(|what| wrong(format!("{}: {what}", shown(location))))?;
		let failed = |source| Error::File {
			doing: "cannot read the weights in",
			file: path.clone(),
			source,
		};
		// Before it is opened, which would wait for the other end of a pipe.
		if !path.is_file() {
			return Err(wrong("this is no file".into()));
		}
		let mut file = File::open(&path).map_err(failed)?;
		let about = file.metadata().map_err(failed)?;
		let offset = number("offset")?.unwrap_or(0);
		let there = about.len().saturating_sub(offset);
		let length = number("length")?.unwrap_or(there);
		if length > there {
			return Err(wrong("the file ends before their last byte".into()));
		}
		let needed = data::byte_len(tensor.data_type(), &tensor.dims);
		if needed.is_some_and(|needed| needed != length) {
			return Err(wrong("their length is not that of their type and shape".into()));
		}
		self.left = self.left.checked_sub(length).ok_or(Error::TooLarge)?;
		let mut bytes = Vec::with_capacity(length as usize);
		file.seek(SeekFrom::Start(offset)).map_err(failed)?;
		file.take(length).read_to_end(&mut bytes).map_err(failed)?;
		if bytes.len() as u64 != length {
			return Err(wrong("the file became shorter while it was read".into()));
		}
		tensor.set_raw_data(bytes);
		tensor.external_data.clear();
		tensor.data_location = None;
		self.taken += 1;
		self.files.insert(path);
		Ok(())
	}

	/// The file of this name, which must lie in the model's folder, also once links are followed.
	fn inside(&self, location: &str) -> Result<PathBuf, &'static str> {
		const OUTSIDE: &str = "it is not in the model's folder, and files elsewhere are not read";
		let ordinary = |part| matches!(part, Component::Normal(_) | Component::CurDir);
		if location.is_empty() || !Path::new(location).components().all(ordinary) {
			return Err(OUTSIDE);
		}
		let folder = match self.folder.as_os_str().is_empty() {
			true => Path::new("."),
			false => &self.folder,
		};
		let missing = |_| "there is no such file beside the model";
		let folder = folder.canonicalize().map_err(missing)?;
		let path = folder.join(location).canonicalize().map_err(missing)?;
		path.starts_with(&folder).then_some(path).ok_or(OUTSIDE)
	}
}
