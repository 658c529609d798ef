//! Queue of draws: which outputs seed a draw, and that a draw which is late takes none that are known.

use crate::{draw::DrawContext, mock::*, queue::Place, *};
use frame_support::assert_noop;
use opg_primitives::{FailureReason, RequestId, Tier};
use sp_core::H256;
use sp_io::hashing::blake2_256;

type Weights = <Test as Config>::WeightInfo;

fn output(block: u64) -> [u8; 32] {
	use codec::Encode;
	(Entropy::get(), block).using_encoded(blake2_256)
}

/// Tells whether these blocks seeded the round of a request.
fn is_seeded_by(id: RequestId, round: u8, blocks: &[u64]) -> bool {
	let outputs: Vec<_> = blocks.iter().map(|block| output(*block)).collect();
	let seed = Inference::draw_seed(&outputs, id, MODEL, round);
	events().iter().any(|event| {
		matches!(
			event,
			Event::Drawn { request, seed: drawn, .. } if *request == id && *drawn == seed
		)
	})
}

#[test]
fn seed_should_be_made_of_outputs_of_different_authors() {
	run(|| {
		AuthorCount::set(9);
		let from = block();
		let id = request(Tier::High);
		OnlyAuthor::set(Some(1));
		run_blocks(2);
		OnlyAuthor::set(Some(2));
		run_blocks(2);
		OnlyAuthor::set(Some(1));
		next_block();
		assert_eq!(assigned_round(id), None, "two authors in five blocks");
		OnlyAuthor::set(Some(3));
		next_block();
		assert_eq!(assigned_round(id), Some(0));
		assert!(is_seeded_by(id, 0, &[from + 1, from + 3, from + 6]));
	});
}

#[test]
fn seed_should_be_what_there_is_when_different_authors_do_not_come() {
	run(|| {
		let from = block();
		let id = request(Tier::High);
		OnlyAuthor::set(Some(1));
		run_blocks(tiers::MAX_SEED_BLOCKS - 1);
		assert_eq!(assigned_round(id), None);
		next_block();
		assert_eq!(assigned_round(id), Some(0));
		assert!(is_seeded_by(id, 0, &[from + 1]));
		// The event says how many there were.
		let authors = events().iter().find_map(|event| match event {
			Event::Drawn { authors, .. } => Some(*authors),
			_ => None,
		});
		assert_eq!(authors, Some(1));
	});
}

#[test]
fn seed_should_ask_for_no_more_authors_than_there_are() {
	run(|| {
		AuthorCount::set(1);
		let from = block();
		let id = request(Tier::High);
		next_block();
		assert_eq!(assigned_round(id), Some(0));
		assert!(is_seeded_by(id, 0, &[from + 1]));
	});
}

#[test]
fn draw_should_wait_when_no_block_has_an_output() {
	run(|| {
		let id = request(Tier::Optimistic);
		HasVrfOutput::set(false);
		run_blocks(3 * tiers::MAX_SEED_BLOCKS);
		assert_eq!(assigned_round(id), None);
		HasVrfOutput::set(true);
		next_block();
		assert_eq!(assigned_round(id), Some(0));
		assert!(is_seeded_by(id, 0, &[block()]));
	});
}

#[test]
fn output_should_be_dropped_when_no_seed_needs_it() {
	run(|| {
		run_blocks(2 * VRF_HISTORY);
		let kept: Vec<_> = VrfOutputs::<Test>::get().into_iter().map(|(of, _)| of).collect();
		let expected: Vec<_> = (block() + 1 - u64::from(VRF_HISTORY)..=block()).collect();
		assert_eq!(kept, expected);
	});
}

/// What C3 of an audit did: fill a block with draws, so that the own one is late, and choose among
/// outcomes of its known seed. A late draw has another seed.
#[test]
fn late_draw_should_use_no_known_output() {
	run(|| {
		let from = block();
		MaxDraws::set(1);
		let first = request(Tier::Quorum);
		let second = request(Tier::Quorum);
		run_blocks(2);
		assert_eq!((assigned_round(first), assigned_round(second)), (Some(0), None));
		assert!(is_seeded_by(first, 0, &[from + 1, from + 2]));
		assert_eq!(PostponedAt::<Test>::get(), Some(from + 2));
		next_block();
		assert_eq!(assigned_round(second), None);
		next_block();
		assert_eq!(assigned_round(second), Some(0));
		assert!(is_seeded_by(second, 0, &[from + 3, from + 4]));
	});
}

