//! Serving by the node itself: allowances, declarations under a hot key, and the off-chain worker.

use super::*;
use crate::policy::{reject, ServingAction, ServingCall, ServingCallOf, PAGE};
use codec::Decode;
use frame_support::{
	assert_noop, assert_ok,
	traits::{Authorize, Hooks},
};
use opg_primitives::{
	serving::{serving_payload, ServingWish, VersionOffer},
	ExecutorSignature, Job, JobError, JobStatus, EXECUTOR_KEY_TYPE,
};
use opg_runtime_interface::{JobQueue, JobQueueExt};
use sp_core::{
	offchain::{testing::TestOffchainExt, testing::TestTransactionPoolExt, OffchainDbExt},
	offchain::{OffchainWorkerExt, TransactionPoolExt},
	Pair,
};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};
use std::sync::{Arc, Mutex};

const SERVE: ServingAction = ServingAction::Serve { report_hash: REPORT };

/// Names block 1 from block 2.
fn begin() {
	System::set_block_number(2);
	frame_system::BlockHash::<Test>::insert(1, H256::repeat_byte(1));
}

fn call(who: u64, allowance: u32, model: ModelId, action: ServingAction) -> ServingCallOf<Test> {
	ServingCall { executor: who, at: 1, allowance, model, action }
}

fn sign(signer: u64, call: &ServingCallOf<Test>) -> ExecutorSignature {
	let genesis = System::block_hash(0);
	hot_pair(signer).sign(&serving_payload(&genesis, &System::block_hash(call.at), call)).into()
}

/// Validates and dispatches a declaration as a block does. The error is the code of the refusal.
fn submit(signer: u64, declaration: ServingCallOf<Test>) -> Result<(), u8> {
	let signature = sign(signer, &declaration);
	let call = Call::<Test>::declare_serving { declaration, signature };
	let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
	let before = root();
	match call.authorize(TransactionSource::External).unwrap() {
		Ok((valid, _)) => assert_eq!(valid.provides.len(), 1),
		Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code))) => {
			assert_eq!(root(), before, "a trial leaves nothing");
			return Err(code);
		},
		Err(other) => panic!("no code of this pallet: {other:?}"),
	}
	let origin = frame_system::RawOrigin::Authorized.into();
	let post = RuntimeCall::from(call).dispatch(origin).unwrap();
	assert_eq!(post.pays_fee, frame_support::dispatch::Pays::No);
	Ok(())
}

fn serves(who: u64, model: ModelId) -> bool {
	let list = ServingExecutors::<Test>::get(model);
	list.iter().any(|own| own.executor == who && own.until.is_none())
}

/// Registers the versions 0 to 2.
fn three_versions() {
	(1..4).for_each(|fuel| register(1, 1, b"m", fuel, 0).unwrap());
}

#[test]
fn hot_key_should_serve_as_many_versions_as_its_operator_allows() {
	run(|| {
		three_versions();
		begin();
		assert_ok!(Registry::allow_serving(origin(5), 2));
		assert_eq!(submit(5, call(5, 2, 0, SERVE)), Ok(()));
		assert_eq!(submit(5, call(5, 1, 1, SERVE)), Ok(()));
		assert!(serves(5, 0) && serves(5, 1));
		let index = Error::<Test>::NotAllowed.encode_index();
		assert_eq!(submit(5, call(5, 0, 2, SERVE)), Err(reject::FAILS_WITH + index));
		// Ending one gives nothing back.
		assert_eq!(submit(5, call(5, 0, 0, ServingAction::Stop)), Ok(()));
		assert!(!serves(5, 0));
		assert_eq!(submit(5, call(5, 0, 0, SERVE)), Err(reject::FAILS_WITH + index));
	});
}

trait Index {
	fn encode_index(&self) -> u8;
}

impl Index for Error<Test> {
	fn encode_index(&self) -> u8 {
		codec::Encode::encode(self)[0]
	}
}

#[test]
fn declaration_should_count_once_when_it_is_sent_again() {
	run(|| {
		three_versions();
		begin();
		assert_ok!(Registry::allow_serving(origin(5), 9));
		let first = call(5, 9, 0, SERVE);
		assert_eq!(submit(5, first.clone()), Ok(()));
		assert_eq!(submit(5, call(5, 8, 0, ServingAction::Stop)), Ok(()));
		assert_eq!(submit(5, first), Err(reject::OTHER_ALLOWANCE));
		assert!(!serves(5, 0));
	});
}

#[test]
fn declaration_should_be_refused_when_it_is_not_of_the_operator() {
	run(|| {
		three_versions();
		begin();
		// Nobody allowed anything.
		let not_allowed = reject::FAILS_WITH + Error::<Test>::NotAllowed.encode_index();
		assert_eq!(submit(5, call(5, 0, 0, SERVE)), Err(not_allowed));
		assert_ok!(Registry::allow_serving(origin(5), 1));
		assert_eq!(submit(4, call(5, 1, 0, SERVE)), Err(reject::INVALID_SIGNATURE));
		assert_eq!(submit(9, call(9, 0, 0, SERVE)), Err(reject::NOT_EXECUTOR));
		assert_eq!(submit(5, call(5, 2, 0, SERVE)), Err(reject::OTHER_ALLOWANCE));
		let wrong = ServingAction::Serve { report_hash: H256::zero() };
		let mismatch = reject::FAILS_WITH + Error::<Test>::ReportMismatch.encode_index();
		assert_eq!(submit(5, call(5, 1, 0, wrong)), Err(mismatch));
		let late = ServingCall { at: 0, ..call(5, 1, 0, SERVE) };
		System::set_block_number(18);
		assert_eq!(submit(5, late), Err(reject::EXPIRED));
	});
}

