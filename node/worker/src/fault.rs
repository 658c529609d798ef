//! Misbehaviour on demand, for tests of the protocol.

use opg_primitives::{Answer, Outcome, Unavailable};
use std::{
	collections::HashMap,
	time::{Duration, Instant},
};

/// For how long a silent node gives the answer that it then withholds. Long enough for one call of
/// the off-chain worker to commit, shorter than the time until it may reveal.
const SILENT_AFTER: Duration = Duration::from_secs(3);

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
	/// When each job was first answered.
	answered: HashMap<[u8; 32], Instant>,
}

impl Injector {
	pub(crate) fn new(fault: Option<Fault>) -> Self {
		Self { fault, answered: HashMap::new() }
	}

	/// What to answer instead of `answer` to the job filed under `key`.
	pub(crate) fn apply(&mut self, key: [u8; 32], answer: Answer) -> Result<Answer, Unavailable> {
		match self.fault {
			None => Ok(answer),
			Some(Fault::Liar) => Ok(lie(answer)),
			Some(Fault::Silent) => {
				if self.answered.len() >= crate::MAX_FINISHED {
					self.answered.retain(|_, at| at.elapsed() < SILENT_AFTER * 100);
				}
				let first = *self.answered.entry(key).or_insert_with(Instant::now);
				if first.elapsed() < SILENT_AFTER {
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
	fn silent_node_should_withhold_the_answer_when_time_has_passed() {
		let mut injector = Injector::new(Some(Fault::Silent));
		assert_eq!(injector.apply([0; 32], honest()), Ok(honest()));
		assert_eq!(injector.apply([0; 32], honest()), Ok(honest()));
		injector.answered.insert([0; 32], Instant::now() - SILENT_AFTER);
		assert_eq!(injector.apply([0; 32], honest()), Err(Unavailable::Internal));
		assert_eq!(injector.apply([1; 32], honest()), Ok(honest()));
	}
}
