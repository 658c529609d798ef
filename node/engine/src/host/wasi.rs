//! WASI without a system: no files, no arguments, a clock that stands still, randomness that is not
//! random. Anything else would let two machines disagree.

use super::State;
use wasmtime::{Caller, Error, Extern, Linker, Module, Result, Val};

/// Module of the imports.
pub const WASI: &str = "wasi_snapshot_preview1";

const SUCCESS: i32 = 0;
const BADF: i32 = 8;
const FAULT: i32 = 21;

/// Most of what the guest prints that is kept.
const MAX_PRINTED: usize = 4096;

/// Defines the imports of `module` that are WASI functions.
pub fn link(linker: &mut Linker<State>, module: &Module) -> Result<()> {
	// All that is not defined again below is about files, of which there are none.
	linker.allow_shadowing(true);
	for import in module.imports().filter(|import| import.module() == WASI) {
		if let Some(ty) = import.ty().func() {
			linker.func_new(WASI, import.name(), ty.clone(), |_, _, results| {
				results.fill(Val::I32(BADF));
				Ok(())
			})?;
		}
	}
	// Hash maps are seeded from here, and the order in which they iterate must be the same for all.
	linker.func_wrap(
		WASI,
		"random_get",
		|mut caller: Caller<'_, State>, at: u32, length: u32| {
			bytes(&mut caller, at, length).map_or(FAULT, |bytes| {
				bytes.fill(0x5a);
				SUCCESS
			})
		},
	)?;
	linker.func_wrap(
		WASI,
		"clock_time_get",
		|mut caller: Caller<'_, State>, _clock: i32, _precision: i64, at: u32| {
			put(&mut caller, at, &[0; 8])
		},
	)?;
	for name in ["environ_sizes_get", "args_sizes_get"] {
		linker.func_wrap(WASI, name, |mut caller: Caller<'_, State>, count: u32, size: u32| {
			put(&mut caller, count, &[0; 4]).max(put(&mut caller, size, &[0; 4]))
		})?;
	}
	for name in ["environ_get", "args_get"] {
		linker.func_wrap(WASI, name, |_: i32, _: i32| SUCCESS)?;
	}
	linker.func_wrap(WASI, "sched_yield", || SUCCESS)?;
	linker.func_wrap(WASI, "fd_write", fd_write)?;
	linker.func_wrap(
		WASI,
		"proc_exit",
		|mut caller: Caller<'_, State>, code: i32| -> Result<()> {
			caller.data_mut().exited = true;
			Err(Error::msg(format!("the guest exits with {code}")))
		},
	)?;
	linker.allow_shadowing(false);
	Ok(())
}

/// Keeps the beginning of what is printed, for the log.
fn fd_write(
	mut caller: Caller<'_, State>,
	_fd: i32,
	vectors: u32,
	count: u32,
	written: u32,
) -> i32 {
	let mut total = 0u32;
	for i in 0..count {
		let Some(vector) = i.checked_mul(8).and_then(|offset| vectors.checked_add(offset)) else {
			return FAULT;
		};
		let Some(&mut [a, b, c, d, e, f, g, h]) = bytes(&mut caller, vector, 8) else {
			return FAULT;
		};
		let (at, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
		let room = MAX_PRINTED - caller.data().printed.len();
		let Some(text) = bytes(&mut caller, at, length) else { return FAULT };
		let text = text[..text.len().min(room)].to_vec();
		caller.data_mut().printed.extend(text);
		total = total.wrapping_add(length);
	}
	put(&mut caller, written, &total.to_le_bytes())
}

fn put(caller: &mut Caller<'_, State>, at: u32, value: &[u8]) -> i32 {
	bytes(caller, at, value.len() as u32).map_or(FAULT, |bytes| {
		bytes.copy_from_slice(value);
		SUCCESS
	})
}

fn bytes<'a>(caller: &'a mut Caller<'_, State>, at: u32, length: u32) -> Option<&'a mut [u8]> {
	let memory = caller.get_export("memory").and_then(Extern::into_memory)?;
	memory.data_mut(caller).get_mut(at as usize..)?.get_mut(..length as usize)
}
