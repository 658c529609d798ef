//! Off-chain worker: what it has the node hold, and what it says about it.

use super::worker::{Node, Stored};
use crate::{
	holding::{MAX_ASKED, RENEW_BLOCKS},
	mock::*,
	*,
};
use frame_support::{assert_ok, parameter_types};
use opg_primitives::{Content, JobError};
use sp_core::H256;

parameter_types! {
	/// Contents that the node was asked for.
	pub static Asked: Vec<Content> = Vec::new();
	/// Whether the node has no store.
	pub static NoStore: bool = false;
}

/// What the fake of the node says when it is asked to hold a content.
pub(super) fn hold_content(content: Content) -> Result<bool, JobError> {
	if NoStore::get() {
		return Err(JobError::NoEngine);
	}
	Asked::mutate(|asked| asked.push(content));
	Ok(Stored::get().contains(&content.hash))
}

/// Node of these validators, whose store holds these contents.
fn node(who: &[u64], held: &[u8]) -> Node {
	Asked::take();
	NoStore::take();
	let node = Node::new(who);
	Stored::set(held.iter().map(|byte| content(*byte).hash).collect());
	node
}

fn items(call: &Call<Test>) -> Vec<(u64, u8)> {
	let Call::hold { batch, .. } = call else { panic!("says nothing about panels: {call:?}") };
	batch.items.iter().map(|item| (item.request, item.content)).collect()
}

#[test]
fn worker_should_say_what_its_node_holds_when_it_sits_on_the_panel() {
	let mut node = node(&[1, 2], &[1, 3]);
	node.run(|| {
		convene(7, 1).unwrap();
		convene(7, 2).unwrap();
		convene(8, 3).unwrap();
	});
	let sent = node.work();
	assert_eq!(sent.len(), 2, "a batch for each seat");
	assert_eq!(Asked::take(), [content(1), content(2), content(3)], "once for both");
	for call in sent {
		assert_eq!(items(&call), [(7, 0), (8, 0)]);
		node.run(|| {
			assert_ok!(submit(call));
		});
	}
	node.run(|| {
		assert_eq!(panel(7).contents[0].holders.count_ones(), 2);
		assert_eq!(panel(7).contents[1].holders, 0);
	});
}

#[test]
fn worker_should_ask_in_every_block_when_a_content_is_not_there() {
	let mut node = node(&[1], &[]);
	node.run(|| convene(7, 1).unwrap());
	for _ in 0..3 {
		assert!(node.work().is_empty());
		assert_eq!(Asked::take(), [content(1)]);
	}
	Stored::set(vec![content(1).hash]);
	assert_eq!(node.work().len(), 1);
}

#[test]
fn worker_should_repeat_what_it_said_after_a_while_when_the_batch_is_lost() {
	let mut node = node(&[1], &[1]);
	node.run(|| convene(7, 1).unwrap());
	assert_eq!(node.work().len(), 1);
	assert_eq!(node.work().len(), 0);
	assert_eq!(node.work().len(), 1);
	node.restart();
	assert_eq!(node.work().len(), 1, "it has forgotten");
}

#[test]
fn worker_should_have_the_node_go_on_holding_when_it_has_said_so() {
	let mut node = node(&[1], &[1]);
	node.run(|| convene(7, 1).unwrap());
	node.work_and_include();
	assert_eq!(Asked::take(), [content(1)]);
	for _ in 0..2 {
		for _ in 1..RENEW_BLOCKS {
			assert!(node.work().is_empty());
			assert!(Asked::get().is_empty());
		}
		assert!(node.work().is_empty());
		assert_eq!(Asked::take(), [content(1)]);
	}
	node.run(|| {
		dismiss(7);
	});
	for _ in 0..2 * RENEW_BLOCKS {
		node.work();
	}
	assert!(Asked::get().is_empty(), "the panel has ended");
}

#[test]
fn worker_should_do_nothing_when_it_has_no_seat_on_a_panel() {
	let mut node = node(&[9], &[1]);
	node.run(|| {
		convene(7, 1).unwrap();
		assert!(!panel(7).members.contains(&9));
		begin_session(1, &[1, 2, 9]);
	});
	assert!(node.work().is_empty());
	node.run(|| begin_session(2, &[1, 2]));
	assert!(node.work().is_empty());
	assert!(Asked::get().is_empty());
}

#[test]
fn worker_should_say_nothing_when_the_node_has_no_store() {
	let mut node = node(&[1], &[1]);
	NoStore::set(true);
	node.run(|| convene(7, 1).unwrap());
	assert!(node.work().is_empty());
	NoStore::set(false);
	assert_eq!(node.work().len(), 1, "asked again");
}

#[test]
fn worker_should_count_for_a_seat_when_another_of_the_node_said_so_already() {
	let mut node = node(&[1, 2], &[1]);
	node.run(|| {
		convene(7, 1).unwrap();
		hold(1, &[(7, 0)]).unwrap();
	});
	let sent = node.work();
	assert!(matches!(&sent[..], [Call::hold { batch, .. }] if batch.seat == 1));
}

#[test]
fn worker_should_take_contents_in_turn_when_there_are_many() {
	let mut node = node(&[1], &[]);
	let count = MAX_ASKED as u64 + 10;
	let own = |request: u64| Content { hash: H256::from_low_u64_be(request), size: 20_000 };
	// More panels than there may be, so without the invariants.
	node.ext.execute_with(|| {
		convene(0, 1).unwrap();
		let first = panel(0);
		for request in 0..count {
			let mut panel = first.clone();
			panel.contents[0].content = own(request);
			Panels::<Test>::insert(request, panel);
		}
	});
	let ask = |node: &mut Node| {
		node.work();
		Asked::take()
	};
	assert_eq!(ask(&mut node), (0..MAX_ASKED as u64).map(own).collect::<Vec<_>>());
	let second = ask(&mut node);
	assert_eq!(second[..10], (count - 10..count).map(own).collect::<Vec<_>>());
	assert_eq!(second[10..], (0..MAX_ASKED as u64 - 10).map(own).collect::<Vec<_>>());
}
