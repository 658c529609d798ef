//! Cache of the compiled guest. Compiling takes some 20 core-seconds, loading a tenth of one.
//!
//! What lies in the cache is executed. So a file is taken only if nobody else can have written it
//! and its bytes have the digest that its name says. Trouble with the cache is never more than a
//! warning: then the guest is compiled.
//!
//! wasmtime's own cache would pack the files: loading one would unpack 75 MB into memory of this
//! process, where these files are mapped and shared.

use crate::error::EngineError;
use blake2::{digest::consts::U32, Blake2b, Digest};
use directories::ProjectDirs;
use std::{
	env,
	ffi::OsStr,
	fs::{self, File, Metadata, OpenOptions},
	hash::{DefaultHasher, Hash, Hasher},
	io::{self, Write},
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU64, Ordering},
		mpsc::{self, RecvTimeoutError},
	},
	thread,
	time::{Duration, Instant, SystemTime},
};
use wasmtime::{Engine, Module};

/// Time between two messages that compiling goes on.
const PROGRESS: Duration = Duration::from_secs(5);
/// Most compiled engines that are kept: the current one, those of old receipts, and the ways to
/// execute them.
const KEPT: usize = 4;
/// Extension of compiled engines.
const COMPILED: &str = "cwasm";
/// Extension of files that are being written.
const PART: &str = "part";
/// Age at which nobody writes a part any more.
const STALE: Duration = Duration::from_secs(60 * 60);

/// Directory of the compiled guest that all programs of a user share: the variable
/// `OPG_ENGINE_CACHE`, or `opg-chain/engine` in the user's cache directory. None without a home.
pub fn default_cache_dir() -> Option<PathBuf> {
	let given = env::var_os("OPG_ENGINE_CACHE").filter(|value| !value.is_empty());
	given.map(PathBuf::from).or_else(|| {
		let directories = ProjectDirs::from("", "", "opg-chain")?;
		Some(directories.cache_dir().join("engine"))
	})
}

/// Returns the compiled `guest`, from the `directory` if it is there, and leaves it there if not.
pub fn module(
	engine: &Engine,
	guest: &[u8],
	id: &[u8; 32],
	directory: Option<&Path>,
) -> Result<Module, EngineError> {
	let cache = directory.and_then(|directory| match prepare(directory) {
		Ok(()) => Some(Cache { directory, prefix: prefix(engine, id) }),
		Err(error) => {
			log::warn!("compiled engines are not kept in {}: {error}", directory.display());
			None
		},
	});
	if let Some(module) = cache.as_ref().and_then(|cache| cache.load(engine)) {
		return Ok(module);
	}
	let start = Instant::now();
	let module = compile(engine, guest)?;
	log::info!(
		"engine {} compiled in {:.1} s",
		hex::encode(&id[..4]),
		start.elapsed().as_secs_f32()
	);
	if let Some(cache) = cache {
		// Without the file the next start is slow, and that is all.
		if let Err(error) = cache.store(&module.serialize()?) {
			let directory = cache.directory.display();
			log::warn!("cannot keep the compiled engine in {directory}: {error}");
		}
		cache.clean();
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

/// Makes `directory`, for this user alone, and checks that it is.
fn prepare(directory: &Path) -> io::Result<()> {
	let mut builder = fs::DirBuilder::new();
	builder.recursive(true);
	#[cfg(unix)]
	std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
	builder.create(directory)?;
	let metadata = fs::symlink_metadata(directory)?;
	if !metadata.is_dir() {
		return Err(io::Error::other("it is not a directory"));
	}
	check_owner(&metadata)
}

/// Fails if others can have written to it.
#[cfg(unix)]
fn check_owner(metadata: &Metadata) -> io::Result<()> {
	use std::os::unix::fs::MetadataExt;
	// SAFETY: the call has no requirements.
	let user = unsafe { libc::geteuid() };
	if metadata.uid() != user {
		return Err(io::Error::other(format!("it belongs to user {}", metadata.uid())));
	}
	if metadata.mode() & 0o022 != 0 {
		return Err(io::Error::other("others may write to it"));
	}
	Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &Metadata) -> io::Result<()> {
	Ok(())
}

/// Names the guest and, by wasmtime's own account, everything else that compiled code depends on:
/// wasmtime's version, its settings, and the features of the CPU.
fn prefix(engine: &Engine, id: &[u8; 32]) -> String {
	let mut hasher = DefaultHasher::new();
	engine.precompile_compatibility_hash().hash(&mut hasher);
	format!("engine-{}-{:016x}-", hex::encode(id), hasher.finish())
}

/// The files for one guest and one way to execute it. Usually that is one; programs that compile at
/// the same time may leave several.
struct Cache<'a> {
	directory: &'a Path,
	/// Their names begin with this, and end with the digest of the bytes.
	prefix: String,
}

impl Cache<'_> {
	fn load(&self, engine: &Engine) -> Option<Module> {
		let files = files(self.directory, COMPILED);
		files.iter().rev().find_map(|(_, path)| {
			let digest = path.file_stem()?.to_str()?.strip_prefix(&self.prefix)?;
			match load(engine, path, digest) {
				Ok(module) => Some(module),
				Err(error) => {
					log::warn!("compiled engine {} is of no use: {error:#}", path.display());
					let _ = fs::remove_file(path);
					None
				},
			}
		})
	}

	/// Writes the file whole or not at all, also with several programs at it.
	fn store(&self, bytes: &[u8]) -> io::Result<()> {
		static PARTS: AtomicU64 = AtomicU64::new(0);
		let digest = hex::encode(Blake2b::<U32>::digest(bytes));
		let part = PARTS.fetch_add(1, Ordering::Relaxed);
		let part = format!("{}{}-{part}.{PART}", self.prefix, std::process::id());
		let part = self.directory.join(part);
		let file = self.directory.join(format!("{}{digest}.{COMPILED}", self.prefix));
		let written = write(&part, bytes).and_then(|()| fs::rename(&part, file));
		if written.is_err() {
			let _ = fs::remove_file(&part);
		}
		// So that the name is still there after a power cut.
		written.and_then(|()| File::open(self.directory)?.sync_all())
	}

	/// Keeps the [`KEPT`] files that were used last, some 75 MB each. A process that still runs another
	/// keeps its mapping. What a killed program has left half written goes too.
	fn clean(&self) {
		let stale = SystemTime::now().checked_sub(STALE);
		let parts = files(self.directory, PART).into_iter();
		let old_parts = parts.filter(|(modified, _)| stale.is_some_and(|stale| *modified < stale));
		let compiled = files(self.directory, COMPILED).into_iter().rev().skip(KEPT);
		for (_, path) in old_parts.chain(compiled) {
			let _ = fs::remove_file(path);
		}
	}
}

