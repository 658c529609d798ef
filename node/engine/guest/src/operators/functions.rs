//! Operators that stand for a few others: written out before tract reads the graph, so that they are
//! checked and computed as those are.

use super::contrib::DOMAIN;
use crate::refusal::Refusal;
use opg_engine_types::Reason;
use std::mem;
use tract_onnx::{
	pb::{
		attribute_proto::AttributeType, tensor_proto::DataType, AttributeProto, GraphProto,
		NodeProto, TensorProto,
	},
	tract_hir::internal::*,
};

/// Writes the graph without such operators, and counts its nodes and those of the graphs inside. The
/// recursion is bounded by the check on the wire.
pub fn write_out(graph: &mut GraphProto) -> Result<usize, Refusal> {
	let mut count = 0;
	for mut node in mem::take(&mut graph.node) {
		for attribute in &mut node.attribute {
			for graph in attribute.g.iter_mut().chain(&mut attribute.graphs) {
				count += write_out(graph)?;
			}
		}
		set_defaults(&mut node);
		let body = body(&node).map_err(|e| {
			let message = format!("{} `{}`: {e:#}", node.op_type, node.name);
			Refusal::new(Reason::BadOperator, message)
		})?;
		match body {
			Some(Body { nodes, constants, .. }) => {
				graph.node.extend(nodes);
				graph.initializer.extend(constants);
			},
			None => graph.node.push(node),
		}
	}
	Ok(count + graph.node.len())
}

/// Sets what onnxruntime takes where the file says nothing, and tract takes otherwise.
fn set_defaults(node: &mut NodeProto) {
	let is_norm = node.op_type == "SkipLayerNormalization";
	if node.domain == DOMAIN && is_norm && node.attribute.iter().all(|of| of.name != "epsilon") {
		node.attribute.push(float("epsilon", 1e-12));
	}
}

/// What the node stands for.
fn body(node: &NodeProto) -> TractResult<Option<Body<'_>>> {
	if node.domain != DOMAIN {
		return Ok(None);
	}
	let mut body = Body { node, nodes: Vec::new(), constants: Vec::new() };
	match node.op_type.as_str() {
		"DynamicQuantizeLSTM" => return body.dynamic_quantize_lstm().map(Some),
		"DynamicQuantizeMatMul" => body.dynamic_quantize_matmul(),
		"MatMulIntegerToFloat" => body.matmul_integer_to_float(),
		"FusedConv" => body.fused("Conv")?,
		"FusedGemm" => body.fused("Gemm")?,
		"QLinearAdd" => body.quantized_binary("Add")?,
		"QLinearMul" => body.quantized_binary("Mul")?,
		"QLinearSigmoid" => body.quantized("Sigmoid")?,
		"QLinearLeakyRelu" => body.quantized("LeakyRelu")?,
		"QLinearAveragePool" => body.quantized("AveragePool")?,
		"QLinearGlobalAveragePool" => body.quantized("GlobalAveragePool")?,
		"QLinearConcat" => body.quantized_concat()?,
		_ => return Ok(None),
	}
	let output = node.output.first().filter(|name| !name.is_empty());
	ensure!(output.is_some() && node.output.len() == 1, "it has one output");
	if let (Some(last), Some(output)) = (body.nodes.last_mut(), output) {
		last.output = vec![output.clone()];
	}
	Ok(Some(body))
}

/// The nodes that a node stands for. The last one gives its output.
struct Body<'a> {
	node: &'a NodeProto,
	nodes: Vec<NodeProto>,
	constants: Vec<TensorProto>,
}

