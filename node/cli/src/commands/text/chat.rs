//! `opg chat`: a conversation, one request for each turn.

use super::{note, refused, Asker, Asking};
use crate::{
	commands::Session,
	failure::{code, Code, Failure},
	output::Output,
};
use anyhow::{ensure, Result};
use clap::Args;
use opg_text::{Message, TextError};
use std::io::{stdin, stdout, BufRead, IsTerminal, Write};

/// Arguments of `opg chat`.
#[derive(Args)]
pub(crate) struct Chat {
	/// What the model is told before the conversation.
	#[arg(long, value_name = "TEXT")]
	system: Option<String>,
	#[command(flatten)]
	asking: Asking,
}

/// What a line of a person means.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
	Say(&'a str),
	Nothing,
	Quit,
	Reset,
	Help,
}

impl<'a> Line<'a> {
	fn of(line: &'a str) -> Self {
		match line.trim() {
			"" => Self::Nothing,
			"/quit" | "/exit" => Self::Quit,
			"/reset" => Self::Reset,
			"/help" => Self::Help,
			text => Self::Say(text),
		}
	}
}

impl Chat {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let asker = Asker::new(&self.asking, session)?;
		ensure!(asker.model.has_template(), refused(TextError::NoTemplate));
		let output = session.output;
		note(output, "An empty line is nothing; /reset forgets what was said, /quit ends.");
		let mut history = Vec::new();
		let mut agreed = None;
		let mut differed = false;
		loop {
			if stdin().is_terminal() && output == Output::Text {
				print!("> ");
				stdout().flush()?;
			}
			let mut line = String::new();
			if stdin().lock().read_line(&mut line)? == 0 {
				break;
			}
			let text = match Line::of(&line) {
				Line::Nothing => continue,
				Line::Quit => break,
				Line::Reset => {
					history.clear();
					note(output, "forgotten");
					continue;
				},
				Line::Help => {
					note(output, "/reset forgets what was said, /quit ends");
					continue;
				},
				Line::Say(text) => text,
			};
			history.push(Message::new("user", text));
			let turn = self.turn(&asker, &mut history, &mut agreed);
			match turn {
				Ok(is_same) => differed |= !is_same,
				Err(error) if stdin().is_terminal() && code(&error) != Code::NoNode => {
					// What was said and got no answer is not said.
					history.pop();
					output.error(&error);
				},
				Err(error) => return Err(error),
			}
		}
		ensure!(
			!differed,
			Failure::PreviewDiffers(
				"an attested text of this conversation was another than this machine computes"
					.into()
			)
		);
		Ok(())
	}

	/// One turn. Tells whether a preview was the same.
	fn turn(
		&self,
		asker: &Asker,
		history: &mut Vec<Message>,
		agreed: &mut Option<crate::amount::Amount>,
	) -> Result<bool> {
		let (prompt, dropped) = fit(self.system.as_deref(), history, asker.room(), |messages| {
			asker.model.chat(messages)
		})
		.map_err(refused)?;
		if dropped > 0 {
			note(
				asker.output,
				format_args!(
					"the {dropped} oldest messages have no room any more: they are left out"
				),
			);
		}
		let question = asker.question(&prompt)?;
		let max_fee = asker.agree(&question, *agreed)?;
		*agreed = Some(agreed.filter(|agreed| agreed.0 > max_fee.0).unwrap_or(max_fee));
		let answered = asker.ask(&question, max_fee)?;
		asker.output.json(|| asker.json(&question, &answered));
		history.push(Message::new("assistant", &answered.text));
		Ok(answered.is_same != Some(false))
	}
}

/// The tokens of a conversation within `room`. The oldest messages are left out as far as they have to,
/// and an answer never stands first. Tells how many were.
fn fit(
	system: Option<&str>,
	history: &mut Vec<Message>,
	room: usize,
	tokens: impl Fn(&[Message]) -> Result<Vec<u32>, TextError>,
) -> Result<(Vec<u32>, usize), TextError> {
	let mut dropped = 0;
	loop {
		let system = system.map(|system| Message::new("system", system));
		let messages: Vec<_> = system.into_iter().chain(history.iter().cloned()).collect();
		let prompt = tokens(&messages)?;
		if prompt.len() <= room || history.len() <= 1 {
			return Ok((prompt, dropped));
		}
		let answer = history.iter().skip(1).take_while(|own| own.role != "user").count();
		let oldest = (1 + answer).min(history.len() - 1);
		history.drain(..oldest);
		dropped += oldest;
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn lines_should_be_what_people_mean() {
		assert_eq!(Line::of("  hello \n"), Line::Say("hello"));
		assert_eq!(Line::of("\n"), Line::Nothing);
		assert_eq!(Line::of("/quit\n"), Line::Quit);
		assert_eq!(Line::of("/reset"), Line::Reset);
		assert_eq!(Line::of("/path/to"), Line::Say("/path/to"));
	}

	#[test]
	fn oldest_messages_should_be_left_out_when_there_is_no_room() {
		let turn = |text: &str| [Message::new("user", text), Message::new("assistant", text)];
		let whole: Vec<_> = [turn("aaaa"), turn("bb")]
			.concat()
			.into_iter()
			.chain([Message::new("user", "c")])
			.collect();
		// A token for each letter.
		let tokens = |messages: &[Message]| -> Result<Vec<u32>, TextError> {
			Ok(messages.iter().flat_map(|own| own.content.bytes()).map(u32::from).collect())
		};
		let fitted = |room, system| {
			let mut history = whole.clone();
			let (prompt, dropped) = fit(system, &mut history, room, tokens).unwrap();
			(String::from_utf8(prompt.iter().map(|own| *own as u8).collect()).unwrap(), dropped)
		};
		assert_eq!(fitted(100, None), ("aaaaaaaabbbbc".into(), 0));
		assert_eq!(fitted(13, None), ("aaaaaaaabbbbc".into(), 0));
		assert_eq!(fitted(12, None), ("bbbbc".into(), 2));
		assert_eq!(fitted(4, None), ("c".into(), 4));
		assert_eq!(fitted(6, Some("s")), ("sbbbbc".into(), 2));
		// The last one stays, and the request is refused for it.
		assert_eq!(fitted(0, Some("s")), ("sc".into(), 4));
	}
}
