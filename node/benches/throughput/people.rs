//! Accounts that use the chain, and their transactions: requesters, the owner of the models,
//! executors.

use codec::Encode;
use opg_primitives::{
	batch_payload, BatchKind, BlockNumber, ExecutorKey, ExecutorSignature, Signature,
};
use opg_runtime::{
	constants::AUTHORIZED_ERA, tx_extension, tx_implicit, AccountId, Balance, Hash, Nonce,
	RuntimeCall, SignedPayload, UncheckedExtrinsic,
};
use pallet_opg_attestation::{Batch, Item};
use sp_core::{crypto::DeriveJunction, ed25519, sr25519, Pair, H256};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{generic::Era, BoundedVec};

/// Engine of all models. None runs.
pub const ENGINE: H256 = H256::repeat_byte(2);

/// An account that signs.
pub struct Account {
	pair: sr25519::Pair,
	nonce: Nonce,
}

impl Account {
	fn new(pair: sr25519::Pair) -> Self {
		Self { pair, nonce: 0 }
	}

	/// Number `index` of those called `name`.
	pub fn derived(name: &str, index: u32) -> Self {
		let path = [DeriveJunction::hard(name), DeriveJunction::hard(index)];
		let alice = Sr25519Keyring::Alice.pair();
		Self::new(alice.derive(path.into_iter(), None).expect("hard paths exist").0)
	}

	pub fn keyring(who: Sr25519Keyring) -> Self {
		Self::new(who.pair())
	}

	pub fn id(&self) -> AccountId {
		AccountId::from(self.pair.public())
	}

	/// The next transaction. Where the block has no room for it, [`Self::take_back`].
	pub fn sign(&mut self, genesis: Hash, call: RuntimeCall) -> UncheckedExtrinsic {
		let extension = tx_extension(self.nonce, Era::Immortal, 0);
		let implicit = tx_implicit(genesis, genesis);
		let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
		let signature = payload.using_encoded(|bytes| self.pair.sign(bytes));
		self.nonce += 1;
		UncheckedExtrinsic::new_signed(
			call,
			self.id().into(),
			Signature::Sr25519(signature),
			extension,
		)
	}

	/// The last transaction was not included.
	pub fn take_back(&mut self) {
		self.nonce -= 1;
	}
}

/// An executor.
pub struct Executor {
	pub account: Account,
	pub id: AccountId,
	hot: ed25519::Pair,
}

impl Executor {
	/// Executor number `index`: the first three are those of the development chain.
	pub fn new(index: u32) -> Self {
		let (account, hot) = match index {
			0 => (Account::keyring(Sr25519Keyring::Alice), Ed25519Keyring::Alice.pair()),
			1 => (Account::keyring(Sr25519Keyring::Bob), Ed25519Keyring::Bob.pair()),
			2 => (Account::keyring(Sr25519Keyring::Charlie), Ed25519Keyring::Charlie.pair()),
			_ => {
				let seed = (b"executor", index).using_encoded(sp_io::hashing::blake2_256);
				(Account::derived("executor", index), ed25519::Pair::from_seed(&seed))
			},
		};
		Self { id: account.id(), account, hot }
	}

	pub fn key(&self) -> ExecutorKey {
		self.hot.public().into()
	}

	/// A batch with its signature, to be made into a call by `call`: without fee and nonce, as the
	/// off-chain worker sends it. It is for the block after `parent`, which has this number and hash.
	pub fn batch<Payload: Encode>(
		&self,
		kind: BatchKind,
		genesis: Hash,
		parent: (BlockNumber, Hash),
		items: Vec<Item<Payload>>,
		call: impl FnOnce(
			Batch<AccountId, BlockNumber, Payload>,
			ExecutorSignature,
		) -> pallet_opg_attestation::Call<opg_runtime::Runtime>,
	) -> UncheckedExtrinsic {
		let items = BoundedVec::truncate_from(items);
		let (at, hash) = parent;
		let batch = Batch { executor: self.id.clone(), at, items };
		let signature = self.hot.sign(&batch_payload(kind, &genesis, &hash, &batch)).into();
		let call = RuntimeCall::Attestation(call(batch, signature));
		// As `create_extension` of the runtime.
		let era = Era::mortal(AUTHORIZED_ERA, at.saturating_sub(1).into());
		UncheckedExtrinsic::new_transaction(call, tx_extension(0, era, 0))
	}
}

/// Balance at genesis of every account that pays, in planck.
pub const FUNDS: Balance = 2 * BOND;
/// Stake of every executor, in planck: it backs more slots than full blocks of requests need.
pub const BOND: Balance = 200_000 * opg_runtime::constants::OPG;
