//! What people need to know of a version: number, licence, tokenizer, how it generates text. And announcements of its file.

use crate::{
	chain::Chain,
	failure::Failure,
	fs,
	keys::Account,
	model_ref::{self, NameRef},
};
use anyhow::{anyhow, ensure, Context, Result};
use clap::Args;
use codec::Encode;
use opg_execution::model_hash;
use opg_primitives::{
	registry::{announcement, is_licence, Content, Licence, VersionNumber, VersionState},
	serving::Report,
};
use pallet_opg_models::Release;
use sp_core::{sr25519, Pair, H256};
use sp_io::hashing::blake2_256;
use std::path::{Path, PathBuf};

/// Options of a version.
#[derive(Args, Clone, Default)]
pub(crate) struct ReleaseArgs {
	/// Semantic version, such as 1.4.0 or 2.0.0-beta.1, never used again. Default: 1.0.0, or the
	/// minor version after the highest.
	#[arg(long = "version", value_name = "VERSION", value_parser = parse_number)]
	number: Option<VersionNumber>,
	/// Licence of the model, as an SPDX expression such as `Apache-2.0 OR MIT`.
	#[arg(long, value_name = "SPDX", value_parser = parse_licence)]
	licence: Option<Licence>,
	/// File that makes tensors of text: its hash and size are registered.
	#[arg(long, value_name = "FILE")]
	tokenizer: Option<PathBuf>,
}

impl ReleaseArgs {
	/// The file that makes tensors of text, if one is given.
	pub fn tokenizer(&self) -> Option<&Path> {
		self.tokenizer.as_deref()
	}

	/// The release of a version of this name, of whose model this was found.
	pub fn resolve(&self, chain: &Chain, name: &NameRef, report: &Report) -> Result<Release> {
		let number = match &self.number {
			Some(number) => number.clone(),
			None => next_number(chain, name)?,
		};
		let tokenizer = self.tokenizer.as_deref().map(content).transpose()?;
		let (licence, generation) = (self.licence.clone(), report.generation);
		Ok(Release { number, licence, tokenizer, generation })
	}
}

/// Content hash and size of a file.
pub(super) fn content(path: &Path) -> Result<Content> {
	let data = fs::read(path)?;
	ensure!(!data.is_empty(), "{} is empty", path.display());
	let size = u32::try_from(data.len()).with_context(|| format!("{}", path.display()))?;
	Ok(Content { hash: model_hash(&data), size })
}

/// Minor version after the highest of those that are used.
fn next_number(chain: &Chain, name: &NameRef) -> Result<VersionNumber> {
	let Some(named) = chain.named_model(name)? else { return Ok(VersionNumber::new(1, 0, 0)) };
	let Some(highest) = named.versions.first() else { return Ok(VersionNumber::new(1, 0, 0)) };
	let VersionNumber { major, minor, .. } = highest.number;
	let minor = minor.checked_add(1).context("give the version with --version")?;
	Ok(VersionNumber::new(major, minor, 0))
}

fn parse_number(text: &str) -> Result<VersionNumber> {
	VersionNumber::parse(text).ok_or_else(|| {
		anyhow!("not a semantic version such as 1.4.0 or 2.0.0-beta.1, without build metadata")
	})
}

fn parse_licence(text: &str) -> Result<Licence> {
	spdx::Expression::parse(text)
		.map_err(|error| anyhow!("not an SPDX expression: {}", error.reason))?;
	let licence = Some(text.as_bytes()).filter(|text| is_licence(text));
	licence
		.and_then(|text| text.to_vec().try_into().ok())
		.ok_or_else(|| anyhow!("the chain takes at most 128 letters, digits and `.+-:()`"))
}

/// Salt of an announcement. It follows from the secret and the file, so nobody has to keep it.
fn salt(owner: &sr25519::Pair, hash: &H256) -> [u8; 32] {
	blake2_256(&(b"opg/cli/announcement-salt", owner.to_raw_vec(), hash).encode())
}

/// Commitment by which `owner` announces a file. It hangs on the key.
pub(super) fn commitment(owner: &Account, hash: &H256) -> Result<H256> {
	let key = owner.pair().ok_or_else(|| {
		Failure::CannotSign(
			"an announcement needs the key on this machine: not with --unsigned".into(),
		)
	})?;
	Ok(announcement(owner.id(), hash, &salt(key, hash)))
}

/// Salt of the owner's announcement of a file, if there is one that counts.
pub(super) fn announced(chain: &Chain, owner: &Account, hash: &H256) -> Result<Option<[u8; 32]>> {
	// Without the key nobody can tell which announcement is that of the file.
	let Some(key) = owner.pair() else { return Ok(None) };
	let made = chain.announcements(owner.id())?;
	Ok(made.contains(&commitment(owner, hash)?).then(|| salt(key, hash)))
}

/// A state of a version in a word.
pub(super) fn state_name(state: VersionState) -> &'static str {
	match state {
		VersionState::Current => "current",
		VersionState::Deprecated => "deprecated",
		VersionState::Removed => "removed",
	}
}

/// A licence, or that there is none.
pub(super) fn licence_text(licence: &Option<Licence>) -> String {
	licence.as_ref().map_or_else(|| "none stated".into(), |licence| model_ref::text(licence))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn licence_should_be_refused_when_it_names_none() {
		for licence in
			["MIT", "Apache-2.0 WITH LLVM-exception", "(MIT OR Apache-2.0) AND CC-BY-4.0"]
		{
			assert_eq!(parse_licence(licence).unwrap().to_vec(), licence.as_bytes());
		}
		for licence in ["", "free", "MIT OR", "MIT/Apache-2.0", "mit"] {
			assert!(parse_licence(licence).is_err(), "{licence}");
		}
	}

	#[test]
	fn salt_should_follow_from_secret_and_file_alone() {
		let [one, two] = ["//Dave", "//Eve"].map(|path| Account::development(path).unwrap());
		let (file, other) = (H256::repeat_byte(1), H256::repeat_byte(2));
		let salt_of = |account: &Account, hash| salt(account.pair().unwrap(), hash);
		assert_eq!(salt_of(&one, &file), salt_of(&Account::development("//Dave").unwrap(), &file));
		assert_ne!(salt_of(&one, &file), salt_of(&two, &file));
		assert_ne!(salt_of(&one, &file), salt_of(&one, &other));
		assert_ne!(commitment(&one, &file).unwrap(), commitment(&two, &file).unwrap());
	}
}
