//! Traits of panels: validators that are asked to hold inputs and outputs outside of the chain.

use crate::CourtFull;
use alloc::vec::Vec;
use opg_primitives::{Content, RequestId};
use sp_core::H256;
use sp_runtime::Weight;

/// Largest number of members of a panel.
pub const MAX_PANEL: u32 = 21;

/// Panels, one for each request with a content outside of the chain.
pub trait Panels<AccountId> {
	/// Asks for a content. The first call of a request draws its panel from the current bench by the
	/// seed. A further one asks the same members, and needs no seed. Fails where too many panels are
	/// open, and where the request asked for its input and its output already.
	fn convene(request: RequestId, content: Content, seed: H256) -> Result<(), CourtFull>;
	/// Ends the panel of a request, if there is one. Returns the members that hold everything that
	/// was asked for up to the last content that was held, in the order of the draw. Nobody where
	/// nothing was held.
	fn dismiss(request: RequestId) -> Vec<AccountId>;
	/// Largest weight of `convene`.
	fn max_convene_weight() -> Weight;
	/// Largest weight of `dismiss`.
	fn max_dismiss_weight() -> Weight;
}

/// Recipient of what panels say.
pub trait OnHeld {
	/// Enough of the panel of a request hold the content that was asked for last. Called once for each
	/// content. Returns the weight of what follows.
	fn on_held(request: RequestId) -> Weight;
	/// Largest weight that `on_held` returns.
	fn max_held_weight() -> Weight;
}
