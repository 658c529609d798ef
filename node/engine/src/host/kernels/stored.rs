//! Panels whose numbers are stored otherwise than as `f32`: of 16 bits, or of 8 bits with a zero point
//! and a scale for each row of the panel.
//!
//! They become `f32` when a product reads them, a part at a time: exactly, or as
//! `(number - zero point) * scale` with two roundings. So a product with them has the bits of a product
//! with the `f32` that the guest would have made of them.
//!
//! A panel of bytes begins with the zero points of its rows, and then their scales.

use super::{
	fuel,
	memory::{OutOfBounds, Shared},
	vector::{half, Vector},
};
use std::{cell::Cell, ops::Range};

/// Most numbers of a panel that is kept as `f32` while it is used again: 2 MiB.
const MAX_KEPT: usize = 1 << 19;

/// How the numbers of a panel are stored. The codes are the guest's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
	/// As `f32`.
	Floats = 0,
	/// As numbers of 16 bits.
	Halves = 1,
	/// As bytes with a sign.
	Signed = 2,
	/// As bytes without.
	Unsigned = 3,
}

impl Stored {
	/// What has this code.
	pub fn decode(code: u32) -> Stored {
		[Stored::Floats, Stored::Halves, Stored::Signed, Stored::Unsigned][code as usize % 4]
	}

	/// Bytes of a number.
	fn size(self) -> u64 {
		match self {
			Stored::Floats => 4,
			Stored::Halves => 2,
			Stored::Signed | Stored::Unsigned => 1,
		}
	}

	/// Bytes of zero points and scales, for each row.
	fn parameters(self) -> u64 {
		match self {
			Stored::Floats | Stored::Halves => 0,
			Stored::Signed | Stored::Unsigned => 8,
		}
	}

	/// Bytes of a panel.
	pub fn bytes(self, width: usize, depth: u32) -> u64 {
		width as u64 * (self.parameters() + self.size() * u64::from(depth))
	}

	/// Fuel of making `f32` of a panel.
	pub fn fuel(self, width: usize, depth: u32) -> u64 {
		let numbers = width as u64 * u64::from(depth);
		match self {
			Stored::Floats => 0,
			Stored::Halves => numbers / fuel::HALVES,
			Stored::Signed | Stored::Unsigned => numbers / fuel::SCALED,
		}
	}
}

/// A factor of a product: the address of a table with that of each panel.
#[derive(Clone, Copy, Debug)]
pub struct Factor {
	pub table: u32,
	pub stored: Stored,
}

/// Whether a panel is kept as `f32` while other panels pass by.
pub fn is_kept(width: usize, depth: u32, passing: usize) -> bool {
	passing > 1 && width.saturating_mul(depth as usize) <= MAX_KEPT
}

