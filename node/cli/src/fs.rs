//! Files, with their names in the errors.

use anyhow::{Context, Result};
use std::{
	fs::{self, File},
	io::{self, Read, Seek, SeekFrom},
	path::Path,
};

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
	fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file, over an older one.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
	fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Whole lines of a file that is opened to add to it. What a power cut left of the last one is removed.
pub(crate) fn whole_lines(file: &mut File) -> io::Result<String> {
	let mut text = String::new();
	file.read_to_string(&mut text)?;
	let whole = text.rfind('\n').map_or(0, |end| end + 1);
	if whole < text.len() {
		file.set_len(whole as u64)?;
		file.seek(SeekFrom::End(0))?;
		text.truncate(whole);
	}
	Ok(text)
}
