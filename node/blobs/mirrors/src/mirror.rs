//! Names of mirrors, as operators write them.

use opg_blobs::store::Hash;
use std::{fmt, str::FromStr};
use url::{Host, Url};

/// A server of files that the operator names: the address under which each file has its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror(Url);

/// Why an address is none of a mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMirror {
	/// It cannot be read.
	#[error("it is no address: {0}")]
	Malformed(#[from] url::ParseError),
	/// It has another scheme.
	#[error("`{0}` is not spoken here: use https, or http")]
	Scheme(String),
	/// It has no host.
	#[error("it names no host")]
	NoHost,
	/// It has a name or a password. Those would be in logs, and on the command line.
	#[error("it has a user or a password: a mirror gives its files to everybody")]
	Credentials,
	/// It has more than a path.
	#[error("it has a `?` or a `#`: the name of a file is put behind the last `/`")]
	NotAFolder,
}

impl FromStr for Mirror {
	type Err = InvalidMirror;

	fn from_str(text: &str) -> Result<Self, InvalidMirror> {
		let mut url = Url::parse(text)?;
		check(&url)?;
		if url.query().is_some() || url.fragment().is_some() {
			return Err(InvalidMirror::NotAFolder);
		}
		if !url.path().ends_with('/') {
			let path = format!("{}/", url.path());
			url.set_path(&path);
		}
		Ok(Mirror(url))
	}
}

impl fmt::Display for Mirror {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0.fmt(formatter)
	}
}

impl Mirror {
	/// Address of a file.
	pub(crate) fn file(&self, hash: &Hash) -> Url {
		let mut url = self.0.clone();
		url.set_path(&format!("{}{}", self.0.path(), hex::encode(hash)));
		url
	}

	/// Says whether an address is of the server that the operator named.
	pub(crate) fn is_server_of(&self, url: &Url) -> bool {
		self.0.origin() == url.origin()
	}

	/// Says whether the operator named a server without TLS.
	pub(crate) fn is_plain(&self) -> bool {
		self.0.scheme() == "http"
	}
}

/// An address that can be asked: its host.
pub(crate) fn check(url: &Url) -> Result<Host<&str>, InvalidMirror> {
	if !matches!(url.scheme(), "http" | "https") {
		return Err(InvalidMirror::Scheme(url.scheme().into()));
	}
	if !url.username().is_empty() || url.password().is_some() {
		return Err(InvalidMirror::Credentials);
	}
	url.host().ok_or(InvalidMirror::NoHost)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn file_should_be_below_the_mirror_when_its_address_has_a_slash_or_none() {
		let name = "ab".repeat(32);
		for (text, expected) in [
			("https://files.example", format!("https://files.example/{name}")),
			("https://files.example/opg", format!("https://files.example/opg/{name}")),
			("http://files.example:8080/opg/", format!("http://files.example:8080/opg/{name}")),
			("http://[2606:4700::1]/", format!("http://[2606:4700::1]/{name}")),
		] {
			let mirror: Mirror = text.parse().expect("it is one");
			assert_eq!(mirror.file(&[0xab; 32]).as_str(), expected);
		}
	}

	#[test]
	fn address_should_be_refused_when_it_is_none_of_a_mirror() {
		for (text, expected) in [
			("ftp://files.example/", InvalidMirror::Scheme("ftp".into())),
			("file:///etc/", InvalidMirror::Scheme("file".into())),
			("https://me:secret@files.example/", InvalidMirror::Credentials),
			("https://files.example/?name=", InvalidMirror::NotAFolder),
			("https://files.example/#name", InvalidMirror::NotAFolder),
		] {
			assert_eq!(text.parse::<Mirror>(), Err(expected), "{text}");
		}
		assert!("files.example".parse::<Mirror>().is_err());
	}
}
