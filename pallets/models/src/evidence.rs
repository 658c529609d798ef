//! Evidence that machines compute alike.
//!
//! Governance nominates an engine with tasks that it pins. Nodes of executors that have the engine
//! compute them, and post one digest of all answers under their hot key. The engine is admitted only
//! where two thirds of the stake of the current snapshot posted the same digest.
//!
//! A *canary* is a pinned input of a registered version. In each session one of them is drawn, and those
//! who serve its version post the digest of their answer: unpaid, and nobody is slashed. Who posts
//! another digest than most of the stake learns of it by an event before a request brings it before the
//! court.

use crate::{pallet::*, policy::reject, types::*};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	ensure,
	pallet_prelude::*,
	storage::{with_transaction, TransactionOutcome},
	traits::Get,
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{
	evidence::{canary_index, statement_payload},
	ExecutorSignature,
};
use pallet_opg_support::{
	named_block, priority, refused, ExecutorDirectory, ExecutorStake, CALL_BLOCKS,
};
use sp_core::H256;
use sp_runtime::{traits::Saturating, DispatchResult, RuntimeAppPublic};

/// What a digest is about.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	scale_info::TypeInfo,
	Debug,
)]
pub enum Subject {
	/// The answers of an engine to the tasks of its nomination:
	/// [`opg_primitives::evidence::evidence_digest`].
	#[codec(index = 0)]
	Engine(H256),
	/// The answer to the canary of this session: [`opg_primitives::Answer::digest`].
	#[codec(index = 1)]
	Canary(u32),
}

/// Digest that an executor found, under its hot key.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, scale_info::TypeInfo, Debug,
)]
pub struct DigestCall<AccountId, BlockNumber> {
	/// Operator of the executor.
	pub executor: AccountId,
	/// Block whose hash is signed with the call: one of the last
	/// [`pallet_opg_support::CALL_BLOCKS`].
	pub at: BlockNumber,
	/// What the digest is about.
	pub subject: Subject,
	/// The digest.
	pub digest: H256,
}

/// [`DigestCall`] with the types of a runtime.
pub type DigestCallOf<T> = DigestCall<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

