//! Causes for which a command fails, by the exit code of the program.
//!
//! `docs/cli.md` lists the codes, and a test compares it with the list here.

use crate::{
	chain,
	commands::ChallengeLost,
	keyfile::KeyFileError,
	receipt::ReceiptError,
	rpc::{Endpoint, Refusal},
};
use anyhow::Error;
use opg_primitives::BlockNumber;
use opg_runtime::Runtime;
use serde_json::{json, Value};
use sp_runtime::{ArithmeticError, DispatchError, TokenError};

/// Exit codes. Scripts depend on them: a number is never used for another cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
	/// Anything without a code of its own.
	Failed = 1,
	/// The command line is wrong.
	Usage = 2,
	/// A challenge was lost, and with it the bond.
	ChallengeLost = 3,
	/// A receipt was checked without an anchor.
	NoAnchor = 4,
	/// No node answers.
	NoNode = 5,
	/// The node is of another release or chain.
	Incompatible = 6,
	/// The account has not enough free OPG.
	NotEnoughFunds = 7,
	/// The fee or the royalty is more than was allowed.
	FeeAboveMax = 8,
	/// The chain or the executors have no room now.
	Congested = 9,
	/// There is no such model, or it takes no requests.
	ModelUnavailable = 10,
	/// The input is not what the model takes.
	InputMismatch = 11,
	/// The request failed or expired, and was refunded.
	RequestFailed = 12,
	/// Nothing happened in time.
	Timeout = 13,
	/// There is no key to sign with, or it does not open.
	CannotSign = 14,
	/// A receipt proves nothing.
	InvalidReceipt = 15,
	/// A receipt is valid, and this machine computes another answer.
	OtherAnswer = 16,
	/// The attested text is another than the preview of this machine.
	PreviewDiffers = 17,
}

impl Code {
	/// All codes but 0, which is success.
	pub const ALL: [Self; 17] = [
		Self::Failed,
		Self::Usage,
		Self::ChallengeLost,
		Self::NoAnchor,
		Self::NoNode,
		Self::Incompatible,
		Self::NotEnoughFunds,
		Self::FeeAboveMax,
		Self::Congested,
		Self::ModelUnavailable,
		Self::InputMismatch,
		Self::RequestFailed,
		Self::Timeout,
		Self::CannotSign,
		Self::InvalidReceipt,
		Self::OtherAnswer,
		Self::PreviewDiffers,
	];

	/// The code in words, for people.
	pub fn describe(self) -> &'static str {
		match self {
			Self::Failed => "failed for another cause",
			Self::Usage => "wrong command line",
			Self::ChallengeLost => "a challenge was lost",
			Self::NoAnchor => "a receipt without an anchor",
			Self::NoNode => "no node answers",
			Self::Incompatible => "the node is of another release or chain",
			Self::NotEnoughFunds => "not enough free OPG",
			Self::FeeAboveMax => "the fee is above what was allowed",
			Self::Congested => "no room now: try again later",
			Self::ModelUnavailable => "no such model, or it takes no requests",
			Self::InputMismatch => "the input is not what the model takes",
			Self::RequestFailed => "the request failed or expired, and was refunded",
			Self::Timeout => "nothing happened in time",
			Self::CannotSign => "no key to sign with, or it does not open",
			Self::InvalidReceipt => "a receipt that proves nothing",
			Self::OtherAnswer => "a valid receipt, and another answer on this machine",
			Self::PreviewDiffers => "the attested text differs from the preview of this machine",
		}
	}

	/// Name of the code, for programs.
	pub fn name(self) -> String {
		format!("{self:?}")
	}
}