#[test]
fn late_draw_should_use_no_known_output_when_the_weight_was_spent() {
	run(|| {
		let from = block();
		let ids = [request(Tier::Quorum), request(Tier::Quorum)];
		next_block();
		// Enough for one draw.
		let limit = Inference::base_weight() + Weights::draw_list() + Inference::max_draw_weight();
		AgendaWeight::set(limit * 2);
		assert!(next_block().all_lte(limit * 2));
		assert_eq!(ids.map(assigned_round), [Some(0), None]);
		// Too little for any.
		AgendaWeight::set(limit);
		run_blocks(4);
		assert_eq!(assigned_round(ids[1]), None);
		AgendaWeight::set(limit * 2);
		let since = block();
		run_blocks(2);
		assert!(is_seeded_by(ids[1], 0, &[since + 1, since + 2]));
		assert!(since > from + 4);
	});
}

#[test]
fn draws_should_all_be_done_in_the_end_when_few_fit_in_a_block() {
	run(|| {
		MaxDraws::set(1);
		let requests: Vec<_> = (0..4).map(|_| request(Tier::Quorum)).collect();
		for drawn in 1..=4 {
			run_draw(Tier::Quorum);
			let assigned = requests.iter().filter(|id| assigned_round(**id).is_some()).count();
			assert_eq!(assigned, drawn);
			// The oldest request is drawn first.
			assert!(requests[..drawn].iter().all(|id| assigned_round(*id).is_some()));
			check();
		}
		assert!(DrawBatches::<Test>::get().is_empty());
		assert_eq!(Draws::<Test>::iter().count(), 0);
	});
}

#[test]
fn request_should_be_refused_when_a_batch_is_half_full() {
	run(|| {
		for _ in 0..MAX_AGENDA / 2 {
			request(Tier::Quorum);
		}
		assert_noop!(dispatch(REQUESTER, request_call(Tier::Quorum)), Error::<Test>::Congested);
		// The rest is for requests that are under way, up to the end.
		for filler in 0..MAX_AGENDA / 2 {
			assert!(Inference::queue_draw(
				1_000 + u64::from(filler),
				Tier::Quorum,
				Place::UnderWay
			));
		}
		assert!(!Inference::queue_draw(2_000, Tier::Quorum, Place::UnderWay));
		request(Tier::High);
	});
}

#[test]
fn second_round_should_be_refunded_when_the_queue_has_no_room() {
	run(|| {
		let id = drawn(Tier::Quorum);
		while Inference::queue_draw(1_000, Tier::Quorum, Place::UnderWay) {}
		fall_silent(id);
		assert_eq!(failure(id), Some(FailureReason::Congested));
		run_blocks(3);
	});
}

#[test]
fn draws_of_a_block_should_share_their_context() {
	run(|| {
		let requests = [request(Tier::Quorum), request(Tier::Quorum)];
		next_block();
		let executors = EXECUTORS as u32;
		let spent = next_block();
		assert!(requests.iter().all(|id| assigned_round(*id) == Some(0)));
		let context = Weights::snapshot(executors) * 2 + Weights::sampler(executors);
		let capacity = Weights::open_seats(executors) + Weights::capacity(executors);
		assert_eq!(context + capacity, DrawContext::<Test>::max_weight());
		let context = context + Weights::open_seats(0);
		let expected = Inference::base_weight()
			+ Weights::draw_list()
			+ context + Weights::capacity(executors)
			+ Weights::draw(3, 0) * 2
			+ Weights::agenda_list();
		assert_eq!(spent, expected);
	});
}

#[test]
fn seed_should_differ_by_round_request_and_model() {
	run(|| {
		let seed = |id, model, round| Inference::draw_seed(&[[1; 32]], id, model, round);
		let all = [seed(1, 1, 0), seed(2, 1, 0), seed(1, 2, 0), seed(1, 1, 1)];
		let distinct: std::collections::BTreeSet<H256> = all.into_iter().collect();
		assert_eq!(distinct.len(), all.len());
	});
}
