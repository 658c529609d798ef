//! Operators of `com.microsoft` around products: `FusedMatMul`, `MatMulNBits`, and the weights of
//! `DynamicQuantizeLSTM`.

use super::wired::{wired, Built};
use crate::host::nbits::{Weights, BLOCKS, MAX_DEPTH};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::NodeProto,
	tract_core::ops::math::{add, mul},
	tract_hir::{
		internal::*,
		ops::matmul::{compute_shapes, MatMulInference},
	},
};

/// `accuracy_level` of a product of which the left factor may be rounded to 8 bits.
const LEVEL_OF_8_BITS: i64 = 4;

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("FusedMatMul", fused_mat_mul);
	operators.insert("MatMulNBits", mat_mul_n_bits);
	operators.insert("DynamicQuantizeLSTM", weights_of_lstm);
}

/// A product, of which both operands may be transposed in their last two dimensions.
fn fused_mat_mul(_: &ParsingContext, node: &NodeProto) -> Built {
	let flag = |name: &str| -> TractResult<bool> { Ok(node.get_attr_opt(name)?.unwrap_or(false)) };
	let (of_a, of_b) = (flag("transA")?, flag("transB")?);
	ensure!(!flag("transBatchA")? && !flag("transBatchB")?, "transBatch is not supported");
	let alpha: f32 = node.get_attr_opt("alpha")?.unwrap_or(1.0);
	wired(node, move |wires| {
		let (a, b) = (wires.input(0)?, wires.input(1)?);
		let (of_type, of_other) = (wires.datum_type(a)?, wires.datum_type(b)?);
		ensure!(of_type == of_other, "operands are {of_type:?} and {of_other:?}");
		let shapes = (wires.shape(a)?, wires.shape(b)?);
		let least = shapes.0.len().min(shapes.1.len());
		ensure!(least >= 1 && shapes.0.len().max(shapes.1.len()) <= 20, "operands are {shapes:?}");
		let product = MatMulInference {
			// A vector has nothing to transpose.
			a_trans: of_a && shapes.0.len() > 1,
			b_trans: of_b && shapes.1.len() > 1,
			c_trans: false,
		};
		compute_shapes(shapes.0, shapes.1, product.a_trans, product.b_trans, false)?;
		let product = wires.expand(&product, &[a, b])?[0];
		if alpha == 1.0 {
			return Ok(tvec!(product));
		}
		let alpha = wires.number(alpha, product)?;
		Ok(tvec!(wires.broadcast(mul(), &[product, alpha])?))
	})
}