/// Failure with a code of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
	/// The command line is wrong in a way that only running it shows.
	#[error("{0}")]
	Usage(String),
	/// No node answers.
	#[error(
		"no node answers at {endpoint}: {cause}\n\
		 Start one with `opg-node --dev`, or name another with --url."
	)]
	NoNode {
		/// Where one was looked for.
		endpoint: Endpoint,
		/// What happened there.
		cause: String,
	},
	/// The node's runtime has something otherwise than this program knows it.
	#[error("{0}")]
	OtherRuntime(String),
	/// The node is of another chain.
	#[error("{0}")]
	OtherChain(String),
	/// The account cannot pay.
	#[error("{0}")]
	NotEnoughFunds(String),
	/// The price is above what was allowed.
	#[error("{0}")]
	FeeAboveMax(String),
	/// There is no room.
	#[error("{0}")]
	Congested(String),
	/// The model takes no requests.
	#[error("{0}")]
	ModelUnavailable(String),
	/// The input is not what the model takes.
	#[error("{0}")]
	InputMismatch(String),
	/// The request has no answer, and never will.
	#[error("{0}")]
	RequestFailed(String),
	/// Nothing happened in time.
	#[error("{0}")]
	Timeout(String),
	/// Nobody can sign.
	#[error("{0}")]
	CannotSign(String),
	/// The attested text is another than the preview.
	#[error("{0}")]
	PreviewDiffers(String),
}

impl Failure {
	fn code(&self) -> Code {
		match self {
			Self::Usage(_) => Code::Usage,
			Self::NoNode { .. } => Code::NoNode,
			Self::OtherRuntime(_) | Self::OtherChain(_) => Code::Incompatible,
			Self::NotEnoughFunds(_) => Code::NotEnoughFunds,
			Self::FeeAboveMax(_) => Code::FeeAboveMax,
			Self::Congested(_) => Code::Congested,
			Self::ModelUnavailable(_) => Code::ModelUnavailable,
			Self::InputMismatch(_) => Code::InputMismatch,
			Self::RequestFailed(_) => Code::RequestFailed,
			Self::Timeout(_) => Code::Timeout,
			Self::CannotSign(_) => Code::CannotSign,
			Self::PreviewDiffers(_) => Code::PreviewDiffers,
		}
	}
}

/// A transaction that a block holds and that failed there.
#[derive(Debug, thiserror::Error)]
#[error("the transaction failed in block {block}: {}", explain(.error))]
pub(crate) struct TransactionFailed {
	/// Height of the block.
	pub block: BlockNumber,
	/// What the chain says.
	pub error: DispatchError,
}

fn explain(error: &DispatchError) -> String {
	chain::describe(*error)
}

/// Code of an error of the chain.
fn code_of(error: &DispatchError) -> Code {
	use pallet_opg_inference::Error::*;
	let is = |other: pallet_opg_inference::Error<Runtime>| DispatchError::from(other) == *error;
	match error {
		DispatchError::Token(
			TokenError::FundsUnavailable | TokenError::NotExpendable | TokenError::BelowMinimum,
		)
		| DispatchError::Arithmetic(ArithmeticError::Underflow) => Code::NotEnoughFunds,
		_ if is(Congested) || is(Draining) => Code::Congested,
		_ if is(MaxFeeTooLow) || is(RoyaltyAboveMax) => Code::FeeAboveMax,
		_ if is(UnknownModel)
			|| is(EngineNotValid)
			|| is(NotCourtReady)
			|| is(NotEnoughExecutors) =>
		{
			Code::ModelUnavailable
		},
		_ if is(InputTooLong) => Code::InputMismatch,
		_ if is(FuelLimitTooLow) || is(FuelLimitTooHigh) => Code::Usage,
		_ => Code::Failed,
	}
}

