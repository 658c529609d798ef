//! Softmax of rows: e to the (x - largest), by the sum of these.

use super::{elementwise::exp, fuel, vector::canonical};

/// Partial sums and largest numbers: element i of a row goes to number i modulo this.
const LANES: usize = 16;

/// Fuel of so many numbers in rows of this length.
pub fn fuel(count: u32, length: u32) -> u64 {
	let rows = count.checked_div(length).unwrap_or(0);
	fuel::CALL + fuel::SOFTMAX * u64::from(count) + fuel::SOFTMAX_ROW * u64::from(rows)
}

/// Replaces each row of `length` numbers by its softmax. Numbers after the last row stay.
#[inline(always)]
pub fn run(numbers: &mut [f32], length: usize) {
	for row in numbers.chunks_exact_mut(length) {
		softmax(row);
	}
}

/// Replaces the numbers of a row.
#[inline(always)]
pub fn softmax(row: &mut [f32]) {
	// A NaN is lost in the comparison, but not in the sum.
	let largest = fold(row, f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
	for x in row.iter_mut() {
		*x = exp(*x - largest);
	}
	let sum = fold(row, 0.0, |a, b| a + b);
	for x in row {
		*x = canonical(*x / sum);
	}
}

/// Folds each lane by itself, then the lanes in pairs. The order is part of the result.
#[inline(always)]
fn fold(row: &[f32], start: f32, f: impl Fn(f32, f32) -> f32) -> f32 {
	let mut lanes = [start; LANES];
	let (chunks, rest) = row.as_chunks::<LANES>();
	for chunk in chunks {
		for (lane, x) in lanes.iter_mut().zip(chunk) {
			*lane = f(*lane, *x);
		}
	}
	for (lane, x) in lanes.iter_mut().zip(rest) {
		*lane = f(*lane, *x);
	}
	let mut width = LANES / 2;
	while width > 0 {
		for i in 0..width {
			lanes[i] = f(lanes[i], lanes[i + width]);
		}
		width /= 2;
	}
	lanes[0]
}
