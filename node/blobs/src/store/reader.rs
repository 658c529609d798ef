//! Readers: every byte is verified before it is handed out.

use super::{
	at,
	layout::{self, Layout},
	tree::{self, EncodeFailure, GroupHashes, Tree},
	Error, Hash, Result, GROUP_BYTES, MAX_BLOB_BYTES,
};
use std::{
	fs::{self, File, Permissions},
	io::{self, Read, Seek, SeekFrom},
	ops::Range,
	os::unix::fs::{FileExt, MetadataExt, PermissionsExt},
	path::{Path, PathBuf},
	time::SystemTime,
};

/// A complete blob, open to read. While it lives the blob is not evicted. It takes a file
/// descriptor, and memory of 6 KiB for each MiB of the blob.
///
/// It reads as a file does, from the beginning; bytes that are not those of the name give an error
/// of kind `InvalidData`.
#[derive(Debug)]
pub struct Blob {
	hash: Hash,
	path: PathBuf,
	/// With a shared lock.
	data: File,
	tree: Tree,
	groups: GroupHashes,
	position: u64,
	/// The group that was read last, and its number.
	group: Option<(u64, Vec<u8>)>,
}

impl Blob {
	pub(super) fn open(layout: &Layout, hash: &Hash) -> Result<Option<Blob>> {
		let directory = layout.blob(hash);
		let path = directory.join("data");
		loop {
			let Some(data) = lock_data(&path)? else {
				// A directory without its data can only be damage.
				return if directory.is_dir() && !path.exists() {
					Err(Error::Damaged(path))
				} else {
					Ok(None)
				};
			};
			let length = data.metadata().map_err(at(&path))?.len();
			let whole = read_tree(&directory, hash)?
				.filter(|tree| tree.size() == length)
				.and_then(|tree| tree.group_hashes().map(|groups| (tree, groups)));
			// The tree may be that of what has replaced it.
			if !is_at(&data, &path)? {
				continue;
			}
			let Some((tree, groups)) = whole else { return Err(Error::Damaged(path)) };
			let hash = *hash;
			return Ok(Some(Blob { hash, path, data, tree, groups, position: 0, group: None }));
		}
	}

	/// Name of the blob.
	pub fn hash(&self) -> &Hash {
		&self.hash
	}

	/// Bytes of the blob.
	pub fn size(&self) -> u64 {
		self.tree.size()
	}

	/// Encodes a range with its proof, for [`Receiver::receive`](super::Receiver::receive) of
	/// another store. The bytes are verified first: a damaged disk gives an error, not a lie.
	///
	/// # Errors
	///
	/// [`Error::InvalidRange`], [`Error::Damaged`] and [`Error::Io`].
	pub fn encode(&self, range: &Range<u64>) -> Result<Vec<u8>> {
		self.tree.encode(&self.data, range).map_err(|failure| match failure {
			EncodeFailure::Range(error) => error,
			EncodeFailure::Damaged => Error::Damaged(self.path.clone()),
			EncodeFailure::Io(error) => at(&self.path)(error),
		})
	}

	/// Reads all bytes.
	///
	/// # Errors
	///
	/// [`Error::Damaged`] and [`Error::Io`].
	pub fn to_vec(&self) -> Result<Vec<u8>> {
		let mut bytes = Vec::with_capacity(self.size() as usize);
		self.for_each_group(|group| {
			bytes.extend_from_slice(group);
			Ok(())
		})?;
		Ok(bytes)
	}

	/// Reads all bytes and says whether they are those of the name.
	///
	/// # Errors
	///
	/// [`Error::Damaged`] and [`Error::Io`].
	pub fn verify(&self) -> Result<()> {
		self.for_each_group(|_| Ok(()))
	}

	/// Writes the blob to a new file. It gets its name when it is whole.
	///
	/// # Errors
	///
	/// [`Error::Damaged`], and [`Error::Io`], also if the file is there already.
	pub fn export(&self, path: impl AsRef<Path>) -> Result<()> {
		let path = path.as_ref();
		let parent = match path.parent() {
			Some(parent) if !parent.as_os_str().is_empty() => parent,
			_ => Path::new("."),
		};
		let mut file = tempfile::Builder::new()
			.prefix(".opg-export-")
			.permissions(Permissions::from_mode(0o644))
			.tempfile_in(parent)
			.map_err(at(parent))?;
		self.for_each_group(|group| io::Write::write_all(&mut file, group).map_err(at(path)))?;
		file.as_file().sync_all().map_err(at(path))?;
		file.persist_noclobber(path).map_err(|error| at(path)(error.error))?;
		layout::sync_directory(parent)
	}

