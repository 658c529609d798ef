//! Misbehaviour on purpose, for tests of the protocol. Never part of a release.

use opg_primitives::{
	court::COURT_ROUNDS_FROM, Answer, Content, Job, JobError, JobStatus, Outcome, Task,
};
use opg_runtime_interface::JobQueue;
use sp_core::H256;
use std::{
	collections::HashSet,
	sync::{Arc, Mutex, PoisonError},
};

/// Way in which a node misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Behaviour {
	/// Attest another output than the engine's. Every liar tells the same lie.
	Liar,
	/// Commit and do not reveal.
	Silent,
}

/// A job queue whose answers are spoiled on their way to the off-chain worker.
#[derive(Clone)]
pub struct Misbehaving<Q> {
	queue: Q,
	behaviour: Option<Behaviour>,
	/// Jobs that were answered once. Shared by all clones.
	answered: Arc<Mutex<HashSet<H256>>>,
}

impl<Q> Misbehaving<Q> {
	/// Spoils the answers of `queue`, or passes them on if there is no `behaviour`.
	pub fn new(queue: Q, behaviour: Option<Behaviour>) -> Self {
		Self { queue, behaviour, answered: Arc::default() }
	}

	fn spoil(&self, key: H256, answer: Answer) -> Result<Answer, JobError> {
		match self.behaviour {
			None => Ok(answer),
			Some(Behaviour::Liar) => Ok(lie(answer)),
			Some(Behaviour::Silent) => {
				let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
				if answered.len() >= opg_worker::MAX_FINISHED {
					answered.clear();
				}
				// The off-chain worker asks once to commit, and again to reveal. A committee of one
				// reveals at once, so there this node is honest.
				if answered.insert(key) {
					Ok(answer)
				} else {
					Err(JobError::Internal)
				}
			},
		}
	}
}

impl<Q: JobQueue> JobQueue for Misbehaving<Q> {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		// A node that misbehaves as an executor votes honestly in the court, so that small networks
		// can convict it.
		if job.round >= COURT_ROUNDS_FROM {
			return self.queue.submit(job);
		}
		let key = job.key();
		match self.queue.submit(job)? {
			JobStatus::Done { answer, witness } => {
				Ok(JobStatus::Done { answer: self.spoil(key, answer)?, witness })
			},
			JobStatus::Pending => Ok(JobStatus::Pending),
		}
	}

	fn has_model(&mut self, hash: [u8; 32]) -> Result<bool, JobError> {
		self.queue.has_model(hash)
	}

	fn prepare(&mut self, task: Task) {
		self.queue.prepare(task);
	}

	fn hold_content(&mut self, content: Content) -> Result<bool, JobError> {
		self.queue.hold_content(content)
	}

	fn watch_share(&mut self) -> Option<u32> {
		// A liar does not tell on others, and what it computes would be no reason to challenge.
		match self.behaviour {
			Some(_) => Some(0),
			None => self.queue.watch_share(),
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
	use opg_primitives::{JobKind, ModelError, Output, TaskInput, VersionLimits};

	/// Answers every job at once, and honestly.
	#[derive(Clone)]
	struct Honest(Answer);

	impl JobQueue for Honest {
		fn submit(&mut self, _: Job) -> Result<JobStatus, JobError> {
			Ok(done(self.0.clone()))
		}

		fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
			Ok(true)
		}

		fn watch_share(&mut self) -> Option<u32> {
			Some(7)
		}
	}

	fn done(answer: Answer) -> JobStatus {
		JobStatus::Done { answer, witness: Some(H256::repeat_byte(3)) }
	}

	fn honest() -> Answer {
		let output = Output::try_from(vec![1, 2]).expect("short");
		Answer { outcome: Outcome::Output(output), fuel: 4 }
	}

	fn job(request: u64) -> Job {
		let task = Task {
			model_hash: H256::zero(),
			engine_id: H256::zero(),
			dims: Default::default(),
			input: TaskInput::Inline(vec![]),
			limits: VersionLimits::inline(10, 10, 1),
		};
		let (kind, requester) = (JobKind::Run, H256::zero());
		Job { request, round: 0, kind, task, requester, millis_left: 1_000 }
	}

	fn queue(behaviour: Option<Behaviour>) -> Misbehaving<Honest> {
		Misbehaving::new(Honest(honest()), behaviour)
	}

	#[test]
	fn answer_should_pass_when_the_node_does_not_misbehave() {
		assert_eq!(queue(None).submit(job(0)), Ok(done(honest())));
	}

	#[test]
	fn liar_should_change_the_last_byte_and_stay_with_its_lie() {
		let mut queue = queue(Some(Behaviour::Liar));
		let Ok(JobStatus::Done { answer: lie, .. }) = queue.submit(job(0)) else {
			panic!("answers")
		};
		let Outcome::Output(output) = &lie.outcome else { panic!("an output") };
		assert_eq!(output.as_slice(), [1, 3]);
		assert_eq!(queue.submit(job(0)), Ok(done(lie)));
	}

	#[test]
	fn liar_should_vote_honestly_when_the_court_sits() {
		let mut queue = queue(Some(Behaviour::Liar));
		let vote = Job { round: COURT_ROUNDS_FROM, ..job(0) };
		assert_eq!(queue.submit(vote), Ok(done(honest())));
	}

	#[test]
	fn liar_should_change_the_fuel_when_there_is_no_output() {
		let answer = Answer { outcome: Outcome::Error(ModelError::BadInput), fuel: 4 };
		let mut queue = Misbehaving::new(Honest(answer.clone()), Some(Behaviour::Liar));
		assert_eq!(queue.submit(job(0)), Ok(done(Answer { fuel: 5, ..answer })));
	}

	#[test]
	fn silent_node_should_answer_once_and_then_withhold() {
		let mut queue = queue(Some(Behaviour::Silent));
		assert_eq!(queue.submit(job(0)), Ok(done(honest())));
		// Every call of the off-chain worker has a clone of its own.
		assert_eq!(queue.clone().submit(job(0)), Err(JobError::Internal));
		assert_eq!(queue.submit(job(1)), Ok(done(honest())));
	}

	#[test]
	fn node_should_watch_nobody_when_it_misbehaves() {
		assert_eq!(queue(Some(Behaviour::Liar)).watch_share(), Some(0));
		assert_eq!(queue(None).watch_share(), Some(7));
	}
}
