//! What gets into a block, in which order, and at what price.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

mod calls;

use calls::*;
use codec::Encode;
use frame_support::{
	dispatch::{DispatchClass, GetDispatchInfo, Pays},
	traits::Hooks,
	weights::Weight,
};
use frame_system::offchain::CreateAuthorizedTransaction;
use opg_primitives::{commitment, BatchKind, RequestId};
use opg_runtime::{constants::*, *};
use opg_runtime_testing::*;
use pallet_opg_attestation::{Call as Attestations, RevealedAnswer};
use pallet_opg_support::priority;
use pallet_transaction_payment::Event as Fees;
use sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	traits::{BlakeTwo256, BlockNumberProvider, Hash as _},
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	Digest, DigestItem, DispatchError,
};

const EVE: Sr25519Keyring = Sr25519Keyring::Eve;
/// Holds the key of `pallet-sudo`.
const ALICE: Sr25519Keyring = Sr25519Keyring::Alice;
/// Calls that are free, as authorized transactions only.
const FREE: [&str; 8] = [
	"Attestation.commit",
	"Attestation.reveal",
	"Attestation.decline",
	"Court.commit",
	"Court.reveal",
	"Court.declare",
	"Inference.challenge_with_pool",
	"Inference.reveal_claim_with_pool",
];

fn class_refused() -> TransactionValidityError {
	InvalidTransaction::Call.into()
}

fn is_full(error: &TransactionValidityError) -> bool {
	*error == InvalidTransaction::ExhaustsResources.into()
}

fn remark(bytes: usize) -> RuntimeCall {
	frame_system::Call::<Runtime>::remark { remark: vec![0; bytes] }.into()
}

fn batch(calls: Vec<RuntimeCall>) -> RuntimeCall {
	pallet_utility::Call::<Runtime>::batch { calls }.into()
}

fn proxied(call: RuntimeCall) -> RuntimeCall {
	let real = dave().into();
	pallet_proxy::Call::<Runtime>::proxy { real, force_proxy_type: None, call: Box::new(call) }
		.into()
}

fn by_multisig(call: RuntimeCall) -> RuntimeCall {
	let other_signatories = vec![dave()];
	pallet_multisig::Call::<Runtime>::as_multi_threshold_1 {
		other_signatories,
		call: Box::new(call),
	}
	.into()
}

fn by_derivative(call: RuntimeCall) -> RuntimeCall {
	pallet_utility::Call::<Runtime>::as_derivative { index: 0, call: Box::new(call) }.into()
}

fn sudo(call: RuntimeCall) -> RuntimeCall {
	pallet_sudo::Call::<Runtime>::sudo { call: Box::new(call) }.into()
}

/// `call` in every wrapper that takes its class, and in some of them at once.
fn wrapped(call: RuntimeCall) -> Vec<RuntimeCall> {
	let two = || vec![call.clone(); 2];
	vec![
		call.clone(),
		batch(two()),
		pallet_utility::Call::<Runtime>::batch_all { calls: two() }.into(),
		pallet_utility::Call::<Runtime>::force_batch { calls: two() }.into(),
		by_derivative(call.clone()),
		proxied(call.clone()),
		by_multisig(call.clone()),
		sudo(call.clone()),
		batch(vec![proxied(batch(two())), by_multisig(call.clone())]),
		proxied(by_derivative(by_multisig(batch(two())))),
	]
}

fn apply(transaction: UncheckedExtrinsic) -> sp_runtime::ApplyExtrinsicResult {
	Executive::apply_extrinsic(transaction)
}

/// Fees that transactions of this block paid.
fn fees() -> Vec<Balance> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::TransactionPayment(Fees::TransactionFeePaid { actual_fee, .. }) => {
				Some(actual_fee)
			},
			_ => None,
		})
		.collect()
}

/// Authorized transaction, as an executor's node submits it.
fn authorized(call: Attestations<Runtime>) -> UncheckedExtrinsic {
	<Runtime as CreateAuthorizedTransaction<Attestations<Runtime>>>::create_authorized_transaction(
		call.into(),
	)
}

fn commit_transaction(id: RequestId, who: &AccountId) -> UncheckedExtrinsic {
	let payload = commitment(&context(id, who), &right(), None, &SALT);
	let (batch, signature) = signed_batch(BatchKind::Commit, id, who, payload);
	authorized(Attestations::commit { batch, signature })
}

fn reveal_transaction(id: RequestId, who: &AccountId) -> UncheckedExtrinsic {
	let payload = RevealedAnswer { answer: right(), witness: None, salt: SALT };
	let (batch, signature) = signed_batch(BatchKind::Reveal, id, who, payload);
	authorized(Attestations::reveal { batch, signature })
}

