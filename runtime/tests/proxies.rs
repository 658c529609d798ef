//! What each type of proxy may do, and what none but `Any` may.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

mod calls;

use calls::*;
use frame_support::{assert_ok, traits::InstanceFilter};
use opg_primitives::{Content, Tier, MAX_INPUT_BYTES};
use opg_runtime::{constants::OPG, *};
use opg_runtime_testing::*;
use sp_runtime::{traits::Dispatchable, DispatchError, DispatchResult};
use ProxyType::*;

const RESTRICTED: [ProxyType; 5] = [NonTransfer, Staking, Inference, StakingManagement, Governance];
const ALL: [ProxyType; 6] = [Any, NonTransfer, Staking, Inference, StakingManagement, Governance];

const MANAGEMENT: &[&str] = &[
	"Staking.pause",
	"Staking.reap",
	"Staking.resume",
	"Staking.set_commission",
	"Staking.set_hot_key",
	"Staking.set_slots",
	"Staking.settle",
	"Staking.undelegate",
	"Staking.withdraw",
];
const STAKING: &[&str] = &[
	"Staking.bond",
	"Staking.delegate",
	"Staking.force_undelegate",
	"Staking.leave",
	"Staking.redelegate",
];
const MODELS: &[&str] = &[
	"Models.allow_serving",
	"Models.announce",
	"Models.deprecate",
	"Models.deregister",
	"Models.describe",
	"Models.register",
	"Models.remove_announcement",
	"Models.serve",
	"Models.set_channel",
	"Models.stop_serving",
	"Models.undeprecate",
];
const INFERENCE: &[&str] = &[
	"Inference.audit",
	"Inference.cancel",
	"Inference.challenge",
	"Inference.request",
	"Inference.request_stored",
	"Inference.reveal_claim",
];
const VOTES: &[&str] = &[
	"ConvictionVoting.delegate",
	"ConvictionVoting.remove_other_vote",
	"ConvictionVoting.remove_vote",
	"ConvictionVoting.undelegate",
	"ConvictionVoting.unlock",
	"ConvictionVoting.vote",
];
const OTHERS: &[&str] = &[
	"Multisig.approve_as_multi",
	"Multisig.cancel_as_multi",
	"Proxy.add_proxy",
	"Proxy.announce",
	"Proxy.reject_announcement",
	"Proxy.remove_announcement",
	"Proxy.remove_proxy",
	"Session.purge_keys",
	"Session.set_keys",
	"System.remark",
	"System.remark_with_event",
	"Utility.as_derivative",
	"Utility.batch",
	"Utility.batch_all",
	"Utility.dispatch_as",
	"Utility.dispatch_as_fallible",
	"Utility.force_batch",
	"Utility.if_else",
	"Utility.with_weight",
];

fn allowed(of: ProxyType) -> Vec<String> {
	let calls = all().into_iter().filter(|(_, call)| of.filter(call));
	let mut names: Vec<_> = calls.map(|(name, _)| name).collect();
	names.sort();
	names
}

