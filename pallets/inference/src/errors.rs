//! Errors of the pallet.

use frame_support::pallet_macros::*;

/// Section of the pallet that declares its errors.
#[pallet_section]
mod errors {
	/// Errors of calls.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no model version with this number.
		UnknownModel,
		/// The model's engine is not valid yet, or no longer. In the latter case the owner must
		/// register a new version.
		EngineNotValid,
		/// There is no request with this number, or it was pruned.
		UnknownRequest,
		/// The signer is not the requester.
		NotRequester,
		/// The block of inclusion is over, or the request has ended.
		NotCancellable,
		/// The request has no answer yet, its answer is final, or its court takes no more claims.
		NotChallengeable,
		/// The request has no attested answer that is not audited yet.
		NotAuditable,
		/// The seed is not that of the answer: it was given on another fork.
		SeedMismatch,
		/// Nobody revealed an answer with this digest.
		UnknownDigest,
		/// The signer challenged this request already.
		AlreadyChallenged,
		/// The request has as many challenges as it can have.
		TooManyChallenges,
		/// The signer did not challenge this request, or revealed its claim already.
		NotChallenger,
		/// The court does not reveal votes now.
		NotRevealing,
		/// Digest and salt are not those of the claim.
		ClaimMismatch,
		/// Too few executors serve the model, besides the parties and those who had a seat already.
		NotEnoughExecutors,
		/// Escrow and seat fees would be larger than `max_fee`. The runtime API `estimate` tells them.
		MaxFeeTooLow,
		/// The royalty is larger than `max_royalty`.
		RoyaltyAboveMax,
		/// The deadline is over already, or after the request is pruned.
		InvalidDeadline,
		/// Executors with a free slot hold too little of what all that serve the model offer, draws or
		/// agendas have no room, or this block left a part of them for later.
		Congested,
		/// The operator has too little own stake that its open seats and challenges do not reserve.
		NoReserve,
		/// A number is too large: the fee, the bond or the number of the request.
		Overflow,
		/// Less than two thirds of the validators say that their store holds the model's file, so the
		/// court could not judge its answers. Give them the file; their nodes say so by themselves.
		NotCourtReady,
		/// The executor is paused, is leaving, or was convicted.
		Suspended,
		/// The executor has a seat in the request.
		HasSeat,
		/// The executor's pool is the bond of another challenge about the same model.
		PoolChallengeOpen,
		/// The chain carries an input of this size: use `request`.
		InputTooShort,
		/// The input is longer than the model version takes.
		InputTooLong,
		/// The chain takes no requests until an upgrade is over.
		Draining,
		/// The chain takes requests.
		NotDraining,
		/// There are more requests than the signer allows for.
		TooManyRequests,
		/// Requests hold all that the account has on hold.
		NothingOrphaned,
		/// The fuel limit of the request is less than a sixteenth of its version's.
		FuelLimitTooLow,
		/// The fuel limit of the request is more than its version's.
		FuelLimitTooHigh,
	}
}