impl Body<'_> {
	/// The name of an input, which is empty if there is none.
	fn input(&self, place: usize) -> String {
		self.node.input.get(place).cloned().unwrap_or_default()
	}

	/// The attributes with these names.
	fn attributes(&self, names: &[&str]) -> Vec<AttributeProto> {
		let given = self.node.attribute.iter();
		given.filter(|attribute| names.contains(&attribute.name.as_str())).cloned().collect()
	}

	/// A name that no exporter gives.
	fn name(&self) -> String {
		let output = self.node.output.first().cloned().unwrap_or_default();
		format!("{output}|{}", self.nodes.len() + self.constants.len())
	}

	/// Adds a node with one output, and gives its name. Inputs at the end may be empty.
	fn add(&mut self, operator: &str, inputs: &[&str]) -> String {
		self.add_with(operator, inputs, Vec::new())
	}

	fn add_with(
		&mut self,
		operator: &str,
		inputs: &[&str],
		attribute: Vec<AttributeProto>,
	) -> String {
		let output = self.name();
		let given = inputs.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
		self.nodes.push(NodeProto {
			name: output.clone(),
			op_type: operator.into(),
			input: inputs[..given].iter().map(|name| (*name).to_owned()).collect(),
			output: vec![output.clone()],
			attribute,
			..NodeProto::default()
		});
		output
	}

	/// The name of a number.
	fn number(&mut self, number: f32) -> String {
		let name = self.name();
		self.constants.push(TensorProto {
			name: name.clone(),
			data_type: DataType::Float as i32,
			float_data: vec![number],
			..TensorProto::default()
		});
		name
	}

	/// Inputs as those of `LSTM`, and scales and zero points of both weights. Computed with floats: what
	/// onnxruntime rounds in each step is not rounded here.
	fn dynamic_quantize_lstm(mut self) -> TractResult<Self> {
		let mut inputs: Vec<String> = (0..8).map(|place| self.input(place)).collect();
		for (place, of_scale) in [(1, 8), (2, 10)] {
			let [scale, zero] = [0, 1].map(|part| self.input(of_scale + part));
			inputs[place] = self.add("DynamicQuantizeLSTM", &[&inputs[place], &scale, &zero]);
		}
		let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
		let attributes = self.node.attribute.clone();
		self.add_with("LSTM", &inputs, attributes);
		if let Some(last) = self.nodes.last_mut() {
			last.output = self.node.output.clone();
		}
		Ok(self)
	}

	/// Inputs A, B, scale of B, and perhaps its zero point and a bias.
	fn dynamic_quantize_matmul(&mut self) {
		let [a, b, scale, zero, bias] = [0, 1, 2, 3, 4].map(|place| self.input(place));
		let quantized = self.add("DynamicQuantizeLinear", &[&a]);
		let (of_a, zero_of_a) = (format!("{quantized}|scale"), format!("{quantized}|zero"));
		if let Some(node) = self.nodes.last_mut() {
			node.output.extend([of_a.clone(), zero_of_a.clone()]);
		}
		let product = self.add("MatMulInteger", &[&quantized, &b, &zero_of_a, &zero]);
		self.scaled(&product, &of_a, &scale, &bias);
	}

	/// Inputs A, B, scales of both, and perhaps their zero points and a bias.
	fn matmul_integer_to_float(&mut self) {
		let [a, b, of_a, of_b, zero_of_a, zero_of_b, bias] =
			[0, 1, 2, 3, 4, 5, 6].map(|place| self.input(place));
		let product = self.add("MatMulInteger", &[&a, &b, &zero_of_a, &zero_of_b]);
		self.scaled(&product, &of_a, &of_b, &bias);
	}

	/// A product of integers, as floats.
	fn scaled(&mut self, product: &str, of_a: &str, of_b: &str, bias: &str) {
		let float = self.add_with("Cast", &[product], vec![int("to", DataType::Float as i64)]);
		let scale = self.add("Mul", &[of_a, of_b]);
		let scaled = self.add("Mul", &[&float, &scale]);
		if !bias.is_empty() {
			self.add("Add", &[&scaled, bias]);
		}
	}

	/// An operator and the activation after it. A fourth input of a convolution is added before that.
	fn fused(&mut self, operator: &str) -> TractResult<()> {
		let [x, weights, bias, sum] = [0, 1, 2, 3].map(|place| self.input(place));
		let attributes: &[&str] = match operator {
			"Conv" => &["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"],
			_ => &["alpha", "beta", "transA", "transB"],
		};
		let attributes = self.attributes(attributes);
		let mut y = self.add_with(operator, &[&x, &weights, &bias], attributes);
		if !sum.is_empty() {
			y = self.add("Add", &[&y, &sum]);
		}
		let params = self.node.get_attr_opt_vec::<f32>("activation_params")?.unwrap_or_default();
		let alpha = self.node.get_attr_opt("activation_alpha")?;
		let beta = self.node.get_attr_opt("activation_beta")?;
		let alpha: Option<f32> = params.first().copied().or(alpha);
		let beta: Option<f32> = params.get(1).copied().or(beta);
		let activation: Option<String> = self.node.get_attr_opt("activation")?;
		match activation.as_deref() {
			None | Some("") => (),
			Some(plain @ ("Relu" | "Sigmoid" | "Tanh")) => {
				self.add(plain, &[&y]);
			},
			Some("LeakyRelu") => {
				let attributes = alpha.map(|alpha| float("alpha", alpha)).into_iter().collect();
				self.add_with("LeakyRelu", &[&y], attributes);
			},
			Some("HardSigmoid") => {
				let alpha = alpha.map(|alpha| float("alpha", alpha)).into_iter();
				let attributes = alpha.chain(beta.map(|beta| float("beta", beta))).collect();
				self.add_with("HardSigmoid", &[&y], attributes);
			},
			Some("Clip") => {
				let least = self.number(alpha.unwrap_or(f32::MIN));
				let most = self.number(beta.unwrap_or(f32::MAX));
				let y = self.add("Max", &[&y, &least]);
				self.add("Min", &[&y, &most]);
			},
			Some(other) => bail!("the activation {other} is not supported"),
		}
		Ok(())
	}

	/// Dequantizes the three inputs from this place on.
	fn dequantized(&mut self, place: usize) -> String {
		let [x, scale, zero] = [0, 1, 2].map(|part| self.input(place + part));
		self.add("DequantizeLinear", &[&x, &scale, &zero])
	}

	/// Quantizes by the two inputs from this place on. Without a zero point the type would be unknown.
	fn quantize(&mut self, y: &str, place: usize) -> TractResult<()> {
		let [scale, zero] = [0, 1].map(|part| self.input(place + part));
		ensure!(!zero.is_empty(), "the output's zero point is missing");
		self.add("QuantizeLinear", &[y, &scale, &zero]);
		Ok(())
	}

	/// An operator on quantized A and B.
	fn quantized_binary(&mut self, operator: &str) -> TractResult<()> {
		let (a, b) = (self.dequantized(0), self.dequantized(3));
		let y = self.add(operator, &[&a, &b]);
		self.quantize(&y, 6)
	}

	/// An operator on a quantized tensor.
	fn quantized(&mut self, operator: &str) -> TractResult<()> {
		let channels_last: Option<bool> = self.node.get_attr_opt("channels_last")?;
		ensure!(channels_last != Some(true), "channels that come last are not supported");
		let attributes = self.attributes(&[
			"alpha",
			"auto_pad",
			"ceil_mode",
			"count_include_pad",
			"kernel_shape",
			"pads",
			"strides",
		]);
		let x = self.dequantized(0);
		let y = self.add_with(operator, &[&x], attributes);
		self.quantize(&y, 3)
	}

	/// The output's scale and zero point, then three inputs for each part.
	fn quantized_concat(&mut self) -> TractResult<()> {
		let parts: Vec<String> =
			(2..self.node.input.len()).step_by(3).map(|place| self.dequantized(place)).collect();
		let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
		let attributes = self.attributes(&["axis"]);
		let y = self.add_with("Concat", &parts, attributes);
		self.quantize(&y, 0)
	}
}

pub fn int(name: &str, value: i64) -> AttributeProto {
	let r#type = AttributeType::Int as i32;
	AttributeProto { name: name.into(), i: value, r#type, ..AttributeProto::default() }
}

fn float(name: &str, value: f32) -> AttributeProto {
	let r#type = AttributeType::Float as i32;
	AttributeProto { name: name.into(), f: value, r#type, ..AttributeProto::default() }
}

pub fn text(name: &str, value: &str) -> AttributeProto {
	let r#type = AttributeType::String as i32;
	AttributeProto { name: name.into(), s: value.into(), r#type, ..AttributeProto::default() }
}