/// One panel of `WIDTH` rows in memory.
#[derive(Clone, Copy)]
pub enum Panel<'a, const WIDTH: usize> {
	Floats(&'a [f32]),
	Halves(&'a [[u8; 2]]),
	Signed(Parameters<'a>, &'a [u8]),
	Unsigned(Parameters<'a>, &'a [u8]),
}

/// Zero points and scales of the rows of a panel.
type Parameters<'a> = (&'a [f32], &'a [f32]);

impl<'a, const WIDTH: usize> Panel<'a, WIDTH> {
	/// Panel number `index` of a factor.
	///
	/// # Safety
	///
	/// As for [`Shared::bytes`].
	#[inline(always)]
	pub unsafe fn new(
		memory: Shared<'a>,
		factor: Factor,
		index: usize,
		depth: usize,
	) -> Result<Self, OutOfBounds> {
		let entry =
			u32::try_from(index * 4).ok().and_then(|offset| factor.table.checked_add(offset));
		let count = depth.checked_mul(WIDTH).ok_or(OutOfBounds)?;
		// SAFETY: the caller sees to it, here and below.
		unsafe {
			let at = memory.word(entry.ok_or(OutOfBounds)?)?;
			let bytes = || {
				let codes = (at as usize).checked_add(8 * WIDTH).ok_or(OutOfBounds)?;
				let (zeros, scales) = memory.floats(at, 2 * WIDTH)?.split_at(WIDTH);
				Ok(((zeros, scales), memory.bytes(codes, count)?))
			};
			Ok(match factor.stored {
				Stored::Floats => Panel::Floats(memory.floats(at, count)?),
				Stored::Halves => {
					let bytes =
						memory.bytes(at as usize, count.checked_mul(2).ok_or(OutOfBounds)?)?;
					Panel::Halves(bytes.as_chunks().0)
				},
				Stored::Signed => {
					let (parameters, codes) = bytes()?;
					Panel::Signed(parameters, codes)
				},
				Stored::Unsigned => {
					let (parameters, codes) = bytes()?;
					Panel::Unsigned(parameters, codes)
				},
			})
		}
	}

	/// Makes `f32` of a part of it, which is not stored as such.
	///
	/// # Safety
	///
	/// The CPU must have the instruction set of `V`.
	#[inline(always)]
	pub unsafe fn expand<V: Vector>(&self, depths: Range<usize>, to: &mut [f32]) {
		let part = depths.start * WIDTH..depths.end * WIDTH;
		match self {
			Panel::Floats(floats) => to.copy_from_slice(&floats[part]),
			Panel::Halves(halves) => {
				let from = halves[part].chunks_exact(V::LANES);
				let rest = from.remainder();
				let mut to = to.chunks_exact_mut(V::LANES);
				for (from, to) in from.zip(&mut to) {
					// SAFETY: both have so many numbers, and the caller sees to the rest.
					unsafe { V::load_halves(from.as_ptr().cast()).store(to.as_mut_ptr()) };
				}
				for (from, to) in rest.iter().zip(to.into_remainder()) {
					*to = half(u16::from_le_bytes(*from));
				}
			},
			Panel::Signed(parameters, codes) => {
				scaled::<WIDTH, true>(*parameters, &codes[part], to);
			},
			Panel::Unsigned(parameters, codes) => {
				scaled::<WIDTH, false>(*parameters, &codes[part], to);
			},
		}
	}
}

/// Makes `f32` of bytes.
#[inline(always)]
fn scaled<const WIDTH: usize, const SIGNED: bool>(
	(zeros, scales): Parameters<'_>,
	codes: &[u8],
	to: &mut [f32],
) {
	let (Some((zeros, [])), Some((scales, []))) =
		(zeros.split_first_chunk::<WIDTH>(), scales.split_first_chunk::<WIDTH>())
	else {
		return;
	};
	let ((codes, _), (to, _)) = (codes.as_chunks::<WIDTH>(), to.as_chunks_mut::<WIDTH>());
	for (codes, to) in codes.iter().zip(to) {
		for i in 0..WIDTH {
			let number = if SIGNED { f32::from(codes[i] as i8) } else { f32::from(codes[i]) };
			to[i] = (number - zeros[i]) * scales[i];
		}
	}
}

/// Room for parts of panels as `f32`, and for all of a panel that is used again.
#[derive(Default)]
pub struct Room {
	floats: Vec<f32>,
	/// The step and the panel that all is of.
	kept: Option<(usize, usize)>,
}

thread_local! {
	/// Kept for the next call: new memory is slow.
	static ROOMS: Cell<[Room; 2]> = Cell::default();
}

impl Room {
	/// Takes the rooms of this thread, for the panels of the left and of the right factor.
	pub fn enter() -> [Room; 2] {
		let mut rooms = ROOMS.take();
		rooms.iter_mut().for_each(|room| room.kept = None);
		rooms
	}

	/// Leaves them for the next call.
	pub fn leave(rooms: [Room; 2]) {
		ROOMS.set(rooms);
	}

	/// A part of a panel as `f32`. With `keep`, which tells panels apart, all of it is kept.
	///
	/// # Safety
	///
	/// As for [`Panel::expand`].
	#[inline(always)]
	pub unsafe fn part<'r, V: Vector, const WIDTH: usize>(
		&'r mut self,
		panel: Panel<'r, WIDTH>,
		depths: Range<usize>,
		depth: usize,
		keep: Option<(usize, usize)>,
	) -> &'r [f32] {
		let part = depths.start * WIDTH..depths.end * WIDTH;
		if let Panel::Floats(floats) = panel {
			return &floats[part];
		}
		if keep.is_none() || keep != self.kept {
			let expanded = if keep.is_some() { 0..depth } else { depths };
			let count = expanded.len() * WIDTH;
			if self.floats.len() < count {
				self.floats.resize(count, 0.0);
			}
			// SAFETY: the caller sees to it.
			unsafe { panel.expand::<V>(expanded, &mut self.floats[..count]) };
			self.kept = keep;
		}
		match keep {
			Some(_) => &self.floats[part],
			None => &self.floats[..part.len()],
		}
	}
}
