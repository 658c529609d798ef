//! Invariants of the storage.

use crate::{pallet::*, types::*};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use frame_support::{ensure, traits::Get};
use pallet_opg_support::{CourtLoad, ModelFiles};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that each case is in one list that fits its phase, that the budget is kept, that votes are
	/// counted, that benches are kept while they are named and no longer, that missed cases are kept for
	/// two sessions, that each answer is that of a voter, and that lists of those who hold a version are
	/// sorted and counted, and that panels are counted and held by members only.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_lists()?;
		Self::check_budget()?;
		Self::check_benches()?;
		Self::check_votes()?;
		Self::check_holders()?;
		Self::check_panels()
	}

	fn check_panels() -> Result<(), TryRuntimeError> {
		let mut count = 0;
		for panel in Panels::<T>::iter_values() {
			count += 1;
			let members: BTreeSet<_> = panel.members.iter().collect();
			ensure!(members.len() == panel.members.len(), "member of a panel twice");
			ensure!(!panel.contents.is_empty(), "panel that is asked for nothing");
			let is_of_members = |asked: &PanelContent| asked.holders >> members.len() == 0;
			ensure!(panel.contents.iter().all(is_of_members), "content held by nobody");
		}
		ensure!(count == Panels::<T>::count(), "panels that are not counted");
		ensure!(count <= T::MaxPanels::get(), "too many panels");
		Ok(())
	}

	fn check_holders() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<T::AccountId, u32>::new();
		for (model, holders) in Holders::<T>::iter() {
			ensure!(T::Models::model_hash(model).is_some(), "holders of no version");
			ensure!(!holders.is_empty(), "list of nobody");
			ensure!(holders.windows(2).all(|pair| pair[0] < pair[1]), "holders are not sorted");
			for who in holders {
				*counts.entry(who).or_default() += 1;
			}
		}
		ensure!(counts == HeldModels::<T>::iter().collect(), "versions that are not counted");
		ensure!(counts.values().all(|count| *count <= MAX_HELD_MODELS), "too many versions");
		Ok(())
	}

	fn check_lists() -> Result<(), TryRuntimeError> {
		let docket: Vec<_> = Docket::<T>::get().iter().map(|waiting| waiting.request).collect();
		let sittings: Vec<_> = Sittings::<T>::get().iter().map(|sitting| sitting.request).collect();
		let listed: BTreeSet<_> = docket.iter().chain(&sittings).collect();
		ensure!(listed.len() == docket.len() + sittings.len(), "case in two places");
		ensure!(listed.len() <= T::MaxCases::get() as usize, "too many cases");
		ensure!(listed.len() == Cases::<T>::iter_keys().count(), "case in no list, or no case");
		for (request, case) in Cases::<T>::iter() {
			let list = if case.phase == CasePhase::Waiting { &docket } else { &sittings };
			ensure!(list.contains(&request), "case in the wrong list");
			ensure!(case.sitting <= SECOND_SITTING, "third sitting");
		}
		Ok(())
	}

	fn check_budget() -> Result<(), TryRuntimeError> {
		let spent = Spent::<T>::get();
		ensure!(Self::spend(spent, CourtLoad::default()).is_some(), "more spent than there is");
		let sittings = Sittings::<T>::get();
		let turns = sittings.iter().filter(|case| case.admission == Admission::Turn).count();
		ensure!(turns <= 1, "the turn of two cases");
		for waiting in Docket::<T>::get() {
			let load = Cases::<T>::get(waiting.request).map(|case| case.load);
			ensure!(load == Some(waiting.load), "case with two loads");
		}
		Ok(())
	}

	fn check_benches() -> Result<(), TryRuntimeError> {
		let mut named = BTreeMap::<u32, u32>::new();
		for case in Cases::<T>::iter_values() {
			if case.holds_bench() {
				*named.entry(case.session).or_default() += 1;
				let seats = Benches::<T>::get(case.session).len();
				ensure!(seats == case.seats as usize, "case without its bench");
			}
		}
		ensure!(named == BenchCases::<T>::iter().collect(), "bench with other cases");
		let current = T::Session::get();
		ensure!(
			Benches::<T>::iter_keys().all(|key| key == current || named.contains_key(&key)),
			"bench that nobody needs"
		);
		ensure!(
			Missed::<T>::iter_keys().all(|key| key <= current && current <= key.saturating_add(1)),
			"missed cases of an old session"
		);
		Ok(())
	}

	fn check_votes() -> Result<(), TryRuntimeError> {
		for (request, seat, _) in Votes::<T>::iter() {
			let case = Cases::<T>::get(request).ok_or("vote without a case")?;
			ensure!(u32::from(seat) < case.seats, "vote without a seat");
		}
		for (request, case) in Cases::<T>::iter() {
			let votes: Vec<_> = Votes::<T>::iter_prefix_values(request).collect();
			let hidden = votes.iter().filter(|vote| matches!(vote, Vote::Committed(_))).count();
			let (all, unrevealed) = match case.phase {
				CasePhase::Waiting => (Some(0), 0),
				CasePhase::Commit { committed } => (Some(committed), committed),
				CasePhase::Reveal { unrevealed } => (None, unrevealed),
			};
			ensure!(all.is_none_or(|all| all as usize == votes.len()), "votes that do not count");
			ensure!(hidden == unrevealed as usize, "commitments that do not count");
		}
		for (request, digest, answer) in Answers::<T>::iter() {
			ensure!(answer.digest() == digest, "answer under another digest");
			let is_voted = Votes::<T>::iter_prefix_values(request)
				.any(|vote| matches!(vote, Vote::Revealed(finding) if finding.digest == digest));
			ensure!(is_voted, "answer of nobody");
		}
		Ok(())
	}
}
