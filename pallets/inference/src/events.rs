//! Events of the pallet.

use frame_support::pallet_macros::*;

/// Section of the pallet that declares its events.
#[pallet_section]
mod events {
	/// Events of requests.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A request was accepted and its escrow held.
		Requested {
			/// Number that the request got.
			request: RequestId,
			/// Account that pays.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Assurance that the requester pays for.
			tier: Tier,
			/// Held for the fee, in planck; deposit and seat fees are not included.
			escrow: Balance,
			/// Reference that the requester set.
			reference: H256,
		},
		/// A committee was drawn.
		Drawn {
			/// Number of the request.
			request: RequestId,
			/// Round of the committee.
			round: RoundIndex,
			/// Executors, in draw order.
			committee: Vec<T::AccountId>,
			/// Seed of the draw.
			seed: H256,
			/// Number of different authors whose outputs made the seed.
			authors: u32,
		},
		/// An executor declined its seat free of charge, and the next in order took it.
		Replaced {
			/// Number of the request.
			request: RequestId,
			/// Round of the seat.
			round: RoundIndex,
			/// Executor that declined.
			declined: T::AccountId,
			/// Executor that has the seat.
			executor: T::AccountId,
		},
		/// A committee was too silent to agree, and a larger one is drawn.
		Escalated {
			/// Number of the request.
			request: RequestId,
			/// Round of the larger committee.
			round: RoundIndex,
			/// Cause for which the last committee did not agree.
			reason: FailureReason,
		},
		/// Validators were asked to hold an input or output that is outside of the chain.
		Convened {
			/// Number of the request.
			request: RequestId,
			/// Input or output.
			content: Content,
			/// Time of the chain's clock by which enough of them must hold it.
			until: BlockNumberFor<T>,
		},
		/// Enough validators hold an input or output that is outside of the chain.
		Held {
			/// Number of the request.
			request: RequestId,
			/// Input or output.
			content: Content,
		},
		/// Validators were paid for holding the contents of a request that has ended.
		StoragePaid {
			/// Number of the request.
			request: RequestId,
			/// Validators that hold them.
			holders: Vec<T::AccountId>,
			/// Pay of each, in planck.
			each: Balance,
		},
		/// The storage fee of an input for which validators were asked in vain was burned.
		StorageBurned {
			/// Number of the request.
			request: RequestId,
			/// Amount, in planck.
			amount: Balance,
		},
		/// A committee agreed on an answer. It can be challenged for `ChallengeWindow`.
		Attested {
			/// Number of the request.
			request: RequestId,
			/// Account that pays.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Digest of the answer.
			digest: H256,
			/// Fuel of the answer.
			fuel: Fuel,
			/// Reference that the requester set.
			reference: H256,
		},
		/// An audit committee computes an answer again.
		Audited {
			/// Number of the request.
			request: RequestId,
			/// Account that bought the audit. `None` where randomness picked the answer.
			buyer: Option<T::AccountId>,
		},
		/// An account put up a bond against an answer.
		Challenged {
			/// Number of the request.
			request: RequestId,
			/// Account that put up the bond.
			challenger: T::AccountId,
			/// Digest of the answer that it disputes.
			digest: H256,
			/// Bond, in planck.
			bond: Balance,
		},
		/// A challenger revealed the digest that it claims to be right.
		ClaimRevealed {
			/// Number of the request.
			request: RequestId,
			/// Account that put up the bond.
			challenger: T::AccountId,
			/// Digest that it claims.
			digest: H256,
		},
		/// The answer to a request is in dispute, and the court decides.
		Disputed {
			/// Number of the request.
			request: RequestId,
		},
		/// The court decided, and whoever gave another answer is convicted.
		Judged {
			/// Number of the request.
			request: RequestId,
			/// Digest of the right answer.
			digest: H256,
			/// Number of executors that gave it.
			right: u32,
			/// Number of executors that gave another.
			wrong: u32,
		},
		/// The court proved a challenger right: its bond came back.
		ChallengeWon {
			/// Number of the request.
			request: RequestId,
			/// Account that put up the bond.
			challenger: T::AccountId,
		},
		/// The court did not prove a challenger right: its bond went to the pot.
		ChallengeLost {
			/// Number of the request.
			request: RequestId,
			/// Account that put up the bond.
			challenger: T::AccountId,
			/// Bond, in planck.
			bond: Balance,
		},
		/// An answer is final and paid.
		Settled {
			/// Number of the request.
			request: RequestId,
			/// Account that paid.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Digest of the answer.
			digest: H256,
			/// Charged in total, royalty, storage and seat fees included, in planck.
			fee: Balance,
			/// Reference that the requester set.
			reference: H256,
		},
		/// A request ended without an answer, and its escrow was returned, but for the fee of storing its
		/// contents.
		Failed {
			/// Number of the request.
			request: RequestId,
			/// Account that made it.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Cause.
			reason: FailureReason,
			/// Reference that the requester set.
			reference: H256,
		},
		/// A request was removed, and its deposit returned if it was still held.
		Pruned {
			/// Number of the request.
			request: RequestId,
			/// Account that made it.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Reference that the requester set.
			reference: H256,
		},
		/// The chain takes no requests any more.
		DrainStarted,
		/// The last request is gone, and nothing is on hold for one.
		Drained,
		/// The chain takes requests again.
		IntakeResumed,
		/// What an account had on hold for requests that are gone was released.
		OrphanedReleased {
			/// Account whose holds they were.
			who: T::AccountId,
			/// Amount, in planck.
			amount: Balance,
		},
	}
}
