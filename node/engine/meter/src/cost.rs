//! Fuel of an instruction.
//!
//! A unit is about half a nanosecond of one core, or a cycle and a half. Arithmetic on
//! floating-point numbers also makes NaNs canonical. A call saves and restores what the caller and
//! the counters keep.

use wasmparser::Operator as O;

/// Fuel of an instruction, whatever its operands. Those that copy, fill and grow memory are calls
/// of functions that take the rest.
pub fn cost(operator: &O<'_>) -> u32 {
	match operator {
		O::Nop | O::Drop | O::Block { .. } | O::Loop { .. } | O::Else | O::End | O::Unreachable => {
			0
		},
		O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU => 8,
		O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU => 8,
		O::F32Div | O::F64Div | O::F32Sqrt | O::F64Sqrt => 8,
		O::F32x4Div | O::F64x2Div | O::F32x4Sqrt | O::F64x2Sqrt => 8,
		O::F32Add | O::F32Sub | O::F32Mul | O::F32Min | O::F32Max => 2,
		O::F64Add | O::F64Sub | O::F64Mul | O::F64Min | O::F64Max => 2,
		O::F32x4Add | O::F32x4Sub | O::F32x4Mul | O::F32x4Min | O::F32x4Max => 2,
		O::F64x2Add | O::F64x2Sub | O::F64x2Mul | O::F64x2Min | O::F64x2Max => 2,
		O::Call { .. } | O::MemoryCopy { .. } | O::MemoryFill { .. } | O::MemoryGrow { .. } => 4,
		O::CallIndirect { .. } => 8,
		_ => 1,
	}
}
