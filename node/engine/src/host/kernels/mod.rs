//! Kernels: the inner loops that take most of the time, computed by the host.
//!
//! Each kernel has one defined result, to the last bit, whatever the CPU: see the modules. It costs
//! fuel by the sizes of its operands alone: see [`fuel`]. It touches nothing but the guest's memory,
//! and an address outside of that is a trap, as it is for the guest's own code.
//!
//! All but matrix products and convolutions are bounded by the memory that they go through, to some
//! seconds. These two are bounded by fuel alone and look at the [`Deadline`].
//!
//! A kernel is plain code that is compiled once for each instruction set. Its loops are written
//! out: the closure that an iterator's method takes may stay a function of its own, which is then
//! compiled for the plainest CPU.

mod convolution;
mod digest;
mod elementwise;
mod fuel;
mod integer;
mod matmul;
mod memory;
mod softmax;
#[cfg(test)]
mod tests;
mod vector;

pub(super) use memory::bytes_mut;

use super::{clock::Deadline, refill, State};
use elementwise::Function;
use memory::Shared;
use opg_engine_types::DType;
use std::{panic::resume_unwind, thread};
use wasmtime::{Caller, Linker, Trap};

/// Name of the imports. Its number changes with any result or fuel of a kernel: so the guest that
/// uses it changes too, and with it the engine's id.
const MODULE: &str = "opg-kernels-2";

/// The kernels, as imports name them.
pub const IMPORTS: [(&str, &str); 6] = [
	(MODULE, "matmul"),
	(MODULE, "convolution"),
	(MODULE, "integer"),
	(MODULE, "elementwise"),
	(MODULE, "softmax"),
	(MODULE, "digest"),
];

/// Instructions that the kernels use. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
	/// Those that every CPU has; multiply-adds are computed in `f64`.
	Portable,
	/// AVX2 and FMA.
	#[cfg(target_arch = "x86_64")]
	Avx2,
	/// AVX-512.
	#[cfg(target_arch = "x86_64")]
	Avx512,
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
			if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
				available.push(Isa::Avx2);
				if is_x86_feature_detected!("avx512f") {
					available.push(Isa::Avx512);
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
				Isa::Avx2 => version!(vector::Avx2, 4, 2, "avx2,fma"),
				#[cfg(target_arch = "x86_64")]
				Isa::Avx512 => version!(vector::Avx512, 8, 2, "avx512f,avx2,fma"),
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

/// Computes a product, in parts on so many threads.
fn matmul(
	Means { isa, threads }: Means,
	memory: &mut [u8],
	call: &matmul::Call,
	deadline: Deadline,
) -> Result<(), Trap> {
	let memory = Shared::new(memory);
	on_threads(&call.parts(memory, threads), |part| {
		part_of_matmul(isa, memory, call, part, deadline)
	})
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
	on_threads(&call.parts(threads), |part| part_of_convolution(isa, memory, call, part, deadline))
}

/// Calls `work` with each part, all at once. The parts do not depend on each other, so the result is
/// that of calling it with one after another.
fn on_threads<P: Sync>(
	parts: &[P],
	work: impl Fn(&P) -> Result<(), Trap> + Sync,
) -> Result<(), Trap> {
	let Some((first, others)) = parts.split_first() else { return Ok(()) };
	if others.is_empty() {
		return work(first);
	}
	thread::scope(|scope| {
		let work = &work;
		let start = |part| {
			let thread = thread::Builder::new().spawn_scoped(scope, move || work(part));
			// Where there are no more threads, this one does it.
			thread.map_err(|_| part)
		};
		let others: Vec<_> = others.iter().map(start).collect();
		let mut done = work(first);
		for other in others {
			done = done.and(match other {
				Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
				Err(part) => work(part),
			});
		}
		done
	})
}

dispatch! {
	fn integer<V, ROWS, COLS>(memory: &mut [u8], call: &integer::Call) {
		Ok(integer::run(memory, call)?)
	}
}

dispatch! {
	fn elementwise<V, ROWS, COLS>(memory: &mut [u8], function: Function, at: u32, count: u32) {
		Ok(elementwise::run(memory, function, at, count)?)
	}
}

dispatch! {
	fn softmax<V, ROWS, COLS>(memory: &mut [u8], at: u32, count: u32, length: u32) {
		Ok(softmax::run(memory, at, count, length)?)
	}
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
	linker.func_wrap(
		MODULE,
		"elementwise",
		|mut caller: Caller<'_, State>, function: u32, at: u32, count: u32| {
			let function = Function::ALL.get(function as usize).copied();
			let function = function.ok_or(Trap::MemoryOutOfBounds)?;
			run(&mut caller, function.fuel(count), |memory, state| {
				elementwise(state.means.isa, memory, function, at, count)
			})
		},
	)?;
	linker.func_wrap(
		MODULE,
		"softmax",
		|mut caller: Caller<'_, State>, at: u32, count: u32, length: u32| {
			run(&mut caller, softmax::fuel(count, length), |memory, state| {
				softmax(state.means.isa, memory, at, count, length)
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