/// Code with which the program ends.
pub(crate) fn code(error: &Error) -> Code {
	if let Some(failure) = error.downcast_ref::<Failure>() {
		return failure.code();
	}
	if let Some(failed) = error.downcast_ref::<TransactionFailed>() {
		return code_of(&failed.error);
	}
	if error.is::<ChallengeLost>() {
		return Code::ChallengeLost;
	}
	match error.downcast_ref::<ReceiptError>() {
		Some(ReceiptError::NoAnchor) => return Code::NoAnchor,
		Some(ReceiptError::Invalid(_)) => return Code::InvalidReceipt,
		Some(ReceiptError::OtherAnswer { .. }) => return Code::OtherAnswer,
		None => {},
	}
	if error.is::<KeyFileError>() {
		return Code::CannotSign;
	}
	match error.downcast_ref::<Refusal>() {
		Some(refusal) if refusal.cannot_pay() => Code::NotEnoughFunds,
		_ => Code::Failed,
	}
}

/// An error for programs: the exit code, its name, and what people read.
pub(crate) fn to_json(error: &Error) -> Value {
	let code = code(error);
	let chain = error.downcast_ref::<TransactionFailed>();
	json!({
		"code": code as u8,
		"reason": code.name(),
		"chain_error": chain.and_then(|failed| chain::error_name(&failed.error)),
		"message": format!("{error:#}"),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use anyhow::anyhow;
	use std::collections::BTreeSet;

	#[test]
	fn codes_should_be_listed_once_each() {
		let numbers: BTreeSet<u8> = Code::ALL.into_iter().map(|code| code as u8).collect();
		assert_eq!(numbers, (1..=17).collect());
	}

	#[test]
	fn codes_should_be_documented() {
		let text = include_str!("../../../docs/cli.md");
		for code in Code::ALL {
			let row = format!("| {} | `{}` | {} |", code as u8, code.name(), code.describe());
			assert!(text.contains(&row), "docs/cli.md lacks: {row}");
		}
	}

	#[test]
	fn code_should_be_found_below_any_context() {
		for (error, expected) in [
			(anyhow!("anything"), Code::Failed),
			(Failure::Timeout("late".into()).into(), Code::Timeout),
			(KeyFileError::Password.into(), Code::CannotSign),
			(ReceiptError::NoAnchor.into(), Code::NoAnchor),
			(ReceiptError::Invalid(opg_receipt::Error::NoBlock).into(), Code::InvalidReceipt),
			(Refusal::new("author_submitExtrinsic", "no", 1014).into(), Code::Failed),
			(
				Refusal::new(
					"author_submitExtrinsic",
					"Invalid Transaction Inability to pay some fees (e.g. account balance too low)",
					1010,
				)
				.into(),
				Code::NotEnoughFunds,
			),
		] {
			assert_eq!(code(&error), expected);
			assert_eq!(code(&error.context("while it did something")), expected);
		}
	}

	#[test]
	fn errors_of_the_chain_should_have_codes_and_names() {
		use pallet_opg_inference::Error;
		let failed =
			|error: DispatchError| anyhow::Error::from(TransactionFailed { block: 7, error });
		for (error, expected) in [
			(Error::<Runtime>::Congested.into(), Code::Congested),
			(Error::<Runtime>::MaxFeeTooLow.into(), Code::FeeAboveMax),
			(Error::<Runtime>::NotEnoughExecutors.into(), Code::ModelUnavailable),
			(Error::<Runtime>::InputTooLong.into(), Code::InputMismatch),
			(Error::<Runtime>::FuelLimitTooLow.into(), Code::Usage),
			(TokenError::FundsUnavailable.into(), Code::NotEnoughFunds),
			(ArithmeticError::Underflow.into(), Code::NotEnoughFunds),
			(DispatchError::BadOrigin, Code::Failed),
		] {
			assert_eq!(code(&failed(error)), expected, "{error:?}");
		}
		let value = to_json(&failed(Error::<Runtime>::Congested.into()).context("sending"));
		assert_eq!(value["code"], 9);
		assert_eq!(value["reason"], "Congested");
		assert_eq!(value["chain_error"], "Inference.Congested");
		assert!(value["message"].as_str().unwrap().contains("block 7"), "{value}");
	}
}