/// A product with constant weights of few bits, in blocks along K that have a scale each.
///
/// The host computes it if the model lets the left factor have 8 bits. Else the weights are kept as
/// floats: tract's own packs them, and panics where it moves axes past the product.
fn mat_mul_n_bits(_: &ParsingContext, node: &NodeProto) -> Built {
	let size = |name: &str, default: Option<i64>| -> TractResult<usize> {
		let given = node.get_attr_opt::<i64>(name)?.or(default);
		let size = given.and_then(|size| usize::try_from(size).ok());
		let size = size.filter(|size| (1..=1 << 28).contains(size));
		size.with_context(|| format!("{name} is {given:?}"))
	};
	let (rows, depth) = (size("N", None)?, size("K", None)?);
	let (bits, block) = (size("bits", Some(4))?, size("block_size", None)?);
	ensure!(matches!(bits, 2 | 4 | 8), "{bits} bits are not supported");
	ensure!(block.is_power_of_two() && block >= 16, "blocks of {block} are not supported");
	let weights = Weights { rows, depth, bits, block };
	let (blocks, bytes_of_block) = (weights.blocks(), block * bits / 8);
	let level = node.get_attr_opt::<i64>("accuracy_level")?.unwrap_or(0);
	let by_host = level == LEVEL_OF_8_BITS
		&& matches!(bits, 4 | 8)
		&& BLOCKS.contains(&block)
		&& depth <= MAX_DEPTH;
	wired(node, move |wires| {
		ensure!(wires.optional(4).is_none(), "an order of groups is not supported");
		let x = wires.input(0)?;
		let (datum_type, mut shape) = (wires.datum_type(x)?, wires.shape(x)?);
		ensure!(shape.pop() == Some(depth), "{shape:?} has no rows of {depth}");
		let (codes, scales) = (wires.known(wires.input(1)?)?, wires.known(wires.input(2)?)?);
		let zeros = wires.optional(3).map(|zeros| wires.known(zeros)).transpose()?;
		let expected = rows.checked_mul(blocks).context("too many blocks")?;
		ensure!(
			codes.datum_type() == DatumType::U8
				&& scales.datum_type().is_float()
				&& scales.len() == expected
				&& Some(codes.len()) == expected.checked_mul(bytes_of_block),
			"{} codes and {} scales for {rows} rows of {depth}",
			codes.len(),
			scales.len()
		);
		let x = wires.cast(x, f32::datum_type())?;
		let whole = zeros.as_ref().is_some_and(|zeros| zeros.datum_type() == DatumType::U8);
		let mut product = if by_host {
			let mut inputs = tvec!(x, wires.input(1)?, wires.floats(2)?);
			if let Some(zeros) = zeros {
				let of_row = if whole { blocks.div_ceil(8 / bits) } else { blocks };
				let expected = rows.checked_mul(of_row);
				ensure!(Some(zeros.len()) == expected, "{} zero points", zeros.len());
				inputs.push(if whole {
					wires.input(3)?
				} else {
					wires.constant(offsets(weights, &scales, &zeros)?)?
				});
			}
			shape.push(rows);
			let outputs = [(DatumType::F32, &*shape)];
			wires.compute("OpgMatMulNBits", &outputs, &inputs, move |inputs| {
				let last = inputs.get(3).map(|last| &**last);
				let (zeros, offsets) = if whole { (last, None) } else { (None, last) };
				Ok(tvec!(weights.product(&inputs[0], &inputs[1], &inputs[2], zeros, offsets)?))
			})?[0]
		} else {
			let weights = unpacked(weights, &codes, &scales, zeros.as_deref())?;
			let weights = wires.constant(weights)?;
			wires.expand(&MatMulInference::default().with_b_trans(true), &[x, weights])?[0]
		};
		if let Some(bias) = wires.optional(5) {
			let given = wires.shape(bias)?;
			ensure!(*given == [rows], "a bias {given:?} of {rows} rows");
			let bias = wires.cast(bias, f32::datum_type())?;
			product = wires.broadcast(add(), &[product, bias])?;
		}
		Ok(tvec!(wires.cast(product, datum_type)?))
	})
}

