//! Signed extrinsics, built from the runtime's own types.

use crate::keys;
use codec::Encode;
use opg_primitives::{BlockNumber, Nonce, Signature};
use opg_runtime::{tx_extension, tx_implicit, RuntimeCall, SignedPayload, UncheckedExtrinsic};
use sp_core::{sr25519, Pair, H256};
use sp_runtime::generic::Era;

/// Blocks that a transaction stays valid for. Eras are powers of two.
pub(crate) const MORTALITY: BlockNumber = 64;

/// State of the chain that a signature is bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SigningContext {
	/// Genesis hash.
	pub genesis: H256,
	/// Height at signing.
	pub height: u64,
	/// Hash of the block at that height, where the era begins.
	pub checkpoint: H256,
	/// Transaction index of the signer.
	pub nonce: Nonce,
}

/// Encoded extrinsic with `call`, signed by `signer`.
pub(crate) fn signed(
	call: RuntimeCall,
	signer: &sr25519::Pair,
	context: &SigningContext,
) -> Vec<u8> {
	let era = Era::mortal(MORTALITY.into(), context.height);
	let extension = tx_extension(context.nonce, era, 0);
	let implicit = tx_implicit(context.genesis, context.checkpoint);
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
