//! News of a request, each printed once.

use super::view::{attested, is_final, print_stored_output};
use crate::{
	amount::Amount, chain::Chain, contents, describe, failure::Failure, keys, output::Output,
	tensors,
};
use anyhow::{bail, Result};
use opg_primitives::{AccountId, Answer, Balance, BlockNumber, Outcome, RequestId};
use opg_runtime_api::{RequestStatus, RequestView};
use sp_core::H256;
use std::{
	fmt::Display,
	mem::replace,
	thread::sleep,
	time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(700);
/// Longer than every deadline of a request whose court sits at once, the transfer of the longest input and
/// output included.
const DECISION_TIMEOUT: Duration = Duration::from_secs(1_200);

/// Event until which a request is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Until {
	/// It has an answer, or never will.
	Attested,
	/// Nothing can change it any more.
	Final,
}

/// Prints what happens to a request.
pub(in crate::commands) fn follow(
	chain: &Chain,
	output: Output,
	id: RequestId,
	until: Until,
) -> Result<RequestView> {
	let started = Instant::now();
	let mut progress = Progress::default();
	let mut is_shown = false;
	while started.elapsed() < DECISION_TIMEOUT {
		let view = chain.request(id)?;
		progress.print(output, &view);
		// Now, while the panel keeps it.
		if attested(&view).is_some() && !replace(&mut is_shown, true) {
			print_stored_output(output, chain, id, &view);
		}
		let is_attested = matches!(view.status, RequestStatus::Attested { .. });
		if is_final(&view) || (is_attested && until == Until::Attested) {
			return Ok(view);
		}
		sleep(POLL);
	}
	bail!(Failure::Timeout(format!(
		"request {id} was not decided within {} s: see `opg request show {id}` later",
		DECISION_TIMEOUT.as_secs()
	)))
}

/// Memory of what was printed, so that polling prints each thing once.
#[derive(Default)]
pub(super) struct Progress {
	included: bool,
	uploading: bool,
	holding: bool,
	rounds: u16,
	committed: Vec<usize>,
	revealed: Vec<usize>,
	declined: Vec<usize>,
	attested: bool,
	audited: bool,
	disputed: bool,
	ended: bool,
}

impl Progress {
	/// Prints what is new in `view`.
	pub fn print(&mut self, output: Output, view: &RequestView) {
		if !replace(&mut self.included, true) {
			print_line(output, Some(view.requested_at), "included");
		}
		self.print_uploading(output, view);
		self.print_draws(output, view);
		self.print_seats(output, view);
		self.print_holding(output, view);
		self.print_answer(output, view);
		self.print_end(output, view);
	}

	/// The time is known a block after the wait begins, so it is waited for.
	fn print_uploading(&mut self, output: Output, view: &RequestView) {
		let RequestStatus::Uploading { until: Some(until) } = view.status else { return };
		if !replace(&mut self.uploading, true) {
			print_line(
				output,
				None,
				format_args!(
					"waiting until two thirds of the panel hold the input, until {until} of the clock"
				),
			);
		}
	}

	fn print_holding(&mut self, output: Output, view: &RequestView) {
		let RequestStatus::Holding { answer, until: Some(until) } = &view.status else { return };
		if !replace(&mut self.holding, true) {
			print_line(
				output,
				None,
				format_args!(
					"agreed on {}; waiting until two thirds of the panel hold the output, until {until} \
					 of the clock",
					short(&answer.digest())
				),
			);
		}
	}

	fn print_draws(&mut self, output: Output, view: &RequestView) {
		let rounds = view.seats.iter().map(|seat| u16::from(seat.round) + 1).max().unwrap_or(0);
		for round in self.rounds..rounds {
			let drawn = view.seats.iter().filter(|seat| u16::from(seat.round) == round);
			let names: Vec<_> = drawn.map(|seat| keys::name(&seat.executor)).collect();
			let block = match view.drawn_at.filter(|_| round == 0) {
				Some(block) => format!("block {block:>4}"),
				None => "escalated".into(),
			};
			output.news(format_args!("  {block:<10}  round {round}: {} drawn", names.join(", ")));
		}
		self.rounds = self.rounds.max(rounds);
	}