/// Executors and their weights, sorted.
type Weights<T> = Vec<(<T as frame_system::Config>::AccountId, u128)>;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_nominate_engine(engine_id: H256, pins: Pins) -> DispatchResult {
		ensure!(!Engines::<T>::contains_key(engine_id), Error::<T>::EngineAlreadyAdmitted);
		ensure!(!Nominations::<T>::contains_key(engine_id), Error::<T>::AlreadyNominated);
		ensure!(Nominations::<T>::count() < MAX_NOMINATIONS, Error::<T>::TooManyNominations);
		ensure!(!pins.is_empty(), Error::<T>::NothingPinned);
		let pinned = |Pin { model, input }: Pin| -> Result<PinnedTask, DispatchError> {
			let Model { model_hash, size, dims, limits, .. } =
				Models::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
			Ok(PinnedTask { model_hash, size, dims, limits, input })
		};
		let tasks: Vec<_> = pins.into_iter().map(pinned).collect::<Result<_, _>>()?;
		// As many as the pins.
		Nominations::<T>::insert(engine_id, PinnedTasks::truncate_from(tasks));
		Self::deposit_event(Event::EngineNominated { engine_id });
		Ok(())
	}

	pub(crate) fn do_withdraw_nomination(engine_id: H256) -> DispatchResult {
		ensure!(Nominations::<T>::contains_key(engine_id), Error::<T>::NotNominated);
		Self::forget_nomination(engine_id);
		Self::deposit_event(Event::NominationWithdrawn { engine_id });
		Ok(())
	}

	fn forget_nomination(engine_id: H256) {
		Nominations::<T>::remove(engine_id);
		Evidence::<T>::remove(engine_id);
	}

	/// Admits an engine for which there is evidence.
	pub(crate) fn do_admit_nominated(engine_id: H256, from: BlockNumberFor<T>) -> DispatchResult {
		// An engine that is admitted already has its own reason.
		let is_due = Engines::<T>::contains_key(engine_id) || Self::has_evidence(engine_id);
		ensure!(is_due, Error::<T>::NotEnoughEvidence);
		Self::do_admit_engine(engine_id, from)?;
		Self::forget_nomination(engine_id);
		Ok(())
	}

	/// Tells whether two thirds of the stake of the current snapshot posted the same digest for an engine.
	/// Where the snapshot is empty nobody could be drawn, and nobody could lose anything: then no
	/// evidence is needed, and none could be given.
	fn has_evidence(engine_id: H256) -> bool {
		let snapshot = T::ExecutorStake::snapshot(T::ExecutorStake::session());
		let total = total_of::<T>(&snapshot);
		let most = most_stated::<T>(&Evidence::<T>::get(engine_id), &snapshot);
		let (_, most) = most.unwrap_or_default();
		most.saturating_mul(3) >= total.saturating_mul(2)
	}

	pub(crate) fn do_set_canaries(pins: Pins) -> DispatchResult {
		let is_known = |pin: &Pin| Models::<T>::contains_key(pin.model);
		ensure!(pins.iter().all(is_known), Error::<T>::UnknownModel);
		// What is posted in this session is about a canary of the former ones.
		let from = T::ExecutorStake::session().saturating_add(1);
		let count = pins.len() as u32;
		if pins.is_empty() {
			Canaries::<T>::kill();
		} else {
			Canaries::<T>::put(CanaryList { from, pins });
		}
		Self::deposit_event(Event::CanariesSet { from, count });
		Ok(())
	}

	/// The canary of the current session, if there is one.
	pub(crate) fn canary(session: u32) -> Option<Pin> {
		let CanaryList { pins, .. } = Canaries::<T>::get().filter(|list| list.from <= session)?;
		let index = canary_index(&T::SessionRandomness::get(), session, pins.len() as u32)?;
		pins.into_iter().nth(index as usize)
	}

	/// Executors that are asked for the canary of the current session: those who serve its version.
	pub(crate) fn asked(pin: &Pin, session: u32) -> Weights<T> {
		let serving = ServingExecutors::<T>::get(pin.model);
		let mut weights = T::ExecutorStake::snapshot(session);
		weights.retain(|(who, _)| {
			let first = serving.partition_point(|own| own.executor < *who);
			let mut own = serving[first..].iter().take_while(|own| own.executor == *who);
			own.any(|own| own.until.is_none() && own.is_candidate(session))
		});
		weights
	}

	pub(crate) fn do_post_digest(call: DigestCallOf<T>) -> DispatchResult {
		let DigestCall { executor, at, subject, digest } = call;
		let statement = Statement { executor: executor.clone(), at, digest };
		match subject {
			Subject::Engine(engine_id) => Self::note_evidence(engine_id, statement)?,
			Subject::Canary(session) => Self::note_canary(session, statement)?,
		}
		Self::deposit_event(Event::DigestPosted { executor, subject, digest });
		Ok(())
	}

	fn note_evidence(engine_id: H256, statement: StatementOf<T>) -> DispatchResult {
		ensure!(Nominations::<T>::contains_key(engine_id), Error::<T>::NotNominated);
		let snapshot = T::ExecutorStake::snapshot(T::ExecutorStake::session());
		ensure!(weight_of::<T>(&snapshot, &statement.executor) > 0, Error::<T>::NotAsked);
		Evidence::<T>::try_mutate(engine_id, |all| {
			// Who has left counts no more, and makes room.
			all.retain(|own| weight_of::<T>(&snapshot, &own.executor) > 0);
			match all.binary_search_by(|own| own.executor.cmp(&statement.executor)) {
				Ok(index) => {
					let own = &mut all[index];
					ensure!(own.digest != statement.digest, Error::<T>::AlreadyPosted);
					// The call is free. So it is rare too, and no former one can be sent again.
					let next = own.at.saturating_add(CALL_BLOCKS.into());
					ensure!(statement.at > next, Error::<T>::AlreadyPosted);
					*own = statement;
					Ok(())
				},
				Err(index) => all
					.try_insert(index, statement)
					.map_err(|_| Error::<T>::TooManyStatements.into()),
			}
		})
	}

	fn note_canary(session: u32, statement: StatementOf<T>) -> DispatchResult {
		ensure!(session == T::ExecutorStake::session(), Error::<T>::NotAsked);
		let pin = Self::canary(session).ok_or(Error::<T>::NotAsked)?;
		let asked = Self::asked(&pin, session);
		ensure!(weight_of::<T>(&asked, &statement.executor) > 0, Error::<T>::NotAsked);
		let mut results = CanaryResults::<T>::get().filter(|own| own.session == session);
		let results = results.get_or_insert_with(|| CanaryResult {
			session,
			agreed: None,
			statements: Default::default(),
		});
		let index = results
			.statements
			.binary_search_by(|own| own.executor.cmp(&statement.executor))
			.err()
			.ok_or(Error::<T>::AlreadyPosted)?;
		let insert = results.statements.try_insert(index, statement.clone());
		insert.map_err(|_| Error::<T>::TooManyStatements)?;
		let differs = |agreed, own: &StatementOf<T>| {
			if own.digest != agreed {
				let Statement { executor, digest, .. } = own.clone();
				Self::deposit_event(Event::CanaryDiffered { session, executor, digest, agreed });
			}
		};
		match results.agreed {
			Some(agreed) => differs(agreed, &statement),
			None => {
				let most = most_stated::<T>(&results.statements, &asked);
				let half = total_of::<T>(&asked) / 2;
				results.agreed =
					most.filter(|(_, weight)| *weight > half).map(|(digest, _)| digest);
				if let Some(agreed) = results.agreed {
					results.statements.iter().for_each(|own| differs(agreed, own));
				}
			},
		}
		CanaryResults::<T>::put(&*results);
		Ok(())
	}

	/// Authorizes a digest. The signature comes before the trial, which costs more.
	pub(crate) fn authorize_digest(
		call: &DigestCallOf<T>,
		signature: &ExecutorSignature,
	) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
		let block = named_block::<T>(call.at).ok_or_else(|| refused(reject::EXPIRED))?;
		let key =
			T::Executors::hot_key(&call.executor).ok_or_else(|| refused(reject::NOT_EXECUTOR))?;
		let payload = statement_payload(&Self::genesis_hash(), &block, call);
		ensure!(key.verify(&payload, signature), refused(reject::INVALID_SIGNATURE));
		let attempt =
			with_transaction(|| TransactionOutcome::Rollback(Self::do_post_digest(call.clone())));
		attempt.map_err(|error| refused(crate::policy::code_of::<T>(error)))?;
		// One per executor and subject, so that nobody fills the pool with them.
		let valid = ValidTransaction::with_tag_prefix("OpgDigest")
			.and_provides((&call.executor, call.subject))
			.priority(priority::SERVING)
			.longevity(CALL_BLOCKS.into())
			.propagate(true)
			.build()?;
		Ok((valid, Weight::zero()))
	}
}

fn weight_of<T: Config>(weights: &[(T::AccountId, u128)], who: &T::AccountId) -> u128 {
	let found = weights.binary_search_by(|(own, _)| own.cmp(who));
	found.map_or(0, |index| weights[index].1)
}

fn total_of<T: Config>(weights: &[(T::AccountId, u128)]) -> u128 {
	weights.iter().fold(0, |total, (_, weight)| total.saturating_add(*weight))
}

/// The digest that the most stake stated, and that stake.
fn most_stated<T: Config>(
	statements: &[StatementOf<T>],
	weights: &[(T::AccountId, u128)],
) -> Option<(H256, u128)> {
	let mut stated = BTreeMap::<H256, u128>::new();
	for Statement { executor, digest, .. } in statements {
		let sum = stated.entry(*digest).or_default();
		*sum = sum.saturating_add(weight_of::<T>(weights, executor));
	}
	stated.into_iter().max_by_key(|(_, weight)| *weight)
}
