//! Kernels: the inner loops that take most of the time, computed by the host.
//!
//! Each kernel has one defined result, to the last bit, whatever the CPU: see the modules. It costs
//! fuel by the sizes of its operands alone: see [`fuel`]. It touches nothing but the guest's memory,
//! and an address outside of that is a trap, as it is for the guest's own code.
//!
//! All but products, convolutions and attention are bounded by the memory that they go through, to some
//! seconds. These are bounded by fuel alone and look at the [`Deadline`].
//!
//! A kernel is plain code that is compiled once for each instruction set. Its loops are written
//! out: the closure that an iterator's method takes may stay a function of its own, which is then
//! compiled for the plainest CPU.

mod attention;
mod convolution;
mod digest;
mod elementwise;
mod fuel;
mod integer;
mod matmul;
mod memory;
mod nbits;
mod pack;
mod softmax;
mod stored;
#[cfg(test)]
mod tests;
mod threads;
mod vector;

pub(super) use memory::bytes_mut;

use super::{clock::Deadline, refill, State};
use elementwise::Function;
use memory::{floats_mut, Shared};
use opg_engine_types::DType;
use std::{cell::RefCell, ops::Range};
use threads::{on_threads, parts_for};
use wasmtime::{Caller, Linker, Trap};

/// Name of the imports. Its number changes with any result or fuel of a kernel: so the guest that
/// uses it changes too, and with it the engine's id.
const MODULE: &str = "opg-kernels-3";

/// The kernels, as imports name them.
pub const IMPORTS: [(&str, &str); 9] = [
	(MODULE, "matmul"),
	(MODULE, "convolution"),
	(MODULE, "integer"),
	(MODULE, "pack"),
	(MODULE, "nbits"),
	(MODULE, "attention"),
	(MODULE, "elementwise"),
	(MODULE, "softmax"),
	(MODULE, "digest"),
];

/// Instructions that the kernels use. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
	/// Those that every CPU has; multiply-adds are computed in `f64`.
	Portable,
	/// AVX2, FMA and F16C.
	#[cfg(target_arch = "x86_64")]
	Avx2,
	/// AVX-512.
	#[cfg(target_arch = "x86_64")]
	Avx512,
	/// AVX-512 with VNNI, for products of bytes.
	#[cfg(target_arch = "x86_64")]
	Avx512Vnni,
	/// NEON.
	#[cfg(target_arch = "aarch64")]
	Neon,
}

impl Isa {
	/// The sets that this CPU has, best last.
	pub fn available() -> Vec<Isa> {
		let mut available = vec![Isa::Portable];
		#[cfg(target_arch = "x86_64")]
		{
			if is_x86_feature_detected!("avx2")
				&& is_x86_feature_detected!("fma")
				&& is_x86_feature_detected!("f16c")
			{
				available.push(Isa::Avx2);
				if is_x86_feature_detected!("avx512f") {
					available.push(Isa::Avx512);
					if is_x86_feature_detected!("avx512bw")
						&& is_x86_feature_detected!("avx512vnni")
					{
						available.push(Isa::Avx512Vnni);
					}
				}
			}
		}
		#[cfg(target_arch = "aarch64")]
		available.push(Isa::Neon);
		available
	}

	/// The best that this CPU has.
	pub fn best() -> Isa {
		Self::available().pop().unwrap_or(Isa::Portable)
	}

	/// Whether the instructions are fast enough for what fuel stands for: AVX2 and FMA, or NEON, are
	/// the least. With plainer ones answers are right, but may be late.
	pub fn keeps_pace(self) -> bool {
		self != Isa::Portable
	}
}

/// What kernels use of the machine. None of it makes a difference to what they give.
#[derive(Clone, Copy, Debug)]
pub struct Means {
	/// Instructions.
	pub isa: Isa,
	/// Threads that a large call is cut up for.
	pub threads: usize,
}

