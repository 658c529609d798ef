//! Memory that is freed while a model is loaded is zeroed. What is after loading is kept and copied for
//! each run, and pages of zeros take no room there: so nobody keeps the remains of loading.

use std::{
	alloc::{GlobalAlloc, Layout, System},
	hint::black_box,
	ptr,
	sync::atomic::{AtomicBool, Ordering::Relaxed},
};

/// Least bytes of a piece that is zeroed. Smaller ones hardly make up a page.
const LARGE: usize = 4096;

#[global_allocator]
static ALLOCATOR: Zeroing = Zeroing { enabled: AtomicBool::new(false) };

struct Zeroing {
	enabled: AtomicBool,
}

/// Calls `load`, and zeroes what it frees.
pub fn zeroing<T>(load: impl FnOnce() -> T) -> T {
	ALLOCATOR.enabled.store(true, Relaxed);
	let loaded = load();
	ALLOCATOR.enabled.store(false, Relaxed);
	loaded
}

impl Zeroing {
	fn zeroes(&self, layout: Layout) -> bool {
		layout.size() >= LARGE && self.enabled.load(Relaxed)
	}
}

// SAFETY: the system's allocator does it all.
unsafe impl GlobalAlloc for Zeroing {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		System.alloc(layout)
	}

	unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
		System.alloc_zeroed(layout)
	}

	unsafe fn dealloc(&self, data: *mut u8, layout: Layout) {
		if self.zeroes(layout) {
			ptr::write_bytes(data, 0, layout.size());
			// Or else the compiler leaves out what nobody reads before it is freed.
			black_box(data);
		}
		System.dealloc(data, layout);
	}

	unsafe fn realloc(&self, data: *mut u8, layout: Layout, size: usize) -> *mut u8 {
		if !self.zeroes(layout) {
			return System.realloc(data, layout, size);
		}
		let moved = System.alloc(Layout::from_size_align_unchecked(size, layout.align()));
		if !moved.is_null() {
			ptr::copy_nonoverlapping(data, moved, size.min(layout.size()));
			self.dealloc(data, layout);
		}
		moved
	}
}
