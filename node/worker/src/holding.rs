//! Files of a job in the store: the model and the input stay while the job runs. What turns out to be
//! damaged is dropped, so that it counts as missing from then on and can be fetched or added again. An
//! output that its answer only names is in the store before the answer leaves.

use crate::{
	contents::Contents,
	error::RunError,
	queue::{Control, Runner, LOG_TARGET},
	schedule::Rank,
	Answered,
};
use codec::{Decode, Encode};
use opg_blobs::store::{Repair, Store};
use opg_primitives::{Job, Outcome};
use sp_core::H256;

/// What a run gives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Computed {
	pub(crate) answered: Answered,
	/// Output that the answer only names. It is no part of the encoding, which has a limit.
	#[codec(skip)]
	pub(crate) output: Option<Vec<u8>>,
}

impl Computed {
	/// Bytes of the output that is beside the answer, if one is to be.
	pub(crate) fn output_bytes(&self) -> Option<u32> {
		match self.answered.answer.outcome {
			Outcome::Stored(content) => Some(content.size),
			Outcome::Output(_) | Outcome::Error(_) => None,
		}
	}
}

/// An engine, which reads the store and does not write to it.
pub(crate) trait Compute: Send + Sync + 'static {
	/// Runs the job to its end, or until `control` stops it. The result must depend on the job alone.
	fn compute(&self, job: &Job, control: &Control) -> Result<Computed, RunError>;

	/// Loads the model of the job for later runs.
	fn load(&self, job: &Job, control: &Control) -> Result<(), RunError>;
}

/// A runner on an engine.
pub(crate) struct Holding<C> {
	engine: C,
	contents: Contents,
}

impl<C> Holding<C> {
	/// Holds for `engine` what it reads in the store, and writes what it computes.
	pub(crate) fn new(engine: C, contents: Contents) -> Self {
		Self { engine, contents }
	}

	fn hold<T>(&self, job: &Job, run: impl FnOnce() -> Result<T, RunError>) -> Result<T, RunError> {
		let blobs = self.contents.store();
		let input = job.task.input.stored().map(|content| content.hash);
		// A model that is loaded already runs without its file too.
		let _model = blobs.hold(&job.task.model_hash.0);
		let _input = input.map(|hash| blobs.hold(&hash.0));
		let result = run();
		let Err(RunError::Damaged(hash)) = result else { return result };
		drop_damaged(blobs, hash);
		Err(if hash == job.task.engine_id {
			RunError::EngineMissing
		} else if Some(hash) == input {
			RunError::InputMissing
		} else {
			RunError::ModelMissing
		})
	}
}

/// Drops what is damaged of a file. The rest stays as a part, to which only what is missing has to
/// come.
pub(crate) fn drop_damaged(blobs: &Store, hash: H256) {
	match blobs.check_blob(&hash.0, Repair::Drop) {
		Ok(Some(damage)) => log::error!(
			target: LOG_TARGET,
			"The file {hash:?} was damaged in {}: {} of its {} parts are sound and kept. It is fetched \
			 again, or `opg-node blobs import` adds it. Look after the disk",
			blobs.directory().display(),
			damage.sound_groups,
			damage.groups,
		),
		// Somebody else was faster.
		Ok(None) => {},
		Err(error) => log::error!(
			target: LOG_TARGET,
			"The file {hash:?} is damaged and cannot be dropped: {error}",
		),
	}
}

impl<C: Compute> Runner for Holding<C> {
	fn run(&self, job: &Job, control: &Control) -> Result<Answered, RunError> {
		self.hold(job, || {
			let computed = self.engine.compute(job, control)?;
			// Nobody asks for the output of an answer that only checks another.
			if Rank::from(job.kind) == Rank::Seat {
				self.contents.keep_output(&computed, control)?;
			}
			Ok(computed.answered)
		})
	}

