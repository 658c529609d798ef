//! Every call of the runtime, with arguments that decode, and transactions that carry calls.

// Each test binary uses a part.
#![allow(dead_code)]

use codec::{Decode, Encode};
use frame_support::storage::with_transaction_unchecked;
use opg_runtime::*;
use scale_info::{TypeDef, TypeInfo};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::Era,
	transaction_validity::{TransactionSource, TransactionValidity},
	TransactionOutcome,
};

/// Bytes that arguments are made of: zeros, or what else decodes where an enum has no variant 0.
const FILLERS: [u8; 3] = [0, 1, 4];

/// One call of each index that the metadata knows, by name.
pub fn all() -> Vec<(String, RuntimeCall)> {
	let mut calls = Vec::new();
	for pallet in variants(&RuntimeCall::type_info()) {
		for call in variants(&pallet.fields[0].ty.type_info()) {
			let name = format!("{}.{}", pallet.name, call.name);
			let decoded = FILLERS.into_iter().find_map(|filler| {
				let mut bytes = vec![filler; 4096];
				bytes[..2].copy_from_slice(&[pallet.index, call.index]);
				RuntimeCall::decode(&mut &bytes[..]).ok()
			});
			let call = decoded.unwrap_or_else(|| panic!("{name} does not decode"));
			calls.push((name, call));
		}
	}
	calls
}

fn variants(of: &scale_info::Type) -> Vec<scale_info::Variant> {
	let TypeDef::Variant(of) = &of.type_def else { panic!("{of:?} is no enum") };
	of.variants.clone()
}

/// The call of [`all`] with this name.
pub fn named(name: &str) -> RuntimeCall {
	let found = all().into_iter().find(|(other, _)| other == name);
	found.unwrap_or_else(|| panic!("there is no call {name}")).1
}

/// Transaction with `call`, signed by `who`.
pub fn signed_by(who: Sr25519Keyring, call: RuntimeCall, tip: Balance) -> UncheckedExtrinsic {
	let account = who.to_account_id();
	let extension = tx_extension(System::account_nonce(&account), Era::Immortal, tip);
	let implicit = tx_implicit(System::block_hash(0), System::block_hash(0));
	let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
	let signature = payload.using_encoded(|bytes| who.sign(bytes));
	let signature = Signature::Sr25519(signature);
	UncheckedExtrinsic::new_signed(call, account.into(), signature, extension)
}

/// Validity in the pool of a node whose best block is the current one.
pub fn validity(transaction: UncheckedExtrinsic) -> TransactionValidity {
	rolled_back(|| {
		let parent = System::block_number();
		let hash = sp_core::H256::repeat_byte(parent as u8);
		Executive::validate_transaction(TransactionSource::External, transaction, hash)
	})
}

/// Begins a block on the current one, without hooks. Transactions can be applied in it.
pub fn begin_bare_block() {
	let parent = System::block_number();
	let hash = sp_core::H256::repeat_byte(parent as u8);
	System::initialize(&(parent + 1), &hash, &Default::default());
}

/// Runs `test` and undoes what it changed.
pub fn rolled_back<R>(test: impl FnOnce() -> R) -> R {
	with_transaction_unchecked(|| TransactionOutcome::Rollback(test()))
}
