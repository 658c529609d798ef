//! Snapshots of the guest's memory, from which later instances start.
//!
//! What is not zero is stored, and later instances share it until they write to it. All else of their
//! memory is their own from the start: a run that touches it leaves nothing in the snapshot.

use std::{io, ops::Range};

/// Unit in which memory is stored: the page of most CPUs.
const PAGE: usize = 4096;

/// Zeros between two parts that are stored with them, if there are no more. Each part costs the system
/// more than so few zeros do.
const MIN_GAP: usize = 16 * PAGE;

/// Most parts of a snapshot. Where there would be more, longer gaps are stored with them.
const MAX_PARTS: usize = 64;

/// Bytes of a part that are copied at once.
const STEP: usize = 1 << 20;

/// Most bytes of pages that an instance keeps as its own when its memory gets the contents of the
/// snapshot back. More go back to the system.
const MAX_KEPT: usize = 8 << 20;

/// The memory of an instance at one moment. Long ranges of zeros take no room.
pub struct MemorySnapshot {
	pages: Pages,
	length: usize,
	stored: usize,
}

impl MemorySnapshot {
	/// Moves the content of `memory` into a snapshot. What `memory` holds afterwards is undefined: its
	/// pages go back to the system as they are copied, so that there is never twice as much.
	pub fn take(memory: &mut [u8]) -> io::Result<MemorySnapshot> {
		let parts = parts(memory);
		let stored = parts.iter().map(Range::len).sum();
		let mut pages = Pages::new(memory.len())?;
		for part in parts {
			for start in part.clone().step_by(STEP) {
				let step = start..part.end.min(start + STEP);
				pages.write(start, &memory[step.clone()])?;
				release(&mut memory[step])?;
			}
			pages.add(part);
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

	/// The same for memory that was restored before, and of which only some pages differ. Gives the
	/// bytes that the memory takes besides the snapshot from now on. Fails if that is not possible.
	pub fn reset(&self, memory: &mut [u8], tracker: &Tracker) -> io::Result<usize> {
		if memory.len() != self.length {
			return Err(io::Error::other("the memory has grown"));
		}
		let mut kept = 0;
		for range in tracker.written(memory)? {
			// What a run writes to first are its stack and what it allocates first: as a rule the next
			// one does too, and needs no page faults for it.
			let (at, end) = (range.start, range.end.min(range.start + (MAX_KEPT - kept)));
			self.pages.read_part(&mut memory[at..end], at)?;
			kept += end - at;
			release(&mut memory[end..range.end])?;
		}
		Ok(kept)
	}
}

/// Ranges of whole pages that hold all that is not zero, in order: neither many nor close together.
fn parts(memory: &[u8]) -> Vec<Range<usize>> {
	let mut parts: Vec<Range<usize>> = Vec::new();
	for (index, page) in memory.chunks(PAGE).enumerate() {
		if page.iter().any(|byte| *byte != 0) {
			let start = index * PAGE;
			push(&mut parts, start..start + page.len(), MIN_GAP);
		}
	}
	let mut gap = MIN_GAP;
	while parts.len() > MAX_PARTS {
		gap *= 2;
		let closer = std::mem::take(&mut parts);
		closer.into_iter().for_each(|part| push(&mut parts, part, gap));
	}
	parts
}

/// Adds the next part, or lengthens the last if they are close together.
fn push(parts: &mut Vec<Range<usize>>, part: Range<usize>, gap: usize) {
	match parts.last_mut() {
		Some(last) if part.start - last.end <= gap => last.end = part.end,
		_ => parts.push(part),
	}
}

#[cfg(target_os = "linux")]
pub use linux::Tracker;

#[cfg(target_os = "linux")]
pub use linux::expect_growth;

#[cfg(target_os = "linux")]
use linux::{release, Pages};

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

	/// A file in memory, and its parts that hold anything. Instances map these, and copy what they write
	/// to, page by page. Nobody maps the rest of the file: even a read would fill it.
	pub struct Pages {
		file: File,
		parts: Vec<Range<usize>>,
	}

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
			Ok(Pages { file, parts: Vec::new() })
		}

		pub fn write(&mut self, at: usize, bytes: &[u8]) -> io::Result<()> {
			self.file.write_all_at(bytes, at as u64)
		}

		/// Names a part, once it is written.
		pub fn add(&mut self, part: Range<usize>) {
			self.parts.push(part);
		}