/// What zero points that are floats add to the weights of each block, which have the middle for zero.
fn offsets(weights: Weights, scales: &Tensor, zeros: &Tensor) -> TractResult<Tensor> {
	let floats = |tensor: &Tensor| -> TractResult<Vec<f32>> {
		ensure!(tensor.datum_type().is_float(), "zero points of type {:?}", tensor.datum_type());
		let floats = tensor.cast_to::<f32>()?;
		Ok(floats.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
	};
	let middle = (1 << (weights.bits - 1)) as f32;
	let (scales, zeros) = (floats(scales)?, floats(zeros)?);
	let offsets = zeros.iter().zip(&scales).map(|(zero, scale)| (middle - zero) * scale);
	Tensor::from_shape(&[scales.len()], &offsets.collect::<Vec<f32>>())
}

/// The weights as floats.
fn unpacked(
	weights: Weights,
	codes: &Tensor,
	scales: &Tensor,
	zeros: Option<&Tensor>,
) -> TractResult<Tensor> {
	let Weights { rows, depth, bits, block } = weights;
	let (blocks, bytes_of_block) = (weights.blocks(), block * bits / 8);
	let codes = codes.try_as_plain_ram()?;
	let codes = codes.as_slice::<u8>()?;
	let scales = scales.cast_to::<f32>()?;
	let scales = scales.try_as_plain_ram()?;
	let scales = scales.as_slice::<f32>()?;
	let zeros = zeros.map(|zeros| zero_points(zeros, rows, blocks, bits)).transpose()?;
	let middle = (1 << (bits - 1)) as f32;
	let mut floats = vec![0.0; rows.checked_mul(depth).context("too many weights")?];
	for (at, float) in floats.iter_mut().enumerate() {
		let (row, column) = (at / depth, at % depth);
		let of_block = row * blocks + column / block;
		let bytes = &codes[of_block * bytes_of_block..][..bytes_of_block];
		let zero = zeros.as_ref().map_or(middle, |zeros| zeros[of_block]);
		*float = (code(bytes, column % block, bits) - zero) * scales[of_block];
	}
	Tensor::from_shape(&[rows, depth], &floats)
}

/// The number of so many bits at a place; the lowest bits come first.
fn code(bytes: &[u8], place: usize, bits: usize) -> f32 {
	let per_byte = 8 / bits;
	let byte = u32::from(bytes[place / per_byte]) >> (bits * (place % per_byte));
	(byte & ((1 << bits) - 1)) as f32
}

/// The zero point of each block: floats, or packed as the codes are, each row from a byte on.
fn zero_points(zeros: &Tensor, rows: usize, blocks: usize, bits: usize) -> TractResult<Vec<f32>> {
	if zeros.datum_type().is_float() {
		ensure!(zeros.len() == rows * blocks, "{} zero points", zeros.len());
		let zeros = zeros.cast_to::<f32>()?;
		return Ok(zeros.try_as_plain_ram()?.as_slice::<f32>()?.to_vec());
	}
	let bytes = zeros.try_as_plain_ram()?;
	let bytes = bytes.as_slice::<u8>()?;
	let of_row = blocks.div_ceil(8 / bits);
	ensure!(Some(bytes.len()) == rows.checked_mul(of_row), "{} zero points", bytes.len());
	let places = (0..rows).flat_map(|row| (0..blocks).map(move |block| (row, block)));
	Ok(places.map(|(row, block)| code(&bytes[row * of_row..], block, bits)).collect())
}

/// Weights, their scales and zero points, for each direction or for each row of each direction, to
/// floats in the order that `LSTM` has.
fn weights_of_lstm(_: &ParsingContext, node: &NodeProto) -> Built {
	wired(node, move |wires| {
		let floats = |tensor: Arc<Tensor>| -> TractResult<Vec<f32>> {
			let floats = tensor.cast_to::<f32>()?;
			Ok(floats.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
		};
		let weights = wires.known(wires.input(0)?)?;
		let &[directions, columns, rows] = weights.shape() else {
			bail!("weights of the shape {:?}", weights.shape())
		};
		let scales = floats(wires.known(wires.input(1)?)?)?;
		let zeros = wires.optional(2).map(|zeros| floats(wires.known(zeros)?)).transpose()?;
		let zeros = zeros.unwrap_or_else(|| vec![0.0; scales.len()]);
		let per_row = scales.len() == directions * rows;
		ensure!(
			(per_row || scales.len() == directions) && zeros.len() == scales.len(),
			"{} scales and {} zero points for weights of the shape {:?}",
			scales.len(),
			zeros.len(),
			weights.shape()
		);
		let given = floats(weights.clone())?;
		let mut transposed = Vec::with_capacity(given.len());
		for direction in 0..directions {
			for row in 0..rows {
				let of_scale = if per_row { direction * rows + row } else { direction };
				let (scale, zero) = (scales[of_scale], zeros[of_scale]);
				let column = |column| given[(direction * columns + column) * rows + row];
				transposed.extend((0..columns).map(|at| (column(at) - zero) * scale));
			}
		}
		let transposed = Tensor::from_shape(&[directions, rows, columns], &transposed)?;
		Ok(tvec!(wires.constant(transposed)?))
	})
}
