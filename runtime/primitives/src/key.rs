//! The executor's hot key.

use sp_core::crypto::KeyTypeId;

/// Key type of the hot key with which an executor attests. It also declares what its node serves, within
/// what its operator allows, and does nothing else.
pub const EXECUTOR_KEY_TYPE: KeyTypeId = KeyTypeId(*b"opgx");

/// The executor's hot key. Ed25519, because its signatures are deterministic: salts are derived from
/// them, so that an executor that restarts between commit and reveal can still reveal.
pub mod executor_key {
	mod app {
		use sp_application_crypto::{app_crypto, ed25519};
		app_crypto!(ed25519, crate::EXECUTOR_KEY_TYPE);
	}
	/// Public hot key.
	pub type ExecutorKey = app::Public;
	/// Signature by a hot key.
	pub type ExecutorSignature = app::Signature;
	#[cfg(feature = "std")]
	/// Key pair of a hot key.
	pub type ExecutorPair = app::Pair;
}
pub use executor_key::{ExecutorKey, ExecutorSignature};