	fn for_each_group(&self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
		let mut buffer = Vec::new();
		for group in 0..tree::groups(self.size()) {
			self.read_group(group, &mut buffer)?;
			take(&buffer)?;
		}
		Ok(())
	}

	fn read_group(&self, group: u64, buffer: &mut Vec<u8>) -> Result<()> {
		let range = tree::group_range(self.size(), group);
		buffer.resize((range.end - range.start) as usize, 0);
		match self.data.read_exact_at(buffer, range.start) {
			Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
				Err(at(&self.path)(error))
			},
			Ok(()) if self.groups.verifies(group, buffer) => Ok(()),
			_ => Err(Error::Damaged(self.path.clone())),
		}
	}
}

/// Keeps a blob from being evicted while it lives, in any process, and costs a file descriptor.
#[derive(Debug)]
pub struct Hold(#[allow(dead_code)] File);

impl Hold {
	pub(super) fn take(layout: &Layout, hash: &Hash) -> Result<Option<Hold>> {
		let path = layout.blob(hash).join("data");
		Ok(lock_data(&path)?.map(Hold))
	}
}

/// Opens the data of a blob with a shared lock. `None` if it is not there.
fn lock_data(path: &Path) -> Result<Option<File>> {
	loop {
		let data = match File::open(path) {
			Ok(data) => data,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
			Err(error) => return Err(at(path)(error)),
		};
		layout::wait(path, || data.try_lock_shared())?;
		if is_at(&data, path)? {
			// A user who may only read does not count for eviction.
			let _ = data.set_modified(SystemTime::now());
			return Ok(Some(data));
		}
	}
}

/// Says whether an open file is still the one at a path: it may have been evicted or replaced.
fn is_at(file: &File, path: &Path) -> Result<bool> {
	let opened = file.metadata().map_err(at(path))?;
	let same = |now: fs::Metadata| now.ino() == opened.ino() && now.dev() == opened.dev();
	Ok(fs::metadata(path).is_ok_and(same))
}

impl Read for Blob {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		if self.position >= self.size() || buffer.is_empty() {
			return Ok(0);
		}
		let number = self.position / GROUP_BYTES;
		let mut group = match self.group.take() {
			Some((held, group)) if held == number => group,
			other => {
				let mut group = other.map(|(_, group)| group).unwrap_or_default();
				self.read_group(number, &mut group).map_err(|error| match error {
					Error::Io { error, .. } => error,
					other => io::Error::new(io::ErrorKind::InvalidData, other),
				})?;
				group
			},
		};
		let rest = &mut group[(self.position % GROUP_BYTES) as usize..];
		let length = rest.len().min(buffer.len());
		buffer[..length].copy_from_slice(&rest[..length]);
		self.position += length as u64;
		self.group = Some((number, group));
		Ok(length)
	}
}

impl Seek for Blob {
	fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
		let position = match to {
			SeekFrom::Start(position) => Some(position),
			SeekFrom::End(offset) => self.size().checked_add_signed(offset),
			SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
		};
		self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
		Ok(self.position)
	}
}

/// Reads the tree of the blob in `directory`. `None` if it cannot be one.
pub(super) fn read_tree(directory: &Path, hash: &Hash) -> Result<Option<Tree>> {
	let path = directory.join("tree");
	let mut file = match File::open(&path) {
		Ok(file) => file,
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
		Err(error) => return Err(at(path)(error)),
	};
	let length = file.metadata().map_err(at(&path))?.len();
	let mut head = [0; tree::HEADER_BYTES as usize];
	if length < tree::HEADER_BYTES {
		return Ok(None);
	}
	file.read_exact(&mut head).map_err(at(&path))?;
	let size = tree::size_in(head);
	if size > MAX_BLOB_BYTES || tree::tree_bytes(size) != length {
		return Ok(None);
	}
	let mut pairs = Vec::with_capacity((length - tree::HEADER_BYTES) as usize);
	file.take(length - tree::HEADER_BYTES).read_to_end(&mut pairs).map_err(at(&path))?;
	Ok(Tree::new(hash, size, pairs))
}