/// Defines a function that calls itself compiled for the instruction set. `$vector` in the body is
/// the type of its vectors, `$rows` and `$cols` the block of a matrix product that fits its
/// registers, in vectors.
macro_rules! dispatch {
	(
		fn $name:ident<$vector:ident, $rows:ident, $cols:ident>($($arg:ident: $ty:ty),*) $body:block
	) => {
		fn $name(isa: Isa, $($arg: $ty),*) -> Result<(), Trap> {
			macro_rules! version {
				($v:ty, $r:literal, $c:literal, $features:literal) => {{
					#[target_feature(enable = $features)]
					fn version($($arg: $ty),*) -> Result<(), Trap> {
						#[allow(dead_code)]
						type $vector = $v;
						#[allow(dead_code)]
						const $rows: usize = $r;
						#[allow(dead_code)]
						const $cols: usize = $c;
						$body
					}
					// SAFETY: `Isa::available` has asked the CPU.
					unsafe { version($($arg),*) }
				}};
			}
			match isa {
				#[cfg(target_arch = "x86_64")]
				Isa::Portable => version!(vector::Portable, 4, 2, "sse2"),
				#[cfg(target_arch = "x86_64")]
				Isa::Avx2 => version!(vector::Avx2, 4, 2, "avx2,fma,f16c"),
				#[cfg(target_arch = "x86_64")]
				Isa::Avx512 | Isa::Avx512Vnni => version!(vector::Avx512, 8, 2, "avx512f,avx2,fma,f16c"),
				#[cfg(target_arch = "aarch64")]
				Isa::Portable => version!(vector::Portable, 4, 2, "neon"),
				#[cfg(target_arch = "aarch64")]
				Isa::Neon => version!(vector::Neon, 4, 4, "neon"),
			}
		}
	};
}

dispatch! {
	fn part_of_matmul<V, ROWS, COLS>(
		memory: Shared<'_>,
		call: &matmul::Call,
		part: &matmul::Part,
		deadline: Deadline
	) {
		// SAFETY: this is compiled for the instructions of the vectors, and called for parts alone.
		unsafe { matmul::run::<V, ROWS, COLS>(memory, call, part, deadline) }
	}
}

#[cfg(test)]
dispatch! {
	fn expand_halves<V, ROWS, COLS>(halves: &[[u8; 2]], to: &mut [f32]) {
		let panel = stored::Panel::<1>::Halves(halves);
		// SAFETY: this is compiled for the instructions of the vectors.
		unsafe { panel.expand::<V>(0..halves.len(), to) };
		Ok(())
	}
}

/// Computes a product, in parts on so many threads.
fn matmul(
	Means { isa, threads }: Means,
	memory: &mut [u8],
	call: &matmul::Call,
	deadline: Deadline,
) -> Result<(), Trap> {
	let memory = Shared::new(memory);
	let parts = call.parts(memory, parts_for(threads));
	on_threads(threads, parts, |part| part_of_matmul(isa, memory, call, &part, deadline))
}

dispatch! {
	fn part_of_convolution<V, ROWS, COLS>(
		memory: Shared<'_>,
		call: &convolution::Call,
		part: &convolution::Part,
		deadline: Deadline
	) {
		// SAFETY: this is compiled for the instructions of the vectors, and called for parts alone.
		unsafe { convolution::run::<V, ROWS, COLS>(memory, call, part, deadline) }
	}
}

/// Computes a convolution, in parts on so many threads.
fn convolution(
	Means { isa, threads }: Means,
	memory: &mut [u8],
	call: &convolution::Call,
	deadline: Deadline,
) -> Result<(), Trap> {
	let memory = Shared::new(memory);
	let parts = call.parts(threads);
	on_threads(threads, parts, |part| part_of_convolution(isa, memory, call, &part, deadline))
}

dispatch! {
	fn plain_integer<V, ROWS, COLS>(memory: &mut [u8], call: &integer::Call) {
		Ok(integer::run(memory, call)?)
	}
}