	fn prepare(&self, job: &Job, control: &Control) -> Result<(), RunError> {
		self.hold(job, || self.engine.load(job, control))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::{
		labels::CONTENT,
		store::{Error, Limits},
	};
	use opg_execution::content_of;
	use opg_primitives::{Answer, JobKind, ModelError, Task, TaskInput, VersionLimits};
	use std::{
		fs,
		path::PathBuf,
		time::{Duration, Instant},
	};

	const MODEL: &[u8] = &[7; 100_000];
	const INPUT: &[u8] = &[8; 100_000];
	const OUTPUT: &[u8] = &[9; 50_000];

	/// Reads the files as an engine does, and looks at whether they can be removed meanwhile. Its output
	/// is a large one where the input is.
	struct Reader(Store);

	impl Compute for Reader {
		fn compute(&self, job: &Job, control: &Control) -> Result<Computed, RunError> {
			self.load(job, control)?;
			assert!(matches!(self.0.remove(&job.task.model_hash.0), Err(Error::InUse { .. })));
			let outcome = match job.task.input.stored() {
				None => Outcome::Error(ModelError::BadInput),
				Some(input) => {
					self.read(input.hash, RunError::InputMissing)?;
					assert!(matches!(self.0.remove(&input.hash.0), Err(Error::InUse { .. })));
					Outcome::Stored(content_of(OUTPUT).expect("short"))
				},
			};
			let output = matches!(outcome, Outcome::Stored(_)).then(|| OUTPUT.to_vec());
			let answered = Answered { answer: Answer { outcome, fuel: 1 }, witness: None };
			Ok(Computed { answered, output })
		}

		fn load(&self, job: &Job, _: &Control) -> Result<(), RunError> {
			self.read(job.task.model_hash, RunError::ModelMissing)
		}
	}

	impl Reader {
		fn read(&self, hash: H256, missing: RunError) -> Result<(), RunError> {
			match self.0.get(&hash.0).and_then(|blob| blob.map(|blob| blob.verify()).transpose()) {
				Ok(Some(())) => Ok(()),
				Ok(None) => Err(missing),
				Err(Error::Damaged(_)) => Err(RunError::Damaged(hash)),
				Err(error) => Err(error.into()),
			}
		}
	}

	struct Test {
		store: Store,
		runner: Holding<Reader>,
		_folder: tempfile::TempDir,
	}

	fn test(quota: u64) -> Test {
		let folder = tempfile::tempdir().expect("a folder");
		let limits = Limits { keep_free: 0, quota, ..Limits::default() };
		let store = Store::open(folder.path().join("blobs"), limits).expect("a store");
		let contents = Contents::start(store.clone()).expect("a thread");
		Test { runner: Holding::new(Reader(store.clone()), contents), store, _folder: folder }
	}

	impl Test {
		fn job(&self, kind: JobKind, input: TaskInput) -> Job {
			let task = Task {
				model_hash: self.store.put(MODEL).expect("there is room").into(),
				engine_id: H256::zero(),
				dims: Default::default(),
				input,
				limits: VersionLimits::inline(1, 1, 1),
			};
			Job { request: 1, round: 0, kind, task, requester: H256::zero(), millis_left: 1_000 }
		}

		fn run(&self, job: &Job) -> Result<Answered, RunError> {
			self.runner.run(job, &Control::new(Instant::now() + Duration::from_secs(60)))
		}
	}

	fn damage(store: &Store, hash: H256) {
		let data: PathBuf = store.directory().join(format!("blobs/{hash:x}/data"));
		let mut bytes = fs::read(&data).expect("it is there");
		bytes[20_000] ^= 1;
		fs::write(&data, bytes).expect("it is ours");
	}

	#[test]
	fn model_should_be_held_while_its_job_runs_and_be_missing_when_it_is_damaged() {
		let test = test(1 << 30);
		let store = &test.store;
		let job = test.job(JobKind::Run, TaskInput::Inline(vec![]));
		let model = job.task.model_hash;
		test.run(&job).expect("it is sound");

		damage(store, model);
		assert!(store.contains(&model.0), "nobody has looked");
		for _ in 0..2 {
			let error = test.run(&job).expect_err("it is damaged");
			assert!(matches!(error, RunError::ModelMissing), "{error}");
			assert!(!store.contains(&model.0));
		}
		assert_eq!(store.list_partial().expect("a list"), [model.0], "the rest is kept");
		store.put(MODEL).expect("there is room");
		test.run(&job).expect("it is sound again");
		store.remove(&model.0).expect("nobody holds it");
	}

	#[test]
	fn input_should_be_held_while_its_job_runs_and_be_missing_when_it_is_not_here_or_damaged() {
		let test = test(1 << 30);
		let input = content_of(INPUT).expect("short");
		let job = test.job(JobKind::Run, TaskInput::Stored(input));
		for _ in 0..2 {
			let error = test.run(&job).expect_err("it is missing");
			assert!(matches!(error, RunError::InputMissing), "{error}");
		}
		test.store.put(INPUT).expect("there is room");
		test.run(&job).expect("it is here");
		damage(&test.store, input.hash);
		let error = test.run(&job).expect_err("it is damaged");
		assert!(matches!(error, RunError::InputMissing), "{error}");
		assert!(!test.store.contains(&input.hash.0) && test.store.contains(&job.task.model_hash.0));
	}

	#[test]
	fn output_should_be_in_the_store_and_pinned_before_the_answer_of_a_seat_is_there() {
		let test = test(1 << 30);
		let output = content_of(OUTPUT).expect("short");
		let input = TaskInput::Stored(content_of(INPUT).expect("short"));
		test.store.put(INPUT).expect("there is room");
		test.run(&test.job(JobKind::Watch, input.clone())).expect("it runs");
		assert!(!test.store.contains(&output.hash.0), "nobody asks a watcher for it");
		let answered = test.run(&test.job(JobKind::Run, input)).expect("it runs");
		assert_eq!(answered.answer.outcome, Outcome::Stored(output));
		let blob = test.store.get(&output.hash.0).expect("sound").expect("it is here");
		assert_eq!(blob.to_vec().expect("sound"), OUTPUT);
		assert_eq!(test.store.pinned(CONTENT).expect("pins"), [output.hash.0]);
	}

	#[test]
	fn seat_should_have_no_answer_when_the_store_does_not_take_its_output() {
		let test = test(300_000);
		test.store.put(INPUT).expect("there is room");
		let fill = test.store.put(&[9; 60_000]).expect("there is room");
		let input = TaskInput::Stored(content_of(INPUT).expect("short"));
		let job = test.job(JobKind::Run, input);
		test.store.pin(&fill, "test").expect("a pin");
		// The model and the input are in use.
		let error = test.run(&job).expect_err("there is no room");
		assert!(matches!(error, RunError::Store(Error::QuotaExceeded { .. })), "{error}");
		test.store.unpin(&fill, "test").expect("a pin");
		test.run(&job).expect("what nobody needs gives way");
	}
}
