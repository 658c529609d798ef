//! Signed extrinsics, built from the runtime's own types.

use crate::keys;
use codec::Encode;
use opg_primitives::{Nonce, Signature};
use opg_runtime::{RuntimeCall, SignedPayload, UncheckedExtrinsic, VERSION};
use sp_core::{sr25519, Pair, H256};
use sp_runtime::generic::Era;

/// Blocks that a transaction stays valid for: a power of two, as eras must be.
pub const MORTALITY: u64 = 64;

/// What a signature is bound to on the chain's side.
#[derive(Clone, Copy, Debug)]
pub struct Context {
	/// Genesis hash.
	pub genesis: H256,
	/// Height at signing.
	pub height: u64,
	/// Hash of the block at that height, where the era begins.
	pub checkpoint: H256,
	/// Transaction index of the signer.
	pub nonce: Nonce,
}

/// `call`, signed by `signer`, encoded.
pub fn signed(call: RuntimeCall, signer: &sr25519::Pair, context: &Context) -> Vec<u8> {
	let era = Era::mortal(MORTALITY, context.height);
	let extension = opg_runtime::tx_extension(context.nonce, era, 0);
	let implicit = (
		(),
		(),
		VERSION.spec_version,
		VERSION.transaction_version,
		context.genesis,
		context.checkpoint,
		(),
		(),
		(),
		None,
		(),
	);
	let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
	let signature = payload.using_encoded(|bytes| signer.sign(bytes));
	UncheckedExtrinsic::new_signed(
		call,
		keys::account(signer).into(),
		Signature::Sr25519(signature),
		extension,
	)
	.encode()
}
