//! Parameters of the methods, by position or by name.

use crate::{
	error::Error,
	types::{Address, Hash, Hex, ModelRef, Tier},
};
use jsonrpsee::types::Params;
use opg_primitives::{Fuel, RequestId};
use schemars::JsonSchema;
use serde::{de::DeserializeOwned, Deserialize};

/// Parameters of a method. What need not be given is `null`, or is left out at the end.
pub(crate) trait Parameters: DeserializeOwned + JsonSchema {
	/// Their names, in order.
	const NAMES: &'static [&'static str];
}

/// Declares the parameters of a method in their order.
macro_rules! parameters {
	($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* }) => {
		$(#[$about])*
		#[derive(Clone, Deserialize, JsonSchema, Debug)]
		#[serde(deny_unknown_fields)]
		pub(crate) struct $name {
			$($(#[$field_about])* pub(crate) $field: $type,)*
		}

		impl Parameters for $name {
			const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];
		}
	};
}

parameters! {
	/// None.
	Nothing {}
}

parameters! {
	/// Number of a request.
	Id {
		/// Number of the request.
		id: RequestId,
	}
}

parameters! {
	/// What an estimate is for.
	EstimateParams {
		/// Version of a model.
		model: ModelRef,
		/// What is asked for. Without it a request of tier quorum with a short input.
		#[serde(default)]
		options: Option<EstimateOptions>,
	}
}

/// What an estimate is for.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct EstimateOptions {
	/// Assurance.
	pub tier: Tier,
	/// Length of the encoded input, in bytes.
	pub input_bytes: u32,
	/// Fuel that the answer takes, if it is known.
	pub fuel: Option<Fuel>,
	/// Blocks within which the request is included. 10 if it is not given.
	pub blocks: Option<u32>,
	/// Fuel limit of the request: that of the version if it is not given, at most that, and at least a
	/// sixteenth of it.
	pub fuel_limit: Option<Fuel>,
}

parameters! {
	/// What names a request to its requester.
	ReferenceParams {
		/// Account that pays.
		requester: Address,
		/// Reference that it set. Zero finds nothing: it is what those have who set none.
		reference: Hash,
	}
}

parameters! {
	/// Transaction.
	SubmitParams {
		/// Signed extrinsic with a call of inference.request or inference.request_stored.
		extrinsic: Hex,
		/// Encoded input tensors of a request_stored. `null` where the client uploads them itself.
		#[serde(default)]
		input: Option<Hex>,
	}
}

parameters! {
	/// Version of a model.
	ModelParams {
		/// Version of a model.
		model: ModelRef,
	}
}

parameters! {
	/// Which models are listed.
	ModelsParams {
		/// All models without it. One of its fields at most is not `null`.
		#[serde(default)]
		filter: Option<ModelsFilter>,
		/// Cursor that the page before gave.
		#[serde(default)]
		cursor: Option<Hex>,
		/// Most items: 100 versions, or 20 models.
		#[serde(default)]
		limit: Option<u32>,
	}
}

/// Which models are listed.
#[derive(Clone, Default, Deserialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ModelsFilter {
	/// Those of an owner.
	pub owner: Option<Address>,
	/// Those with a tag.
	pub tag: Option<String>,
	/// Versions whose file has this BLAKE3 hash.
	pub model_hash: Option<Hash>,
}

parameters! {
	/// Which executors are listed.
	ExecutorsParams {
		/// Those that serve this version. All without it.
		#[serde(default)]
		model: Option<ModelRef>,
		/// Cursor that the page before gave.
		#[serde(default)]
		cursor: Option<Hex>,
		/// Most items: 100.
		#[serde(default)]
		limit: Option<u32>,
	}
}

parameters! {
	/// Which receipt. The document describes it; the node reads it.
	#[allow(dead_code)]
	ReceiptParams {
		/// Number of the request.
		id: RequestId,
		/// What the asker has already.
		#[serde(default)]
		options: Option<ReceiptOptions>,
	}
}

/// What the asker of a receipt has already.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[allow(dead_code)]
pub(crate) struct ReceiptOptions {
	/// Number of an authority set that the asker trusts: what is before it is left out.
	pub from_set: Option<u64>,
}

parameters! {
	/// Account.
	AccountParams {
		/// Account.
		address: Address,
	}
}

parameters! {
	/// What is computed.
	DryRunParams {
		/// Version of a model.
		model: ModelRef,
		/// Encoded input tensors.
		input: Hex,
	}
}

/// Reads the parameters of a call.
pub(crate) fn parse<A: Parameters>(params: &Params<'_>) -> Result<A, Error> {
	let text = params.as_str().filter(|text| !text.is_empty()).unwrap_or("[]");
	let expected = || match A::NAMES {
		[] => "there are no parameters".to_string(),
		names => format!("the parameters are {}", names.join(", ")),
	};
	serde_json::from_str(text)
		.map_err(|error| Error::InvalidParameter(format!("{error}: {}", expected())))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn read<A: Parameters>(text: &str) -> Result<A, Error> {
		parse(&Params::new(Some(text)))
	}

	#[test]
	fn parameters_should_be_read_by_position_and_by_name_and_the_last_be_left_out() {
		assert_eq!(read::<Id>("[7]").expect("one").id, 7);
		assert_eq!(read::<Id>("{\"id\":7}").expect("one").id, 7);
		assert!(read::<ModelsParams>("[]").expect("none is needed").filter.is_none());
		assert!(parse::<Nothing>(&Params::new(None)).is_ok());
		let estimate = read::<EstimateParams>("[7, {\"inputBytes\": 9}]").expect("both");
		let options = estimate.options.expect("it is there");
		assert_eq!((options.tier, options.input_bytes, options.blocks), (Tier::Quorum, 9, None));
		assert!(read::<EstimateParams>("[7, null]").expect("null is none").options.is_none());
	}

	#[test]
	fn parameters_should_be_refused_with_their_names_when_they_do_not_fit() {
		for text in ["[]", "[-1]", "[1, 2]", "[\"x\"]", "{\"request\": 7}"] {
			let Err(Error::InvalidParameter(why)) = read::<Id>(text) else { panic!("{text}") };
			assert!(why.contains("the parameters are id"), "{why}");
		}
		let Err(error) = read::<EstimateParams>("[1, {\"bytes\": 1}]") else { panic!("no field") };
		assert!(error.to_string().contains("inputBytes"), "{error}");
	}
}
