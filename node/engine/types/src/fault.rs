//! Faults of models: the ways in which a model gives no output.

use core::fmt;

/// The way in which a model gives no output on an input. The same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ModelFault {
	/// The file is not a model that the engine accepts.
	BadModel = 1,
	/// The input does not decode, or does not fit the model.
	BadInput = 2,
	/// The fuel ran out.
	OutOfFuel = 3,
	/// The memory ran out.
	OutOfMemory = 4,
	/// The guest trapped.
	Trapped = 5,
	/// The output is longer than allowed.
	OutputTooLarge = 6,
}

impl ModelFault {
	/// Every fault, in the order of the codes.
	pub const ALL: [ModelFault; 6] = [
		ModelFault::BadModel,
		ModelFault::BadInput,
		ModelFault::OutOfFuel,
		ModelFault::OutOfMemory,
		ModelFault::Trapped,
		ModelFault::OutputTooLarge,
	];

	/// The fault as a number, from 1.
	pub fn code(self) -> u8 {
		self as u8
	}

	/// The fault with this code.
	pub fn from_code(code: u8) -> Option<ModelFault> {
		Self::ALL.into_iter().find(|fault| fault.code() == code)
	}
}

impl fmt::Display for ModelFault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::BadModel => "bad model",
			Self::BadInput => "bad input",
			Self::OutOfFuel => "out of fuel",
			Self::OutOfMemory => "out of memory",
			Self::Trapped => "trapped",
			Self::OutputTooLarge => "output too large",
		})
	}
}
