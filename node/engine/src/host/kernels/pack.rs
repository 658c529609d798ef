//! Factors of matrix products, brought into the order of panels: bits are copied, and what is missing
//! to the last panel's rows is zeros.

use super::{
	fuel,
	memory::{self, OutOfBounds, Shared},
};
use std::ops::Range;

/// Numbers from which on the panels are shared out to several threads: less would not make up for it.
const PART: u64 = 1 << 16;
/// Depth that is gone through for all rows of a panel, so that what is read stays in the nearest cache.
const DEPTH: usize = 64;

/// One factor, as the guest has written it. Addresses are in bytes, all else is in numbers.
#[derive(Clone, Copy, Debug)]
pub struct Call {
	/// The factor, which may not overlap the panels.
	pub from: u32,
	/// The panels.
	pub to: u32,
	/// Rows of the factor (columns of a right one).
	pub rows: u32,
	/// Length of a row.
	pub depth: u32,
	/// From one row to the next; not zero.
	pub row_stride: u32,
	/// From one number of a row to the next; not zero.
	pub depth_stride: u32,
	/// Rows of a panel.
	pub width: u32,
	/// From one panel to the next; at least what it holds.
	pub panel: u32,
}

impl Call {
	/// Reads what to do from `at`.
	pub fn read(memory: &[u8], at: u32) -> Result<Call, OutOfBounds> {
		let [from, to, rows, depth, row_stride, depth_stride, width, panel] =
			memory::call(memory, at)?;
		let call = Call { from, to, rows, depth, row_stride, depth_stride, width, panel };
		call.check(memory.len()).map(|()| call)
	}

	/// Panels of the result.
	fn panels(&self) -> u64 {
		u64::from(self.rows).div_ceil(u64::from(self.width.max(1)))
	}

	/// Fuel: a function of sizes and strides alone.
	pub fn fuel(&self) -> u64 {
		let numbers = self.panels().saturating_mul(u64::from(self.width) * u64::from(self.depth));
		let each = if self.row_stride == 1 || self.depth_stride == 1 { 1 } else { fuel::SCATTERED };
		fuel::CALL
			.saturating_add(self.panels().saturating_mul(fuel::TILE))
			.saturating_add(numbers.saturating_mul(each))
	}

	/// Refuses what is outside of the memory, not aligned, or overlaps.
	fn check(&self, memory: usize) -> Result<(), OutOfBounds> {
		let numbers = |from: u32, count: Option<u64>| -> Option<Range<u64>> {
			let (from, count) = (u64::from(from), count?);
			let end = from.checked_add(count.checked_mul(4)?)?;
			(from % 4 == 0 && end <= memory as u64).then_some(from..end)
		};
		let along =
			|count: u32, stride: u32| u64::from(count.saturating_sub(1)) * u64::from(stride);
		let last =
			along(self.rows, self.row_stride).checked_add(along(self.depth, self.depth_stride));
		let read = numbers(self.from, last.and_then(|last| last.checked_add(1)));
		let written = numbers(self.to, self.panels().checked_mul(self.panel.into()));
		let fits = u64::from(self.width) * u64::from(self.depth) <= u64::from(self.panel);
		let sizes = [self.rows, self.depth, self.width, self.row_stride, self.depth_stride];
		let some = !sizes.contains(&0);
		match read.zip(written) {
			Some((a, b)) if fits && some && (a.end <= b.start || b.end <= a.start) => Ok(()),
			_ => Err(OutOfBounds),
		}
	}

	/// Cuts the panels into as many parts, or fewer where there is little to do.
	pub fn parts(&self, count: usize) -> Vec<Range<usize>> {
		let panels = self.panels() as usize;
		let numbers = u64::from(self.rows) * u64::from(self.depth);
		let count = if numbers >= PART { count } else { 1 };
		let step = panels.div_ceil(count.max(1)).max(1);
		(0..panels).step_by(step).map(|from| from..panels.min(from + step)).collect()
	}
}

/// Fills a part of the panels.
///
/// # Safety
///
/// The call must have been read from this memory. What other threads do with the memory meanwhile is
/// to fill other parts.
#[inline(always)]
pub unsafe fn run(memory: Shared<'_>, call: &Call, part: Range<usize>) -> Result<(), OutOfBounds> {
	let width = call.width as usize;
	let (depth, rows) = (call.depth as usize, call.rows as usize);
	let (row_stride, depth_stride) = (call.row_stride as usize, call.depth_stride as usize);
	let last = (rows - 1) * row_stride + (depth - 1) * depth_stride;
	// SAFETY: nobody writes there, because factor and panels are apart.
	let (from, _) = unsafe { memory.bytes(call.from as usize, 4 * (last + 1))? }.as_chunks::<4>();
	for panel in part {
		let at = call.to as usize + 4 * panel * call.panel as usize;
		// SAFETY: this panel is this thread's.
		let (to, _) = unsafe { memory.bytes_mut(at, 4 * width * depth)? }.as_chunks_mut::<4>();
		let first = panel * width;
		let count = width.min(rows - first);
		let begin = first * row_stride;
		for (part, to) in to.chunks_mut(DEPTH * width).enumerate() {
			let begin = begin + part * DEPTH * depth_stride;
			if row_stride == 1 {
				for (k, to) in to.chunks_exact_mut(width).enumerate() {
					let row = &from[begin + k * depth_stride..][..count];
					if count == width {
						to.copy_from_slice(row);
					} else {
						to[..count].copy_from_slice(row);
						to[count..].fill([0; 4]);
					}
				}
				continue;
			}
			let extent = (to.len() / width - 1) * depth_stride + 1;
			for i in 0..count {
				let row = &from[begin + i * row_stride..][..extent];
				let to = to.chunks_exact_mut(width);
				if depth_stride == 1 {
					for (to, number) in to.zip(row) {
						to[i] = *number;
					}
				} else {
					for (to, number) in to.zip(row.iter().step_by(depth_stride)) {
						to[i] = *number;
					}
				}
			}
			for to in to.chunks_exact_mut(width) {
				to[count..].fill([0; 4]);
			}
		}
	}
	Ok(())
}
