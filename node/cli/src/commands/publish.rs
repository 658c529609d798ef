//! `opg model publish`: from a file to a version that strangers' nodes can fetch.

use super::{
	model::{Draft, VersionArgs},
	Session,
};
use crate::{chain::Chain, fs, rpc::Refusal, upload::Upload};
use anyhow::{Context, Result};
use opg_primitives::ModelId;
use std::path::Path;

/// Code with which a node refuses to take a file that no registered version has.
const NOT_REGISTERED: i32 = 7001;

/// Inspects, uploads and registers. Where the node takes only registered files it registers first.
pub(super) fn publish(session: &Session, file: &Path, version: &VersionArgs) -> Result<()> {
	let output = session.output;
	let data = fs::read(file)?;
	let chain = session.connect()?;
	let draft = version.draft(&chain, &data)?;
	let upload = Upload::of_file(file)?;
	let known = registered(&chain, &draft)?;
	let mut uploaded = false;
	if known.is_none() {
		match upload.send(&chain, None) {
			Ok(()) => uploaded = true,
			Err(error) if is_only_for_registered(&error) => {
				output.news("the node takes only registered files: registering first");
			},
			Err(error) => return Err(error.context("run the same command again")),
		}
	}
	let id = match known {
		Some(id) => {
			output.news(format_args!("{} is registered already, as model {id}", draft.name));
			id
		},
		None => {
			let id = draft.register(&chain, &data)?;
			draft.tell(output, id);
			id
		},
	};
	if !uploaded {
		upload.send(&chain, None).with_context(|| {
			format!("model {id} is registered, and its file is not at the node: run this again")
		})?;
	}
	if let Some(tokenizer) = version.tokenizer() {
		let sent = Upload::of_file(tokenizer)?.send(&chain, None);
		sent.context("the tokenizer is not at the node: run this again")?;
	}
	output.news(format_args!(
		"{} has the file: executors and validators fetch it while the node is up",
		session.endpoint
	));
	output.news(format_args!("see whether it takes requests with: opg model show {id}"));
	output.news(format_args!("ask for an inference with: opg request send {id} --tensors FILE"));
	output.json(|| draft.json(id));
	Ok(())
}

/// Number of the version of this name that has the file already: this program broke off after it had
/// registered it.
fn registered(chain: &Chain, draft: &Draft) -> Result<Option<ModelId>> {
	let mut numbers = chain.named_model(&draft.name)?.map(|named| named.versions);
	let versions = numbers.take().unwrap_or_default();
	let others = chain.versions_with(draft.hash)?;
	let own = |id: &ModelId| versions.iter().any(|version| version.model == *id);
	Ok(others.into_iter().map(|version| version.model).find(own))
}

fn is_only_for_registered(error: &anyhow::Error) -> bool {
	error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.code == NOT_REGISTERED)
}
