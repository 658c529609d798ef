//! Snapshots of the guest's memory, from which later instances start.

use std::io;

/// Unit in which memory is stored: the page of most CPUs.
const PAGE: usize = 4096;

/// The memory of an instance at one moment. Pages of zeros take no room.
pub struct MemorySnapshot {
	pages: Pages,
	length: usize,
	stored: usize,
}

impl MemorySnapshot {
	/// Copies `memory`.
	pub fn take(memory: &[u8]) -> io::Result<MemorySnapshot> {
		let mut pages = Pages::new(memory.len())?;
		let mut stored = 0;
		for (index, page) in memory.chunks(PAGE).enumerate() {
			if page.iter().any(|byte| *byte != 0) {
				pages.write(index * PAGE, page)?;
				stored += page.len();
			}
		}
		Ok(MemorySnapshot { pages, length: memory.len(), stored })
	}

	/// Length of the memory in bytes.
	pub fn length(&self) -> usize {
		self.length
	}

	/// Bytes that the snapshot takes.
	pub fn stored(&self) -> usize {
		self.stored
	}

	/// Gives `memory` the contents of the snapshot.
	///
	/// # Panics
	///
	/// If it has another length.
	pub fn restore(&self, memory: &mut [u8]) -> io::Result<()> {
		assert_eq!(memory.len(), self.length, "a snapshot is restored into memory of its length");
		self.pages.read(memory)
	}

	/// The same for memory that was restored before, and of which only some pages differ. Fails if
	/// that is not possible.
	pub fn reset(&self, memory: &mut [u8], tracker: &Tracker) -> io::Result<()> {
		if memory.len() != self.length {
			return Err(io::Error::other("the memory has grown"));
		}
		for range in tracker.written(memory)? {
			self.pages.read_part(&mut memory[range.clone()], range.start)?;
		}
		Ok(())
	}
}

#[cfg(target_os = "linux")]
pub use linux::Tracker;

#[cfg(target_os = "linux")]
use linux::Pages;

#[cfg(target_os = "linux")]
mod linux {
	use std::{
		fs::File,
		io,
		ops::Range,
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
			// call fails. The file is never changed after `MemorySnapshot::take`.
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

		pub fn read_part(&self, memory: &mut [u8], at: usize) -> io::Result<()> {
			self.0.read_exact_at(memory, at as u64)
		}
	}

	/// Knows which pages of a mapped snapshot were written to: the system has made copies of these.
	pub struct Tracker {
		/// One word for each page of this process; see the kernel's `pagemap.rst`.
		pagemap: File,
		page: usize,
	}

	impl Tracker {
		const WORD: usize = 8;
		const PRESENT: u64 = 1 << 63;
		const SWAPPED: u64 = 1 << 62;
		/// A page of the file, not a copy.
		const OF_FILE: u64 = 1 << 61;

		/// A tracker of this memory, into which a snapshot was just restored. None if the system does
		/// not tell which pages are copies, which is tried out.
		pub fn start(memory: &mut [u8]) -> Option<Tracker> {
			// SAFETY: the call has no requirements.
			let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
			let tracker = Tracker { pagemap: File::open("/proc/self/pagemap").ok()?, page };
			let clean = tracker.written(memory).ok()?.is_empty();
			let byte: *mut u8 = memory.last_mut()?;
			// SAFETY: it comes from a reference. The byte keeps its value, but is written.
			unsafe { byte.write_volatile(byte.read_volatile()) };
			let last = memory.len() - page..memory.len();
			(clean && tracker.written(memory).ok()? == [last]).then_some(tracker)
		}

		/// Parts of the memory that were written to.
		pub fn written(&self, memory: &[u8]) -> io::Result<Vec<Range<usize>>> {
			let first = memory.as_ptr() as usize / self.page;
			let mut words = vec![0; memory.len() / self.page * Self::WORD];
			self.pagemap.read_exact_at(&mut words, (first * Self::WORD) as u64)?;
			let mut written: Vec<Range<usize>> = Vec::new();
			for (index, word) in words.as_chunks::<{ Self::WORD }>().0.iter().enumerate() {
				let word = u64::from_ne_bytes(*word);
				let untouched = word & (Self::PRESENT | Self::SWAPPED) == 0;
				if untouched || (word & Self::PRESENT != 0 && word & Self::OF_FILE != 0) {
					continue;
				}
				let page = index * self.page..(index + 1) * self.page;
				match written.last_mut() {
					Some(last) if last.end == page.start => last.end = page.end,
					_ => written.push(page),
				}
			}
			Ok(written)
		}
	}
}

#[cfg(not(target_os = "linux"))]
pub use copied::Tracker;

#[cfg(not(target_os = "linux"))]
use copied::Pages;

#[cfg(not(target_os = "linux"))]
mod copied {
	use std::{io, ops::Range};

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

		pub fn read_part(&self, _: &mut [u8], _: usize) -> io::Result<()> {
			Err(io::ErrorKind::Unsupported.into())
		}
	}

	/// No system but Linux tells which pages were written to.
	pub struct Tracker;

	impl Tracker {
		pub fn start(_: &mut [u8]) -> Option<Tracker> {
			None
		}

		pub fn written(&self, _: &[u8]) -> io::Result<Vec<Range<usize>>> {
			Err(io::ErrorKind::Unsupported.into())
		}
	}
}