/// Files with this extension, the one that was used last at the end.
fn files(directory: &Path, extension: &str) -> Vec<(SystemTime, PathBuf)> {
	let mut files: Vec<_> = fs::read_dir(directory)
		.into_iter()
		.flatten()
		.flatten()
		.filter(|entry| entry.path().extension() == Some(OsStr::new(extension)))
		.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
		.collect();
	files.sort();
	files
}

/// Loads a file, if nobody else can have written it and its bytes have this digest.
fn load(engine: &Engine, path: &Path, digest: &str) -> wasmtime::Result<Module> {
	let file = check(path, digest)?;
	// Notes that it is in use. If that fails, it may be compiled anew one day.
	let _ = file.set_modified(SystemTime::now());
	// SAFETY: the file is native code and trusted as such. Only this user can write to it and to the
	// directory, it is open since before its bytes were checked, and programs of this kind never
	// change a file that is there.
	unsafe { Module::deserialize_open_file(engine, file) }
}

fn check(path: &Path, digest: &str) -> io::Result<File> {
	let mut options = OpenOptions::new();
	options.read(true);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW);
	let mut file = options.open(path)?;
	let metadata = file.metadata()?;
	if !metadata.is_file() {
		return Err(io::Error::other("it is not a file"));
	}
	check_owner(&metadata)?;
	let mut hasher = Blake2b::<U32>::new();
	io::copy(&mut file, &mut Hashing(&mut hasher))?;
	if hex::encode(hasher.finalize()) != digest {
		return Err(io::Error::other("its bytes are not those that were written"));
	}
	Ok(file)
}

/// Hashes what is written to it.
struct Hashing<'a>(&'a mut Blake2b<U32>);

impl Write for Hashing<'_> {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		self.0.update(bytes);
		Ok(bytes.len())
	}

	fn flush(&mut self) -> io::Result<()> {
		Ok(())
	}
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
	let mut file = options.open(path)?;
	file.write_all(bytes)?;
	file.sync_all()
}
