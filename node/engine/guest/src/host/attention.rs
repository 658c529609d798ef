//! Attention over a cache of keys and values.

use super::import;
use tract_onnx::tract_core::internal::*;

/// Longest head, and longest cache: those of the host.
pub const MAX_WIDTH: usize = 1 << 12;
pub const MAX_CONTEXT: usize = 1 << 20;

/// Sizes of a call, as the host's names them.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
	/// Tokens of a call.
	pub tokens: usize,
	/// Tokens that the caches have room for.
	pub context: usize,
	/// Heads of keys and values.
	pub heads: usize,
	/// Heads of queries for each of them.
	pub group: usize,
	/// Numbers of a head.
	pub width: usize,
}

impl Sizes {
	/// Numbers of the queries of a token, and of the result.
	pub fn of_token(&self) -> usize {
		self.heads * self.group * self.width
	}

	/// Numbers of a cache.
	pub fn of_cache(&self) -> usize {
		self.heads * self.context * self.width
	}

	/// Attention of queries, for tokens that have so many before them.
	pub fn attention(
		&self,
		position: usize,
		scale: f32,
		queries: &[f32],
		keys: &[f32],
		values: &[f32],
	) -> TractResult<Tensor> {
		let Sizes { tokens, context, heads, group, width } = *self;
		ensure!(queries.len() == tokens * self.of_token());
		ensure!(keys.len() == self.of_cache() && values.len() == self.of_cache());
		ensure!(position + tokens <= context);
		// SAFETY: the host writes all of it.
		let mut result = unsafe { Tensor::uninitialized::<f32>(&[1, tokens, self.of_token()])? };
		let call = [
			tokens as u32,
			position as u32,
			context as u32,
			heads as u32,
			group as u32,
			width as u32,
			scale.to_bits(),
			queries.as_ptr() as u32,
			keys.as_ptr() as u32,
			values.as_ptr() as u32,
			result.as_ptr_mut::<f32>()? as u32,
		];
		// SAFETY: the sizes are those of the numbers; the host writes the result and nothing else.
		unsafe { import::attention(call.as_ptr()) };
		Ok(result)
	}
}
