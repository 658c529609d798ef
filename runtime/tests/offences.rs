//! Equivocation: a validator that signs two blocks for one slot loses stake and its seat.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::Encode;
use frame_support::{assert_ok, traits::KeyOwnerProofSystem};
use opg_runtime::*;
use opg_runtime_testing::*;
use pallet_opg_staking::{PoolStatus, Pools, Role};
use sp_consensus_babe::{digests, AuthorityId, EquivocationProof, Slot};
use sp_core::{crypto::Pair, sr25519, H256};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{traits::Header as _, Digest, DigestItem, Perbill};

fn alice() -> AccountId {
	Sr25519Keyring::Alice.to_account_id()
}

/// A sealed header of Alice in `slot` that differs by `root`.
fn sealed(slot: Slot, root: u8) -> Header {
	let pre = digests::PreDigest::SecondaryPlain(digests::SecondaryPlainPreDigest {
		authority_index: 0,
		slot,
	});
	let digest = Digest {
		logs: vec![DigestItem::PreRuntime(sp_consensus_babe::BABE_ENGINE_ID, pre.encode())],
	};
	let mut header = Header::new(9, H256::repeat_byte(root), H256::zero(), H256::zero(), digest);
	let pair: sr25519::Pair = Sr25519Keyring::Alice.pair();
	let signature = pair.sign(header.hash().as_ref());
	header
		.digest_mut()
		.push(DigestItem::Seal(sp_consensus_babe::BABE_ENGINE_ID, signature.encode()));
	header
}

#[test]
fn equivocation_should_slash_the_validator_pool_and_nothing_else() {
	genesis().execute_with(|| {
		step();
		// What BABE does with the first block.
		let offender = AuthorityId::from(Sr25519Keyring::Alice.public());
		let proof = Historical::prove((sp_consensus_babe::KEY_TYPE, offender.clone())).unwrap();
		let slot = Slot::from(1);
		let equivocation = EquivocationProof {
			offender,
			slot,
			first_header: sealed(slot, 1),
			second_header: sealed(slot, 2),
		};
		let before = Pools::<Runtime>::get(Role::Validator, alice()).unwrap();
		let executor = Pools::<Runtime>::get(Role::Executor, alice()).unwrap();
		let issuance = Balances::total_issuance();
		let treasury = wealth(&Treasury::account_id());
		assert_ok!(Babe::report_equivocation_unsigned(
			RuntimeOrigin::none(),
			Box::new(equivocation.clone()),
			proof.clone(),
		));
		let after = Pools::<Runtime>::get(Role::Validator, alice()).unwrap();
		let lost = before.active.balance - after.active.balance;
		assert!(lost > 0);
		// One of one validator: min((3 · 1 / 1)², 1) is all.
		assert_eq!(lost, Perbill::one() * before.active.balance);
		assert!(matches!(after.status, PoolStatus::Paused { .. }));
		assert_eq!(Pools::<Runtime>::get(Role::Executor, alice()).unwrap(), executor);
		// All of it was the operator's own: the treasury has its share, the rest is burned.
		let shared = constants::TREASURY_SHARE * lost;
		assert_eq!(wealth(&Treasury::account_id()), treasury + shared);
		assert_eq!(Balances::total_issuance(), issuance - (lost - shared));
		// The set is never empty: with nobody to elect, it stays.
		assert_eq!(Staking::elect(), None);
		// The same report again changes nothing.
		assert!(Babe::report_equivocation_unsigned(
			RuntimeOrigin::none(),
			Box::new(equivocation),
			proof,
		)
		.is_err());
		check_invariants();
	});
}
