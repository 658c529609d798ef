//! `ReverseSequence`: the first elements of each sequence in reverse order.

use super::wired::{wired, Built};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::NodeProto,
	tract_hir::internal::*,
};

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("ReverseSequence", reverse_sequence);
}

fn reverse_sequence(_: &ParsingContext, node: &NodeProto) -> Built {
	let time: i64 = node.get_attr_opt("time_axis")?.unwrap_or(0);
	let batch: i64 = node.get_attr_opt("batch_axis")?.unwrap_or(1);
	ensure!(matches!((time, batch), (0, 1) | (1, 0)), "time and batch are the first two axes");
	wired(node, move |wires| {
		let x = wires.input(0)?;
		let (datum_type, shape) = (wires.datum_type(x)?, wires.shape(x)?);
		ensure!(datum_type.is_copy(), "{datum_type:?} is not supported");
		let &[first, second, ref inner @ ..] = &*shape else { bail!("{shape:?} has no sequences") };
		let size = inner.iter().product::<usize>() * datum_type.size_of();
		let (times, sequences) = if time == 0 { (first, second) } else { (second, first) };
		let lengths = wires.input(1)?;
		let given = wires.shape(lengths)?;
		ensure!(*given == [sequences], "{given:?} lengths of {sequences} sequences");
		let lengths = wires.cast(lengths, i64::datum_type())?;
		let fact = [(datum_type, &*shape)];
		wires.compute("ReverseSequence", &fact, &[x, lengths], move |inputs| {
			let from = inputs[0].try_as_plain_ram()?;
			let from = from.as_bytes();
			let mut reversed = inputs[0].clone().into_tensor();
			let mut to = reversed.try_as_plain_ram_mut()?;
			let to = to.as_bytes_mut();
			let element = |at: usize, sequence: usize| {
				let (row, column) = if time == 0 { (at, sequence) } else { (sequence, at) };
				let begin = (row * second + column) * size;
				begin..begin + size
			};
			let lengths = inputs[1].try_as_plain_ram()?;
			for (sequence, length) in lengths.as_slice::<i64>()?.iter().enumerate() {
				let length = usize::try_from(*length).ok().filter(|length| *length <= times);
				let length = length.with_context(|| format!("a length above {times}"))?;
				for at in 0..length {
					let back = element(length - 1 - at, sequence);
					to[element(at, sequence)].copy_from_slice(&from[back]);
				}
			}
			Ok(tvec!(reversed))
		})
	})
}
