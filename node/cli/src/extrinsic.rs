//! Signed extrinsics, as the node's metadata wants them.

use crate::{by_name::Own, failure::Failure};
use anyhow::{anyhow, Context, Result};
use frame_support::traits::{CallMetadata, GetCallMetadata};
use opg_execution::printable;
use opg_primitives::{BlockNumber, Nonce};
use opg_runtime::RuntimeCall;
use sp_core::{sr25519, Pair, H256};
use subxt::{
	client::{ClientAtBlock, OfflineClientAtBlockT},
	config::{
		substrate::{AccountId32, MultiSignature},
		DefaultExtrinsicParamsBuilder, SubstrateConfig,
	},
	tx::Signer,
	Metadata,
};

/// Blocks that a transaction stays valid for. Eras are powers of two.
pub(crate) const MORTALITY: BlockNumber = 64;

/// State of the chain that a signature is bound to, besides its genesis and the version of its runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SigningContext {
	/// Height at signing.
	pub height: BlockNumber,
	/// Hash of the block at that height, where the era begins.
	pub checkpoint: H256,
	/// Transaction index of the signer.
	pub nonce: Nonce,
}

struct Key<'a>(&'a sr25519::Pair);

impl Signer<SubstrateConfig> for Key<'_> {
	fn account_id(&self) -> AccountId32 {
		AccountId32(self.0.public().0)
	}

	fn sign(&self, payload: &[u8]) -> MultiSignature {
		MultiSignature::Sr25519(self.0.sign(payload).0)
	}
}

/// The call as the runtime with this metadata encodes it.
///
/// # Errors
///
/// The runtime does not have this call, or has it otherwise: what, by name.
pub(crate) fn call_data(call: &RuntimeCall, metadata: &Metadata) -> Result<Vec<u8>> {
	let theirs =
		Own::new().translate(call, metadata.outer_enums().call_enum_ty(), metadata.types());
	theirs.with_context(|| {
		let CallMetadata { pallet_name, function_name } = call.get_call_metadata();
		Failure::OtherRuntime(format!(
			"the call `{pallet_name}.{function_name}` of this chain is not as this program knows it: use \
			 the `opg` of the node's release"
		))
	})
}

