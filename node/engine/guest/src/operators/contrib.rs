//! Operators of `com.microsoft`: a closed list. The name alone decides what tract makes of an operator,
//! so those that have a namesake in the standard must mean the same, or tell the two apart.

use crate::refusal::Refusal;
use opg_engine_types::Reason;
use tract_onnx::pb::GraphProto;

/// The domain.
pub const DOMAIN: &str = "com.microsoft";

/// What is taken. `docs/conformance.md` says how each is computed.
const TAKEN: [&str; 26] = [
	"BiasGelu",
	"DequantizeLinear",
	"DynamicQuantizeLSTM",
	"DynamicQuantizeMatMul",
	"FastGelu",
	"FusedConv",
	"FusedGemm",
	"FusedMatMul",
	"GatherBlockQuantized",
	"Gelu",
	"GroupQueryAttention",
	"MatMulIntegerToFloat",
	"MatMulNBits",
	"MultiHeadAttention",
	"QLinearAdd",
	"QLinearAveragePool",
	"QLinearConcat",
	"QLinearGlobalAveragePool",
	"QLinearLeakyRelu",
	"QLinearMul",
	"QLinearSigmoid",
	"QuantizeLinear",
	"QuickGelu",
	"RotaryEmbedding",
	"SkipLayerNormalization",
	"SkipSimplifiedLayerNormalization",
];

/// Refuses the others. The recursion is bounded by the check on the wire.
pub fn check(graph: &GraphProto) -> Result<(), Refusal> {
	for node in &graph.node {
		if node.domain == DOMAIN && !TAKEN.contains(&node.op_type.as_str()) {
			let operator: String = node.op_type.chars().take(64).collect();
			let message =
				format!("operator {operator} of {DOMAIN} is not among those that are taken");
			return Err(Refusal::new(Reason::ForeignDomain, message));
		}
		for attribute in &node.attribute {
			attribute.g.iter().chain(&attribute.graphs).try_for_each(check)?;
		}
	}
	Ok(())
}
