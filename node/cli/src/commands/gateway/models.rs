//! What models take and give. The chain does not know it: the engine finds it in the model's file, which
//! comes from a folder or from the node.

use super::view::Version;
use crate::{
	download::{self, Download},
	local::{self, EngineArg},
	text,
	watching::ModelFiles,
};
use anyhow::{ensure, Context, Result};
use opg_execution::{content_of, model_hash, LocalEngine};
use opg_gateway::backend::Schema;
use opg_primitives::{Answer, Content, Task, TaskInput};
use opg_text::TextModel;
use sp_core::H256;
use std::{
	collections::HashMap,
	fs,
	path::PathBuf,
	sync::{Arc, Mutex, OnceLock, PoisonError},
	time::Duration,
};

/// Schemas that are remembered. Beyond them all are forgotten, and found again.
const MAX_KNOWN: usize = 1024;
/// Longest time to compute an answer again.
const RUN_TIMEOUT: Duration = Duration::from_secs(600);

/// Model files on this machine, and what the engine says of them.
pub(super) struct Models {
	engine: EngineArg,
	loaded: OnceLock<LocalEngine>,
	/// Folder that the user names.
	given: Option<ModelFiles>,
	/// Where files of the node go, by their hashes.
	folder: PathBuf,
	/// Longest file that is got from the node, in bytes.
	max_file: u64,
	schemas: Mutex<HashMap<H256, Arc<Schema>>>,
	/// One at a time: each takes as much memory as a model does.
	turn: Mutex<()>,
}

impl Models {
	pub fn new(
		engine: EngineArg,
		given: Option<ModelFiles>,
		folder: PathBuf,
		max_file: u64,
	) -> Self {
		Self {
			engine,
			loaded: OnceLock::new(),
			given,
			folder,
			max_file,
			schemas: Mutex::default(),
			turn: Mutex::default(),
		}
	}

	/// The engine. Compiling it takes up to a minute the first time.
	pub fn engine(&self) -> Result<&LocalEngine> {
		if let Some(engine) = self.loaded.get() {
			return Ok(engine);
		}
		let engine = self.engine.load()?;
		Ok(self.loaded.get_or_init(|| engine))
	}

	/// What a version takes and gives, if that was found out.
	pub fn known(&self, version: &Version) -> Option<Arc<Schema>> {
		let schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
		schemas.get(&key(version)).cloned()
	}

	/// What a version takes and gives. `call` asks the node.
	pub fn schema(&self, version: &Version, call: download::Call) -> Result<Arc<Schema>> {
		let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
		if let Some(schema) = self.known(version) {
			return Ok(schema);
		}
		let engine = self.engine()?;
		local::check_engine(engine, version.engine_id)?;
		let file = self.file(version, call)?;
		let (inputs, outputs) = local::ports(engine, &file, &version.dims()?, &version.limits())?;
		let schema = Arc::new(Schema { inputs, outputs });
		let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
		if schemas.len() >= MAX_KNOWN {
			schemas.clear();
		}
		schemas.insert(key(version), schema.clone());
		Ok(schema)
	}

	/// How text becomes tokens, by this file.
	pub fn text(&self, file: Content, call: download::Call) -> Result<TextModel> {
		let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
		let given = self.given.as_ref().and_then(|files| files.find(file.hash));
		let given = given.and_then(|path| fs::read(path).ok());
		if let Some(bytes) = given.filter(|bytes| content_of(bytes) == Some(file)) {
			return text::parse(&bytes);
		}
		let bytes =
			text::fetch(file, Some(&self.folder), || Download::of_tokenizer(file).run(call));
		let bytes = bytes.context(
			"the file of its tokenizer is neither in the folder of --models nor does the node have it",
		)?;
		text::parse(&bytes)
	}

	/// Computes an input on a version.
	pub fn run(&self, version: &Version, input: &[u8], call: download::Call) -> Result<Answer> {
		let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
		let task = Task {
			model_hash: version.model_hash,
			engine_id: version.engine_id,
			dims: version.dims()?,
			input: TaskInput::Inline(input.to_vec()),
			limits: version.limits(),
		};
		let file = self.file(version, call)?;
		Ok(self.engine()?.execute_within(&file, &task, RUN_TIMEOUT)?.answer)
	}

	/// The file of a version: one of the user, one that is here already, or the node's.
	fn file(&self, version: &Version, call: download::Call) -> Result<Vec<u8>> {
		let hash = version.model_hash;
		let path = self.folder.join(format!("{hash:x}"));
		let given = self.given.as_ref().and_then(|files| files.find(hash));
		for path in [given, Some(path.clone())].into_iter().flatten() {
			if let Ok(bytes) = fs::read(&path) {
				if model_hash(&bytes) == hash {
					return Ok(bytes);
				}
			}
		}
		let size = u64::from(version.size);
		ensure!(
			size <= self.max_file,
			"its file has {size} bytes, more than the {} that are got from the node: put it into a folder, \
			 and name that with --models",
			self.max_file
		);
		let content = Content { hash, size: version.size };
		let file = Download::of_model(content).run(call);
		let file = file.context(
			"its file is neither in the folder of --models nor does the node have it: executors' and \
			 validators' nodes do",
		)?;
		fs::create_dir_all(&self.folder).and_then(|()| {
			// Whoever finds half a file finds another hash.
			fs::write(&path, &file)
		})?;
		Ok(file)
	}
}

/// What a schema depends on.
fn key(version: &Version) -> H256 {
	let parts = format!(
		"{:?} {:?} {:?} {:?}",
		version.model_hash,
		version.engine_id,
		version.dims(),
		version.limits()
	);
	model_hash(parts.as_bytes())
}
