//! Functions of single numbers, each defined by the operations written here: IEEE additions,
//! multiplications and divisions in this order, rounded each and never fused. The compiler makes
//! vectors of them but may not change a result. A NaN gives the one NaN.

use super::{fuel, vector::canonical};

/// Coefficients, lowest power first. Each was fitted for the least largest error: e to the r for
/// |r| ≤ ln 2 / 2;
const EXP: [f32; 7] = [1.0, 1.0, 0.5, 0.16666512, 0.041666187, 0.008369599, 0.0013951719];
/// (tanh(√s) / √s - 1) / s for s < 0.625²;
const TANH: [f32; 5] = [-0.33333284, 0.13331485, -0.05374291, 0.020648574, -0.0057146866];
/// erf(√s) / √s - 1 for s < 0.9²;
const ERF: [f32; 7] =
	[0.12837917, -0.37612635, 0.112837166, -0.02686055, 0.0052039004, -8.1754767e-4, 8.509966e-5];
/// erfc(x) · exp(x²) / t with t = 1 / (1 + x / 2), for x ≥ 0.9.
const ERFC: [f32; 8] = [
	0.28302616,
	0.26947033,
	0.32002577,
	-0.057326205,
	0.5188831,
	-0.45007044,
	0.11742651,
	-0.0013967138,
];

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
	/// e to the x.
	Exp,
	/// 1 / (1 + e to the -x).
	Sigmoid,
	/// Hyperbolic tangent.
	Tanh,
	/// Error function.
	Erf,
	/// x times sigmoid of x.
	Silu,
	/// x / 2 times (1 + tanh(√(2 / π) · (x + 0.044715 x³))).
	GeluTanh,
	/// x times (x / 6 + 1 / 2), the latter within 0 and 1.
	HardSwish,
}

impl Function {
	/// In the order of the codes.
	pub const ALL: [Function; 7] = [
		Function::Exp,
		Function::Sigmoid,
		Function::Tanh,
		Function::Erf,
		Function::Silu,
		Function::GeluTanh,
		Function::HardSwish,
	];

	/// Fuel of the function on so many numbers.
	pub fn fuel(self, count: u32) -> u64 {
		fuel::CALL + fuel::FUNCTION * u64::from(count)
	}

	/// Applies the function to each of the numbers.
	#[inline(always)]
	pub fn apply(self, numbers: &mut [f32]) {
		match self {
			Function::Exp => each(numbers, exp),
			Function::Sigmoid => each(numbers, sigmoid),
			Function::Tanh => each(numbers, tanh),
			Function::Erf => each(numbers, erf),
			Function::Silu => each(numbers, |x| x * sigmoid(x)),
			Function::GeluTanh => each(numbers, gelu_tanh),
			Function::HardSwish => each(numbers, hard_swish),
		}
	}
}

#[inline(always)]
fn each(numbers: &mut [f32], f: impl Fn(f32) -> f32) {
	for x in numbers {
		*x = canonical(f(*x));
	}
}

/// `coefficients[0] + coefficients[1] * x + ...`, from the last one on.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
	coefficients.into_iter().rev().reduce(|sum, c| sum * x + c).unwrap_or(0.0)
}

/// At most 1 unit in the last place off, and less than 2 among the denormals.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
	// The product with log2(e), rounded to an integer by the magic of 1.5 * 2^23. Beyond the clamp
	// the result is 0 or infinite anyway; a NaN stays, for a comparison with it is false.
	const MAGIC: f32 = 12_582_912.0;
	let clamped = if x > 130.0 { 130.0 } else { x };
	let clamped = if clamped < -160.0 { -160.0 } else { clamped };
	let shifted = clamped * std::f32::consts::LOG2_E + MAGIC;
	let whole = shifted - MAGIC;
	// ln 2 in two parts, the first of which has so few digits that the product is exact.
	let rest = (clamped - whole * (355.0 / 512.0)) + whole * 2.121_944_4e-4;
	let fraction = polynomial(rest, EXP);
	// Twice half of the power of two: the whole one may be out of range where the result is not.
	let exponent = shifted.to_bits().wrapping_sub(MAGIC.to_bits()) as i32;
	let half = exponent >> 1;
	fraction * power_of_two(half) * power_of_two(exponent.wrapping_sub(half))
}

/// 2 to the `exponent`, which is within the range of normal numbers.
#[inline(always)]
fn power_of_two(exponent: i32) -> f32 {
	f32::from_bits((exponent.wrapping_add(127) as u32) << 23)
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
	1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
	let size = x.abs();
	let square = x * x;
	let small = x + x * square * polynomial(square, TANH);
	let large = 1.0 - 2.0 / (exp(size + size) + 1.0);
	let value = if size < 0.625 { small } else { large };
	value.copysign(x)
}

#[inline(always)]
fn erf(x: f32) -> f32 {
	let size = x.abs();
	let square = x * x;
	let small = x + x * polynomial(square, ERF);
	// erfc(x) = exp(-x²) · f(x), with f as a polynomial of t, which goes from 1 to 0.
	let t = 1.0 / (1.0 + 0.5 * size);
	let large = 1.0 - exp(-square) * t * polynomial(t, ERFC);
	let value = if size < 0.9 { small } else { large };
	value.copysign(x)
}

#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
	let inner = 0.797_884_6 * (x + 0.044_715 * (x * x) * x);
	0.5 * x * (1.0 + tanh(inner))
}

/// A NaN stays one: as factor, and in the comparisons.
#[inline(always)]
fn hard_swish(x: f32) -> f32 {
	let gate = x * (1.0 / 6.0) + 0.5;
	let gate = if gate > 1.0 { 1.0 } else { gate };
	let gate = if gate < 0.0 { 0.0 } else { gate };
	x * gate
}
