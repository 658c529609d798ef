//! `GroupQueryAttention` of `com.microsoft`, as a decoder with a cache of fixed size has it: it rotates
//! queries and keys, writes keys and values into the caches that it is given, and attends to all tokens up
//! to its own.

use super::wired::{wired, Built};
use crate::{
	host::attention::{Sizes, MAX_CONTEXT, MAX_WIDTH},
	values::floats,
};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::NodeProto,
	tract_hir::internal::*,
};

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("GroupQueryAttention", group_query_attention);
}

/// Attributes that make no difference with this value, and are not supported with others.
const NEUTRAL: [(&str, i64); 5] = [
	("kv_cache_bit_width", 0),
	("local_window_size", -1),
	("qk_output", 0),
	("rotary_interleaved", 0),
	("smooth_softmax", 0),
];

fn group_query_attention(_: &ParsingContext, node: &NodeProto) -> Built {
	let count = |name: &str| -> TractResult<usize> {
		let given: i64 = node.get_attr(name)?;
		let count = usize::try_from(given).ok().filter(|count| (1..=1 << 16).contains(count));
		count.with_context(|| format!("{name} is {given}"))
	};
	let (of_queries, heads) = (count("num_heads")?, count("kv_num_heads")?);
	ensure!(of_queries.is_multiple_of(heads), "{of_queries} heads share {heads} unequally");
	for (name, neutral) in NEUTRAL {
		let given = node.get_attr_opt::<i64>(name)?.unwrap_or(neutral);
		ensure!(given == neutral, "{name} {given} is not supported");
	}
	let softcap: f32 = node.get_attr_opt("softcap")?.unwrap_or(0.0);
	ensure!(softcap == 0.0, "softcap {softcap} is not supported");
	for name in ["k_quant_type", "v_quant_type"] {
		let given: Option<&str> = node.get_attr_opt(name)?;
		ensure!(given.is_none_or(|given| given == "NONE"), "{name} is not supported");
	}
	let rotates: bool = node.get_attr_opt("do_rotary")?.unwrap_or(false);
	let scale: f32 = node.get_attr_opt("scale")?.unwrap_or(0.0);
	let group = of_queries / heads;
	wired(node, move |wires| {
		ensure!(wires.places() <= 9, "an input behind the tables of rotation is not supported");
		let query = wires.input(0)?;
		let (past_keys, past_values) = (wires.input(3)?, wires.input(4)?);
		let cache = wires.shape(past_keys)?;
		let &[1, of_cache, context, width] = &*cache else {
			bail!("past keys of the shape {cache:?}: 1, heads, context, width are supported")
		};
		ensure!(
			of_cache == heads
				&& (1..=MAX_CONTEXT).contains(&context)
				&& (1..=MAX_WIDTH).contains(&width)
				&& wires.shape(past_values)? == cache,
			"past keys and values of the shapes {cache:?} and {:?}",
			wires.shape(past_values)?
		);
		let shape = wires.shape(query)?;
		let &[1, tokens, numbers] = &*shape else {
			bail!("queries of the shape {shape:?}: 1, tokens, numbers are supported")
		};
		ensure!(tokens <= context, "{tokens} tokens and a cache for {context}");
		let sizes = Sizes { tokens, context, heads, group, width };
		// Queries, keys and values lie in one tensor, or in three.
		let given = match (wires.optional(1), wires.optional(2)) {
			(None, None) => tvec!(query),
			(Some(key), Some(value)) => tvec!(query, key, value),
			_ => bail!("it has keys or values and not the other"),
		};
		let of_keys = heads * width;
		let all = sizes.of_token() + 2 * of_keys;
		let expected = if given.len() == 1 { [all, 0, 0] } else { [numbers, of_keys, of_keys] };
		ensure!(
			expected[0] == numbers && (given.len() == 1 || numbers == sizes.of_token()),
			"{numbers} numbers of a token, for {of_queries} heads of {width} and {heads} others"
		);
		for (outlet, expected) in given.iter().zip(expected).skip(1) {
			let shape = wires.shape(*outlet)?;
			ensure!(*shape == [1, tokens, expected], "keys or values of the shape {shape:?}");
		}
		let mut inputs = given;
		inputs.extend([past_keys, past_values]);
		let mut half = 0;
		if rotates {
			let (cos, sin) = (wires.input(7)?, wires.input(8)?);
			let shape = wires.shape(cos)?;
			let &[rows, numbers] = &*shape else { bail!("a table of the shape {shape:?}") };
			ensure!(
				rows >= context && 2 * numbers <= width && wires.shape(sin)? == shape,
				"tables of rotation {shape:?} and {:?}, for {context} tokens and heads of {width}",
				wires.shape(sin)?
			);
			half = numbers;
			inputs.extend([cos, sin]);
		}
		for input in &inputs {
			let datum_type = wires.datum_type(*input)?;
			ensure!(datum_type == DatumType::F32, "{datum_type:?} is not supported, but f32");
		}
		for place in [5, 6] {
			let number = wires.input(place)?;
			let shape = wires.shape(number)?;
			ensure!(shape.iter().product::<usize>() == 1, "lengths of the shape {shape:?}");
			inputs.push(wires.cast(number, i64::datum_type())?);
		}
		let scale = if scale == 0.0 { 1.0 / (width as f32).sqrt() } else { scale };
		let step = Step { sizes, scale, half };
		let outputs = [
			(DatumType::F32, &[1, tokens, sizes.of_token()][..]),
			(DatumType::F32, &*cache),
			(DatumType::F32, &*cache),
		];
		wires.compute("OpgGroupQueryAttention", &outputs, &inputs, move |inputs| step.run(inputs))
	})
}

