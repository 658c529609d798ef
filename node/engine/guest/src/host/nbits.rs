//! Products with weights of few bits, which stay as the file has them.

use super::import;
use tract_onnx::tract_core::internal::*;

/// Longest row, and smallest and largest block: those of the host.
pub const MAX_DEPTH: usize = 1 << 20;
pub const BLOCKS: std::ops::RangeInclusive<usize> = 32..=MAX_DEPTH;

/// Weights: sizes, as the host's call names them.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
	/// Rows of weights.
	pub rows: usize,
	/// Length of a row.
	pub depth: usize,
	/// Bits of a code: 4 or 8.
	pub bits: usize,
	/// Weights of a block, a power of two.
	pub block: usize,
}

impl Weights {
	/// Blocks of a row.
	pub fn blocks(&self) -> usize {
		self.depth.div_ceil(self.block)
	}

	/// Rows of floats by the weights: codes, scales, and zero points or offsets if there are some.
	pub fn product(
		&self,
		left: &Tensor,
		codes: &Tensor,
		scales: &Tensor,
		zeros: Option<&Tensor>,
		offsets: Option<&Tensor>,
	) -> TractResult<Tensor> {
		let Weights { rows, depth, bits, block } = *self;
		let mut shape: TVec<usize> = left.shape().into();
		ensure!(shape.pop() == Some(depth), "rows of another length");
		let count = shape.iter().product::<usize>();
		shape.push(rows);
		let of_row = self.blocks() * block * bits / 8;
		let zeros_of_row = (self.blocks() * bits).div_ceil(8);
		ensure!(codes.len() == rows * of_row && scales.len() == rows * self.blocks());
		ensure!(zeros.is_none_or(|zeros| zeros.len() == rows * zeros_of_row));
		ensure!(offsets.is_none_or(|offsets| offsets.len() == scales.len()));
		// SAFETY: the host writes all of it.
		let mut result = unsafe { Tensor::uninitialized::<f32>(&shape)? };
		let zeros = zeros.map(|zeros| zeros.as_ptr::<u8>()).transpose()?;
		let offsets = offsets.map(|offsets| offsets.as_ptr::<f32>()).transpose()?;
		let call = [
			count as u32,
			rows as u32,
			depth as u32,
			bits as u32,
			block as u32,
			left.as_ptr::<f32>()? as u32,
			codes.as_ptr::<u8>()? as u32,
			scales.as_ptr::<f32>()? as u32,
			zeros.map_or(0, |zeros| zeros as u32),
			offsets.map_or(0, |offsets| offsets as u32),
			result.as_ptr_mut::<f32>()? as u32,
		];
		// SAFETY: the sizes are those of the tensors; the host writes the result and nothing else.
		unsafe { import::nbits(call.as_ptr()) };
		Ok(result)
	}
}
