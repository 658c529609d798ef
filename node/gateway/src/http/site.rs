//! Pages: the files of one folder, with a policy that lets them load nothing from elsewhere.

use super::{decoded, Gateway, Head, Reply};
use crate::{backend::Backend, error::ApiError};
use hyper::Method;
use std::{
	io,
	path::{Path, PathBuf},
};

/// Longest file, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// Types of files by their ending. Others are not shown but saved.
const TYPES: [(&str, &str); 13] = [
	("html", "text/html; charset=utf-8"),
	("js", "text/javascript; charset=utf-8"),
	("mjs", "text/javascript; charset=utf-8"),
	("css", "text/css; charset=utf-8"),
	("json", "application/json"),
	("map", "application/json"),
	("wasm", "application/wasm"),
	("svg", "image/svg+xml"),
	("png", "image/png"),
	("jpg", "image/jpeg"),
	("ico", "image/x-icon"),
	("woff2", "font/woff2"),
	("txt", "text/plain; charset=utf-8"),
];

/// A folder of pages.
#[derive(Clone, Debug)]
pub struct Site {
	root: PathBuf,
	policy: String,
}

/// Cause for which a folder is not served.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
	/// It cannot be read.
	#[error("{folder}: {error}")]
	Folder {
		/// The folder.
		folder: String,
		/// What happened.
		error: io::Error,
	},
	/// It has no page to begin with.
	#[error("{0} has no index.html")]
	NoIndex(String),
	/// An address to which pages may connect has characters that end it in the policy.
	#[error("`{0}` is no address to which pages connect, such as ws://127.0.0.1:9944")]
	Address(String),
}

impl Site {
	/// The pages of a folder. They may connect to the gateway and to these addresses, as a content
	/// security policy has them.
	///
	/// # Errors
	///
	/// There is no such folder, or no page in it, or an address is none.
	pub fn open(folder: &Path, connect: &[String]) -> Result<Self, SiteError> {
		let shown = folder.display().to_string();
		let root = folder.canonicalize();
		let root = root.map_err(|error| SiteError::Folder { folder: shown.clone(), error })?;
		if !root.join("index.html").is_file() {
			return Err(SiteError::NoIndex(shown));
		}
		let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:/-_*[]".contains(&byte);
		for address in connect {
			if !address.contains("://") || !address.bytes().all(is_plain) {
				return Err(SiteError::Address(address.clone()));
			}
		}
		let connect: String = connect.iter().map(|address| format!(" {address}")).collect();
		// The receipt verifier is WebAssembly, and a decoded input is shown as a picture.
		let policy = format!(
			"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; \
			 img-src 'self' data: blob:; worker-src 'self'; connect-src 'self'{connect}; base-uri 'none'; \
			 form-action 'none'; frame-ancestors 'none'"
		);
		Ok(Self { root, policy })
	}

	/// The file of a path. Nothing outside of the folder, also by a link, and no hidden file.
	fn find(&self, path: &str) -> Option<PathBuf> {
		let mut file = self.root.clone();
		for part in path.split('/').filter(|part| !part.is_empty()) {
			if part.starts_with('.') || part.contains(['\\', '\0', ':']) {
				return None;
			}
			file.push(part);
		}
		let file = file.canonicalize().ok()?;
		let file = if file.is_dir() { file.join("index.html").canonicalize().ok()? } else { file };
		(file.starts_with(&self.root) && file.is_file()).then_some(file)
	}
}

impl<B: Backend> Gateway<B> {
	/// Answers a path that is of no interface.
	pub(super) async fn site(&self, head: &Head) -> Result<Reply, ApiError> {
		let missing = || ApiError::new(404, "NotFound", "no such address: see docs/gateway.md");
		let site = self.web.site.clone().ok_or_else(missing)?;
		if head.method != Method::GET && head.method != Method::HEAD {
			return Err(ApiError::new(405, "WrongMethod", "this takes GET"));
		}
		let path = decoded(&head.path)?;
		let read = tokio::task::spawn_blocking(move || {
			let file = site.find(&path)?;
			if file.metadata().ok()?.len() > MAX_FILE {
				return None;
			}
			let bytes = std::fs::read(&file).ok()?;
			Some((file, bytes, site.policy))
		});
		let (file, bytes, policy) = read.await.ok().flatten().ok_or_else(missing)?;
		let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
		let known = TYPES.iter().find(|(known, _)| *known == ending);
		let content_type =
			known.map_or("application/octet-stream", |(_, content_type)| content_type);
		Ok(Reply::new(200, content_type, bytes)
			.with("content-security-policy", policy)
			.with("referrer-policy", "no-referrer")
			.with("cross-origin-opener-policy", "same-origin")
			.with("cache-control", "no-cache"))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::fs;

	#[test]
	fn files_should_be_those_of_the_folder_only() {
		let folder = tempfile::tempdir().unwrap();
		let root = folder.path().join("site");
		fs::create_dir_all(root.join("assets")).unwrap();
		assert!(matches!(Site::open(&root, &[]), Err(SiteError::NoIndex(_))));
		for file in ["site/index.html", "site/assets/a.js", "site/.hidden", "secret"] {
			fs::write(folder.path().join(file), file).unwrap();
		}
		std::os::unix::fs::symlink(folder.path().join("secret"), root.join("link")).unwrap();
		let site = Site::open(&root, &[]).unwrap();
		for path in ["/", "/index.html", "/assets/a.js", "//assets//a.js"] {
			assert!(site.find(path).is_some(), "{path}");
		}
		for path in
			["/../secret", "/link", "/.hidden", "/assets", "/assets/../../secret", "/none", "/a\0"]
		{
			assert!(site.find(path).is_none(), "{path}");
		}
		let node = "ws://127.0.0.1:9944".to_string();
		assert!(Site::open(&root, &[node]).unwrap().policy.contains("'self' ws://127.0.0.1:9944;"));
		let wrong = "ws://x; script-src *".to_string();
		assert!(matches!(Site::open(&root, &[wrong]), Err(SiteError::Address(_))));
	}
}
