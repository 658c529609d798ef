//! Requests, their answers, and what happens to them.

use super::{dims, named, Address, Block, Content, Hash, Hex, Limits, Named, Planck, Tier};
use opg_primitives::{BlockNumber, Fuel, ModelId, Outcome, RequestId, RoundIndex, TaskInput};
use opg_runtime_api::{Reliance, RequestEvent, RequestStatus, RequestView, SeatView};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Answer to a request. One of `output`, `storedOutput` and `error` is not `null`.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
	/// Digest of the answer: what executors agree on.
	pub digest: Hash,
	/// Fuel of loading and running.
	pub fuel: Fuel,
	/// Encoded output tensors.
	pub output: Option<Hex>,
	/// Encoded output tensors outside of the chain: `blobs_v1_range` reads them.
	pub stored_output: Option<Content>,
	/// Reason for which the model gives no output for this input, such as `BadInput`.
	pub error: Option<String>,
}

impl From<opg_primitives::Answer> for Answer {
	fn from(answer: opg_primitives::Answer) -> Self {
		let digest = Hash(answer.digest());
		let (mut output, mut stored_output, mut error) = (None, None, None);
		match answer.outcome {
			Outcome::Output(bytes) => output = Some(Hex(bytes.into_inner())),
			Outcome::Stored(content) => stored_output = Some(content.into()),
			Outcome::Error(reason) => error = Some(named(&reason).name),
		}
		Self { digest, fuel: answer.fuel, output, stored_output, error }
	}
}

/// Commitment to an answer.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Commitment {
	/// Block in which it was made.
	pub block: BlockNumber,
	/// What was committed to.
	pub hash: Hash,
}

/// Answer that was revealed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Reveal {
	/// Block in which it was revealed.
	pub block: BlockNumber,
	/// Digest of the answer.
	pub digest: Hash,
}

/// Seat of an executor, and what it did there.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Seat {
	/// Operator.
	pub executor: Address,
	/// Round for which it was drawn: 0 the first committee, 1 the larger one after silence, 2 an audit.
	pub round: RoundIndex,
	/// Its commitment.
	pub committed: Option<Commitment>,
	/// Its answer.
	pub revealed: Option<Reveal>,
	/// Reason for which it declined the seat, if it did, such as `ModelMissing`.
	pub declined: Option<String>,
}

impl From<SeatView> for Seat {
	fn from(view: SeatView) -> Self {
		let SeatView { executor, round, committed, revealed, declined } = view;
		Self {
			executor: executor.into(),
			round,
			committed: committed.map(|(block, hash)| Commitment { block, hash: hash.into() }),
			revealed: revealed.map(|(block, digest)| Reveal { block, digest: digest.into() }),
			declined: declined.map(|reason| named(&reason).name),
		}
	}
}

/// How far a request is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub enum StatusName {
	/// Waits for the draw.
	Requested,
	/// Has a committee.
	Assigned,
	/// The input is outside of the chain, and validators do not hold it yet.
	Uploading,
	/// A committee agreed on an output outside of the chain, and validators do not hold it yet.
	Holding,
	/// Answered; can be challenged.
	Attested,
	/// Answered; an audit committee computes it again.
	Audited,
	/// In dispute: the court decides.
	Disputed,
	/// The answer is final and paid.
	Settled,
	/// There is no answer, and there will be none.
	Failed,
}

/// Progress of a request. What a status does not have is `null`, and a list is empty.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Status {
	/// How far it is.
	pub name: StatusName,
	/// Time of the clock of the decision: attested, audited, settled, failed.
	pub clock: Option<BlockNumber>,
	/// Block in which the dispute began.
	pub block: Option<BlockNumber>,
	/// Time of the clock by which validators must hold the content: uploading, holding. `null` where they
	/// are not asked yet.
	pub until: Option<BlockNumber>,
	/// Answer on which a committee, or the court, agreed.
	pub answer: Option<Answer>,
	/// Account that bought the audit. `null` where randomness picked the answer.
	pub buyer: Option<Address>,
	/// Accounts that challenge the answer.
	pub challengers: Vec<Address>,
	/// Charged in total: settled.
	pub fee: Option<Planck>,
	/// What each executor was paid: settled.
	pub paid: Vec<Payment>,
	/// Cause of a failure, such as `NotEnoughExecutors`.
	pub reason: Option<String>,
	/// The cause in words.
	pub explanation: Option<String>,
}