fn sorted(parts: &[&[&'static str]]) -> Vec<&'static str> {
	let mut names = parts.concat();
	names.sort();
	names
}

/// Ferdie is Eve's proxy of this type.
fn run_as(of: ProxyType, test: impl FnOnce()) {
	run(|| {
		let ferdie = ferdie().into();
		assert_ok!(Proxy::add_proxy(signed(eve()), ferdie, of, 0));
		test()
	})
}

/// Ferdie makes `call` for Eve. Gives its result.
fn by_proxy(call: impl Into<RuntimeCall>) -> DispatchResult {
	let (real, call) = (eve().into(), Box::new(call.into()));
	assert_ok!(Proxy::proxy(signed(ferdie()), real, None, call));
	let executed = System::events().into_iter().rev().find_map(|record| match record.event {
		RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
		_ => None,
	});
	executed.unwrap()
}

fn filtered() -> DispatchError {
	frame_system::Error::<Runtime>::CallFiltered.into()
}

fn transfer() -> RuntimeCall {
	pallet_balances::Call::<Runtime>::transfer_allow_death { dest: ferdie().into(), value: OPG }
		.into()
}

#[test]
fn types_should_allow_what_is_listed_here_and_nothing_else() {
	assert_eq!(allowed(StakingManagement), sorted(&[MANAGEMENT]));
	assert_eq!(allowed(Staking), sorted(&[MANAGEMENT, STAKING]));
	assert_eq!(allowed(Inference), sorted(&[MODELS, INFERENCE]));
	assert_eq!(allowed(Governance), sorted(&[VOTES]));
	assert_eq!(allowed(NonTransfer), sorted(&[MANAGEMENT, STAKING, MODELS, OTHERS]));
}

#[test]
fn indices_of_types_should_stay_because_accounts_store_them() {
	use codec::Encode;
	let indices = ALL.map(|of| of.encode());
	assert_eq!(indices, [[0], [1], [2], [3], [4], [5]].map(|index| index.to_vec()));
}

#[test]
fn a_type_should_contain_another_when_it_allows_all_of_its_calls_and_only_then() {
	for one in ALL {
		let own = allowed(one);
		for other in ALL {
			let contains = allowed(other).iter().all(|name| own.contains(name));
			assert_eq!(one.is_superset(&other), contains, "{one:?} {other:?}");
		}
	}
}

#[test]
fn balances_and_sudo_should_stay_out_of_reach_when_calls_are_nested() {
	for of in RESTRICTED {
		run_as(of, || {
			let before = Balances::free_balance(eve());
			let sudo: RuntimeCall =
				pallet_sudo::Call::<Runtime>::sudo { call: Box::new(transfer()) }.into();
			for call in [transfer(), sudo] {
				let nested = |call: &RuntimeCall| Box::new(call.clone());
				let calls = vec![call.clone()];
				let other_signatories = vec![dave()];
				for wrapped in [
					call.clone(),
					pallet_utility::Call::<Runtime>::batch_all { calls: calls.clone() }.into(),
					pallet_utility::Call::<Runtime>::as_derivative {
						index: 0,
						call: nested(&call),
					}
					.into(),
					pallet_proxy::Call::<Runtime>::proxy {
						real: eve().into(),
						force_proxy_type: None,
						call: nested(&call),
					}
					.into(),
					pallet_multisig::Call::<Runtime>::as_multi_threshold_1 {
						other_signatories,
						call: nested(&call),
					}
					.into(),
				] {
					assert_eq!(by_proxy(wrapped.clone()), Err(filtered()), "{of:?} {wrapped:?}");
				}
			}
			assert_eq!(Balances::free_balance(eve()), before);
		});
	}
}

#[test]
fn a_proxy_should_not_act_for_others_when_its_account_is_their_proxy() {
	run_as(NonTransfer, || {
		// Eve may do everything for Dave. Ferdie, who may do little for Eve, may not.
		assert_ok!(Proxy::add_proxy(signed(dave()), eve().into(), Any, 0));
		let real = dave().into();
		let call = Box::new(transfer());
		let nested = pallet_proxy::Call::<Runtime>::proxy { real, force_proxy_type: None, call };
		let before = Balances::free_balance(dave());
		assert_eq!(by_proxy(nested), Err(filtered()));
		assert_eq!(Balances::free_balance(dave()), before);
	});
}

#[test]
fn a_proxy_should_not_add_one_that_may_do_more() {
	let add = |proxy_type| {
		let delegate = dave().into();
		pallet_proxy::Call::<Runtime>::add_proxy { delegate, proxy_type, delay: 0 }
	};
	run_as(NonTransfer, || {
		assert_eq!(by_proxy(add(Any)), Err(filtered()));
		assert_eq!(by_proxy(add(Inference)), Err(filtered()));
		assert_ok!(by_proxy(add(StakingManagement)));
	});
	run_as(Staking, || assert_eq!(by_proxy(add(StakingManagement)), Err(filtered())));
}

#[test]
fn a_proxy_should_not_pay_a_royalty_to_somebody_else() {
	let request = |max_royalty| pallet_opg_inference::Call::<Runtime>::request {
		model: 0,
		input: input(),
		tier: Tier::Quorum,
		max_fee: 10 * OPG,
		max_royalty,
		reference: Default::default(),
		deadline: None,
		fuel_limit: None,
	};
	let request_stored = |max_royalty| pallet_opg_inference::Call::<Runtime>::request_stored {
		model: 0,
		input: Content { hash: Default::default(), size: MAX_INPUT_BYTES + 1 },
		tier: Tier::Quorum,
		max_fee: 10 * OPG,
		max_royalty,
		reference: Default::default(),
		deadline: None,
		fuel_limit: None,
	};
	run_as(Inference, || {
		let before = next_request();
		assert_eq!(by_proxy(request(OPG)), Err(filtered()));
		assert_eq!(next_request(), before);
		// The model of the test chain asks for one.
		assert!(by_proxy(request(0)).is_err_and(|error| error != filtered()));
		assert_eq!(by_proxy(request_stored(OPG)), Err(filtered()));
		assert!(by_proxy(request_stored(0)).is_err_and(|error| error != filtered()));
	});
	run_as(Any, || {
		assert_ok!(by_proxy(request(OPG)));
	});
}

#[test]
fn dispatch_should_fail_when_somebody_is_no_proxy() {
	run(|| {
		let (real, call) = (eve().into(), Box::new(transfer()));
		let call: RuntimeCall =
			pallet_proxy::Call::<Runtime>::proxy { real, force_proxy_type: None, call }.into();
		let refused = call.dispatch(signed(ferdie())).map(drop).map_err(|error| error.error);
		assert_eq!(refused, Err(pallet_proxy::Error::<Runtime>::NotProxy.into()));
	});
}