/// A request whose whole committee committed.
fn committed_request() -> RequestId {
	let id = request();
	committee(id).iter().for_each(|who| commit(id, who, &right()).unwrap());
	id
}

/// Fills all that is left of the class `Normal` with tipped remarks of Eve.
fn fill_with_tipped_remarks() {
	set_balance(&eve(), 1_000_000_000 * OPG);
	for count in [2_000, 100, 1] {
		loop {
			let call = batch(vec![remark(0); count]);
			match apply(signed_by(EVE, call, OPG)) {
				Ok(outcome) => outcome.unwrap(),
				Err(error) => break assert!(is_full(&error), "{error:?}"),
			}
		}
	}
}

#[test]
fn answers_and_votes_should_be_invalid_when_they_are_signed_whatever_wraps_them() {
	genesis().execute_with(|| {
		begin_bare_block();
		for call in FREE.into_iter().flat_map(|name| wrapped(named(name))) {
			let transaction = || signed_by(EVE, call.clone(), 0);
			assert_eq!(validity(transaction()), Err(class_refused()), "{call:?}");
			assert_eq!(apply(transaction()), Err(class_refused()), "an author cannot include it");
		}
		// What is mixed is `Normal`, and pays for all.
		let mixed = batch(vec![remark(0), named("Attestation.reveal")]);
		assert!(validity(signed_by(EVE, mixed, 0)).is_ok());
	});
}

#[test]
fn transactions_should_be_invalid_when_nobody_signed_or_authorized_them() {
	genesis().execute_with(|| {
		for name in ["System.set_code", "System.apply_authorized_upgrade", "System.set_storage"] {
			let extension = tx_extension(0, sp_runtime::generic::Era::Immortal, 0);
			let general = UncheckedExtrinsic::new_transaction(named(name), extension);
			assert_eq!(validity(general), Err(class_refused()), "{name}");
			assert!(validity(UncheckedExtrinsic::new_bare(named(name))).is_err(), "{name}");
		}
		for name in FREE {
			let extension = tx_extension(0, sp_runtime::generic::Era::Immortal, 0);
			let general = UncheckedExtrinsic::new_transaction(named(name), extension);
			assert!(validity(general).is_err(), "{name}");
			assert!(validity(UncheckedExtrinsic::new_bare(named(name))).is_err(), "{name}");
		}
	});
}

#[test]
fn calls_of_the_system_should_be_refused_when_they_are_signed_and_dispatched_when_sudo_says_so() {
	genesis().execute_with(|| {
		begin_bare_block();
		let pages: RuntimeCall = frame_system::Call::<Runtime>::set_heap_pages { pages: 9 }.into();
		for name in [
			"System.set_heap_pages",
			"System.set_code",
			"System.set_code_without_checks",
			"System.set_storage",
			"System.kill_storage",
			"System.kill_prefix",
			"System.authorize_upgrade",
			"System.authorize_upgrade_without_checks",
			"System.apply_authorized_upgrade",
		] {
			for call in wrapped(named(name)) {
				let refused = validity(signed_by(EVE, call.clone(), 0));
				assert_eq!(refused, Err(class_refused()), "{call:?}");
			}
		}
		// Signed by the key of sudo it is valid, but no Root.
		let direct = apply(signed_by(ALICE, pages.clone(), 0)).unwrap();
		let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
		assert_eq!(direct, Err(filtered));
		assert_eq!(apply(signed_by(ALICE, sudo(pages), 0)).unwrap(), Ok(()));
		let stored = sp_io::storage::get(sp_core::storage::well_known_keys::HEAP_PAGES);
		assert_eq!(stored.unwrap(), 9u64.encode());
		// And what is not operational is sudo's too.
		assert_eq!(apply(signed_by(ALICE, sudo(remark(1)), 0)).unwrap(), Ok(()));
		let required: DispatchError = pallet_sudo::Error::<Runtime>::RequireSudo.into();
		assert_eq!(apply(signed_by(EVE, sudo(remark(1)), 0)).unwrap(), Err(required));
	});
}

fn apply_upgrade(code: &[u8]) -> RuntimeCall {
	frame_system::Call::<Runtime>::apply_authorized_upgrade { code: code.to_vec() }.into()
}

