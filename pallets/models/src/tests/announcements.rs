//! Announcements, and who was first with a file.

use super::*;
use frame_support::{assert_noop, assert_ok};
use opg_primitives::registry::announcement;
use sp_runtime::TokenError;

const FILE: H256 = H256::repeat_byte(3);
const SALT: [u8; 32] = [4; 32];

fn announce(who: u64, commitment: H256) -> DispatchResult {
	with_storage_layer(|| Registry::announce(origin(who), commitment))
}

/// Registers the file with this salt.
fn register_file(owner: u64, salt: Option<[u8; 32]>) -> DispatchResult {
	Registration { owner, model_hash: FILE, salt, ..Registration::of(b"m") }.send()
}

fn commitment(who: u64) -> H256 {
	announcement(&who, &FILE, &SALT)
}

fn first() -> (u64, u64) {
	let first = FirstAnnouncements::<Test>::get(FILE).unwrap();
	(first.who, first.at)
}

fn remove(caller: u64, who: u64) -> DispatchResult {
	with_storage_layer(|| Registry::remove_announcement(origin(caller), who, commitment(who)))
}

#[test]
fn who_announced_first_should_be_known_although_a_copy_was_registered_first() {
	run(|| {
		assert_ok!(announce(1, commitment(1)));
		System::set_block_number(5);
		// Who reads the hash in the pool is ahead of the author, and knows the salt.
		assert_ok!(register_file(2, None));
		assert_eq!(first(), (2, 5));
		assert_noop!(register_file(3, Some(SALT)), Error::<Test>::NotAnnounced);
		assert_ok!(announce(3, commitment(3)));
		assert_ok!(register_file(1, Some(SALT)));
		assert_eq!(first(), (1, 1));
		System::set_block_number(6);
		assert_ok!(register_file(3, Some(SALT)));
		assert_eq!(first(), (1, 1));
		// It stays known while a copy is registered.
		assert_ok!(Registry::deregister(origin(1), 1));
		assert_eq!(first(), (1, 1));
		assert_ok!(Registry::deregister(origin(2), 0));
		assert_ok!(Registry::deregister(origin(3), 2));
		assert!(FirstAnnouncements::<Test>::get(FILE).is_none());
	});
}

#[test]
fn salt_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(register_file(1, Some(SALT)), Error::<Test>::NotAnnounced);
		assert_ok!(announce(1, commitment(1)));
		assert_noop!(register_file(1, Some(SALT)), Error::<Test>::AnnouncedJustNow);
		System::set_block_number(2);
		assert_noop!(register_file(1, Some([5; 32])), Error::<Test>::NotAnnounced);
		assert_noop!(register_file(2, Some(SALT)), Error::<Test>::NotAnnounced);
		let other = Registration { salt: Some(SALT), ..Registration::of(b"m") };
		assert_noop!(other.send(), Error::<Test>::NotAnnounced);
		System::set_block_number(21);
		assert_noop!(register_file(1, Some(SALT)), Error::<Test>::AnnouncementExpired);
		System::set_block_number(20);
		assert_ok!(register_file(1, Some(SALT)));
		assert_noop!(register_file(1, Some(SALT)), Error::<Test>::NotAnnounced);
	});
}

#[test]
fn announcements_should_be_few_paid_for_and_expire() {
	run(|| {
		let deposit = Registry::announcement_deposit();
		let hashes = [1, 2, 3, 4].map(H256::repeat_byte);
		assert_noop!(announce(99, hashes[0]), TokenError::FundsUnavailable);
		for hash in &hashes[..3] {
			assert_ok!(announce(1, *hash));
			assert_noop!(announce(1, *hash), Error::<Test>::AlreadyAnnounced);
			System::set_block_number(System::block_number() + 1);
		}
		assert_noop!(announce(1, hashes[3]), Error::<Test>::TooManyAnnouncements);
		assert_eq!(Balances::free_balance(1), FUNDS - 3 * deposit);
		// Those that expired make room: of blocks 1 and 2, not of block 3.
		System::set_block_number(22);
		assert_ok!(announce(1, hashes[3]));
		assert_eq!(Balances::free_balance(1), FUNDS - 2 * deposit);
		let left: Vec<_> =
			Announcements::<Test>::get(1).into_iter().map(|own| own.commitment).collect();
		assert_eq!(left, hashes[2..]);
		// An expired one can be made anew.
		System::set_block_number(23);
		assert_ok!(announce(1, hashes[2]));
	});
}

#[test]
fn announcement_should_be_removed_by_others_only_when_it_expired() {
	run(|| {
		assert_noop!(remove(1, 1), Error::<Test>::NotAnnounced);
		assert_ok!(announce(1, commitment(1)));
		assert_noop!(remove(2, 1), Error::<Test>::NotExpired);
		assert_ok!(remove(1, 1));
		assert_eq!(Balances::free_balance(1), FUNDS);
		assert_ok!(announce(1, commitment(1)));
		System::set_block_number(21);
		assert_ok!(remove(2, 1));
		assert_eq!((Balances::free_balance(1), Balances::free_balance(2)), (FUNDS, FUNDS));
	});
}
