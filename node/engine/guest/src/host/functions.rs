//! Functions of single numbers, and softmax.

use super::import;
use tract_onnx::tract_core::{
	internal::inventory,
	tract_linalg::{
		element_wise::ElementWiseKer,
		isa::{Arch, IsaReq},
		routines::{Func, Routine, RoutineFactory},
	},
};

/// More than any boost of tract's own.
const BOOST: isize = 1000;

macro_rules! function {
	($name:ident, $func:ident, $code:literal) => {
		#[derive(Clone, Debug)]
		struct $name;

		impl ElementWiseKer<f32> for $name {
			fn name() -> &'static str {
				concat!("opg_", stringify!($func))
			}

			fn alignment_items() -> usize {
				1
			}

			fn nr() -> usize {
				1
			}

			fn run(numbers: &mut [f32], _: ()) {
				// SAFETY: the host changes the numbers and nothing else.
				unsafe { import::elementwise($code, numbers.as_mut_ptr(), numbers.len() as u32) }
			}
		}

		inventory::submit! {
			Routine {
				func: Func::$func,
				arch: Some(Arch::Wasm32Simd128),
				isa: IsaReq::ANY,
				boost: BOOST,
				round_trip: false,
				factory: RoutineFactory::F32(<$name as ElementWiseKer<f32>>::ew),
			}
		}
	};
}

// The codes are those of `Function::ALL` of the host.
function!(Exp, Exp, 0);
function!(Sigmoid, Sigmoid, 1);
function!(Tanh, Tanh, 2);
function!(Erf, Erf, 3);
function!(Silu, Silu, 4);
function!(Gelu, Gelu, 5);
function!(HardSwish, Hardswish, 6);

fn softmax_rows(numbers: &mut [f32], length: usize) {
	// SAFETY: as above.
	unsafe { import::softmax(numbers.as_mut_ptr(), numbers.len() as u32, length as u32) }
}

inventory::submit! {
	Routine {
		func: Func::SoftmaxRows,
		arch: Some(Arch::Wasm32Simd128),
		isa: IsaReq::ANY,
		boost: BOOST,
		round_trip: false,
		factory: RoutineFactory::SoftmaxRowsF32 { name: "opg_softmax_rows", run: softmax_rows },
	}
}
