//! Cases: from the docket to a sitting, and to a verdict or a second sitting.

use crate::{pallet::*, tally, types::*, weights::WeightInfo};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{defensive, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{
	court::{second_seed, VoteContext},
	Answer, RequestId,
};
use pallet_opg_support::{Committees, CourtVerdict, OnCourtDecided};
use sp_core::H256;
use sp_runtime::traits::{BlockNumberProvider, Convert, Zero};

impl<T: Config> Pallet<T> {
	/// Hash of the genesis block.
	pub(crate) fn genesis() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	/// Block of the clock.
	pub(crate) fn now() -> BlockNumberFor<T> {
		T::BlockNumberProvider::current_block_number()
	}

	/// Everything that a commitment of `validator` in the current sitting is bound to.
	pub(crate) fn vote_context(
		request: RequestId,
		case: &Case,
		validator: &T::AccountId,
	) -> VoteContext<T::AccountId> {
		VoteContext {
			genesis: Self::genesis(),
			request,
			sitting: case.sitting,
			seed: case.seed,
			validator: validator.clone(),
		}
	}

	/// Answer with this digest that a voter or an executor revealed.
	fn answer(request: RequestId, digest: H256) -> Option<Answer> {
		Answers::<T>::get(request, digest).or_else(|| T::Committees::answer(request, digest))
	}

	/// Tells whether the chain holds an answer with this digest.
	pub(crate) fn holds_answer(request: RequestId, digest: H256) -> bool {
		Answers::<T>::contains_key(request, digest)
			|| T::Committees::answer(request, digest).is_some()
	}

	/// Begins the next sitting of a case. Returns whether there was room.
	pub(crate) fn begin_sitting(request: RequestId, admission: Admission) -> bool {
		let Some(mut case) = Cases::<T>::get(request) else { return false };
		let until =
			Self::now() + T::CommitBlocks::convert((case.load.fuel, case.sizes.fetched)).into();
		if Sittings::<T>::try_append(Sitting { request, until, admission }).is_err() {
			return false;
		}
		if case.sitting == SECOND_SITTING {
			(case.session, case.seats) = Self::hold_bench();
			case.seed = second_seed(&case.seed);
		}
		if admission == Admission::Budget {
			Spent::<T>::mutate(|spent| {
				if let Some(total) = Self::spend(*spent, case.load) {
					*spent = total;
				} else {
					defensive!("only a case that fits is admitted");
				}
			});
		}
		case.phase = CasePhase::Commit { committed: 0 };
		let (sitting, session) = (case.sitting, case.session);
		Cases::<T>::insert(request, case);
		Self::deposit_event(Event::SittingBegan { request, sitting, session });
		true
	}

	/// Begins the reveal phase of a case of which `committed` validators committed.
	pub(crate) fn begin_reveal(request: RequestId, case: Case, committed: u32) {
		let until = Self::now() + T::RevealBlocks::get().into();
		Self::set_until(request, until);
		let phase = CasePhase::Reveal { unrevealed: committed };
		Cases::<T>::insert(request, Case { phase, ..case });
		Self::deposit_event(Event::RevealBegan { request });
	}

	/// Makes the current phase of a case end in the next block.
	pub(crate) fn end_phase_early(request: RequestId) {
		Self::set_until(request, Self::now());
	}

	fn set_until(request: RequestId, until: BlockNumberFor<T>) {
		Sittings::<T>::mutate(|sittings| {
			if let Some(sitting) = sittings.iter_mut().find(|sitting| sitting.request == request) {
				sitting.until = until;
			}
		});
	}

	/// Ends a sitting: decides it, or adjourns it. Returns the weight.
	pub(crate) fn end_sitting(request: RequestId, case: Case) -> Weight {
		let bench = Benches::<T>::get(case.session);
		let all: BTreeMap<SeatIndex, Vote> = Votes::<T>::drain_prefix(request).collect();
		let revealed = |seat: &SeatIndex| match all.get(seat) {
			Some(Vote::Revealed(finding)) => Some(*finding),
			_ => None,
		};
		let decided =
			tally::decide(case.seats, all.keys().filter_map(revealed)).and_then(|finding| {
				let answer = Self::answer(request, finding.digest);
				if answer.is_none() {
					defensive!("a vote is revealed only where its answer is held");
				}
				Some((finding, answer?))
			});
		// Validators by what they voted, in the order of the bench.
		let members = |fits: &dyn Fn(Option<Finding>) -> bool| -> Vec<T::AccountId> {
			(0..)
				.zip(&bench)
				.filter(|(seat, _)| fits(revealed(seat)))
				.map(|(_, (validator, _))| validator.clone())
				.collect()
		};
		let silent = members(&|vote| vote.is_none());
		let answers = Self::remove_answers(request);
		let mut weight = T::WeightInfo::end_sitting(all.len() as u32, answers);
		Sittings::<T>::mutate(|sittings| sittings.retain(|sitting| sitting.request != request));
		Self::release_bench(case.session);
		let verdict = match decided {
			Some((finding, answer)) => {
				let right = members(&|vote| vote == Some(finding));
				Self::note_missed(members(&|vote| vote != Some(finding)));
				weight.saturating_accrue(T::WeightInfo::note_missed());
				let Finding { digest, witness } = finding;
				Self::deposit_event(Event::Decided {
					request,
					digest,
					witness,
					right: right.clone(),
					silent,
				});
				CourtVerdict::Decided { digest, witness, seed: case.seed, answer, right }
			},
			None if case.sitting < SECOND_SITTING => {
				Self::adjourn(request, case);
				Self::deposit_event(Event::Adjourned { request, silent });
				return weight;
			},
			None => {
				Self::deposit_event(Event::Undecided { request, silent });
				CourtVerdict::Undecided
			},
		};
		Cases::<T>::remove(request);
		weight.saturating_add(T::Requests::on_court_decided(request, verdict))
	}

	/// Puts a case onto the docket for its second sitting.
	fn adjourn(request: RequestId, case: Case) {
		let not_before = T::Session::get().saturating_add(1);
		let waiting = Waiting { request, not_before, load: case.load };
		if Docket::<T>::try_append(waiting).is_err() {
			defensive!("the docket has room for every open case");
		}
		let (sitting, phase) = (SECOND_SITTING, CasePhase::Waiting);
		Cases::<T>::insert(request, Case { sitting, phase, ..case });
	}

	/// Removes a case that has no verdict. Returns the numbers of its votes and answers.
	pub(crate) fn remove_case(request: RequestId) -> Option<(u32, u32)> {
		let case = Cases::<T>::take(request)?;
		if case.holds_bench() {
			Self::release_bench(case.session);
		}
		Docket::<T>::mutate(|docket| docket.retain(|waiting| waiting.request != request));
		Sittings::<T>::mutate(|sittings| sittings.retain(|sitting| sitting.request != request));
		let votes = Votes::<T>::drain_prefix(request).count() as u32;
		Some((votes, Self::remove_answers(request)))
	}

	/// Removes the answers that voters gave. Returns their number: at most one of each seat.
	fn remove_answers(request: RequestId) -> u32 {
		Answers::<T>::drain_prefix(request).count() as u32
	}
}
