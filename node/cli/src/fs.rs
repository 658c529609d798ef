//! Files, with their names in the errors.

use anyhow::{Context, Result};
use std::{fs, path::Path};

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
	fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file, over an older one.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
	fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
