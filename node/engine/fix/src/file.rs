//! Files of models.

use crate::{Error, Result, MAX_BYTES};
use std::{
	fs::File,
	io::{Read, Write},
	path::{Path, PathBuf},
};

pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
	let failed = |source| Error::File { doing: "cannot read", file: file.to_owned(), source };
	let mut bytes = Vec::new();
	let opened = File::open(file).map_err(failed)?;
	opened.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
	if bytes.len() as u64 > MAX_BYTES {
		return Err(Error::TooLarge);
	}
	Ok(bytes)
}

/// Writes a file beside the output and renames it. Refuses to replace what the model was read from.
pub(crate) fn write<'a>(
	bytes: &[u8],
	output: &Path,
	sources: impl Iterator<Item = &'a PathBuf>,
) -> Result<()> {
	let real = |file: &Path| file.canonicalize().ok();
	if let Some(replaced) = real(output) {
		if sources.into_iter().any(|source| real(source).as_ref() == Some(&replaced)) {
			return Err(Error::SameFile(output.to_owned()));
		}
	}
	let failed = |source| Error::File { doing: "cannot write", file: output.to_owned(), source };
	let folder = match output.parent() {
		Some(folder) if !folder.as_os_str().is_empty() => folder,
		_ => Path::new("."),
	};
	let mut builder = tempfile::Builder::new();
	builder.prefix(".opg-engine-fix-");
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt;
		// Less what the process masks, as for any file.
		builder.permissions(std::fs::Permissions::from_mode(0o666));
	}
	let mut file = builder.tempfile_in(folder).map_err(failed)?;
	file.write_all(bytes).map_err(failed)?;
	file.as_file().sync_all().map_err(failed)?;
	file.persist(output).map_err(|error| failed(error.error))?;
	Ok(())
}