/// What an executor was paid.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Payment {
	/// Operator.
	pub executor: Address,
	/// Amount.
	pub amount: Planck,
}

impl Status {
	fn new(name: StatusName) -> Self {
		Self {
			name,
			clock: None,
			block: None,
			until: None,
			answer: None,
			buyer: None,
			challengers: Vec::new(),
			fee: None,
			paid: Vec::new(),
			reason: None,
			explanation: None,
		}
	}
}

impl From<RequestStatus> for Status {
	fn from(status: RequestStatus) -> Self {
		match status {
			RequestStatus::Requested => Self::new(StatusName::Requested),
			RequestStatus::Assigned => Self::new(StatusName::Assigned),
			RequestStatus::Uploading { until } => {
				Self { until, ..Self::new(StatusName::Uploading) }
			},
			RequestStatus::Holding { answer, until } => {
				Self { until, answer: Some(answer.into()), ..Self::new(StatusName::Holding) }
			},
			RequestStatus::Attested { answer, at } => Self {
				clock: Some(at),
				answer: Some(answer.into()),
				..Self::new(StatusName::Attested)
			},
			RequestStatus::Audited { answer, at, buyer } => Self {
				clock: Some(at),
				answer: Some(answer.into()),
				buyer: buyer.map(Into::into),
				..Self::new(StatusName::Audited)
			},
			RequestStatus::Disputed { answer, since, challengers } => Self {
				block: Some(since),
				answer: answer.map(Into::into),
				challengers: challengers.into_iter().map(Address).collect(),
				..Self::new(StatusName::Disputed)
			},
			RequestStatus::Settled { answer, paid, fee, at } => {
				let payment = |(executor, amount)| Payment {
					executor: Address(executor),
					amount: Planck(amount),
				};
				Self {
					clock: Some(at),
					answer: Some(answer.into()),
					fee: Some(Planck(fee)),
					paid: paid.into_iter().map(payment).collect(),
					..Self::new(StatusName::Settled)
				}
			},
			RequestStatus::Failed { reason, at } => {
				let Named { name, explanation } = named(&reason);
				Self {
					clock: Some(at),
					reason: Some(name),
					explanation: Some(explanation),
					..Self::new(StatusName::Failed)
				}
			},
		}
	}
}

/// Something that happened to a request, in its history.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct HistoryEntry {
	/// Block in which it happened.
	pub block: BlockNumber,
	/// What happened.
	pub event: EventName,
	/// Accounts that it concerns: a committee, an executor, a challenger, a validator.
	pub accounts: Vec<Address>,
}

/// Request, and all that is known of it.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Request {
	/// Its number.
	pub request: RequestId,
	/// Account that pays.
	pub requester: Address,
	/// Number of the model version.
	pub model: ModelId,
	/// BLAKE3 hash of the model file.
	pub model_hash: Hash,
	/// Id of the engine.
	pub engine_id: Hash,
	/// Sizes of symbolic dimensions by name.
	pub dims: BTreeMap<String, u64>,
	/// Encoded input tensors. `null` where they lie outside of the chain.
	pub input: Option<Hex>,
	/// Encoded input tensors outside of the chain: `blobs_v1_range` reads them.
	pub stored_input: Option<Content>,
	/// What loading and running the version may take.
	pub limits: Limits,
	/// Assurance that is paid for.
	pub tier: Tier,
	/// Reference that the requester set.
	pub reference: Hash,
	/// Time of the clock after which no further committee is drawn for a first answer.
	pub deadline: Option<BlockNumber>,
	/// Block of inclusion.
	pub requested_at: BlockNumber,
	/// Block of the first draw.
	pub drawn_at: Option<BlockNumber>,
	/// Seed of the last round for a first answer.
	pub seed: Option<Hash>,
	/// Every seat of every round so far.
	pub seats: Vec<Seat>,
	/// What happened to it, as far as this node has followed it: since its start, and the newest 64
	/// entries.
	pub history: Vec<HistoryEntry>,
	/// How far it is.
	pub status: Status,
	/// Whether it is settled or failed in a block that is final: nothing changes any more.
	pub is_final: bool,
}

