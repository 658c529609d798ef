//! Named models that go to another account.

use super::*;
use frame_support::{assert_noop, assert_ok};
use opg_primitives::Balance;
use pallet_opg_support::ModelRegistry;
use sp_runtime::TokenError;

fn offer(who: u64, to: impl Into<Option<u64>>) -> DispatchResult {
	let to = to.into();
	with_storage_layer(|| Registry::offer_transfer(origin(who), text(b"m"), to))
}

fn accept_for(who: u64, max_deposit: Balance) -> DispatchResult {
	with_storage_layer(|| {
		let accepted = Registry::accept_transfer(origin(who), 1, text(b"m"), max_deposit);
		accepted.map(drop).map_err(|error| error.error)
	})
}

fn accept(who: u64) -> DispatchResult {
	accept_for(who, Balance::MAX)
}

#[test]
fn model_should_go_with_its_versions_and_deposits_to_who_accepts_it() {
	run(|| {
		for number in ["1.0.0", "1.1.0"] {
			assert_ok!(Registration::at(number).send());
		}
		assert_ok!(Registry::deregister(origin(1), 0));
		assert_ok!(Registration { name: text(b"other"), ..Registration::at("1.0.0") }.send());
		let deposit = NamedModels::<Test>::get(0).unwrap().deposit;
		let before = Balances::free_balance(1);
		assert_ok!(offer(1, 2));
		assert_eq!(Balances::free_balance(1), before - 8, "the offer takes eight bytes");
		assert_eq!(Registry::version(1).unwrap().owner, 1);
		assert_ok!(accept(2));
		assert_eq!(Balances::free_balance(1), before + deposit);
		assert_eq!(Balances::free_balance(2), FUNDS - deposit);
		assert_eq!([1, 2].map(|id| Registry::version(id).unwrap().owner), [2, 1]);
		System::assert_last_event(Event::Transferred { from: 1, to: 2, name: text(b"m") }.into());
		assert_noop!(Registry::deregister(origin(1), 1), Error::<Test>::NotOwner);
		assert_ok!(Registry::deregister(origin(2), 1));
		assert_ok!(Registry::remove_name(origin(2), text(b"m")));
		assert_eq!(Balances::free_balance(2), FUNDS);
	});
}

#[test]
fn nobody_should_get_a_model_or_its_deposit_against_his_will() {
	run(|| {
		assert_noop!(offer(1, 2), Error::<Test>::UnknownName);
		assert_noop!(accept(2), Error::<Test>::UnknownName);
		assert_ok!(Registration::at("1.0.0").send());
		assert_noop!(offer(2, 2), Error::<Test>::UnknownName);
		assert_noop!(accept(2), Error::<Test>::NotOffered);
		assert_noop!(offer(1, None), Error::<Test>::NotOffered);
		assert_ok!(offer(1, 2));
		assert_noop!(accept(3), Error::<Test>::NotOffered);
		// The owner could make it dearer before it is accepted.
		let deposit = NamedModels::<Test>::get(0).unwrap().deposit - 8;
		assert_noop!(accept_for(2, deposit - 1), Error::<Test>::DepositTooHigh);
		assert_ok!(Registration::at("1.1.0").send());
		assert_noop!(accept_for(2, deposit), Error::<Test>::DepositTooHigh);
		assert_ok!(Registration { owner: 2, ..Registration::at("1.0.0") }.send());
		assert_noop!(accept(2), Error::<Test>::NameTaken);
		assert_ok!(offer(1, 99));
		assert_noop!(accept(99), TokenError::FundsUnavailable);
		assert_noop!(accept(2), Error::<Test>::NotOffered);
		assert_ok!(offer(1, 3));
		assert_ok!(offer(1, None));
		assert_noop!(accept(3), Error::<Test>::NotOffered);
	});
}