/// What the operator does in a run.
#[derive(Clone, Copy)]
struct Step {
	sizes: Sizes,
	scale: f32,
	/// Pairs of numbers of a head that are rotated.
	half: usize,
}

impl Step {
	/// Inputs: queries, keys and values in one tensor or in three; both caches; cosines and sines if there
	/// are rotations; the length with the new tokens less one, and that length.
	fn run(&self, inputs: TVec<TValue>) -> TractResult<TVec<Tensor>> {
		let mut inputs = inputs.into_vec();
		let Sizes { tokens, context, heads, width, .. } = self.sizes;
		let of_token = self.sizes.of_token();
		let total = integer(inputs.pop())?;
		let last = integer(inputs.pop())?;
		let end = usize::try_from(total).ok().filter(|end| (tokens..=context).contains(end));
		let end = end.with_context(|| format!("{total} tokens, and a cache for {context}"))?;
		ensure!(last == total - 1, "total_sequence_length {total} is not seqlens_k {last} and one");
		let position = end - tokens;
		let tables = if self.half == 0 { Vec::new() } else { inputs.split_off(inputs.len() - 2) };
		let mut caches = inputs.split_off(inputs.len() - 2).into_iter().map(TValue::into_tensor);
		let (keys, values) = (caches.next(), caches.next());
		let (mut keys, mut values) = keys.zip(values).context("the caches are missing")?;
		let given: TVec<&[f32]> =
			inputs.iter().map(|input| floats(input)).collect::<TractResult<_>>()?;
		let tables: TVec<&[f32]> =
			tables.iter().map(|table| floats(table)).collect::<TractResult<_>>()?;
		// SAFETY: the types were checked when the operator was made.
		let to_keys = unsafe { keys.as_slice_mut_unchecked::<f32>() };
		// SAFETY: as above.
		let to_values = unsafe { values.as_slice_mut_unchecked::<f32>() };

		let mut queries = vec![0.0; tokens * of_token];
		for token in 0..tokens {
			let place = position + token;
			let angles: Option<(&[f32], &[f32])> = match &*tables {
				[cos, sin] => {
					let row = place * self.half..(place + 1) * self.half;
					Some((&cos[row.clone()], &sin[row]))
				},
				_ => None,
			};
			let of_keys = heads * width;
			let (query, key, value) = match &*given {
				[all] => {
					let all = &all[token * (of_token + 2 * of_keys)..][..of_token + 2 * of_keys];
					let (query, others) = all.split_at(of_token);
					let (key, value) = others.split_at(of_keys);
					(query, key, value)
				},
				[query, key, value] => (
					&query[token * of_token..][..of_token],
					&key[token * of_keys..][..of_keys],
					&value[token * of_keys..][..of_keys],
				),
				_ => bail!("queries are missing"),
			};
			let to = queries[token * of_token..][..of_token].chunks_exact_mut(width);
			for (from, to) in query.chunks_exact(width).zip(to) {
				rotate(from, angles, to);
			}
			for (head, from) in key.chunks_exact(width).enumerate() {
				rotate(from, angles, &mut to_keys[(head * context + place) * width..][..width]);
			}
			for (head, from) in value.chunks_exact(width).enumerate() {
				to_values[(head * context + place) * width..][..width].copy_from_slice(from);
			}
		}
		let result = self.sizes.attention(position, self.scale, &queries, to_keys, to_values)?;
		Ok(tvec!(result, keys, values))
	}
}

/// Writes the numbers of a head, of which those of the first half of a part are turned with those of
/// its second half; all behind that part stay.
fn rotate(from: &[f32], angles: Option<(&[f32], &[f32])>, to: &mut [f32]) {
	let (cos, sin) = angles.unwrap_or((&[], &[]));
	let half = cos.len();
	let (first, rest) = from.split_at(half);
	let (second, rest) = rest.split_at(half);
	let (to_first, to_rest) = to.split_at_mut(half);
	let (to_second, to_rest) = to_rest.split_at_mut(half);
	to_rest.copy_from_slice(rest);
	let from = first.iter().zip(second).zip(cos.iter().zip(sin));
	for (((a, b), (cos, sin)), (to_a, to_b)) in from.zip(to_first.iter_mut().zip(to_second)) {
		*to_a = a * cos - b * sin;
		*to_b = b * cos + a * sin;
	}
}

fn integer(tensor: Option<TValue>) -> TractResult<i64> {
	let tensor = tensor.context("a length is missing")?;
	let numbers = tensor.try_as_plain_ram()?;
	numbers.as_slice::<i64>()?.first().copied().context("a length is empty")
}
