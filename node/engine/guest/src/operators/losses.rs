//! Losses, which exporters leave in the graph: `NegativeLogLikelihoodLoss`, and the same after a
//! softmax, `SoftmaxCrossEntropyLoss`. Computed in f64.

use super::wired::{wired, Built, Wires};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::NodeProto,
	tract_hir::internal::*,
};

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("NegativeLogLikelihoodLoss", negative_log_likelihood);
	operators.insert("SoftmaxCrossEntropyLoss", softmax_cross_entropy);
}

fn negative_log_likelihood(_: &ParsingContext, node: &NodeProto) -> Built {
	let loss = Loss::of(node)?;
	wired(node, move |wires| {
		let x = wires.input(0)?;
		let x = wires.cast(x, f64::datum_type())?;
		Ok(tvec!(loss.wire(wires, x)?))
	})
}

fn softmax_cross_entropy(_: &ParsingContext, node: &NodeProto) -> Built {
	let loss = Loss::of(node)?;
	wired(node, move |wires| {
		let x = wires.input(0)?;
		let datum_type = wires.datum_type(x)?;
		let shape = wires.shape(x)?;
		let layout = Layout::of(&shape)?;
		let x = wires.cast(x, f64::datum_type())?;
		let softmax =
			wires.compute("LogSoftmax", &[(f64::datum_type(), &*shape)], &[x], move |inputs| {
				let mut logs = inputs[0].clone().into_tensor();
				layout.log_softmax(logs.try_as_plain_ram_mut()?.as_slice_mut::<f64>()?);
				Ok(tvec!(logs))
			})?[0];
		let loss = loss.wire(wires, softmax)?;
		Ok(tvec!(loss, wires.cast(softmax, datum_type)?))
	})
}

#[derive(Clone, Copy, PartialEq)]
enum Reduction {
	None,
	Sum,
	Mean,
}

#[derive(Clone, Copy)]
struct Loss {
	reduction: Reduction,
	/// The class of what does not count.
	ignored: Option<i64>,
}

impl Loss {
	fn of(node: &NodeProto) -> TractResult<Loss> {
		let reduction: Option<String> = node.get_attr_opt("reduction")?;
		let reduction = match reduction.as_deref() {
			Some("none") => Reduction::None,
			Some("sum") => Reduction::Sum,
			None | Some("mean") => Reduction::Mean,
			Some(other) => bail!("the reduction {other} is not supported"),
		};
		Ok(Loss { reduction, ignored: node.get_attr_opt("ignore_index")? })
	}

	/// The loss by logarithms of probabilities, which are f64, of the type of the first input.
	fn wire(self, wires: &mut Wires<'_>, logs: OutletId) -> TractResult<OutletId> {
		let of_input = wires.input(0)?;
		let datum_type = wires.datum_type(of_input)?;
		let layout = Layout::of(&wires.shape(logs)?)?;
		let target = wires.input(1)?;
		let shape = wires.shape(target)?;
		let mut expected = wires.shape(logs)?;
		expected.remove(1);
		ensure!(shape == expected, "classes of the shape {shape:?}, which should be {expected:?}");
		ensure!(wires.datum_type(target)?.is_integer(), "classes are integers");
		let target = wires.cast(target, i64::datum_type())?;
		let mut inputs = tvec!(logs, target);
		if let Some(weights) = wires.optional(2) {
			let given = wires.shape(weights)?;
			ensure!(*given == [layout.classes], "weights {given:?} of {} classes", layout.classes);
			inputs.push(wires.cast(weights, f64::datum_type())?);
		}
		let shape = if self.reduction == Reduction::None { shape } else { tvec!() };
		let facts = [(f64::datum_type(), &*shape)];
		let of_this_shape = shape.clone();
		let loss = wires.compute("NegativeLogLikelihoodLoss", &facts, &inputs, move |inputs| {
			let numbers = self.compute(layout, &inputs)?;
			Ok(tvec!(Tensor::from_shape(&of_this_shape, &numbers)?))
		})?[0];
		wires.cast(loss, datum_type)
	}

	fn compute(self, layout: Layout, inputs: &[TValue]) -> TractResult<Vec<f64>> {
		let logs = inputs[0].try_as_plain_ram()?;
		let logs = logs.as_slice::<f64>()?;
		let target = inputs[1].try_as_plain_ram()?;
		let target = target.as_slice::<i64>()?;
		let weights = inputs.get(2).map(|weights| weights.try_as_plain_ram()).transpose()?;
		let weights = weights.as_ref().map(|weights| weights.as_slice::<f64>()).transpose()?;
		let mut losses = Vec::with_capacity(target.len());
		let mut sum_of_weights = 0.0;
		for (at, class) in target.iter().enumerate() {
			if self.ignored == Some(*class) {
				losses.push(0.0);
				continue;
			}
			let class = usize::try_from(*class).ok().filter(|class| *class < layout.classes);
			let class = class.with_context(|| format!("one of {} classes", layout.classes))?;
			let weight = weights.map_or(1.0, |weights| weights[class]);
			sum_of_weights += weight;
			losses.push(-logs[layout.index(at, class)] * weight);
		}
		let sum = || losses.iter().sum::<f64>();
		Ok(match self.reduction {
			Reduction::None => losses,
			Reduction::Sum => vec![sum()],
			Reduction::Mean => vec![sum() / sum_of_weights],
		})
	}
}

/// Numbers for each class, which is the second dimension.
#[derive(Clone, Copy)]
struct Layout {
	classes: usize,
	/// Product of the dimensions after it.
	inner: usize,
}

impl Layout {
	fn of(shape: &[usize]) -> TractResult<Layout> {
		let &[_, classes, ref inner @ ..] = shape else { bail!("{shape:?} has no classes") };
		Ok(Layout { classes, inner: inner.iter().product() })
	}

	/// The index of a class, for the place `at` of all others.
	fn index(self, at: usize, class: usize) -> usize {
		(at / self.inner * self.classes + class) * self.inner + at % self.inner
	}

	fn log_softmax(self, numbers: &mut [f64]) {
		let places = numbers.len() / self.classes.max(1);
		for at in 0..places {
			let indices = (0..self.classes).map(|class| self.index(at, class));
			let largest = indices.clone().map(|i| numbers[i]).fold(f64::NEG_INFINITY, f64::max);
			let sum: f64 = indices.clone().map(|i| (numbers[i] - largest).exp()).sum();
			let log = largest + sum.ln();
			indices.for_each(|i| numbers[i] -= log);
		}
	}
}
