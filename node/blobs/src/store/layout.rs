//! Files and directories of a store, its lock, and the moves that make changes atomic.
//!
//! ```text
//! format                 version of this layout
//! lock                   held (flock) by whoever moves or counts, for milliseconds
//! blobs/HASH/data,tree   a complete blob, always whole and synced before it gets this name
//! partial/HASH/data,tree,map   a blob that arrives; map has a bit for each group that is here
//! partial/HASH/filled    bytes of it that a filler wrote, from the first on, as 8 bytes
//! pins/HASH.LABEL        an empty file for each pin; its time is when it was renewed
//! quota                  bytes that the node which keeps the store allows
//! incoming/NAME/         an import under way; its process holds a lock on `data`
//! trash/NAME/            what is being deleted
//! ```
//!
//! A blob changes its state by one rename of its directory. Locks are flocks, so the system drops
//! those of a process that is killed.

use super::{at, Error, Hash, Result};
use rustix::fs::OFlags;
use std::{
	fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
	io,
	os::unix::fs::{fchown, DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
	path::{Path, PathBuf},
	process,
	sync::atomic::{AtomicU64, Ordering},
	thread,
	time::{Duration, Instant, SystemTime},
};

const FORMAT: &str = "opg-blobs 1\n";

/// For how long a lock is waited for. Holders keep it for milliseconds.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Modes whatever the umask: everybody reads, the owner writes.
const FILE_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o755;

#[derive(Debug)]
pub(super) struct Layout {
	root: PathBuf,
	/// Owner of new files if root works in somebody else's store.
	owner: Option<(u32, u32)>,
}

/// Shows that the store is locked, until it is dropped.
pub(super) struct StoreLock(#[allow(dead_code)] File);

/// What became of a directory that was to be discarded.
pub(super) enum Discard {
	/// It is in the trash, under this path.
	Done(PathBuf),
	/// It was not there.
	Missing,
	/// Somebody reads or writes it.
	InUse,
}

impl Layout {
	pub(super) fn open(root: &Path) -> Result<Layout> {
		let layout = Layout { root: root.to_owned(), owner: owner_to_keep(root) };
		let path = root.join("format");
		match fs::read_to_string(&path) {
			Ok(found) if found == FORMAT => Ok(layout),
			Ok(found) => Err(Error::Format { path, found: found.chars().take(40).collect() }),
			Err(error) if error.kind() == io::ErrorKind::NotFound => {
				layout.create()?;
				Ok(layout)
			},
			Err(error) => Err(at(path)(error)),
		}
	}

	/// Makes what is missing. The format comes last: a store that has it is whole.
	fn create(&self) -> Result<()> {
		for ancestor in self.root.ancestors().collect::<Vec<_>>().into_iter().rev() {
			if !ancestor.as_os_str().is_empty() {
				self.ensure_directory(ancestor)?;
			}
		}
		for name in ["blobs", "partial", "pins", "incoming", "trash"] {
			self.ensure_directory(&self.root.join(name))?;
		}
		self.write_file("format", FORMAT)
	}

	/// Writes a small file of the store, whole or not at all.
	pub(super) fn write_file(&self, name: &str, text: &str) -> Result<()> {
		let new = self.root.join(unique_name());
		let path = self.root.join(name);
		let mut file = self.new_file(&new)?;
		io::Write::write_all(&mut file, text.as_bytes()).map_err(at(&new))?;
		file.sync_all().map_err(at(&new))?;
		fs::rename(&new, &path).map_err(at(&path))?;
		sync_directory(&self.root)
	}

	pub(super) fn root(&self) -> &Path {
		&self.root
	}

	pub(super) fn blobs(&self) -> PathBuf {
		self.root.join("blobs")
	}

	pub(super) fn blob(&self, hash: &Hash) -> PathBuf {
		self.blobs().join(hex::encode(hash))
	}

	pub(super) fn partials(&self) -> PathBuf {
		self.root.join("partial")
	}

	pub(super) fn partial(&self, hash: &Hash) -> PathBuf {
		self.partials().join(hex::encode(hash))
	}

	pub(super) fn pins(&self) -> PathBuf {
		self.root.join("pins")
	}

	pub(super) fn incoming(&self) -> PathBuf {
		self.root.join("incoming")
	}

	fn trash(&self) -> PathBuf {
		self.root.join("trash")
	}

	/// Waits until no other thread or process moves anything here.
	pub(super) fn lock(&self) -> Result<StoreLock> {
		let path = self.root.join("lock");
		let file = match File::open(&path) {
			Err(error) if error.kind() == io::ErrorKind::NotFound => match self.new_file(&path) {
				Err(Error::Io { error, .. }) if error.kind() == io::ErrorKind::AlreadyExists => {
					File::open(&path).map_err(at(&path))?
				},
				other => other?,
			},
			other => other.map_err(at(&path))?,
		};
		wait(&path, || file.try_lock())?;
		Ok(StoreLock(file))
	}

	/// Makes a file that is not there yet, open to read and write.
	pub(super) fn new_file(&self, path: &Path) -> Result<File> {
		let make = || {
			let file = OpenOptions::new()
				.read(true)
				.write(true)
				.create_new(true)
				.mode(FILE_MODE)
				.open(path)?;
			self.give(&file, FILE_MODE)?;
			Ok(file)
		};
		make().map_err(at(path))
	}

	/// Makes a directory that is not there yet.
	pub(super) fn new_directory(&self, path: &Path) -> Result<()> {
		let make = || {
			DirBuilder::new().mode(DIRECTORY_MODE).create(path)?;
			let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW).bits() as i32;
			let directory = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
			self.give(&directory, DIRECTORY_MODE)
		};
		make().map_err(at(path))
	}

	/// Makes a new directory in `incoming`.
	pub(super) fn new_incoming(&self) -> Result<PathBuf> {
		let path = self.incoming().join(unique_name());
		self.new_directory(&path)?;
		Ok(path)
	}

	fn ensure_directory(&self, path: &Path) -> Result<()> {
		match self.new_directory(path) {
			Err(_) if path.is_dir() => Ok(()),
			other => other,
		}
	}

	fn give(&self, file: &File, mode: u32) -> io::Result<()> {
		file.set_permissions(Permissions::from_mode(mode))?;
		match self.owner {
			Some((user, group)) => fchown(file, Some(user), Some(group)),
			None => Ok(()),
		}
	}

	/// Gives a directory its new place, for good.
	pub(super) fn rename(&self, _: &StoreLock, from: &Path, to: &Path) -> Result<()> {
		fs::rename(from, to).map_err(at(to))?;
		for path in [from, to] {
			sync_directory(path.parent().unwrap_or(&self.root))?;
		}
		Ok(())
	}

	/// Moves a directory to the trash, whoever uses it. `None` if it is not there.
	pub(super) fn discard(&self, _: &StoreLock, directory: &Path) -> Result<Option<PathBuf>> {
		let trash = self.trash().join(unique_name());
		match fs::rename(directory, &trash) {
			Ok(()) => Ok(Some(trash)),
			Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
			Err(error) => Err(at(directory)(error)),
		}
	}

	/// Moves the directory of a blob to the trash, if nobody uses it.
	pub(super) fn discard_unused(&self, lock: &StoreLock, directory: &Path) -> Result<Discard> {
		let path = directory.join("data");
		let data = match File::open(&path) {
			Ok(data) => Some(data),
			Err(error) if error.kind() == io::ErrorKind::NotFound => None,
			Err(error) => return Err(at(path)(error)),
		};
		match data.as_ref().map_or(Ok(()), File::try_lock) {
			Ok(()) => (),
			Err(TryLockError::WouldBlock) => return Ok(Discard::InUse),
			Err(TryLockError::Error(error)) => return Err(at(path)(error)),
		}
		Ok(self.discard(lock, directory)?.map_or(Discard::Missing, Discard::Done))
	}

	/// Paths in the trash, after the imports of killed processes went there too. The caller deletes
	/// them when the store is not locked any more.
	pub(super) fn sweep(&self, lock: &StoreLock) -> Result<Vec<PathBuf>> {
		for path in entries(&self.incoming())? {
			// One that cannot be moved now is tried again by the next sweep.
			let _ = self.discard_unused(lock, &path);
		}
		entries(&self.trash())
	}

	/// Names of the blobs in a directory, in order.
	pub(super) fn hashes(&self, directory: &Path) -> Result<Vec<Hash>> {
		let mut hashes: Vec<Hash> =
			entries(directory)?.iter().filter_map(|path| parse(path.file_name()?)).collect();
		hashes.sort_unstable();
		Ok(hashes)
	}
}

/// The hash that a name stands for. Strangers' files have other names.
fn parse(name: &std::ffi::OsStr) -> Option<Hash> {
	parse_hash(name.to_str()?)
}

/// A hash as names have it: in lower case.
pub(super) fn parse_hash(name: &str) -> Option<Hash> {
	let mut hash = Hash::default();
	hex::decode_to_slice(name, &mut hash).ok()?;
	(hex::encode(hash) == name).then_some(hash)
}

/// Paths in a directory.
pub(super) fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
	fs::read_dir(directory)
		.and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
		.map_err(at(directory))
}