impl Request {
	/// Request of this number.
	pub(crate) fn new(
		request: RequestId,
		view: RequestView,
		history: Vec<HistoryEntry>,
		is_final: bool,
	) -> Self {
		let (input, stored_input) = match view.task.input {
			TaskInput::Inline(bytes) => (Some(Hex(bytes)), None),
			TaskInput::Stored(content) => (None, Some(content.into())),
		};
		Self {
			request,
			requester: view.requester.into(),
			model: view.model,
			model_hash: view.task.model_hash.into(),
			engine_id: view.task.engine_id.into(),
			dims: dims(&view.task.dims),
			input,
			stored_input,
			limits: view.task.limits.into(),
			tier: view.tier.into(),
			reference: view.reference.into(),
			deadline: view.deadline,
			requested_at: view.requested_at,
			drawn_at: view.drawn_at,
			seed: view.seed.map(Into::into),
			seats: view.seats.into_iter().map(Into::into).collect(),
			history,
			status: view.status.into(),
			is_final,
		}
	}
}

/// What may be relied on.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub enum ResultState {
	/// There is no such request, or it was pruned.
	Unknown,
	/// No answer yet.
	Open,
	/// A committee agreed on an answer, which can be challenged, or is audited.
	Attested,
	/// The answer is in dispute.
	Disputed,
	/// The answer is final, once the block is.
	Settled,
	/// There is no answer, and there will be none.
	Failed,
}

impl ResultState {
	/// What this reliance is called, and since which block it is so.
	pub(crate) fn of(reliance: Reliance) -> (Self, Option<BlockNumber>) {
		match reliance {
			Reliance::Unknown => (Self::Unknown, None),
			Reliance::Open { since } => (Self::Open, Some(since)),
			Reliance::Attested { since } => (Self::Attested, Some(since)),
			Reliance::Disputed { since } => (Self::Disputed, Some(since)),
			Reliance::Settled { since } => (Self::Settled, Some(since)),
			Reliance::Failed { since } => (Self::Failed, Some(since)),
		}
	}
}

/// Answer to a request, and whether it may be relied on.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct RequestResult {
	/// Number of the request.
	pub request: RequestId,
	/// State in the newest block.
	pub state: ResultState,
	/// Block since which it is so.
	pub since: Option<BlockNumber>,
	/// Whether it is settled or failed in a block that is final.
	pub is_final: bool,
	/// Whether the answer is settled in a block that is final.
	pub may_rely: bool,
	/// The answer, if there is one.
	pub answer: Option<Answer>,
}

/// What happened to a request.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub enum EventName {
	/// It was accepted.
	Requested,
	/// A committee was drawn.
	Drawn,
	/// An executor declined its seat in time, and another took it.
	Replaced,
	/// A committee was too silent to agree, and a larger one is drawn.
	Escalated,
	/// Validators were asked to hold an input or output outside of the chain.
	Convened,
	/// Enough validators hold an input or output outside of the chain.
	Held,
	/// An executor committed to an answer.
	Committed,
	/// An executor revealed its answer.
	Revealed,
	/// An executor declined its seat.
	Declined,
	/// A committee agreed on an answer.
	Attested,
	/// An audit committee computes the answer again.
	Audited,
	/// An account put up a bond against an answer.
	Challenged,
	/// The answer is in dispute.
	Disputed,
	/// The court sits.
	SittingBegan,
	/// A validator committed to a vote.
	VoteCommitted,
	/// A validator revealed its vote.
	VoteRevealed,
	/// The first sitting decided nothing. The court sits once more.
	Adjourned,
	/// The court decided.
	Judged,
	/// The answer is final and paid.
	Settled,
	/// It ended without an answer.
	Failed,
	/// It was removed from the chain's state.
	Pruned,
}

/// What an event says, with the same fields for all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct EventParts {
	pub name: EventName,
	pub round: Option<RoundIndex>,
	pub accounts: Vec<Address>,
	pub digest: Option<Hash>,
	pub reason: Option<String>,
}

