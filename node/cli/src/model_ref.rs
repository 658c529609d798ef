//! Models on the command line: by number, or as people know them, `owner/name@1.4.0`.

use crate::{chain::Chain, keys};
use anyhow::{anyhow, Context, Result};
use opg_execution::printable;
use opg_primitives::{
	registry::{is_model_name, ModelName, Selector, LATEST},
	AccountId, ModelId,
};
use opg_runtime_api::VersionView;
use std::{fmt, str::FromStr};

/// Model of an owner: `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameRef {
	/// Account that owns it.
	pub owner: AccountId,
	/// Its name.
	pub name: ModelName,
}

impl FromStr for NameRef {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> Result<Self> {
		let (owner, name) = text
			.rsplit_once('/')
			.context("not a model: name it as owner/name, such as //Dave/digits")?;
		let owner = keys::parse_account(owner).context("the part before the last / is no owner")?;
		Ok(Self { owner, name: parse_name(name)? })
	}
}

impl fmt::Display for NameRef {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "{}/{}", keys::name(&self.owner), self::text(&self.name))
	}
}

/// Reads the name of a model.
pub(crate) fn parse_name(text: &str) -> Result<ModelName> {
	let name = Some(text.as_bytes()).filter(|name| is_model_name(name));
	name.and_then(|name| name.to_vec().try_into().ok()).ok_or_else(|| {
		anyhow!(
			"a model is called by at most 64 lower-case letters, digits, `.`, `_` and `-`, and \
			 begins with a letter or digit"
		)
	})
}

/// Model version, or the model itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ModelRef {
	/// Number of a version.
	Number(ModelId),
	/// A version of a named model. Without a selector it is the latest.
	Named(NameRef, Option<Selector>),
}

impl FromStr for ModelRef {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> Result<Self> {
		if !text.contains('/') {
			return text.parse().map(Self::Number).map_err(|_| {
				anyhow!("neither the number of a model version nor owner/name, owner/name@1.4.0")
			});
		}
		let Some((name, selector)) = text.rsplit_once('@') else {
			return Ok(Self::Named(text.parse()?, None));
		};
		let selector = Selector::parse(selector).context(
			"what follows the @ is a version such as 1.4.0, a channel, `latest`, or a requirement \
			 such as ^1.2",
		)?;
		Ok(Self::Named(name.parse()?, Some(selector)))
	}
}

impl fmt::Display for ModelRef {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Number(number) => write!(f, "{number}"),
			Self::Named(name, None) => write!(f, "{name}"),
			Self::Named(name, Some(selector)) => {
				write!(f, "{name}@{}", selector_text(selector))
			},
		}
	}
}

impl ModelRef {
	/// The version. The latest where none is named.
	pub fn resolve(&self, chain: &Chain) -> Result<VersionView> {
		match self {
			Self::Number(number) => chain.model(*number),
			Self::Named(name, selector) => {
				let selector = selector.clone().unwrap_or(Selector::Latest);
				chain.resolve(name, &selector)?.with_context(|| {
					format!(
						"there is no {name}@{}: `opg model show {name}` lists its versions",
						selector_text(&selector)
					)
				})
			},
		}
	}

	/// The number of the version. Nothing is asked where it is given.
	pub fn number(&self, chain: &Chain) -> Result<ModelId> {
		match self {
			Self::Number(number) => Ok(*number),
			Self::Named(..) => Ok(self.resolve(chain)?.model),
		}
	}
}

/// A selector as people write it.
fn selector_text(selector: &Selector) -> String {
	match selector {
		Selector::Latest => LATEST.into(),
		Selector::Exact(number) => number.to_string(),
		Selector::Channel(channel) => text(channel),
		Selector::Requirement(requirement) => text(requirement),
	}
}

/// Text of the chain, for a terminal.
pub(crate) fn text(bytes: &[u8]) -> String {
	printable(&String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn models_should_be_read_as_people_write_them() {
		assert_eq!("7".parse::<ModelRef>().unwrap(), ModelRef::Number(7));
		let address = "opELHp3VTeAMzKde7Dje6uokhq6rCHhL4qMpqQEH58GhmyyFa";
		for (text, shown) in [
			("//Dave/digits", "Dave/digits"),
			("//Dave/digits@1.4.0-beta.1", "Dave/digits@1.4.0-beta.1"),
			("//Dave/digits@stable", "Dave/digits@stable"),
			("//Dave/digits@latest", "Dave/digits@latest"),
			("//Dave/digits@^1.2", "Dave/digits@^1.2"),
			(&format!("{address}/a.b_c-d@2"), "Dave/a.b_c-d@2"),
		] {
			assert_eq!(text.parse::<ModelRef>().unwrap().to_string(), shown);
		}
	}

	#[test]
	fn models_should_be_refused_with_the_cause() {
		for (text, cause) in [
			("digits", "neither the number"),
			("-1", "neither the number"),
			("Dave/digits", "no owner"),
			("//Dave/Digits", "lower-case"),
			("//Dave/", "lower-case"),
			("//Dave/digits@", "such as 1.4.0"),
			("//Dave/digits@1.0.0+b", "such as 1.4.0"),
		] {
			let error = format!("{:#}", text.parse::<ModelRef>().unwrap_err());
			assert!(error.contains(cause), "{text}: {error}");
		}
	}
}