/// Encoded extrinsic with this call, signed by `key`, for the runtime of a block.
///
/// # Errors
///
/// The runtime has no such call, or a transaction extension that wants what nobody gives.
pub(crate) fn signed(
	at: &ClientAtBlock<SubstrateConfig, impl OfflineClientAtBlockT<SubstrateConfig>>,
	call_data: &[u8],
	key: &sr25519::Pair,
	context: &SigningContext,
) -> Result<Vec<u8>> {
	let SigningContext { height, checkpoint, nonce } = *context;
	let params = DefaultExtrinsicParamsBuilder::new()
		.nonce(nonce.into())
		.mortal_from_unchecked(MORTALITY.into(), height.into(), checkpoint)
		.build();
	let transactions = at.tx();
	let extrinsic = transactions.from_call_data_bytes(call_data).and_then(|call| {
		let mut unsigned = transactions.create_signable_offline(&call, params)?;
		unsigned.sign(&Key(key))
	});
	let extrinsic = extrinsic.map_err(|error| anyhow!("{}", printable(&error.to_string())))?;
	Ok(extrinsic.into_encoded())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		keys,
		metadata::{changed, of_runtime, offline, variants, GENESIS},
	};
	use codec::{Decode, Encode};
	use opg_primitives::{AccountId, Input, Signature, Tier};
	use opg_runtime::{tx_extension, tx_implicit, Runtime, SignedPayload, UncheckedExtrinsic};
	use pallet_opg_inference::Call;
	use scale_info::{form::PortableForm, Field};
	use sp_runtime::{
		generic::{Era, Preamble},
		traits::Verify,
	};

	const CALLS: &str = "pallet_opg_inference::pallet::Call";
	const CONTEXT: SigningContext =
		SigningContext { height: 100, checkpoint: H256::repeat_byte(2), nonce: 3 };

	fn request(input: &[u8]) -> RuntimeCall {
		let input: Input = input.to_vec().try_into().unwrap();
		Call::<Runtime>::request {
			model: 1,
			input,
			tier: Tier::High,
			max_fee: 9,
			max_royalty: 5,
			reference: H256::repeat_byte(6),
			deadline: Some(8),
			fuel_limit: Some(7),
		}
		.into()
	}

	fn encode(call: &RuntimeCall, metadata: Metadata) -> Result<Vec<u8>> {
		call_data(call, &metadata)
	}

	#[test]
	fn extrinsic_should_be_as_the_runtime_builds_it_when_it_is_signed_by_metadata() {
		let pair = keys::pair("//Alice").unwrap();
		// Long payloads are hashed before they are signed.
		for call in [request(&[7; 3]), request(&[7; 300])] {
			let bytes = signed(&offline(of_runtime()), &call.encode(), &pair, &CONTEXT).unwrap();
			let extrinsic = UncheckedExtrinsic::decode(&mut &bytes[..]).unwrap();
			assert_eq!(extrinsic.function, call);
			let Preamble::Signed(who, Signature::Sr25519(signature), given) = extrinsic.preamble
			else {
				panic!("it is not signed")
			};
			let extension = tx_extension(3, Era::mortal(MORTALITY.into(), 100), 0);
			assert_eq!(given.encode(), extension.encode());
			assert_eq!(who, AccountId::from(pair.public()).into());
			let implicit = tx_implicit(GENESIS, CONTEXT.checkpoint);
			let payload = SignedPayload::from_raw(call, extension, implicit);
			assert!(payload.using_encoded(|bytes| signature.verify(bytes, &pair.public())));
		}
	}

	#[test]
	fn calls_should_be_encoded_as_the_runtime_does_when_they_hold_others() {
		let calls = vec![request(&[1]), request(&[2])];
		let batch: RuntimeCall = pallet_utility::Call::<Runtime>::batch_all { calls }.into();
		let sudo: RuntimeCall = pallet_sudo::Call::<Runtime>::sudo { call: Box::new(batch) }.into();
		assert_eq!(encode(&sudo, of_runtime()).unwrap(), sudo.encode());
	}

	#[test]
	fn call_should_follow_the_metadata_when_the_runtime_has_moved_it() {
		let before = encode(&request(&[1, 2]), of_runtime()).unwrap();
		let moved = changed(|metadata| {
			let calls = variants(metadata, CALLS);
			let request = calls.iter_mut().find(|call| call.name == "request").unwrap();
			request.index = 99;
			request.fields.rotate_left(1);
			let tiers = variants(metadata, "opg_primitives::types::Tier");
			tiers.iter_mut().for_each(|tier| tier.index += 1);
		});
		let after = encode(&request(&[1, 2]), moved).unwrap();
		assert_eq!((after[0], after[1]), (before[0], 99));
		assert_ne!(before[1], 99);
		// Pallet, call, four bytes of the model, then the input and the tier.
		assert_eq!(before[2..], [&1u32.encode()[..], &[8, 1, 2], &before[9..]].concat());
		assert_eq!(after[2..6], [8, 1, 2, before[9] + 1]);
		assert_eq!(after[after.len() - 4..], 1u32.encode());
	}

	#[test]
	fn call_should_be_refused_with_the_name_of_what_the_runtime_has_otherwise() {
		let refused =
			|metadata: Metadata| format!("{:#}", encode(&request(&[1]), metadata).unwrap_err());
		let of_request = |change: fn(&mut Vec<Field<PortableForm>>)| {
			refused(changed(|metadata| {
				let calls = variants(metadata, CALLS);
				change(&mut calls.iter_mut().find(|call| call.name == "request").unwrap().fields);
			}))
		};
		let what = "the call `Inference.request` of this chain is not as this program knows it";
		let error = of_request(|fields| fields[3].name = Some("most_fee".into()));
		assert!(error.starts_with(what), "{error}");
		assert!(error.contains("wants more") && error.ends_with("no field `most_fee`"), "{error}");
		// Without the error it would be sent without the limit.
		let error = of_request(|fields| drop(fields.remove(4)));
		assert!(error.starts_with(what), "{error}");
		assert!(
			error.contains("takes less") && error.ends_with("no field `max_royalty`"),
			"{error}"
		);
		let error = refused(changed(|metadata| {
			let tiers = variants(metadata, "opg_primitives::types::Tier");
			tiers.retain(|tier| tier.name != "High");
		}));
		assert!(error.ends_with("the variant `High` is not known"), "{error}");
		let error = refused(changed(|metadata| {
			variants(metadata, CALLS).retain(|call| call.name != "request");
		}));
		assert!(error.ends_with("the variant `request` is not known"), "{error}");
	}
}
