//! What the host computes for the guest: the inner loops that take most of the time.
//!
//! Each kernel has one defined result, to the last bit, whatever the CPU: see the modules. It costs
//! fuel by the sizes of its operands alone. It touches nothing but the guest's memory, and an
//! address outside of that is a trap, as it is for the guest's own code.

mod matmul;
mod memory;
#[cfg(test)]
mod tests;
mod vector;

use crate::sandbox::State;
use matmul::Call;
use memory::OutOfBounds;
use wasmtime::{Caller, Linker, Result, Trap};

/// Name of the imports.
const MODULE: &str = "opg";

/// Which instructions the kernels use. All give the same bits.
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
	/// What this CPU has, best last.
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
}

/// Runs `$body` compiled for the instruction set, with `$vector` the type of its vectors and
/// `$rows` and `$cols` the size of a block of matrix product that fits its registers.
macro_rules! dispatch {
	($isa:expr, fn $name:ident($($arg:ident: $ty:ty),*) -> $result:ty { $($body:tt)* }) => {
		match $isa {
			Isa::Portable => {
				fn $name($($arg: $ty),*) -> $result {
					// SAFETY: every CPU has the instructions.
					unsafe { $($body)*::<vector::Portable, 4, 2>($($arg),*) }
				}
				$name($($arg),*)
			},
			#[cfg(target_arch = "x86_64")]
			Isa::Avx2 => {
				#[target_feature(enable = "avx2,fma")]
				fn $name($($arg: $ty),*) -> $result {
					// SAFETY: this function is compiled for the instructions.
					unsafe { $($body)*::<vector::Avx2, 4, 2>($($arg),*) }
				}
				// SAFETY: `Isa::available` has asked the CPU.
				unsafe { $name($($arg),*) }
			},
			#[cfg(target_arch = "x86_64")]
			Isa::Avx512 => {
				#[target_feature(enable = "avx512f,avx2,fma")]
				fn $name($($arg: $ty),*) -> $result {
					// SAFETY: this function is compiled for the instructions.
					unsafe { $($body)*::<vector::Avx512, 8, 2>($($arg),*) }
				}
				// SAFETY: `Isa::available` has asked the CPU.
				unsafe { $name($($arg),*) }
			},
			#[cfg(target_arch = "aarch64")]
			Isa::Neon => {
				fn $name($($arg: $ty),*) -> $result {
					// SAFETY: every CPU of this architecture has the instructions.
					unsafe { $($body)*::<vector::Neon, 4, 4>($($arg),*) }
				}
				$name($($arg),*)
			},
		}
	};
}

fn matmul(isa: Isa, memory: &mut [u8], call: &Call) -> Result<(), OutOfBounds> {
	dispatch!(
		isa,
		fn run(memory: &mut [u8], call: &Call) -> Result<(), OutOfBounds> {
			matmul::run
		}
	)
}

/// Defines the kernels.
pub fn link(linker: &mut Linker<State>) -> Result<()> {
	linker.func_wrap(
		MODULE,
		"matmul",
		|mut caller: Caller<'_, State>,
		 rows: u32,
		 cols: u32,
		 vector: u32,
		 steps: u32,
		 count: u32|
		 -> Result<()> {
			let (memory, _) = memory(&mut caller)?;
			let shape = (rows, cols, vector != 0);
			let call = Call::read(memory, shape, steps, count).map_err(trap)?;
			charge(&mut caller, call.fuel())?;
			let (memory, isa) = self::memory(&mut caller)?;
			matmul(isa, memory, &call).map_err(trap)
		},
	)?;
	Ok(())
}

fn trap(_: OutOfBounds) -> wasmtime::Error {
	Trap::MemoryOutOfBounds.into()
}

/// Takes the fuel, or ends the run if there is not enough.
fn charge(caller: &mut Caller<'_, State>, fuel: u64) -> Result<()> {
	let left = caller.get_fuel()?.saturating_sub(fuel);
	caller.set_fuel(left)?;
	if left == 0 {
		return Err(Trap::OutOfFuel.into());
	}
	Ok(())
}

fn memory<'a>(caller: &'a mut Caller<'_, State>) -> Result<(&'a mut [u8], Isa)> {
	let memory = caller.data().guest_memory.ok_or_else(|| wasmtime::Error::msg("no memory yet"))?;
	let (memory, state) = memory.data_and_store_mut(caller);
	Ok((memory, state.isa))
}
