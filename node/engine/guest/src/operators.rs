//! Operators: which are taken, those that the engine adds to tract's, and parameters that are refused.
//!
//! - [`contradictions`]: parameters that contradict the inputs, and that tract takes nevertheless.
//! - [`contrib`]: the operators of `com.microsoft` that are taken.
//! - [`functions`], [`sequences`]: operators that the graph is written without, before tract reads it.
//! - The others have an operator each, of tract's ([`wired`]) or of their own. [`loops`] unrolls.
//!
//! All sizes that a file names are checked where they are used. Nothing here depends on the machine.

mod attention;
mod contradictions;
mod contrib;
mod functions;
mod labels;
mod loops;
mod losses;
mod norms;
mod products;
mod reverse;
mod sequences;
mod trees;
mod upsample;
mod windows;
mod wired;

pub use contradictions::{check, shapes, Shapes};

use crate::refusal::Refusal;
use opg_engine_types::Reason;
use tract_onnx::{model::OnnxOpRegister, pb::GraphProto};

/// Most nodes after operators are written out and loops are unrolled: as many as a file may have.
const MAX_NODES: usize = 20_000;

/// Adds the operators to those of tract. Some take the place of tract's.
pub fn register(operators: &mut OnnxOpRegister) {
	attention::register(operators);
	labels::register(operators);
	loops::register(operators);
	losses::register(operators);
	norms::register(operators);
	products::register(operators);
	reverse::register(operators);
	sequences::register(operators);
	trees::register(operators);
	upsample::register(operators);
	windows::register(operators);
}

/// Refuses operators that are not taken, and writes the graph without those that stand for others.
pub fn write_out(graph: &mut GraphProto) -> Result<(), Refusal> {
	contrib::check(graph)?;
	sequences::write_out(graph, &mut Vec::new())?;
	let nodes = functions::write_out(graph)?;
	if nodes > MAX_NODES {
		let message = format!("{nodes} nodes, with what some operators stand for");
		return Err(Refusal::new(Reason::TooManyNodes, message));
	}
	Ok(())
}
