//! Keys: of an executor, and of a validator if the node is one.

use super::Line;
use crate::cli::ExecutorParams;
use opg_primitives::{court::COURT_KEY_TYPE, EXECUTOR_KEY_TYPE};
use sc_keystore::LocalKeystore;
use sc_service::{config::KeystoreConfig, Configuration};
use sp_core::crypto::{key_types, KeyTypeId};
use sp_keystore::Keystore;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// A key that a node needs.
struct Wanted {
	/// For what.
	name: &'static str,
	key_type: KeyTypeId,
	/// Scheme, as `key insert` takes it.
	scheme: &'static str,
}

const HOT: Wanted = Wanted { name: "hot key", key_type: EXECUTOR_KEY_TYPE, scheme: "ed25519" };

const SESSION: [Wanted; 3] = [
	Wanted { name: "babe key", key_type: key_types::BABE, scheme: "sr25519" },
	Wanted { name: "grandpa key", key_type: key_types::GRANDPA, scheme: "ed25519" },
	Wanted { name: "court key", key_type: COURT_KEY_TYPE, scheme: "ed25519" },
];

/// Lines about the keystore of this configuration.
pub(super) fn all(config: &Configuration, executor: &ExecutorParams) -> Vec<Line> {
	// Keys of a development chain, which are in memory only.
	if config.dev_key_seed.is_some() || !executor.executor_keys.is_empty() {
		return vec![Line::ok("keys", "those of the command line, for development")];
	}
	match &config.keystore {
		KeystoreConfig::Path { path, password } => {
			let open = || LocalKeystore::open(path, password.clone());
			judge(path, config.role.is_authority(), open)
		},
		KeystoreConfig::InMemory => {
			vec![Line::failed("keys", "the keystore is in memory only", "give a --keystore-path")]
		},
	}
}

fn judge(
	path: &Path,
	is_authority: bool,
	open: impl Fn() -> sc_keystore::Result<LocalKeystore>,
) -> Vec<Line> {
	// Opening one makes its folder, as root perhaps.
	let store = match path.exists().then(open) {
		None => None,
		Some(Ok(store)) => Some(store),
		Some(Err(error)) => {
			let finding = format!("the keystore at {} cannot be used: {error}", path.display());
			return vec![Line::failed("keys", finding, "run this as the user of the node")];
		},
	};
	let mut lines: Vec<_> = permissions(path).into_iter().collect();
	let hot = line(store.as_ref(), &HOT, path);
	let session: Vec<_> = SESSION.iter().map(|key| line(store.as_ref(), key, path)).collect();
	match (is_authority, hot) {
		(false, Err(line)) => lines.push(Line::warning(
			"keys",
			format!("{}: this node follows the chain, and answers nothing", line.finding),
			line.advice,
		)),
		(true, Err(_)) => lines.push(Line::ok("keys", "no hot key: this node is no executor")),
		(_, Ok(line)) => lines.push(line),
	}
	if is_authority {
		lines.extend(session.into_iter().map(|line| line.unwrap_or_else(|failed| failed)));
	}
	lines
}

/// A line if others than the node's user can read the keys.
fn permissions(path: &Path) -> Option<Line> {
	let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
	(mode & 0o077 != 0).then(|| {
		Line::failed(
			"keys",
			format!("others than the node's user can look into {} (mode {mode:o})", path.display()),
			format!("chmod 700 {}", path.display()),
		)
	})
}

/// A line about a key, or why it is not there.
fn line(store: Option<&LocalKeystore>, key: &Wanted, path: &Path) -> Result<Line, Line> {
	let Wanted { name, key_type, scheme } = key;
	let id = String::from_utf8_lossy(&key_type.0).into_owned();
	let missing = || {
		Line::failed(
			"keys",
			format!("no {name} in {}", path.display()),
			format!("opg-node key insert --key-type {id} --scheme {scheme} --suri FILE ..."),
		)
	};
	let store = store.ok_or_else(missing)?;
	// Signing reads the phrase, which may be under another password.
	let signs = |signed: Result<bool, sp_keystore::Error>| match signed {
		Ok(true) => Ok(()),
		Ok(false) => Err("it is not there".to_string()),
		Err(error) => Err(error.to_string()),
	};
	let results: Vec<Result<(), String>> = match *scheme {
		"sr25519" => {
			let keys = store.sr25519_public_keys(*key_type);
			let sign = |key| store.sr25519_sign(*key_type, key, b"check").map(|it| it.is_some());
			keys.iter().map(|key| signs(sign(key))).collect()
		},
		_ => {
			let keys = store.ed25519_public_keys(*key_type);
			let sign = |key| store.ed25519_sign(*key_type, key, b"check").map(|it| it.is_some());
			keys.iter().map(|key| signs(sign(key))).collect()
		},
	};
	if results.is_empty() {
		return Err(missing());
	}
	let count = results.len();
	match results.into_iter().find_map(Result::err) {
		None if count == 1 => Ok(Line::ok("keys", format!("{name}: signs"))),
		None => Ok(Line::ok("keys", format!("{name}: {count} of them sign"))),
		Some(error) => Ok(Line::failed(
			"keys",
			format!("{name}: does not sign: {error}"),
			"give --password-filename as to the node, or insert the key again",
		)),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::check::Level;
	use sp_core::{ed25519, sr25519, Pair};

	const PHRASE: &str =
		"bottom drive obey lake curtain smoke basket hold race lonely fit walk//Check";

	fn levels(path: &Path, is_authority: bool) -> Vec<(Level, String)> {
		let lines = judge(path, is_authority, || LocalKeystore::open(path, None));
		lines.into_iter().map(|line| (line.level, line.finding)).collect()
	}

	#[test]
	fn keys_should_fail_by_name_when_a_validator_has_none() {
		let folder = tempfile::tempdir().expect("a folder");
		let nowhere = folder.path().join("nowhere");
		let found = levels(&nowhere, true);
		assert!(!nowhere.exists(), "nothing was made");
		let failed = found.iter().filter(|(level, _)| *level == Level::Failed).count();
		assert_eq!(failed, 3, "{found:?}");
		assert_eq!(levels(&nowhere, false)[0].0, Level::Warning);
	}

	#[test]
	fn keys_should_be_ok_when_they_sign() {
		let folder = tempfile::tempdir().expect("a folder");
		fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("it is ours");
		let store = LocalKeystore::open(folder.path(), None).expect("a folder");
		let ed = ed25519::Pair::from_string(PHRASE, None).expect("a phrase").public();
		let sr = sr25519::Pair::from_string(PHRASE, None).expect("a phrase").public();
		for key_type in [EXECUTOR_KEY_TYPE, COURT_KEY_TYPE, key_types::GRANDPA] {
			store.insert(key_type, PHRASE, &ed.0).expect("is written");
		}
		store.insert(key_types::BABE, PHRASE, &sr.0).expect("is written");
		let found = levels(folder.path(), true);
		assert_eq!(found.len(), 4);
		assert!(found.iter().all(|(level, _)| *level == Level::Ok), "{found:?}");

		fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
		assert_eq!(levels(folder.path(), true)[0].0, Level::Failed, "others can read them");
	}
}