/// Adds a product of bytes to a tile.
fn integer(isa: Isa, memory: &mut [u8], call: &integer::Call) -> Result<(), Trap> {
	match isa {
		// SAFETY: `Isa::available` has asked the CPU.
		#[cfg(target_arch = "x86_64")]
		Isa::Avx2 | Isa::Avx512 if call.is_plain_matrix() => Ok(unsafe { integer::avx2(memory, call) }?),
		// SAFETY: as above.
		#[cfg(target_arch = "x86_64")]
		Isa::Avx512Vnni if call.is_plain_matrix() => Ok(unsafe { integer::vnni(memory, call) }?),
		_ => plain_integer(isa, memory, call),
	}
}

dispatch! {
	fn part_of_pack<V, ROWS, COLS>(memory: Shared<'_>, call: &pack::Call, part: Range<usize>) {
		// SAFETY: called for parts alone.
		Ok(unsafe { pack::run(memory, call, part) }?)
	}
}

/// Packs a factor, in parts on so many threads.
fn pack(Means { isa, threads }: Means, memory: &mut [u8], call: &pack::Call) -> Result<(), Trap> {
	let memory = Shared::new(memory);
	let parts = call.parts(parts_for(threads));
	on_threads(threads, parts, |part| part_of_pack(isa, memory, call, part))
}

dispatch! {
	fn quantise<V, ROWS, COLS>(
		left: nbits::LeftPart<'_>,
		memory: Shared<'_>,
		call: &nbits::Call,
		first: usize
	) {
		// SAFETY: called while nobody writes.
		Ok(unsafe { left.quantise(memory, call, first) }?)
	}
}

dispatch! {
	fn plain_part_of_nbits<V, ROWS, COLS>(
		memory: Shared<'_>,
		call: &nbits::Call,
		left: &nbits::Left,
		first: usize,
		cols: Range<usize>,
		deadline: Deadline
	) {
		// SAFETY: called for parts alone.
		unsafe { nbits::run::<nbits::Plain>(memory, call, left, first, cols, deadline) }
	}
}

/// Computes some columns of a product with weights of few bits.
fn part_of_nbits(
	isa: Isa,
	memory: Shared<'_>,
	call: &nbits::Call,
	(left, first): (&nbits::Left, usize),
	cols: Range<usize>,
	deadline: Deadline,
) -> Result<(), Trap> {
	match isa {
		Isa::Portable => plain_part_of_nbits(isa, memory, call, left, first, cols, deadline),
		// SAFETY: `Isa::available` has asked the CPU, and this is called for parts alone.
		#[cfg(target_arch = "x86_64")]
		Isa::Avx2 | Isa::Avx512 => unsafe { nbits::avx2(memory, call, left, first, cols, deadline) },
		// SAFETY: as above.
		#[cfg(target_arch = "x86_64")]
		Isa::Avx512Vnni => unsafe { nbits::vnni(memory, call, left, first, cols, deadline) },
		// SAFETY: as above.
		#[cfg(target_arch = "aarch64")]
		Isa::Neon => unsafe { nbits::neon(memory, call, left, first, cols, deadline) },
	}
}

/// Computes a product with weights of few bits, in parts on so many threads.
fn nbits(
	Means { isa, threads }: Means,
	memory: &mut [u8],
	call: &nbits::Call,
	deadline: Deadline,
) -> Result<(), Trap> {
	thread_local! {
		/// Room for the left factor, kept for the next call: new memory is slow.
		static LEFT: RefCell<nbits::Left> = RefCell::default();
	}
	let memory = Shared::new(memory);
	let count = parts_for(threads);
	let mut left = LEFT.take();
	for rows in call.chunks() {
		deadline.check()?;
		let first = rows.start;
		// A single row takes less time than another thread to begin.
		let parts = left.parts(call, rows.len(), if rows.len() > 1 { count } else { 1 });
		on_threads(threads, parts, |part| quantise(isa, part, memory, call, first))?;
		let left = (&left, first);
		on_threads(threads, call.parts(count), |cols| {
			part_of_nbits(isa, memory, call, left, cols, deadline)
		})?;
	}
	if left.is_small() {
		LEFT.set(left);
	}
	Ok(())
}

