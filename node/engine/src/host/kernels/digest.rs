//! Hashes of data: BLAKE2b-256, for which every NaN is the one canonical NaN of its type.

use super::{
	fuel,
	memory::{bytes, bytes_mut, OutOfBounds},
};
use blake2::{digest::consts::U32, Blake2b, Digest};
use opg_engine_types::DType;

/// Bytes that are looked at for NaNs at once.
const CHUNK: usize = 4096;

/// Guest addresses of one hash.
pub struct Call {
	/// Type of the data.
	pub dtype: DType,
	/// The data.
	pub at: u32,
	/// Its length in bytes.
	pub length: u32,
	/// The 32 bytes for the hash.
	pub to: u32,
}

impl Call {
	/// Fuel of the hash.
	pub fn fuel(&self) -> u64 {
		fuel::CALL + fuel::DIGEST * u64::from(self.length)
	}
}

/// Writes the hash.
pub fn run(memory: &mut [u8], call: &Call) -> Result<(), OutOfBounds> {
	let data = bytes(memory, call.at, call.length as usize)?;
	let mut hasher = Blake2b::<U32>::new();
	if matches!(call.dtype, DType::F16 | DType::F32 | DType::F64) {
		let mut buffer = [0; CHUNK];
		for chunk in data.chunks(CHUNK) {
			let canonical = &mut buffer[..chunk.len()];
			canonical.copy_from_slice(chunk);
			call.dtype.canonicalise_nan(canonical);
			hasher.update(canonical);
		}
	} else {
		hasher.update(data);
	}
	let digest = hasher.finalize();
	bytes_mut(memory, call.to, digest.len())?.copy_from_slice(&digest);
	Ok(())
}
