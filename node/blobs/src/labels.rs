//! Labels of the pins that the node and its commands set.

/// A model that the operator added. It stays until the operator takes it away.
pub const MODEL: &str = "model";

/// An engine that the operator added. It stays until the operator takes it away.
pub const ENGINE: &str = "engine";

/// A model that an operator of this node serves. The pin ends when it is not renewed.
pub const SERVED_MODEL: &str = "served-model";

/// The engine of a model that an operator of this node serves. The pin ends when it is not renewed.
pub const SERVED_ENGINE: &str = "served-engine";

/// A model that this node, as a validator, keeps for its court. The pin ends when it is not renewed.
pub const COURT_MODEL: &str = "court-model";

/// An input or an output of a request, outside of the chain. The pin ends when it is not renewed.
pub const CONTENT: &str = "content";
