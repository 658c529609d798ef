//! Names and explanations of what the chain reports as a variant: they are those of the code.

use codec::Encode;
use scale_info::{TypeDef, TypeInfo, Variant};
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError, UnknownTransaction},
	DispatchError, ModuleError,
};

/// Name of a variant, and what its documentation says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
	/// Name, as in `NotEnoughExecutors`.
	pub name: String,
	/// Explanation. Empty where there is none.
	pub explanation: String,
}

/// Name and explanation of a value of an enum.
pub fn named<T: TypeInfo + Encode>(value: &T) -> Named {
	let index = value.encode().first().copied().unwrap_or_default();
	match variant(&T::type_info(), index) {
		Some(found) => named_variant(found),
		None => Named { name: format!("Unknown{index}"), explanation: String::new() },
	}
}

/// Name and explanation of an error of an extrinsic: those of the pallet's error where it is one.
pub fn dispatch_error(error: &DispatchError) -> Named {
	if let DispatchError::Module(ModuleError { index, error, .. }) = error {
		let pallet = variant(&opg_runtime::RuntimeError::type_info(), *index);
		let error = pallet.and_then(|pallet| {
			let errors = pallet.fields.first()?.ty.type_info();
			variant(&errors, error[0])
		});
		if let Some(error) = error {
			return named_variant(error);
		}
	}
	match error {
		DispatchError::Token(error) => {
			Named { name: format!("{error:?}"), explanation: text(*error) }
		},
		other => {
			Named { name: named(other).name, explanation: <&'static str>::from(*other).into() }
		},
	}
}

/// Name and explanation of the reason for which a transaction is not valid.
pub fn validity_error(error: &TransactionValidityError) -> Named {
	match error {
		TransactionValidityError::Invalid(error) => invalid_transaction(error),
		TransactionValidityError::Unknown(error) => unknown_transaction(error),
	}
}

/// The same for a transaction that is invalid.
pub fn invalid_transaction(error: &InvalidTransaction) -> Named {
	Named { name: named(error).name, explanation: text(*error) }
}

/// The same for one whose validity is not known.
pub fn unknown_transaction(error: &UnknownTransaction) -> Named {
	Named { name: named(error).name, explanation: text(*error) }
}

fn text(error: impl Into<&'static str>) -> String {
	error.into().into()
}

fn variant(of: &scale_info::Type, index: u8) -> Option<Variant> {
	let TypeDef::Variant(of) = &of.type_def else { return None };
	of.variants.iter().find(|variant| variant.index == index).cloned()
}

fn named_variant(variant: Variant) -> Named {
	Named { name: variant.name.into(), explanation: variant.docs.join(" ").trim().into() }
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::FailureReason;
	use opg_runtime::Runtime;
	use sp_runtime::TokenError;

	#[test]
	fn errors_should_have_the_names_and_explanations_of_the_code() {
		let failure = named(&FailureReason::NotEnoughExecutors);
		assert_eq!(failure.name, "NotEnoughExecutors");
		assert!(failure.explanation.contains("Fewer executors"), "{failure:?}");
		let error = pallet_opg_inference::Error::<Runtime>::MaxFeeTooLow;
		let error = dispatch_error(&error.into());
		assert_eq!(error.name, "MaxFeeTooLow");
		assert!(!error.explanation.is_empty());
		let error = dispatch_error(&TokenError::FundsUnavailable.into());
		assert_eq!(error.name, "FundsUnavailable");
		assert_eq!(dispatch_error(&DispatchError::BadOrigin).name, "BadOrigin");
		assert_eq!(invalid_transaction(&InvalidTransaction::Stale).name, "Stale");
	}
}
