//! Models that generate text: how theirs becomes tokens, and how it is shown.

use crate::{
	download::{self, Download},
	failure::Failure,
};
use anyhow::{Context, Result};
use opg_execution::content_of;
use opg_primitives::{registry::TextGeneration, Content};
use opg_runtime_api::VersionView;
use opg_text::TextModel;
use std::{fs, io::Write, path::Path};

/// Folder of files that were downloaded, by their hashes, in the cache of the user.
const FOLDER: &str = "contents";

/// How a version generates text. Fails, with what to do, if it does not.
pub(crate) fn generation(version: &VersionView) -> Result<TextGeneration> {
	version.generation.ok_or_else(|| {
		Failure::InputMismatch(format!(
			"model {} generates no text: `opg model show` tells which do, and `opg request send` asks \
			 others",
			version.model
		))
		.into()
	})
}

/// How a version makes tokens of text. Its file is `given`, or comes from this machine, or from the node.
pub(crate) fn model(
	version: &VersionView,
	given: Option<&Path>,
	cache: Option<&Path>,
	call: download::Call,
) -> Result<TextModel> {
	let content = version.tokenizer.ok_or_else(|| {
		Failure::InputMismatch(format!(
			"model {} has no tokenizer on the chain, so nobody can tell how its text becomes tokens: ask its \
			 owner for a version with one (`opg model publish --tokenizer`)",
			version.model
		))
	})?;
	let content = Content { hash: content.hash, size: content.size };
	if let Some(path) = given {
		let file = crate::fs::read(path)?;
		if content_of(&file) != Some(content) {
			return Err(Failure::InputMismatch(format!(
				"{} is not the tokenizer of model {}, whose hash is {:?}: ask its owner for the file",
				path.display(),
				version.model,
				content.hash
			))
			.into());
		}
		return parse(&file);
	}
	let got = fetch(content, cache, || Download::of_tokenizer(content).run(call));
	parse(&got.context(
		"the tokenizer of the version is not at the node: get the file from the model's owner, and give it \
		 as --tokenizer",
	)?)
}

/// Reads the file of a tokenizer.
pub(crate) fn parse(file: &[u8]) -> Result<TextModel> {
	TextModel::parse(file).map_err(|error| Failure::InputMismatch(error.to_string()).into())
}

/// A content: from the folder `cache` of this user, or by `get`, after which it is there.
pub(crate) fn fetch(
	content: Content,
	cache: Option<&Path>,
	get: impl FnOnce() -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
	let folder = cache.map(|cache| cache.join(FOLDER));
	let path = folder.as_ref().map(|folder| folder.join(format!("{:x}", content.hash)));
	if let Some(bytes) = path.as_ref().and_then(|path| fs::read(path).ok()) {
		if content_of(&bytes) == Some(content) {
			return Ok(bytes);
		}
	}
	let bytes = get()?;
	if let Some((folder, path)) = folder.zip(path) {
		// Only for the next time: where the disk is full, this time goes on.
		let kept = fs::create_dir_all(&folder).and_then(|()| {
			let mut file = tempfile::NamedTempFile::new_in(&folder)?;
			file.write_all(&bytes)?;
			file.persist(&path)?;
			Ok(())
		});
		if let Err(error) = kept {
			eprintln!("{} is not kept for the next time: {error}", path.display());
		}
	}
	Ok(bytes)
}

/// Text of a model for a terminal: lines and tabs, and nothing else that a terminal obeys.
pub(crate) fn shown(text: &str) -> String {
	let mut shown = String::with_capacity(text.len());
	for char in text.chars() {
		match char {
			'\n' | '\t' => shown.push(char),
			// What turns the direction of text around could hide some of it.
			'\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
				shown.extend(char.escape_unicode())
			},
			_ if char.is_control() => shown.extend(char.escape_default()),
			_ => shown.push(char),
		}
	}
	shown
}

#[cfg(test)]
mod tests {
	use super::*;
	use anyhow::bail;

	#[test]
	fn content_should_be_fetched_once_and_again_when_its_copy_is_damaged() {
		let folder = tempfile::tempdir().unwrap();
		let content = content_of(b"tokens").unwrap();
		let cache = Some(folder.path());
		assert_eq!(fetch(content, cache, || Ok(b"tokens".to_vec())).unwrap(), b"tokens");
		assert_eq!(fetch(content, cache, || bail!("asked twice")).unwrap(), b"tokens");
		let path = folder.path().join(FOLDER).join(format!("{:x}", content.hash));
		fs::write(&path, b"other!").unwrap();
		assert!(fetch(content, cache, || bail!("asked again")).is_err());
		assert_eq!(fetch(content, cache, || Ok(b"tokens".to_vec())).unwrap(), b"tokens");
		assert_eq!(fs::read(path).unwrap(), b"tokens");
		assert_eq!(fetch(content, None, || Ok(b"tokens".to_vec())).unwrap(), b"tokens");
	}

	#[test]
	fn text_should_not_command_the_terminal() {
		assert_eq!(shown("a\n\tb\u{1b}[2J\r\u{9b}é日"), "a\n\tb\\u{1b}[2J\\r\\u{9b}é日");
		assert_eq!(shown("\u{202e}x"), "\\u{202e}x");
	}
}
