//! Cache of the compiled guest. Compiling takes some 20 core-seconds, loading 10 milliseconds.
//!
//! wasmtime's own cache would pack the files: loading one would unpack 75 MB into memory of this
//! process, where these files are mapped and shared.

use crate::error::EngineError;
use directories::ProjectDirs;
use std::{
	env, fs,
	hash::{DefaultHasher, Hash, Hasher},
	io,
	path::{Path, PathBuf},
	sync::mpsc::{self, RecvTimeoutError},
	thread,
	time::{Duration, Instant, SystemTime},
};
use wasmtime::{Engine, Module};

/// Time between two messages that compiling goes on.
const PROGRESS: Duration = Duration::from_secs(5);
/// Most compiled engines that are kept: the current one, those of old receipts, and the ways to
/// execute them.
const KEPT: usize = 4;

/// Directory of the compiled guest that all programs of a user share: the variable
/// `OPG_ENGINE_CACHE`, or `opg-chain/engine` in the user's cache directory. None without a home.
pub fn default_cache_dir() -> Option<PathBuf> {
	let given = env::var_os("OPG_ENGINE_CACHE").filter(|value| !value.is_empty());
	given.map(PathBuf::from).or_else(|| {
		let directories = ProjectDirs::from("", "", "opg-chain")?;
		Some(directories.cache_dir().join("engine"))
	})
}

/// Returns the compiled `guest`, from `cache` if it is there, and leaves it there if not.
pub fn module(
	engine: &Engine,
	guest: &[u8],
	id: &[u8; 32],
	cache: Option<&Path>,
) -> Result<Module, EngineError> {
	let file = match cache {
		Some(cache) => {
			prepare(cache).map_err(EngineError::Cache)?;
			Some(cache.join(name(engine, id)))
		},
		None => None,
	};
	if let Some(module) = file.as_deref().and_then(|file| load(engine, file)) {
		touch(file.as_deref());
		return Ok(module);
	}
	let start = Instant::now();
	let module = compile(engine, guest)?;
	log::info!(
		"engine {} compiled in {:.1} s",
		hex::encode(&id[..4]),
		start.elapsed().as_secs_f32()
	);
	if let Some(file) = file {
		// Without the file the next start is slow, and that is all.
		if let Err(error) = store(&file, &module.serialize()?) {
			log::warn!("cannot keep the compiled engine in {}: {error}", file.display());
		}
		touch(Some(&file));
		remove_oldest(&file);
	}
	Ok(module)
}

/// Compiles on all cores, and says so now and then.
fn compile(engine: &Engine, guest: &[u8]) -> Result<Module, EngineError> {
	log::info!("compiling the engine (once, some 40 seconds of one core) ...");
	let start = Instant::now();
	let (done, wait) = mpsc::channel::<()>();
	thread::scope(|scope| {
		scope.spawn(move || {
			while wait.recv_timeout(PROGRESS) == Err(RecvTimeoutError::Timeout) {
				log::info!("still compiling the engine, {} s so far", start.elapsed().as_secs());
			}
		});
		let module = Module::new(engine, guest);
		drop(done);
		Ok(module?)
	})
}

fn load(engine: &Engine, file: &Path) -> Option<Module> {
	if !file.is_file() {
		return None;
	}
	// SAFETY: the file is native code and trusted as such. `prepare` has made sure that only this
	// user can write to the directory, and `store` puts complete files there under a name that
	// says which guest, wasmtime and CPU features they are for. Nothing changes them afterwards.
	match unsafe { Module::deserialize_file(engine, file) } {
		Ok(module) => Some(module),
		Err(error) => {
			log::warn!("compiled engine {} is of no use: {error:#}", file.display());
			None
		},
	}
}

/// Makes `directory`, for this user alone.
fn prepare(directory: &Path) -> io::Result<()> {
	fs::create_dir_all(directory)?;
	if !fs::symlink_metadata(directory)?.is_dir() {
		return Err(io::Error::other(format!("{} is not a directory", directory.display())));
	}
	#[cfg(unix)]
	{
		// Fails if the directory is somebody else's.
		use std::os::unix::fs::PermissionsExt;
		fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
	}
	Ok(())
}

/// Names the guest and, by wasmtime's own account, everything else that compiled code depends on:
/// wasmtime's version, its settings, and the features of the CPU.
fn name(engine: &Engine, id: &[u8; 32]) -> String {
	let mut hasher = DefaultHasher::new();
	engine.precompile_compatibility_hash().hash(&mut hasher);
	format!("engine-{}-{:016x}.cwasm", hex::encode(&id[..8]), hasher.finish())
}

/// Writes the file whole or not at all, also with several processes at it.
fn store(file: &Path, bytes: &[u8]) -> io::Result<()> {
	let mut part = PathBuf::from(file);
	part.set_extension(format!("{}.part", std::process::id()));
	let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, file));
	if written.is_err() {
		let _ = fs::remove_file(&part);
	}
	written
}

/// Notes that the file is in use. If that fails, it may be compiled anew one day.
fn touch(file: Option<&Path>) {
	let opened = file.map(|file| fs::File::options().append(true).open(file));
	if let Some(Ok(file)) = opened {
		let _ = file.set_modified(SystemTime::now());
	}
}

/// Keeps the [`KEPT`] files that were used last, some 75 MB each. A process that still runs another
/// keeps its mapping.
fn remove_oldest(file: &Path) {
	let entries = file.parent().and_then(|directory| fs::read_dir(directory).ok());
	let mut files: Vec<_> = entries
		.into_iter()
		.flatten()
		.flatten()
		.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "cwasm"))
		.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
		.collect();
	files.sort();
	for (_, old) in files.iter().rev().skip(KEPT) {
		let _ = fs::remove_file(old);
	}
}