dispatch! {
	fn part_of_attention<V, ROWS, COLS>(
		memory: Shared<'_>,
		call: &attention::Call,
		part: Range<usize>,
		deadline: Deadline
	) {
		// SAFETY: this is compiled for the instructions of the vectors, and called for parts alone.
		unsafe { attention::run::<V, COLS>(memory, call, part, deadline) }
	}
}

/// Computes attention, in parts on so many threads.
fn attention(
	Means { isa, threads }: Means,
	memory: &mut [u8],
	call: &attention::Call,
	deadline: Deadline,
) -> Result<(), Trap> {
	let memory = Shared::new(memory);
	let parts = call.parts(parts_for(threads));
	on_threads(threads, parts, |part| part_of_attention(isa, memory, call, part, deadline))
}

dispatch! {
	fn part_of_elementwise<V, ROWS, COLS>(function: Function, numbers: &mut [f32]) {
		function.apply(numbers);
		Ok(())
	}
}

/// Replaces numbers by a function of them, in parts on so many threads.
fn elementwise(
	Means { isa, threads }: Means,
	memory: &mut [u8],
	function: Function,
	at: u32,
	count: u32,
) -> Result<(), Trap> {
	let parts = cut(floats_mut(memory, at, count as usize)?, 1, parts_for(threads));
	on_threads(threads, parts, |part| part_of_elementwise(isa, function, part))
}

dispatch! {
	fn part_of_softmax<V, ROWS, COLS>(numbers: &mut [f32], length: usize) {
		softmax::run(numbers, length);
		Ok(())
	}
}

/// Replaces rows by their softmax, in parts on so many threads.
fn softmax(
	Means { isa, threads }: Means,
	memory: &mut [u8],
	at: u32,
	count: u32,
	length: u32,
) -> Result<(), Trap> {
	if length == 0 {
		return Ok(());
	}
	let length = length as usize;
	let parts = cut(floats_mut(memory, at, count as usize)?, length, parts_for(threads));
	on_threads(threads, parts, |part| part_of_softmax(isa, part, length))
}

/// Numbers in so many parts of whole rows. A few of them are one part: they would not make up for waking
/// a thread.
fn cut(numbers: &mut [f32], length: usize, parts: usize) -> Vec<&mut [f32]> {
	const FEW: usize = 1 << 15;
	let parts = if numbers.len() < FEW { 1 } else { parts };
	let rows = (numbers.len() / length).div_ceil(parts).max(1);
	numbers.chunks_mut(rows * length).collect()
}

/// Fuel of a call, whatever it does.
pub(super) const CALL_FUEL: u64 = fuel::CALL;

