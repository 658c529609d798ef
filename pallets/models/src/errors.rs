//! Errors of the pallet.

use frame_support::pallet_macros::*;

/// Section of the pallet that declares its errors.
#[pallet_section]
mod errors {
	/// Causes for which a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// No version has this number.
		UnknownModel,
		/// The signer does not own the version.
		NotOwner,
		/// The file is empty or larger than `VersionMaxima` allows.
		InvalidSize,
		/// The name has another character than lower-case letters, digits, `.`, `_` and `-`, or does not
		/// begin with a letter or digit.
		InvalidName,
		/// The fuel of a run is zero or above `VersionMaxima`.
		InvalidFuel,
		/// The fuel of loading is zero or above `VersionMaxima`.
		InvalidLoadFuel,
		/// The memory is zero or above `VersionMaxima`.
		InvalidMemory,
		/// A maximum is above `MaximaCeiling`.
		AboveCeiling,
		/// The royalty is above `MaxRoyalty`.
		RoyaltyTooHigh,
		/// A dimension has no UTF-8 name or no size, or the names are not sorted and distinct.
		InvalidDims,
		/// The engine was never admitted. `Engines` lists those that were.
		UnknownEngine,
		/// The engine takes no requests any more. Register for a newer one.
		EngineRetired,
		/// The engine was admitted before.
		EngineAlreadyAdmitted,
		/// `MaxEngines` engines were admitted.
		TooManyEngines,
		/// The registered report is another. File, dimensions or engine differ, or one is wrong.
		ReportMismatch,
		/// The signer has no executor pool.
		NotExecutor,
		/// The signer's executor has no hot key, or is paused, leaving or convicted.
		NotEligible,
		/// The executor serves this version already.
		AlreadyServing,
		/// The executor does not serve this version.
		NotServing,
		/// `MaxServingExecutors` executors serve this version, each with at least as much weight.
		TooManyServingExecutors,
		/// The executor has a pool, and draws can still need its entries.
		NotRemovable,
		/// Executors still serve this version. They have to stop first. `remove_executor` removes
		/// those whose pool is closed.
		StillServed,
		/// All version numbers are used.
		NumbersExhausted,
		/// The version number is no semantic version.
		InvalidNumber,
		/// The named model has or had a version with this number. Numbers are never used again.
		NumberTaken,
		/// The named model has `MAX_VERSIONS` versions. Register under another name.
		TooManyVersions,
		/// The licence has characters that no SPDX expression has.
		InvalidLicence,
		/// A tag has another character than lower-case letters, digits and `-`, or begins with `-`, or the
		/// tags are not sorted and distinct.
		InvalidTags,
		/// The file has no bytes.
		EmptyFile,
		/// The channel has another character than lower-case letters, digits and `-`, does not begin with
		/// a letter, or is called `latest` or `x`.
		InvalidChannel,
		/// The named model has `MAX_CHANNELS` channels. Remove one.
		TooManyChannels,
		/// The named model has no channel of this name.
		UnknownChannel,
		/// A channel points to the version. Move or remove it first.
		InChannel,
		/// The version is one of another named model.
		OtherName,
		/// The owner has no model of this name.
		UnknownName,
		/// The reason is not UTF-8, or empty.
		InvalidReason,
		/// The version is not deprecated.
		NotDeprecated,
		/// The named model is not offered to the signer.
		NotOffered,
		/// The signer has a model of this name.
		NameTaken,
		/// The deposit is higher than the signer said that it would pay.
		DepositTooHigh,
		/// The named model has versions. `deregister` them.
		HasVersions,
		/// The account has `MaxAnnouncements` announcements. Use or remove one.
		TooManyAnnouncements,
		/// The account has made this announcement.
		AlreadyAnnounced,
		/// The account has not made this announcement, or it expired and was removed: the salt, the file
		/// or the account is another.
		NotAnnounced,
		/// The announcement was made in this block. Register in a later one.
		AnnouncedJustNow,
		/// The announcement is older than `AnnouncementLifetime`. Announce anew.
		AnnouncementExpired,
		/// Only who made the announcement can remove it before it expires.
		NotExpired,
		/// The operator allows its hot key to begin with no more versions.
		NotAllowed,
		/// The longest input is zero bytes or above `VersionMaxima`.
		InvalidInputBytes,
		/// The longest output is zero bytes or above `VersionMaxima`.
		InvalidOutputBytes,
		/// The engine is nominated already. Withdraw its nomination first.
		AlreadyNominated,
		/// As many engines are nominated as can be at the same time.
		TooManyNominations,
		/// A nomination pins at least one task.
		NothingPinned,
		/// The engine is not nominated.
		NotNominated,
		/// Less than two thirds of the stake of the current snapshot posted the same digest for this
		/// engine.
		NotEnoughEvidence,
		/// The executor is not in the current snapshot, or does not serve the canary of this session, or
		/// there is none.
		NotAsked,
		/// The executor posted this digest already, or another one a short time ago.
		AlreadyPosted,
		/// As many executors posted a digest as a snapshot can have.
		TooManyStatements,
		/// A number of how the model generates text is zero, or its context has no room for a prompt and
		/// an answer.
		InvalidGeneration,
	}
}
