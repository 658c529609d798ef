//! Names of models in addresses.
//!
//! The name of a model has a slash, and clients send it as it is (`owner/name`), encoded
//! (`owner%2Fname`), or cannot send it at all; for them there is `owner--name`. An owner is an address,
//! which has no `-`. On development chains it is also `//Dave`.

use crate::error::ApiError;

/// What an address asks for of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
	/// `7`, `owner/name` or `owner/name@1.4.0`.
	pub name: String,
	/// The version behind `versions/`.
	pub version: Option<String>,
	/// What follows: `ready`, `infer` or nothing.
	pub verb: String,
}

/// Reads what follows `/v2/models/`, decoded.
pub(super) fn parse(rest: &str) -> Result<Asked, ApiError> {
	let unknown = || ApiError::new(404, "NotFound", "no such address: see docs/gateway.md");
	let (name, rest) = split(rest).ok_or_else(|| {
		let message = "a model is owner/name, owner--name, or the number of a version";
		ApiError::new(404, "ModelUnknown", message)
	})?;
	let parts: Vec<_> = rest.split('/').filter(|part| !part.is_empty()).collect();
	let (version, verb) = match parts.as_slice() {
		[] => (None, ""),
		["versions", version] => (Some(*version), ""),
		["versions", version, verb] => (Some(*version), *verb),
		[verb] => (None, *verb),
		_ => return Err(unknown()),
	};
	match verb {
		"" | "ready" | "infer" => {},
		"config" | "stats" | "trace" => {
			let message =
				format!("`{verb}` is an extension of Triton that this gateway does not have");
			return Err(ApiError::new(404, "NotFound", message));
		},
		_ => return Err(unknown()),
	}
	Ok(Asked { name, version: version.map(Into::into), verb: verb.into() })
}

/// Divides a decoded address into the name of a model, as a node has it, and the rest.
fn split(text: &str) -> Option<(String, &str)> {
	let (prefix, body) = match text.strip_prefix("//") {
		Some(body) => ("//", body),
		None => ("", text),
	};
	let (first, rest) = body.split_once('/').unwrap_or((body, ""));
	if prefix.is_empty() && !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()) {
		return Some((first.into(), rest));
	}
	if let Some((owner, name)) = first.split_once("--") {
		let is_whole = !owner.is_empty() && !name.is_empty();
		return is_whole.then(|| (format!("{prefix}{owner}/{name}"), rest));
	}
	let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
	let is_whole = !first.is_empty() && !name.is_empty();
	is_whole.then(|| (format!("{prefix}{first}/{name}"), rest))
}

/// A name as a client gives it where it need not be an address.
pub(super) fn name(text: &str) -> Result<String, ApiError> {
	match split(text) {
		Some((name, "")) => Ok(name),
		_ => {
			let message = format!(
				"`{text}` is no model: owner/name, owner--name, or the number of a version"
			);
			Err(ApiError::new(404, "ModelUnknown", message).with("param", "model"))
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn addresses_should_be_read_with_slashes_dashes_and_numbers() {
		for (text, name, version, verb) in [
			("opA/digits", "opA/digits", None, ""),
			("opA/digits/infer", "opA/digits", None, "infer"),
			("opA--digits/ready", "opA/digits", None, "ready"),
			("opA--a--b/infer", "opA/a--b", None, "infer"),
			("//Dave/digits/versions/1.0.0/infer", "//Dave/digits", Some("1.0.0"), "infer"),
			("//Dave--digits", "//Dave/digits", None, ""),
			("7/infer", "7", None, "infer"),
			("7", "7", None, ""),
			("7/versions/1.0.0", "7", Some("1.0.0"), ""),
			("opA/digits@^1.2/infer", "opA/digits@^1.2", None, "infer"),
			// Models of these names.
			("opA/ready", "opA/ready", None, ""),
			("opA/infer/infer", "opA/infer", None, "infer"),
			("opA/versions/versions/1/ready", "opA/versions", Some("1"), "ready"),
		] {
			let version = version.map(Into::into);
			let asked = Asked { name: name.into(), version, verb: verb.into() };
			assert_eq!(parse(text), Ok(asked), "{text}");
		}
		for text in [
			"",
			"opA",
			"opA/",
			"/digits",
			"--digits",
			"opA--",
			"///",
			"opA/digits/other",
			"opA/digits/versions/1/infer/more",
			"opA/digits/config",
		] {
			assert_eq!(parse(text).unwrap_err().status, 404, "{text}");
		}
	}

	#[test]
	fn name_should_be_nothing_but_a_name() {
		assert_eq!(name("opA--digits@1.0.0").unwrap(), "opA/digits@1.0.0");
		assert_eq!(name("//Dave/digits").unwrap(), "//Dave/digits");
		assert_eq!(name("opA/digits/infer").unwrap_err().reason, "ModelUnknown");
		assert_eq!(name("text-embedding-3-small").unwrap_err().reason, "ModelUnknown");
	}
}
