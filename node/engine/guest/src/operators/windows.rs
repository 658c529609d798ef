//! `LpPool`, and `CenterCropPad`.

use super::{
	sequences::axis,
	wired::{wired, Built},
};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::NodeProto,
	tract_core::ops::{
		array::{Pad, PadMode, Slice},
		cnn::{PaddingSpec, PoolSpec},
		math::{abs, pow, sqrt, square},
		nn::DataFormat,
	},
	tract_hir::{internal::*, ops::cnn::HirSumPool},
};

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("LpPool", lp_pool);
	operators.insert("CenterCropPad", center_crop_pad);
}

/// The p-th root of the sum of p-th powers in each window.
fn lp_pool(_: &ParsingContext, node: &NodeProto) -> Built {
	let p: i64 = node.get_attr_opt("p")?.unwrap_or(2);
	ensure!(p > 0, "the power {p} is not positive");
	let kernel: TVec<usize> = node.get_attr_tvec("kernel_shape")?;
	let count = kernel.len();
	let per_axis = |name: &str| -> TractResult<TVec<usize>> {
		let given: Option<TVec<usize>> = node.get_attr_opt_tvec(name)?;
		let numbers = given.unwrap_or_else(|| std::iter::repeat_n(1, count).collect());
		ensure!(
			numbers.len() == count && numbers.iter().all(|number| (1..=1 << 20).contains(number)),
			"{name} are {numbers:?} for {count} axes"
		);
		Ok(numbers)
	};
	let (strides, dilations) = (per_axis("strides")?, per_axis("dilations")?);
	ensure!(count > 0 && per_axis("kernel_shape")? == kernel, "the window has no size");
	let padding = padding(node, count)?;
	wired(node, move |wires| {
		let x = wires.input(0)?;
		let shape = wires.shape(x)?;
		ensure!(shape.len() == count + 2, "a window {kernel:?} on {shape:?}");
		ensure!(wires.datum_type(x)?.is_float(), "only floats have such a norm");
		for (at, size) in shape.iter().skip(2).enumerate() {
			let pads = match &padding {
				PaddingSpec::ExplicitOnnxPool(before, after, _) => before[at] + after[at],
				PaddingSpec::Valid => 0,
				// As much as there has to be.
				_ => usize::MAX - size,
			};
			let fits = (kernel[at] - 1).checked_mul(dilations[at]).is_some_and(|w| w < size + pads);
			ensure!(fits, "a dilated window is wider than dimension {at}");
		}
		let spec = PoolSpec {
			data_format: DataFormat::NCHW,
			kernel_shape: kernel.clone(),
			padding: padding.clone(),
			dilations: Some(dilations.clone()),
			strides: Some(strides.clone()),
			..PoolSpec::default()
		};
		let powers = match p {
			2 => wires.add(square(), &[x])?,
			_ => {
				let x = wires.add(abs(), &[x])?;
				match p {
					1 => x,
					_ => {
						let p = wires.number(p as f32, x)?;
						wires.broadcast(pow(), &[x, p])?
					},
				}
			},
		};
		let sum = wires.expand(&HirSumPool::new(spec, true, false), &[powers])?[0];
		Ok(tvec!(match p {
			1 => sum,
			2 => wires.add(sqrt(), &[sum])?,
			_ => {
				let root = wires.number(1.0 / p as f32, sum)?;
				wires.broadcast(pow(), &[sum, root])?
			},
		}))
	})
}

fn padding(node: &NodeProto, count: usize) -> TractResult<PaddingSpec> {
	let ceil: bool = node.get_attr_opt("ceil_mode")?.unwrap_or(false);
	let automatic: Option<String> = node.get_attr_opt("auto_pad")?;
	Ok(match automatic.as_deref() {
		None | Some("" | "NOTSET") => {
			let pads: Option<Vec<usize>> = node.get_attr_opt_vec("pads")?;
			let pads = pads.unwrap_or_else(|| vec![0; 2 * count]);
			let fits = pads.len() == 2 * count && pads.iter().all(|pad| *pad <= 1 << 20);
			ensure!(fits, "pads are {pads:?} for {count} axes");
			let (before, after) = pads.split_at(count);
			PaddingSpec::ExplicitOnnxPool(before.into(), after.into(), ceil)
		},
		Some("VALID") => PaddingSpec::Valid,
		Some("SAME_UPPER") => PaddingSpec::SameUpper,
		Some("SAME_LOWER") => PaddingSpec::SameLower,
		Some(other) => bail!("auto_pad {other} is not supported"),
	})
}

/// Cuts axes or fills them up with zeros, the same at both ends; where that is odd, more at the end.
fn center_crop_pad(_: &ParsingContext, node: &NodeProto) -> Built {
	let axes: Option<Vec<i64>> = node.get_attr_opt_vec("axes")?;
	wired(node, move |wires| {
		let mut x = wires.input(0)?;
		let shape = wires.shape(x)?;
		let sizes = wires.integers(wires.input(1)?)?;
		let all = || (0..shape.len() as i64).collect();
		let axes = axes.clone().unwrap_or_else(all);
		ensure!(axes.len() == sizes.len(), "{} sizes for {} axes", sizes.len(), axes.len());
		let mut pads = vec![(0, 0); shape.len()];
		let mut seen = Vec::new();
		for (at, size) in axes.into_iter().zip(sizes) {
			let at = axis(at, shape.len())?;
			ensure!(!seen.contains(&at), "axis {at} is named twice");
			seen.push(at);
			let to = usize::try_from(size).ok().filter(|size| *size <= 1 << 30);
			let to = to.with_context(|| format!("the size {size}"))?;
			if to < shape[at] {
				let begin = (shape[at] - to) / 2;
				x = wires.add(Slice::new(at, begin, begin + to), &[x])?;
			} else {
				let missing = to - shape[at];
				pads[at] = (missing / 2, missing - missing / 2);
			}
		}
		if pads.iter().all(|pad| *pad == (0, 0)) {
			return Ok(tvec!(x));
		}
		let zero = Tensor::zero_dt(wires.datum_type(x)?, &[])?;
		let mode = PadMode::Constant(zero.into_arc_tensor());
		Ok(tvec!(wires.add(Pad { pads, mode }, &[x])?))
	})
}
