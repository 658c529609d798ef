//! Pruning: what is removed when, and who gets the deposit.

use crate::{agenda::PRUNE_RETRY_BLOCKS, mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{FailureReason, RequestId, Tier};
use sp_core::H256;

fn is_gone(id: RequestId) -> bool {
	!Requests::<Test>::contains_key(id)
		&& !Inputs::<Test>::contains_key(id)
		&& !Seats::contains_key(id)
}

#[test]
fn settled_request_should_be_removed_when_its_lifetime_is_over() {
	run(|| {
		let requested_at = now();
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(WINDOW);
		// The fee pays for the storage: the deposit is returned already.
		assert!(matches!(state(id), RequestState::Settled { .. }));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), 0);
		let rest = requested_at + u64::from(LIFETIME) - now();
		run_blocks(rest as u32 - 1);
		assert!(Requests::<Test>::contains_key(id));
		next_block();
		assert!(is_gone(id));
		let (requester, model, reference) = (REQUESTER, MODEL, H256::repeat_byte(9));
		assert!(events().contains(&Event::Pruned { request: id, requester, model, reference }));
		assert_eq!(Agenda::<Test>::iter().count(), 0);
	});
}

#[test]
fn failed_request_should_return_its_deposit_when_it_is_removed() {
	run(|| {
		let id = request(Tier::Quorum);
		assert_ok!(Inference::cancel(signed(REQUESTER), id));
		run_blocks(LIFETIME - 1);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
		next_block();
		assert!(is_gone(id));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), 0);
		assert_eq!(balance(REQUESTER), FUNDS - 3 * SEAT_FEE);
	});
}

#[test]
fn request_should_be_removed_later_when_it_is_not_final() {
	run(|| {
		let id = drawn(Tier::Quorum);
		run_blocks(LIFETIME - 2);
		assert_eq!(assigned_round(id), Some(0));
		agree(id, answer(FUEL_LIMIT));
		run_blocks(PRUNE_RETRY_BLOCKS - 1);
		assert!(matches!(state(id), RequestState::Settled { .. }));
		next_block();
		assert!(is_gone(id));
	});
}

#[test]
fn request_should_be_refunded_and_removed_when_no_later_block_has_room() {
	run(|| {
		let id = drawn(Tier::Quorum);
		let prune_at = 1 + u64::from(LIFETIME);
		fill_agendas(prune_at + u64::from(PRUNE_RETRY_BLOCKS), SCHEDULE_SEARCH_BLOCKS);
		run_blocks(LIFETIME - 2);
		assert!(is_gone(id));
		let failed = events()
			.into_iter()
			.any(|event| matches!(event, Event::Failed { reason: FailureReason::Congested, .. }));
		assert!(failed);
		assert_eq!(balance(REQUESTER), FUNDS - 3 * SEAT_FEE);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), 0);
	});
}

#[test]
fn number_should_not_be_used_again_when_a_request_is_removed() {
	run(|| {
		let id = request(Tier::Quorum);
		assert_ok!(Inference::cancel(signed(REQUESTER), id));
		run_blocks(LIFETIME);
		assert!(is_gone(id));
		assert_eq!(request(Tier::Quorum), id + 1);
	});
}