impl From<&RequestEvent> for EventParts {
	fn from(event: &RequestEvent) -> Self {
		let new =
			|name| Self { name, round: None, accounts: Vec::new(), digest: None, reason: None };
		let all = |accounts: &[&opg_primitives::AccountId]| -> Vec<Address> {
			accounts.iter().map(|account| Address::from(*account)).collect()
		};
		match event {
			RequestEvent::Requested { requester, .. } => {
				Self { accounts: all(&[requester]), ..new(EventName::Requested) }
			},
			RequestEvent::Drawn { round, committee } => Self {
				round: Some(*round),
				accounts: committee.iter().map(Address::from).collect(),
				..new(EventName::Drawn)
			},
			RequestEvent::Replaced { round, declined, executor } => Self {
				round: Some(*round),
				accounts: all(&[declined, executor]),
				..new(EventName::Replaced)
			},
			RequestEvent::Escalated { round, reason } => Self {
				round: Some(*round),
				reason: Some(named(reason).name),
				..new(EventName::Escalated)
			},
			RequestEvent::Convened { .. } => new(EventName::Convened),
			RequestEvent::Held { .. } => new(EventName::Held),
			RequestEvent::Committed { round, executor } => Self {
				round: Some(*round),
				accounts: all(&[executor]),
				..new(EventName::Committed)
			},
			RequestEvent::Revealed { round, executor, digest } => Self {
				round: Some(*round),
				accounts: all(&[executor]),
				digest: Some(Hash(*digest)),
				..new(EventName::Revealed)
			},
			RequestEvent::Declined { round, executor, reason } => Self {
				round: Some(*round),
				accounts: all(&[executor]),
				reason: Some(named(reason).name),
				..new(EventName::Declined)
			},
			RequestEvent::Attested { digest, .. } => {
				Self { digest: Some(Hash(*digest)), ..new(EventName::Attested) }
			},
			RequestEvent::Audited { buyer } => Self {
				accounts: buyer.iter().map(Address::from).collect(),
				..new(EventName::Audited)
			},
			RequestEvent::Challenged { challenger, digest } => Self {
				accounts: all(&[challenger]),
				digest: Some(Hash(*digest)),
				..new(EventName::Challenged)
			},
			RequestEvent::Disputed => new(EventName::Disputed),
			RequestEvent::SittingBegan { .. } => new(EventName::SittingBegan),
			RequestEvent::VoteCommitted { validator } => {
				Self { accounts: all(&[validator]), ..new(EventName::VoteCommitted) }
			},
			RequestEvent::VoteRevealed { validator, digest } => Self {
				accounts: all(&[validator]),
				digest: Some(Hash(*digest)),
				..new(EventName::VoteRevealed)
			},
			RequestEvent::Adjourned => new(EventName::Adjourned),
			RequestEvent::Judged { digest, .. } => {
				Self { digest: Some(Hash(*digest)), ..new(EventName::Judged) }
			},
			RequestEvent::Settled { digest, .. } => {
				Self { digest: Some(Hash(*digest)), ..new(EventName::Settled) }
			},
			RequestEvent::Failed { reason, .. } => {
				Self { reason: Some(named(reason).name), ..new(EventName::Failed) }
			},
			RequestEvent::Pruned { .. } => new(EventName::Pruned),
		}
	}
}

/// Something that happened to a request to a model.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct ModelEvent {
	/// Block in which it happened.
	pub block: Block,
	/// Number of the request.
	pub request: RequestId,
	/// Number of the model version.
	pub model: ModelId,
	/// What happened.
	pub event: EventName,
	/// Round that it concerns.
	pub round: Option<RoundIndex>,
	/// Accounts that it concerns.
	pub accounts: Vec<Address>,
	/// Digest of the answer that it concerns.
	pub digest: Option<Hash>,
	/// Reason, such as `ModelMissing`.
	pub reason: Option<String>,
}

/// Answer on which a committee agreed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct AttestedAnswer {
	/// Block in which it did.
	pub block: Block,
	/// Number of the request.
	pub request: RequestId,
	/// Number of the model version.
	pub model: ModelId,
	/// Digest of the answer.
	pub digest: Hash,
}

/// State of a transaction that was handed in.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub enum TransactionState {
	/// In the pool.
	Ready,
	/// Included in the block.
	InBlock,
	/// The block that included it is not on the best chain any more.
	Retracted,
	/// The block that included it is final.
	Finalized,
	/// The pool has no room for it. It may be sent again.
	Dropped,
	/// It is not valid any more.
	Invalid,
	/// Another transaction of the account, with the same nonce, took its place.
	Usurped,
}

/// What became of a transaction that was handed in.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct TransactionUpdate {
	/// State.
	pub state: TransactionState,
	/// Block that includes it, or did.
	pub block: Option<Block>,
	/// Number of the request, if it was accepted.
	pub request: Option<RequestId>,
	/// Reason for which it failed, in a block or in the pool.
	pub error: Option<TransactionFailure>,
}

/// Why a transaction failed.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct TransactionFailure {
	/// Name of the pallet's error, such as `MaxFeeTooLow`, or what the pool found.
	pub reason: String,
	/// The reason in words.
	pub explanation: String,
}

impl From<Named> for TransactionFailure {
	fn from(Named { name, explanation }: Named) -> Self {
		Self { reason: name, explanation }
	}
}
