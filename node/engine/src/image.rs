//! A copy of the guest's memory, from which later instances start.

use std::io;

/// Unit in which memory is stored: the page of most CPUs.
const PAGE: usize = 4096;

/// The memory of an instance at one moment. Pages of zeros take no room.
pub struct Image {
	pages: Pages,
	length: usize,
	stored: usize,
}

impl Image {
	/// Copies `memory`.
	pub fn take(memory: &[u8]) -> io::Result<Image> {
		let mut pages = Pages::new(memory.len())?;
		let mut stored = 0;
		for (index, page) in memory.chunks(PAGE).enumerate() {
			if page.iter().any(|byte| *byte != 0) {
				pages.write(index * PAGE, page)?;
				stored += page.len();
			}
		}
		Ok(Image { pages, length: memory.len(), stored })
	}

	/// Length of the memory in bytes.
	pub fn length(&self) -> usize {
		self.length
	}

	/// Bytes that the image takes.
	pub fn stored(&self) -> usize {
		self.stored
	}

	/// Gives `memory` the contents of the image.
	///
	/// # Panics
	///
	/// If it has another length.
	pub fn restore(&self, memory: &mut [u8]) -> io::Result<()> {
		assert_eq!(memory.len(), self.length, "an image is restored into memory of its length");
		self.pages.read(memory)
	}
}

#[cfg(target_os = "linux")]
use linux::Pages;

#[cfg(target_os = "linux")]
mod linux {
	use std::{
		fs::File,
		io,
		os::{
			fd::{AsRawFd, FromRawFd},
			unix::fs::FileExt,
		},
	};

	/// A file in memory. Instances map it and copy what they write to, page by page.
	pub struct Pages(File);

	impl Pages {
		pub fn new(length: usize) -> io::Result<Pages> {
			// SAFETY: the name is a C string.
			let fd = unsafe { libc::memfd_create(c"opg-engine".as_ptr(), libc::MFD_CLOEXEC) };
			if fd < 0 {
				return Err(io::Error::last_os_error());
			}
			// SAFETY: the descriptor is new and nobody else's.
			let file = unsafe { File::from_raw_fd(fd) };
			file.set_len(length as u64)?;
			Ok(Pages(file))
		}

		pub fn write(&mut self, at: usize, page: &[u8]) -> io::Result<()> {
			self.0.write_all_at(page, at as u64)
		}

		pub fn read(&self, memory: &mut [u8]) -> io::Result<()> {
			if memory.is_empty() {
				return Ok(());
			}
			// SAFETY: the memory is exclusively borrowed, so putting other private pages in its place
			// is the same as writing to it. A guest's memory begins and ends at a page, or else the
			// call fails. The file is never changed after `Image::take`.
			let mapped = unsafe {
				libc::mmap(
					memory.as_mut_ptr().cast(),
					memory.len(),
					libc::PROT_READ | libc::PROT_WRITE,
					libc::MAP_PRIVATE | libc::MAP_FIXED | libc::MAP_NORESERVE,
					self.0.as_raw_fd(),
					0,
				)
			};
			if mapped == libc::MAP_FAILED {
				return Err(io::Error::last_os_error());
			}
			Ok(())
		}
	}
}

#[cfg(not(target_os = "linux"))]
use copied::Pages;

#[cfg(not(target_os = "linux"))]
mod copied {
	use std::io;

	/// The pages that are not zero.
	pub struct Pages(Vec<(usize, Vec<u8>)>);

	impl Pages {
		pub fn new(_: usize) -> io::Result<Pages> {
			Ok(Pages(Vec::new()))
		}

		pub fn write(&mut self, at: usize, page: &[u8]) -> io::Result<()> {
			self.0.push((at, page.to_vec()));
			Ok(())
		}

		pub fn read(&self, memory: &mut [u8]) -> io::Result<()> {
			memory.fill(0);
			for (at, page) in &self.0 {
				memory[*at..*at + page.len()].copy_from_slice(page);
			}
			Ok(())
		}
	}
}
