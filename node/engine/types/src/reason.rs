//! Reasons for which the engine refuses a model or an input, for programs. Messages are for people.

/// The reason for which the engine refuses a model or an input. The discriminant is the guest's
/// status; 0 is "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
	/// The file is too long.
	FileTooLong = 1,
	/// Graphs inside graphs, or other messages, are nested too deeply.
	NestedTooDeeply = 2,
	/// Too many nodes.
	TooManyNodes = 3,
	/// Too many attributes.
	TooManyAttributes = 4,
	/// Too many initializers and constants.
	TooManyTensors = 5,
	/// Too many fields of any kind.
	TooManyFields = 6,
	/// The file is not protobuf.
	Malformed = 7,
	/// Weights are in another file.
	ExternalData = 8,
	/// An operator is of a domain that is not standard.
	ForeignDomain = 9,
	/// An operator draws random numbers, with or without a seed.
	RandomOperator = 10,
	/// The file holds training information, functions of its own or sparse tensors.
	UnsupportedFeature = 11,
	/// A dimension is neither in the file nor bound, or depends on the values of an input.
	OpenDimension = 12,
	/// The bindings do not decode, or bind a dimension that the model does not have.
	BadBinding = 13,
	/// An input or output has a type that tensors cannot carry.
	UnsupportedType = 14,
	/// No output, too many, or one that nothing computes.
	BadOutputs = 15,
	/// An operator's parameters contradict its inputs.
	BadOperator = 16,
	/// The inference library does not take the model.
	NotLoadable = 17,
	/// The outputs cannot be encoded.
	OutputNotEncodable = 18,
	/// The stack is used up.
	StackUsedUp = 19,
	/// The file says that it generates text, but not in the form for it.
	BadGenerator = 20,
	/// The input is not an encoded list of tensors.
	InputEncoding = 32,
	/// An input is missing.
	InputMissing = 33,
	/// The model has no such input.
	InputUnknown = 34,
	/// An input has another type.
	InputType = 35,
	/// An input has another shape.
	InputShape = 36,
	/// The model does not run on these values.
	RunFailed = 37,
	/// An input's values are not what the model takes.
	InputValue = 38,
}

impl Reason {
	/// Every reason.
	pub const ALL: [Reason; 27] = [
		Reason::FileTooLong,
		Reason::NestedTooDeeply,
		Reason::TooManyNodes,
		Reason::TooManyAttributes,
		Reason::TooManyTensors,
		Reason::TooManyFields,
		Reason::Malformed,
		Reason::ExternalData,
		Reason::ForeignDomain,
		Reason::RandomOperator,
		Reason::UnsupportedFeature,
		Reason::OpenDimension,
		Reason::BadBinding,
		Reason::UnsupportedType,
		Reason::BadOutputs,
		Reason::BadOperator,
		Reason::NotLoadable,
		Reason::OutputNotEncodable,
		Reason::StackUsedUp,
		Reason::BadGenerator,
		Reason::InputEncoding,
		Reason::InputMissing,
		Reason::InputUnknown,
		Reason::InputType,
		Reason::InputShape,
		Reason::RunFailed,
		Reason::InputValue,
	];

	/// The reason with this code.
	pub fn from_code(code: u32) -> Option<Reason> {
		Self::ALL.into_iter().find(|reason| *reason as u32 == code)
	}

	/// The input is at fault, not the model.
	pub fn is_of_input(self) -> bool {
		self as u8 >= Reason::InputEncoding as u8
	}
}