#[test]
fn allowance_should_need_a_pool_and_go_with_it() {
	run(|| {
		three_versions();
		assert_noop!(Registry::allow_serving(origin(11), 1), Error::<Test>::NotExecutor);
		assert_ok!(Registry::allow_serving(origin(5), 3));
		assert_ok!(Registry::allow_serving(origin(5), 0));
		assert!(!ServingAllowances::<Test>::contains_key(5));
		assert_ok!(Registry::allow_serving(origin(5), 3));
		serve(5, 0).unwrap();
		Closed::set(&vec![5]);
		assert_ok!(Registry::remove_executor(origin(1), 0, 5));
		assert!(!ServingAllowances::<Test>::contains_key(5));
	});
}

/// Node that wishes to serve the versions of a list, and notes what it is told of.
#[derive(Clone, Default)]
struct Node(Arc<Mutex<(Vec<ModelId>, Vec<VersionOffer>)>>);

impl JobQueue for Node {
	fn submit(&mut self, _: Job) -> Result<JobStatus, JobError> {
		Err(JobError::Internal)
	}
	fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
		Ok(false)
	}
	fn watch_share(&mut self) -> Option<u32> {
		None
	}
	fn serving_wish(&mut self, offer: VersionOffer) -> ServingWish {
		let mut node = self.0.lock().unwrap();
		let wanted = node.0.contains(&offer.model);
		node.1.push(offer.clone());
		match (wanted, offer.is_served) {
			(true, false) if offer.may_serve => ServingWish::Serve(REPORT),
			(false, true) => ServingWish::Stop,
			_ => ServingWish::Nothing,
		}
	}
}

#[test]
fn worker_should_declare_what_the_node_wishes_one_version_at_a_time() {
	let (node, keystore) = (Node::default(), MemoryKeystore::new());
	let seed = format!("0x{}", "05".repeat(32));
	keystore.ed25519_generate_new(EXECUTOR_KEY_TYPE, Some(&seed)).unwrap();
	let mut externalities = externalities();
	let (offchain, _) = TestOffchainExt::new();
	let (pool, sent) = TestTransactionPoolExt::new();
	externalities.register_extension(OffchainDbExt::new(offchain.clone()));
	externalities.register_extension(OffchainWorkerExt::new(offchain));
	externalities.register_extension(TransactionPoolExt::new(pool));
	externalities.register_extension(KeystoreExt::new(keystore));
	externalities.register_extension(JobQueueExt(Box::new(node.clone())));
	run_in(externalities, || {
		three_versions();
		node.0.lock().unwrap().0 = vec![0, 2];
		assert_ok!(Registry::allow_serving(origin(5), 5));
		let step = |block: u64| -> Vec<(ModelId, ServingAction)> {
			System::set_block_number(block + 1);
			(0..=block).for_each(|at| {
				frame_system::BlockHash::<Test>::insert(at, H256::repeat_byte(at as u8));
			});
			Registry::offchain_worker(block);
			let sent = std::mem::take(&mut sent.write().transactions);
			sent.into_iter()
				.map(|bytes| {
					let extrinsic = Extrinsic::decode(&mut &bytes[..]).unwrap();
					let RuntimeCall::Registry(Call::declare_serving { declaration, signature }) =
						extrinsic.function
					else {
						panic!("another call");
					};
					assert_eq!(signature, sign(5, &declaration));
					submit(5, declaration.clone()).unwrap();
					(declaration.model, declaration.action)
				})
				.collect()
		};
		assert_eq!(step(2), [(0, SERVE)]);
		assert_eq!(step(3), [(2, SERVE)]);
		assert_eq!(step(4), []);
		node.0.lock().unwrap().0 = vec![2];
		assert_eq!(step(5), [(0, ServingAction::Stop)]);
		let told = std::mem::take(&mut node.0.lock().unwrap().1);
		assert!(told.iter().any(|offer| offer.model == 2 && offer.is_served && !offer.may_serve));
		assert!(told.iter().all(|offer| offer.is_open && !offer.for_court));
		// Pages: the latest each time, the others in turns.
		(3..2 * PAGE + 5).for_each(|fuel| register(1, 1, b"m", u64::from(fuel), 0).unwrap());
		step(6);
		step(7);
		let told: Vec<_> = node.0.lock().unwrap().1.iter().map(|offer| offer.model).collect();
		let latest = NextModelId::<Test>::get() - 1;
		assert_eq!(told.iter().filter(|model| **model == latest).count(), 2);
		(0..=latest).for_each(|model| assert!(told.contains(&model), "{model}"));
	});
}
