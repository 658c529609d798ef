//! Attested answers as text.

use super::Asker;
use crate::{
	commands::request::{attested, check_attested, follow, Until},
	contents, describe,
	failure::Failure,
	output::Output,
};
use anyhow::{bail, ensure, Context, Result};
use opg_engine_types::tensor;
use opg_primitives::{Answer, Outcome, RequestId};
use opg_runtime_api::RequestStatus;
use opg_text::{new_tokens, Finish, TextModel};

/// An attested answer.
pub(super) struct Answered {
	pub request: RequestId,
	pub answer: Answer,
	pub tokens: Vec<u32>,
	pub text: String,
	pub finish: Finish,
	/// `attested`, or what came after it.
	pub state: &'static str,
	/// Whether this machine computed the same before, where it did.
	pub is_same: Option<bool>,
}

impl Answered {
	/// Fails where the preview was another.
	pub fn check(&self) -> Result<()> {
		ensure!(
			self.is_same != Some(false),
			Failure::PreviewDiffers(format!(
				"executors agreed on another text for request {} than this machine computes: one of them is \
				 wrong. `opg request rerun {0}` computes it again, and `opg request challenge {0}` has the \
				 court decide",
				self.request
			))
		);
		Ok(())
	}
}

/// Waits until a request is attested.
pub(super) fn wait(
	asker: &Asker,
	id: RequestId,
	max_tokens: u32,
	preview: Option<Answer>,
) -> Result<Answered> {
	// The text is all that people want to see of it.
	let view = follow(&asker.chain, Output::Json, id, Until::Attested)?;
	check_attested(id, &view)?;
	let answer = attested(&view).context("the request has no answer")?.clone();
	if let Outcome::Error(error) = answer.outcome {
		bail!(Failure::RequestFailed(format!(
			"the attested answer to request {id} is an error, and paid: {}",
			describe::model_error(error)
		)));
	}
	let output = contents::output(&asker.chain, id, &answer)?;
	let output = output.context("the answer has no output")?;
	let (tokens, text, finish) = read(&asker.model, &output, max_tokens)?;
	let is_same = preview.map(|preview| preview == answer);
	let state = match view.status {
		RequestStatus::Settled { .. } => "settled",
		RequestStatus::Disputed { .. } => "disputed",
		RequestStatus::Audited { .. } => "audited",
		_ => "attested",
	};
	Ok(Answered { request: id, answer, tokens, text, finish, state, is_same })
}

/// Tokens and text of an encoded answer, and what ended it.
pub(super) fn read(
	model: &TextModel,
	output: &[u8],
	max_tokens: u32,
) -> Result<(Vec<u32>, String, Finish)> {
	let tensors = tensor::decode(output).context("the answer does not decode")?;
	let tokens = new_tokens(&tensors)?;
	let text = model.tokenizer.decode(&tokens);
	let finish = model.finish(&tokens, max_tokens);
	Ok((tokens, text, finish))
}