/// Deletes what is in the trash. What cannot be deleted now is by a later sweep.
pub(super) fn delete_all(trash: Vec<PathBuf>) {
	for path in trash {
		let _ = fs::remove_dir_all(path);
	}
}

/// Makes names in a directory last through a power cut.
pub(super) fn sync_directory(path: &Path) -> Result<()> {
	File::open(path).and_then(|directory| directory.sync_all()).map_err(at(path))
}

/// Waits for a lock, but not for ever.
pub(super) fn wait(
	path: &Path,
	mut attempt: impl FnMut() -> std::result::Result<(), TryLockError>,
) -> Result<()> {
	let end = Instant::now() + LOCK_WAIT;
	loop {
		match attempt() {
			Ok(()) => return Ok(()),
			Err(TryLockError::Error(error)) => return Err(at(path)(error)),
			Err(TryLockError::WouldBlock) if Instant::now() >= end => {
				return Err(Error::Locked(path.to_owned()))
			},
			Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(2)),
		}
	}
}

/// Who is to own new files: the owner of the store, or of what it is made in, if root works there.
fn owner_to_keep(root: &Path) -> Option<(u32, u32)> {
	if !rustix::process::geteuid().is_root() {
		return None;
	}
	let absolute = std::path::absolute(root).ok()?;
	let metadata = absolute.ancestors().find_map(|path| fs::metadata(path).ok())?;
	(metadata.uid() != 0).then(|| (metadata.uid(), metadata.gid()))
}

/// A name that no other thread, process or earlier run takes.
fn unique_name() -> String {
	static NEXT: AtomicU64 = AtomicU64::new(0);
	let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
	let number = NEXT.fetch_add(1, Ordering::Relaxed);
	format!("new-{}-{}-{number}", time.as_nanos(), process::id())
}