	fn print_seats(&mut self, output: Output, view: &RequestView) {
		let mut news = Vec::new();
		for (place, seat) in view.seats.iter().enumerate() {
			for (what, happened, printed) in [
				("committed to", seat.committed, &mut self.committed),
				("revealed digest", seat.revealed, &mut self.revealed),
			] {
				if let Some((block, hash)) = happened.filter(|_| !printed.contains(&place)) {
					printed.push(place);
					news.push((block, what, keys::name(&seat.executor), hash));
				}
			}
			if let Some(error) = seat.declined.filter(|_| !self.declined.contains(&place)) {
				self.declined.push(place);
				let (who, why) = (keys::name(&seat.executor), describe::job_error(error));
				print_line(output, None, format_args!("{who:<8} declined: {why}"));
			}
		}
		news.sort();
		for (block, what, who, hash) in news {
			print_line(output, Some(block), format_args!("{who:<8} {what:<15} {}", short(&hash)));
		}
	}

	fn print_answer(&mut self, output: Output, view: &RequestView) {
		if let Some(answer) = attested(view).filter(|_| !is_final(view)) {
			if !replace(&mut self.attested, true) {
				let (digest, fuel) = (answer.digest(), answer.fuel);
				let text = format!("ATTESTED {}", short(&digest));
				match &answer.outcome {
					// Validators hold the output since: no block of a seat says when.
					Outcome::Stored(_) => {
						print_line(output, None, format_args!("{text}, fuel {fuel}"))
					},
					_ => {
						// The last of its reveals attested it.
						let reveals = view.seats.iter().filter_map(|seat| seat.revealed);
						let at = reveals.filter(|(_, own)| *own == digest).map(|(at, _)| at).max();
						let blocks = at.unwrap_or_default().saturating_sub(view.requested_at);
						print_line(
							output,
							at,
							format_args!("{text} after {blocks} blocks, fuel {fuel}"),
						);
					},
				}
				print_answer(output, answer);
			}
		}
		match &view.status {
			RequestStatus::Audited { buyer, .. } if !replace(&mut self.audited, true) => {
				let by = buyer
					.as_ref()
					.map_or("by chance".into(), |who| format!("as {} paid for", keys::name(who)));
				print_line(output, None, format_args!("audited {by}: others compute it again"));
			},
			RequestStatus::Disputed { since, challengers, .. }
				if !replace(&mut self.disputed, true) =>
			{
				let by: Vec<_> = challengers.iter().map(keys::name).collect();
				// Others answered otherwise, or too few of them did.
				let by = if by.is_empty() { "others do not agree".into() } else { by.join(", ") };
				print_line(
					output,
					Some(*since),
					format_args!("disputed ({by}): the court decides"),
				);
			},
			_ => {},
		}
	}

	fn print_end(&mut self, output: Output, view: &RequestView) {
		if !is_final(view) || replace(&mut self.ended, true) {
			return;
		}
		match &view.status {
			RequestStatus::Failed { reason, at } => {
				let why = describe::failure(*reason);
				print_line(
					output,
					None,
					format_args!("FAILED at {at} of the clock, refunded: {why}"),
				);
			},
			RequestStatus::Settled { answer, paid, fee, at } => {
				let digest = short(&answer.digest());
				print_line(output, None, format_args!("SETTLED {digest} at {at} of the clock"));
				if !self.attested {
					print_answer(output, answer);
				}
				print_pay(output, *fee, paid);
			},
			_ => {},
		}
	}
}

/// Prints a line of news, with its block where it has one.
pub(super) fn print_line(output: Output, block: Option<BlockNumber>, text: impl Display) {
	let block = block.map(|block| format!("block {block:>4}")).unwrap_or_default();
	output.news(format_args!("  {block:<10}  {text}"));
}

/// Prints what a request cost and who got it.
pub(in crate::commands) fn print_pay(output: Output, fee: Balance, paid: &[(AccountId, Balance)]) {
	let paid: Vec<_> = paid
		.iter()
		.map(|(who, amount)| format!("{} {}", keys::name(who), Amount(*amount)))
		.collect();
	print_line(output, None, format_args!("fee {}; paid: {}", Amount(fee), paid.join(", ")));
}

/// Prints the tensors of an answer, its error, or the content that it names.
pub(in crate::commands) fn print_answer(output: Output, answer: &Answer) {
	match &answer.outcome {
		Outcome::Error(error) => {
			let why = describe::model_error(*error);
			print_line(output, None, format_args!("the model gives no output: {why}"));
		},
		Outcome::Output(encoded) => print_tensors(output, encoded),
		Outcome::Stored(content) => {
			print_line(output, None, format_args!("output {}", contents::describe(*content)));
		},
	}
}

/// Prints encoded tensors.
pub(in crate::commands) fn print_tensors(output: Output, encoded: &[u8]) {
	for line in tensors::show(encoded) {
		print_line(output, None, line);
	}
}

/// The first bytes of a hash, for people.
fn short(hash: &H256) -> String {
	format!("{hash:?}").chars().take(14).chain("...".chars()).collect()
}
