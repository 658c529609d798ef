//! Misbehaviour on demand, for tests of the protocol.

use opg_primitives::{Answer, Outcome, Unavailable};
use std::collections::HashSet;

/// How a node misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
	/// Answers with another output than the engine's. Every liar tells the same lie.
	Liar,
	/// Commits and then does not reveal.
	Silent,
}

/// Spoils answers.
pub(crate) struct Injector {
	fault: Option<Fault>,
	/// Jobs that were answered once.
	answered: HashSet<[u8; 32]>,
}

impl Injector {
	pub(crate) fn new(fault: Option<Fault>) -> Self {
		Self { fault, answered: HashSet::new() }
	}

	/// What to answer instead of `answer` to the job filed under `key`.
	pub(crate) fn apply(&mut self, key: [u8; 32], answer: Answer) -> Result<Answer, Unavailable> {
		match self.fault {
			None => Ok(answer),
			Some(Fault::Liar) => Ok(lie(answer)),
			Some(Fault::Silent) => {
				if self.answered.len() >= crate::MAX_FINISHED {
					self.answered.clear();
				}
				// The off-chain worker asks once to commit, and again to reveal.
				if self.answered.insert(key) {
					Ok(answer)
				} else {
					Err(Unavailable::Internal)
				}
			},
		}
	}
}

fn lie(mut answer: Answer) -> Answer {
	if let Outcome::Output(output) = &mut answer.outcome {
		if let Some(last) = output.iter_mut().last() {
			*last ^= 1;
			return answer;
		}
	}
	answer.fuel ^= 1;
	answer
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{ModelError, Output};

	fn honest() -> Answer {
		let output = Output::try_from(vec![1, 2]).expect("short");
		Answer { outcome: Outcome::Output(output), fuel: 4 }
	}

	#[test]
	fn liar_should_change_the_last_byte_and_stay_with_its_lie() {
		let mut injector = Injector::new(Some(Fault::Liar));
		let lie = injector.apply([0; 32], honest()).expect("answers");
		let Outcome::Output(output) = &lie.outcome else { panic!("an output") };
		assert_eq!(output.as_slice(), [1, 3]);
		assert_eq!(injector.apply([0; 32], honest()), Ok(lie));
	}

	#[test]
	fn liar_should_change_the_fuel_when_there_is_no_output() {
		let answer = Answer { outcome: Outcome::Error(ModelError::BadInput), fuel: 4 };
		let lie = Injector::new(Some(Fault::Liar)).apply([0; 32], answer.clone());
		assert_eq!(lie, Ok(Answer { fuel: 5, ..answer }));
	}

	#[test]
	fn silent_node_should_answer_once_and_then_withhold() {
		let mut injector = Injector::new(Some(Fault::Silent));
		assert_eq!(injector.apply([0; 32], honest()), Ok(honest()));
		assert_eq!(injector.apply([0; 32], honest()), Err(Unavailable::Internal));
		assert_eq!(injector.apply([1; 32], honest()), Ok(honest()));
	}
}