		pub fn read(&self, memory: &mut [u8]) -> io::Result<()> {
			map(memory, None)?;
			// Pages of the usual size: by larger ones a run would take more than it touches.
			advise(memory, libc::MADV_NOHUGEPAGE)?;
			self.parts
				.iter()
				.try_for_each(|part| map(&mut memory[part.clone()], Some((&self.file, part.start))))
		}

		pub fn read_part(&self, memory: &mut [u8], at: usize) -> io::Result<()> {
			self.file.read_exact_at(memory, at as u64)
		}

		/// Bytes of memory that the file takes.
		#[cfg(test)]
		pub fn held(&self) -> usize {
			use std::os::unix::fs::MetadataExt;
			self.file.metadata().map_or(0, |metadata| metadata.blocks() as usize * 512)
		}
	}

	/// Puts pages of zeros in the place of `memory`, or pages of the file from an offset on.
	fn map(memory: &mut [u8], from: Option<(&File, usize)>) -> io::Result<()> {
		if memory.is_empty() {
			return Ok(());
		}
		let (file, at, kind) = match from {
			Some((file, at)) => (file.as_raw_fd(), at, 0),
			None => (-1, 0, libc::MAP_ANONYMOUS),
		};
		// SAFETY: the memory is exclusively borrowed, so putting other private pages in its place is the
		// same as writing to it. A guest's memory and the parts of a snapshot begin and end at a page,
		// or else the call fails. The file is never changed after `MemorySnapshot::take`.
		let mapped = unsafe {
			libc::mmap(
				memory.as_mut_ptr().cast(),
				memory.len(),
				libc::PROT_READ | libc::PROT_WRITE,
				libc::MAP_PRIVATE | libc::MAP_FIXED | libc::MAP_NORESERVE | kind,
				file,
				at as libc::off_t,
			)
		};
		if mapped == libc::MAP_FAILED {
			return Err(io::Error::last_os_error());
		}
		Ok(())
	}

	/// Has memory that the guest grows by come in pages as large as fit: one page fault instead of
	/// 512, each of which takes longer than writing to the page. No page is larger than what has been
	/// grown, so a guest never takes more than it asked for. `at` is where its memory begins, and
	/// `reserved` the address space that is kept for it.
	pub fn expect_growth(at: *mut u8, reserved: usize) {
		// SAFETY: the advice changes no contents, and nothing is accessed. Where the system knows no
		// large pages, the usual ones do.
		unsafe { libc::madvise(at.cast(), reserved, libc::MADV_HUGEPAGE) };
	}

	/// Gives the pages of `memory` back to the system. What was mapped from a file has its content again,
	/// all else is zero.
	pub fn release(memory: &mut [u8]) -> io::Result<()> {
		advise(memory, libc::MADV_DONTNEED)
	}

	fn advise(memory: &mut [u8], advice: libc::c_int) -> io::Result<()> {
		if memory.is_empty() {
			return Ok(());
		}
		// SAFETY: the memory is exclusively borrowed and of plain bytes. The advice changes at most what
		// they are. The call fails unless they begin at a page.
		let advised = unsafe { libc::madvise(memory.as_mut_ptr().cast(), memory.len(), advice) };
		// A kernel without huge pages does not know that advice.
		if advised != 0 && advice != libc::MADV_NOHUGEPAGE {
			return Err(io::Error::last_os_error());
		}
		Ok(())
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
pub use copied::expect_growth;

#[cfg(not(target_os = "linux"))]
use copied::{release, Pages};

#[cfg(not(target_os = "linux"))]
mod copied {
	use std::{io, ops::Range};

	/// The parts that are not zero.
	pub struct Pages(Vec<(usize, Vec<u8>)>);

	impl Pages {
		pub fn new(_: usize) -> io::Result<Pages> {
			Ok(Pages(Vec::new()))
		}

		pub fn write(&mut self, at: usize, bytes: &[u8]) -> io::Result<()> {
			self.0.push((at, bytes.to_vec()));
			Ok(())
		}

		pub fn add(&mut self, _: Range<usize>) {}

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

	/// Nothing: the system chooses its pages.
	pub fn expect_growth(_: *mut u8, _: usize) {}

	/// Nothing: the pages go back with the memory.
	pub fn release(_: &mut [u8]) -> io::Result<()> {
		Ok(())
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
	use super::*;
	use std::ops::{Deref, DerefMut};

	/// Memory as a guest has it: whole pages of its own.
	struct Memory(*mut u8, usize);

	impl Memory {
		fn new(pages: usize) -> Self {
			let (flags, length) = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, pages * PAGE);
			let protection = libc::PROT_READ | libc::PROT_WRITE;
			// SAFETY: the system chooses where.
			let at = unsafe { libc::mmap(std::ptr::null_mut(), length, protection, flags, -1, 0) };
			assert_ne!(at, libc::MAP_FAILED);
			Self(at.cast(), length)
		}

		/// Bytes of its pages that are its own.
		fn own(&self) -> usize {
			let smaps = std::fs::read_to_string("/proc/self/smaps").expect("there is one");
			let mut own = 0;
			let mut is_own = false;
			for line in smaps.lines() {
				let range = line.split(' ').next().and_then(|range| range.split_once('-'));
				let start = range.and_then(|(start, _)| usize::from_str_radix(start, 16).ok());
				if let Some(start) = start {
					is_own = (self.0 as usize..self.0 as usize + self.1).contains(&start);
				} else if let Some(size) = line.strip_prefix("Anonymous:").filter(|_| is_own) {
					let size = size.trim().trim_end_matches(" kB");
					own += size.parse::<usize>().expect("a number") << 10;
				}
			}
			own
		}
	}

	impl Deref for Memory {
		type Target = [u8];
		fn deref(&self) -> &[u8] {
			// SAFETY: it was mapped with this length, and is zero or was written since.
			unsafe { std::slice::from_raw_parts(self.0, self.1) }
		}
	}

	impl DerefMut for Memory {
		fn deref_mut(&mut self) -> &mut [u8] {
			// SAFETY: as above.
			unsafe { std::slice::from_raw_parts_mut(self.0, self.1) }
		}
	}

	impl Drop for Memory {
		fn drop(&mut self) {
			// SAFETY: nobody uses it any more.
			unsafe { libc::munmap(self.0.cast(), self.1) };
		}
	}

	#[test]
	fn parts_should_be_few_and_hold_all_that_is_not_zero() {
		let page = |pages: Range<usize>| pages.start * PAGE..pages.end * PAGE;
		let mut memory = Memory::new(1000);
		for index in [0, 1, 18, 40, 999] {
			memory[index * PAGE + 7] = 1;
		}
		assert_eq!(parts(&memory), [page(0..19), page(40..41), page(999..1000)]);
		assert_eq!(parts(&Memory::new(4)), []);
		let mut sparse = Memory::new(20 * 4 * MAX_PARTS);
		(0..4 * MAX_PARTS).for_each(|index| sparse[index * 20 * PAGE] = 1);
		let parts = parts(&sparse);
		assert!(parts.len() <= MAX_PARTS, "{}", parts.len());
		assert!((0..4 * MAX_PARTS)
			.all(|index| parts.iter().any(|part| part.contains(&(index * 20 * PAGE)))));
	}

	#[test]
	fn snapshot_should_not_grow_when_runs_touch_what_it_does_not_hold() {
		let pages = 8 * MAX_KEPT / PAGE;
		let mut memory = Memory::new(pages);
		let content: Vec<u8> = (0..300 * PAGE).map(|at| (at % 251) as u8).collect();
		memory[64 * PAGE..364 * PAGE].copy_from_slice(&content);
		memory[(pages - 1) * PAGE] = 9;
		let snapshot = MemorySnapshot::take(&mut memory).expect("there is room");
		assert!(memory.own() < PAGE * 64, "its pages went back: {}", memory.own());
		assert_eq!(snapshot.stored(), 301 * PAGE);

		let mut instance = Memory::new(pages);
		instance.fill(5);
		snapshot.restore(&mut instance).expect("it fits");
		let Some(tracker) = Tracker::start(&mut instance) else { return };
		let is_as_taken = |instance: &[u8]| {
			instance[64 * PAGE..364 * PAGE] == content
				&& instance[..64 * PAGE].iter().all(|byte| *byte == 0)
				&& instance[364 * PAGE..(pages - 1) * PAGE].iter().all(|byte| *byte == 0)
				&& instance[(pages - 1) * PAGE] == 9
		};
		assert!(is_as_taken(&instance));
		for fill in 1..4 {
			instance.fill(fill);
			let kept = snapshot.reset(&mut instance, &tracker).expect("it has not grown");
			assert_eq!(kept, MAX_KEPT);
			assert!(instance.own() <= MAX_KEPT, "{}", instance.own());
			assert!(is_as_taken(&instance));
			assert_eq!(snapshot.pages.held(), 301 * PAGE, "holes stay holes");
		}
	}
}
