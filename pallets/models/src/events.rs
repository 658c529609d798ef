//! Events of the pallet.

use frame_support::pallet_macros::*;

/// Section of the pallet that declares its events.
#[pallet_section]
mod events {
	/// Events of the registry.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A version was registered.
		Registered {
			/// Number of the version.
			model: ModelId,
			/// Account that earns the royalty.
			owner: T::AccountId,
			/// BLAKE3 of the file.
			model_hash: H256,
			/// Name of the model of which it is a version.
			name: ModelName,
			/// Semantic version.
			number: VersionNumber,
		},
		/// A version was removed and its deposit returned. Its version number stays used.
		Deregistered {
			/// Number of the version.
			model: ModelId,
		},
		/// An executor declared that it serves a version. It is drawn from the next session on that is
		/// not planned yet.
		Serving {
			/// Number of the version.
			model: ModelId,
			/// Operator of the executor.
			executor: T::AccountId,
		},
		/// An executor stopped serving a version, or gave way to one with more stake. It is not drawn
		/// any more.
		StoppedServing {
			/// Number of the version.
			model: ModelId,
			/// Operator of the executor.
			executor: T::AccountId,
		},
		/// The entries of an executor that serves no more were removed.
		ExecutorRemoved {
			/// Number of the version.
			model: ModelId,
			/// Operator of the executor.
			executor: T::AccountId,
		},
		/// Versions can be registered for an engine.
		EngineAdmitted {
			/// BLAKE3-256 of the engine's WebAssembly.
			engine_id: H256,
			/// First block of requests to such versions.
			from: BlockNumberFor<T>,
		},
		/// The last block of an engine was set or moved.
		EngineRetired {
			/// BLAKE3-256 of the engine's WebAssembly.
			engine_id: H256,
			/// First block without requests to its versions. Open requests are finished.
			until: BlockNumberFor<T>,
		},
		/// Versions can be registered within these maxima. Those that exist stay as they are.
		MaximaSet {
			/// Largest file and limits.
			maxima: Maxima,
		},
		/// The owner of a named model said something else of it.
		Described {
			/// Owner of the named model.
			owner: T::AccountId,
			/// Its name.
			name: ModelName,
			/// Tags and model card.
			description: Description,
		},
		/// A channel of a named model was pointed to a version, or removed.
		ChannelMoved {
			/// Owner of the named model.
			owner: T::AccountId,
			/// Its name.
			name: ModelName,
			/// Name of the channel.
			channel: ChannelName,
			/// Version that it points to now. `None` where the channel is gone.
			model: Option<ModelId>,
		},
		/// A version was deprecated, or its reason changed. It still takes requests.
		Deprecated {
			/// Number of the version.
			model: ModelId,
			/// Reason of the owner.
			reason: Reason,
		},
		/// A version is not deprecated any more.
		Undeprecated {
			/// Number of the version.
			model: ModelId,
		},
		/// A named model was offered to an account, or the offer was taken back.
		TransferOffered {
			/// Owner of the named model.
			owner: T::AccountId,
			/// Its name.
			name: ModelName,
			/// Account that can accept it. `None` where nobody can any more.
			to: Option<T::AccountId>,
		},
		/// A named model and all its versions have another owner.
		Transferred {
			/// Account that owned it.
			from: T::AccountId,
			/// Account that owns it now.
			to: T::AccountId,
			/// Its name.
			name: ModelName,
		},
		/// A named model without versions was removed. Its name and version numbers are free again.
		NameRemoved {
			/// Account that owned it.
			owner: T::AccountId,
			/// Its name.
			name: ModelName,
		},
		/// An account committed to a file that it will register.
		Announced {
			/// The account.
			who: T::AccountId,
			/// Hash of the account, the content hash of the file, and a salt.
			commitment: H256,
		},
		/// A commitment to a file was removed, and its deposit returned.
		AnnouncementRemoved {
			/// Account that made it.
			who: T::AccountId,
			/// The commitment.
			commitment: H256,
		},
		/// An operator allowed its hot key to begin to serve versions.
		ServingAllowed {
			/// Operator of the executor.
			executor: T::AccountId,
			/// Most versions that the hot key may begin with from now on.
			versions: u32,
		},
		/// An engine was nominated. Nodes that have it compute the pinned tasks, and post a digest.
		EngineNominated {
			/// BLAKE3-256 of the engine's WebAssembly.
			engine_id: H256,
		},
		/// The nomination of an engine and all evidence for it were removed.
		NominationWithdrawn {
			/// BLAKE3-256 of the engine's WebAssembly.
			engine_id: H256,
		},
		/// The canaries of all sessions from one on were set.
		CanariesSet {
			/// First session of which they are.
			from: u32,
			/// Number of canaries.
			count: u32,
		},
		/// An executor posted what its machine found.
		DigestPosted {
			/// Operator of the executor.
			executor: T::AccountId,
			/// What it is about.
			subject: Subject,
			/// The digest.
			digest: H256,
		},
		/// The machine of an executor computed the canary of a session otherwise than most of the stake.
		/// Nobody loses anything. Its operator had better stop serving until it knows why.
		CanaryDiffered {
			/// The session.
			session: u32,
			/// Operator of the executor.
			executor: T::AccountId,
			/// What it found.
			digest: H256,
			/// What more than half of the stake found that serves the version.
			agreed: H256,
		},
	}
}
