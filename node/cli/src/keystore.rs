//! Folder of encrypted keys, one file each: `NAME.json`.

use crate::{
	failure::Failure,
	keyfile::{KeyFile, KeyFileError},
	keys,
};
use anyhow::{anyhow, bail, ensure, Context, Result};
use directories::ProjectDirs;
use opg_primitives::AccountId;
use std::{
	env, fs,
	io::Write,
	path::{Path, PathBuf},
};

/// Ending of the name of a key file.
const EXTENSION: &str = "json";
/// Longest name of a key, in bytes.
const MAX_NAME: usize = 64;
/// Variable of the environment that names another folder.
pub(crate) const FOLDER_VARIABLE: &str = "OPG_KEYS";

/// Folder of encrypted keys.
pub(crate) struct Keystore {
	folder: PathBuf,
}

impl Keystore {
	/// The folder in the user's data directory, or the one that [`FOLDER_VARIABLE`] names. It may not
	/// exist yet.
	pub fn open() -> Result<Self> {
		let folder = match env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()) {
			Some(folder) => folder.into(),
			None => ProjectDirs::from("", "", "opg-chain")
				.with_context(|| {
					format!("this user has no home for keys: name a folder in {FOLDER_VARIABLE}")
				})?
				.data_dir()
				.join("keys"),
		};
		Ok(Self { folder })
	}

	/// Path of a key's file.
	pub fn path(&self, name: &str) -> PathBuf {
		self.folder.join(format!("{name}.{EXTENSION}"))
	}

	/// The key of this name.
	pub fn get(&self, name: &str) -> Result<KeyFile> {
		check_name(name)?;
		let path = self.path(name);
		let bytes = match fs::read(&path) {
			Ok(bytes) => bytes,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
				bail!(Failure::CannotSign(format!(
					"there is no key {name} in {}: `opg key list` shows those that are there",
					self.folder.display()
				)))
			},
			Err(error) => {
				return Err(error).with_context(|| format!("cannot read {}", path.display()))
			},
		};
		KeyFile::parse(&bytes).with_context(|| path.display().to_string())
	}

	/// Adds a key, for this user alone to read. Gives the path of its file.
	///
	/// # Errors
	///
	/// There is a key of this name: it is never written over.
	pub fn add(&self, name: &str, key: &KeyFile) -> Result<PathBuf> {
		self.check_free(name)?;
		let failed = || format!("cannot write a key to {}", self.folder.display());
		fs::create_dir_all(&self.folder).with_context(failed)?;
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			let mode = fs::Permissions::from_mode(0o700);
			fs::set_permissions(&self.folder, mode).with_context(failed)?;
		}
		// A file of another name until it is whole. Only its owner reads it.
		let mut file = tempfile::NamedTempFile::new_in(&self.folder).with_context(failed)?;
		file.write_all(&key.to_json()?).with_context(failed)?;
		file.as_file().sync_all().with_context(failed)?;
		let path = self.path(name);
		file.persist_noclobber(&path).map_err(|error| error.error).with_context(failed)?;
		#[cfg(unix)]
		fs::File::open(&self.folder).and_then(|folder| folder.sync_all()).with_context(failed)?;
		Ok(path)
	}

	/// Fails if a key cannot have this name.
	pub fn check_free(&self, name: &str) -> Result<()> {
		check_name(name)?;
		let path = self.path(name);
		ensure!(!path.exists(), "there is a key {name} already: {}", path.display());
		Ok(())
	}

	/// All keys, by name. Files that are none have the cause.
	pub fn list(&self) -> Result<Vec<(String, Result<KeyFile, KeyFileError>)>> {
		let failed = || format!("cannot read the folder of keys {}", self.folder.display());
		let entries = match fs::read_dir(&self.folder) {
			Ok(entries) => entries,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
			Err(error) => return Err(error).with_context(failed),
		};
		let mut keys = Vec::new();
		for entry in entries {
			let path = entry.with_context(failed)?.path();
			let name = path.file_stem().and_then(|name| name.to_str());
			let is_key = path.extension().is_some_and(|extension| extension == EXTENSION);
			let Some(name) = name.filter(|name| is_key && check_name(name).is_ok()) else {
				continue;
			};
			let bytes = fs::read(&path).with_context(failed)?;
			keys.push((name.to_owned(), KeyFile::parse(&bytes)));
		}
		keys.sort_by(|one, other| one.0.cmp(&other.0));
		Ok(keys)
	}

	/// The folder.
	pub fn folder(&self) -> &Path {
		&self.folder
	}
}

/// The account of a key of this name, or of this address.
pub(crate) fn find(text: &str) -> Result<AccountId> {
	keys::parse_account(text).or_else(|_| {
		let public = Keystore::open()?.get(text)?.public()?;
		Ok(AccountId::from(public.0))
	})
}

/// Fails unless a name can be that of a file everywhere.
fn check_name(name: &str) -> Result<()> {
	let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
	let is_name = (1..=MAX_NAME).contains(&name.len())
		&& name.bytes().all(known)
		&& !name.starts_with(['.', '-']);
	is_name.then_some(()).ok_or_else(|| {
		anyhow!(
			"a key is called by at most {MAX_NAME} letters, digits, `.`, `_` and `-`, and begins with a \
			 letter, a digit or `_`"
		)
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::{sr25519, Pair};

	fn key(suri: &str) -> (AccountId, KeyFile) {
		let pair = sr25519::Pair::from_string(suri, None).unwrap();
		(keys::account(&pair), KeyFile::encrypt(&pair, "key", "secret").unwrap())
	}

	#[test]
	fn keys_should_be_kept_for_this_user_alone_and_never_written_over() {
		let folder = tempfile::tempdir().unwrap();
		let keys = Keystore { folder: folder.path().join("keys") };
		assert!(keys.list().unwrap().is_empty());
		let (account, file) = key("//Alice");
		let path = keys.add("mine", &file).unwrap();
		assert!(keys.add("mine", &key("//Bob").1).is_err());
		assert_eq!(AccountId::from(keys.get("mine").unwrap().public().unwrap().0), account);
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
			assert_eq!((mode(&path), mode(keys.folder())), (0o600, 0o700));
		}
		fs::write(keys.path("broken"), "{}").unwrap();
		let list = keys.list().unwrap();
		let list: Vec<_> = list.iter().map(|(name, key)| (name.as_str(), key.is_ok())).collect();
		assert_eq!(list, [("broken", false), ("mine", true)]);
	}

	#[test]
	fn names_should_be_refused_when_they_lead_elsewhere() {
		let folder = tempfile::tempdir().unwrap();
		let keys = Keystore { folder: folder.path().into() };
		for name in ["", ".", "..", "../x", "a/b", "-x", "a b", &"x".repeat(65)] {
			assert!(keys.check_free(name).is_err(), "{name}");
		}
		keys.check_free("a.b_c-1").unwrap();
		let error = keys.get("nobody").unwrap_err();
		assert!(error.is::<Failure>() && error.to_string().contains("opg key list"), "{error}");
	}
}