#[test]
fn code_of_an_upgrade_should_be_sent_by_anyone_when_governance_authorized_it() {
	genesis().execute_with(|| {
		begin_bare_block();
		let code = vec![7; 1 << 20];
		let transaction = || signed_by(EVE, apply_upgrade(&code), 0);
		assert_eq!(validity(transaction()), Err(class_refused()), "nothing is authorized");
		System::do_authorize_upgrade(BlakeTwo256::hash(&code), false);
		let other = signed_by(EVE, apply_upgrade(&[8; 1 << 10]), 0);
		assert_eq!(validity(other.clone()), Err(class_refused()), "it is another code");
		assert_eq!(apply(other), Err(class_refused()), "an author cannot include it");
		for call in wrapped(apply_upgrade(&code)).into_iter().skip(1) {
			let signed = signed_by(EVE, call, 0);
			assert_eq!(validity(signed), Err(class_refused()), "it is by itself");
		}
		let extension = tx_extension(0, sp_runtime::generic::Era::Immortal, 0);
		let unsigned = UncheckedExtrinsic::new_transaction(apply_upgrade(&code), extension);
		assert_eq!(validity(unsigned), Err(class_refused()), "somebody signs it");
		assert!(validity(UncheckedExtrinsic::new_bare(apply_upgrade(&code))).is_err());

		assert!(validity(transaction()).is_ok());
		let before = Balances::free_balance(eve());
		assert_eq!(apply(transaction()), Ok(Ok(())));
		let stored = sp_io::storage::get(sp_core::storage::well_known_keys::CODE).unwrap();
		assert_eq!(stored, code);
		assert_eq!(Balances::free_balance(eve()), before, "it is free");
		assert_eq!(validity(transaction()), Err(class_refused()), "it is authorized once");
	});
}

/// Covers every call index of the metadata, each with one set of arguments, mostly zeros: most of
/// them fail when they are dispatched. Calls that refund the fee of a success (a proven
/// equivocation, an authorized upgrade) are not made to succeed.
#[test]
fn every_call_should_be_refused_or_cost_a_fee_when_it_is_signed() {
	genesis().execute_with(|| {
		begin_bare_block();
		let (mut refused, mut paid) = (Vec::new(), 0);
		for (name, call) in all() {
			let info = call.get_dispatch_info();
			let transaction = signed_by(EVE, call, 0);
			let (outcome, fees) = rolled_back(|| (apply(transaction), fees()));
			match outcome {
				Err(error) => {
					assert_eq!(error, class_refused(), "{name}");
					assert_ne!(info.class, DispatchClass::Normal, "{name}");
					refused.push(name);
				},
				Ok(outcome) => {
					assert_eq!(info.class, DispatchClass::Normal, "{name}");
					assert_eq!(info.pays_fee, Pays::Yes, "{name}");
					assert!(matches!(fees[..], [fee] if fee > 0), "{name}: {outcome:?}, {fees:?}");
					paid += 1;
				},
			}
		}
		for name in FREE.into_iter().chain(["System.set_code", "Timestamp.set"]) {
			assert!(refused.iter().any(|other| other == name), "{name}");
		}
		assert!(paid > 60, "{paid}");
	});
}

#[test]
fn authorized_transactions_should_cost_no_fee_though_their_dispatch_info_says_so() {
	run(|| {
		let id = request();
		let who = committee(id).remove(0);
		let transaction = commit_transaction(id, &who);
		begin_bare_block();
		assert_eq!(transaction.get_dispatch_info().pays_fee, Pays::Yes);
		let before = wealth(&who);
		assert_eq!(apply(transaction), Ok(Ok(())));
		assert_eq!((fees(), wealth(&who)), (vec![], before));
	});
}

#[test]
fn authorized_transactions_should_come_before_all_that_a_tip_buys() {
	run(|| {
		let id = request();
		let who = committee(id).remove(0);
		let tip = Balance::MAX / 4;
		set_balance(&eve(), Balance::MAX / 2);
		let tipped = validity(signed_by(EVE, remark(0), tip)).unwrap().priority;
		assert_eq!(tipped, priority::MAX_TIPPED, "the bound binds");
		let commit = validity(commit_transaction(id, &who)).unwrap().priority;
		assert_eq!(commit, priority::COMMIT);
		answer_all(id, |_| right());
		let challenge = named("Inference.challenge");
		let plain = validity(signed_by(EVE, challenge.clone(), 0)).unwrap().priority;
		let more = validity(signed_by(EVE, challenge, tip)).unwrap().priority;
		assert!(tipped < plain && plain < more && more < priority::DECLINE);
		assert!(priority::DECLINE < commit && commit < priority::REVEAL);
	});
}

#[test]
fn larger_tip_should_come_first_also_among_large_ones() {
	run(|| {
		set_balance(&eve(), 100_000 * OPG);
		let tips = [0, OPG / 1_000_000, OPG / 1_000, OPG / 10, OPG, 10 * OPG, 10_000 * OPG];
		let priorities = tips.map(|tip| validity(signed_by(EVE, remark(0), tip)).unwrap().priority);
		assert!(priorities.is_sorted_by(|low, high| low < high), "{priorities:?}");
		assert!(priorities.iter().all(|priority| *priority < priority::MAX_TIPPED));
	});
}