/// Defines the kernels.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
	linker.func_wrap(
		MODULE,
		"matmul",
		|mut caller: Caller<'_, State>,
		 rows: u32,
		 cols: u32,
		 vector: u32,
		 steps: u32,
		 count: u32| {
			// For reading the steps.
			run(&mut caller, fuel::TILE_STEP.saturating_mul(count.into()), |_, _| Ok(()))?;
			let (memory, _) = memory(&mut caller)?;
			let shape = (rows, cols, vector != 0);
			let call = matmul::Call::read(memory, shape, steps, count).map_err(Trap::from)?;
			run(&mut caller, call.fuel(), |memory, state| {
				matmul(state.means, memory, &call, state.deadline)
			})
		},
	)?;
	linker.func_wrap(
		MODULE,
		"convolution",
		|mut caller: Caller<'_, State>, at: u32, steps: u32, count: u32| {
			let (memory, _) = memory(&mut caller)?;
			let call = convolution::Call::read(memory, at, steps, count).map_err(Trap::from)?;
			run(&mut caller, call.fuel(), |memory, state| {
				convolution(state.means, memory, &call, state.deadline)
			})
		},
	)?;
	linker.func_wrap(
		MODULE,
		"integer",
		|mut caller: Caller<'_, State>,
		 vector: u32,
		 depth: u32,
		 tile: u32,
		 left: u32,
		 right: u32| {
			let call = integer::Call { vector: vector != 0, depth, tile, left, right };
			run(&mut caller, call.fuel(), |memory, state| integer(state.means.isa, memory, &call))
		},
	)?;
	linker.func_wrap(MODULE, "pack", |mut caller: Caller<'_, State>, at: u32| {
		let (memory, _) = memory(&mut caller)?;
		let call = pack::Call::read(memory, at).map_err(Trap::from)?;
		run(&mut caller, call.fuel(), |memory, state| pack(state.means, memory, &call))
	})?;
	linker.func_wrap(MODULE, "nbits", |mut caller: Caller<'_, State>, at: u32| {
		let (memory, _) = memory(&mut caller)?;
		let call = nbits::Call::read(memory, at).map_err(Trap::from)?;
		run(&mut caller, call.fuel(), |memory, state| {
			nbits(state.means, memory, &call, state.deadline)
		})
	})?;
	linker.func_wrap(MODULE, "attention", |mut caller: Caller<'_, State>, at: u32| {
		let (memory, _) = memory(&mut caller)?;
		let call = attention::Call::read(memory, at).map_err(Trap::from)?;
		run(&mut caller, call.fuel(), |memory, state| {
			attention(state.means, memory, &call, state.deadline)
		})
	})?;
	linker.func_wrap(
		MODULE,
		"elementwise",
		|mut caller: Caller<'_, State>, function: u32, at: u32, count: u32| {
			let function = Function::ALL.get(function as usize).copied();
			let function = function.ok_or(Trap::MemoryOutOfBounds)?;
			run(&mut caller, function.fuel(count), |memory, state| {
				elementwise(state.means, memory, function, at, count)
			})
		},
	)?;
	linker.func_wrap(
		MODULE,
		"softmax",
		|mut caller: Caller<'_, State>, at: u32, count: u32, length: u32| {
			run(&mut caller, softmax::fuel(count, length), |memory, state| {
				softmax(state.means, memory, at, count, length)
			})
		},
	)?;
	linker.func_wrap(
		MODULE,
		"digest",
		|mut caller: Caller<'_, State>, dtype: u32, at: u32, length: u32, to: u32| {
			let dtype = u8::try_from(dtype).ok().and_then(DType::from_code);
			let dtype = dtype.ok_or(Trap::MemoryOutOfBounds)?;
			let call = digest::Call { dtype, at, length, to };
			run(&mut caller, call.fuel(), |memory, _| Ok(digest::run(memory, &call)?))
		},
	)?;
	Ok(())
}

/// Takes the fuel, or ends the run if there is not enough, and calls the kernel.
pub(super) fn run(
	caller: &mut Caller<'_, State>,
	fuel: u64,
	kernel: impl FnOnce(&mut [u8], &State) -> Result<(), Trap>,
) -> wasmtime::Result<()> {
	refill::charge(caller, fuel)?;
	let (memory, state) = memory(caller)?;
	Ok(kernel(memory, state)?)
}

fn memory<'a>(caller: &'a mut Caller<'_, State>) -> wasmtime::Result<(&'a mut [u8], &'a State)> {
	let memory =
		caller.data().guest_memory.ok_or_else(|| wasmtime::Error::msg("there is no memory yet"))?;
	let (memory, state) = memory.data_and_store_mut(caller);
	Ok((memory, state))
}