#[test]
fn reveals_should_get_in_when_tipped_remarks_fill_the_block() {
	run(|| {
		let id = committed_request();
		let members = committee(id);
		let reveals: Vec<_> = members.iter().map(|who| reveal_transaction(id, who)).collect();
		begin_bare_block();
		fill_with_tipped_remarks();
		for reveal in reveals {
			assert_eq!(apply(reveal), Ok(Ok(())));
		}
		assert!(matches!(state(id), pallet_opg_inference::RequestState::Attested { .. }));
	});
}

#[test]
fn first_block_of_a_session_should_take_transactions_of_both_classes() {
	run(|| {
		let id = committed_request();
		let members = committee(id);
		let limits = <Runtime as frame_system::Config>::BlockWeights::get();
		let reveals: Vec<_> = members.iter().map(|who| reveal_transaction(id, who)).collect();
		begin_bare_block();
		// What `pallet-session` claims when it rotates.
		System::register_extra_weight_unchecked(limits.max_block, DispatchClass::Mandatory);
		fill_with_tipped_remarks();
		let used = System::block_weight().get(DispatchClass::Normal).ref_time();
		let reserved = limits.get(DispatchClass::Normal).reserved.unwrap().ref_time();
		assert!(used <= reserved && used > reserved / 10 * 9);
		for reveal in reveals {
			assert_eq!(apply(reveal), Ok(Ok(())));
		}
		let before = Clock::current_block_number();
		Clock::on_finalize(System::block_number());
		assert_eq!(Clock::current_block_number(), before + 1, "there is room for more");
	});
}

#[test]
fn classes_should_leave_a_quarter_of_each_block_to_the_other() {
	let limits = <Runtime as frame_system::Config>::BlockWeights::get();
	assert!(limits.clone().validate().is_ok());
	let quarter = Weight::from_parts(limits.max_block.ref_time() / 4, 0);
	for class in [DispatchClass::Normal, DispatchClass::Operational] {
		let own = limits.get(class);
		assert_eq!(own.max_total.unwrap().ref_time(), quarter.ref_time() * 3);
		assert_eq!(own.reserved.unwrap().ref_time(), quarter.ref_time());
		assert!(own.max_extrinsic.unwrap().ref_time() > own.reserved.unwrap().ref_time());
	}
}

#[test]
fn answers_should_never_be_too_long_for_a_block_because_their_weight_binds_first() {
	use pallet_opg_clock::Config;
	let (weight, bytes) = <Runtime as Config>::LargestBatch::get();
	let limits = <Runtime as frame_system::Config>::BlockWeights::get();
	let length = <Runtime as frame_system::Config>::BlockLength::get();
	let [normal, operational] =
		[DispatchClass::Normal, DispatchClass::Operational].map(|class| *length.max.get(class));
	let most = limits.get(DispatchClass::Operational).max_total.unwrap().ref_time();
	let reserved = limits.get(DispatchClass::Operational).reserved.unwrap().ref_time();
	let bytes = u64::from(bytes);
	assert!(most / weight.ref_time() * bytes < u64::from(normal), "`Normal` has length left");
	let left = u64::from(operational - normal);
	assert!(reserved / weight.ref_time() * bytes < left, "reserved by length as by weight");
}

#[test]
fn first_block_of_a_session_should_name_its_author_by_the_new_validators() {
	genesis().execute_with(|| {
		let (alice, bob) = (ALICE.to_account_id(), Sr25519Keyring::Bob.to_account_id());
		let keys = pallet_session::NextKeys::<Runtime>::get(&alice).unwrap();
		initialize(1, 1_000);
		assert_eq!(Authorship::author(), Some(alice));
		Babe::on_finalize(1);
		Authorship::on_finalize(1);
		pallet_session::QueuedKeys::<Runtime>::put(vec![(bob.clone(), keys)]);
		initialize(2, 1_000 + SESSION_SLOTS);
		assert_eq!(Session::current_index(), 1);
		assert_eq!(Authorship::author(), Some(bob));
	});
}

/// Begins a block of this slot, by the first authority, with all hooks.
fn initialize(number: BlockNumber, slot: u64) {
	let claim = SecondaryPlainPreDigest { authority_index: 0, slot: slot.into() };
	let claim = DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(claim));
	let none = H256::zero();
	let header = Header {
		parent_hash: none,
		number,
		state_root: none,
		extrinsics_root: none,
		digest: Digest { logs: vec![claim] },
	};
	Executive::initialize_block(&header);
}
