//! Files of a job in the store: the model stays while the job runs. What turns out to be damaged is
//! dropped, so that it counts as missing from then on and can be fetched or added again.

use crate::{
	error::RunError,
	queue::{Control, Runner, LOG_TARGET},
	Answered,
};
use opg_blobs::store::{Repair, Store};
use opg_primitives::Job;
use sp_core::H256;

/// A runner that need not write to the store.
pub(crate) struct Holding<R> {
	runner: R,
	blobs: Store,
}

impl<R> Holding<R> {
	/// Holds for `runner` what it reads in `blobs`.
	pub(crate) fn new(runner: R, blobs: Store) -> Self {
		Self { runner, blobs }
	}

	fn hold<T>(&self, job: &Job, run: impl FnOnce() -> Result<T, RunError>) -> Result<T, RunError> {
		// A model that is loaded already runs without its file too.
		let _hold = self.blobs.hold(&job.task.model_hash.0);
		let result = run();
		let Err(RunError::Damaged(hash)) = result else { return result };
		drop_damaged(&self.blobs, hash);
		Err(if hash == job.task.engine_id {
			RunError::EngineMissing
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
			"The file {hash:?} was damaged in {}: {} of its {} parts are sound and kept. Add it again \
			 with `opg-node blobs import`, and look after the disk",
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

impl<R: Runner> Runner for Holding<R> {
	fn run(&self, job: &Job, control: &Control) -> Result<Answered, RunError> {
		self.hold(job, || self.runner.run(job, control))
	}

	fn prepare(&self, job: &Job, control: &Control) -> Result<(), RunError> {
		self.hold(job, || self.runner.prepare(job, control))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::store::{Error, Limits};
	use opg_primitives::{Answer, JobKind, ModelError, Outcome, Task, VersionLimits};
	use std::{fs, path::PathBuf, time::Instant};

	/// Reads the model as an engine does, and looks at whether it can be removed meanwhile.
	struct Reader(Store);

	impl Runner for Reader {
		fn run(&self, job: &Job, control: &Control) -> Result<Answered, RunError> {
			self.prepare(job, control)?;
			assert!(matches!(self.0.remove(&job.task.model_hash.0), Err(Error::InUse { .. })));
			let answer = Answer { outcome: Outcome::Error(ModelError::BadInput), fuel: 1 };
			Ok(Answered { answer, witness: None })
		}

		fn prepare(&self, job: &Job, _: &Control) -> Result<(), RunError> {
			let hash = job.task.model_hash;
			match self.0.get(&hash.0).and_then(|blob| blob.map(|blob| blob.verify()).transpose()) {
				Ok(Some(())) => Ok(()),
				Ok(None) => Err(RunError::ModelMissing),
				Err(Error::Damaged(_)) => Err(RunError::Damaged(hash)),
				Err(error) => Err(error.into()),
			}
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
		let folder = tempfile::tempdir().expect("a folder");
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let store = Store::open(folder.path().join("blobs"), limits).expect("a store");
		let file = vec![7; 100_000];
		let model: H256 = store.put(&file).expect("there is room").into();
		let task = Task {
			model_hash: model,
			engine_id: H256::zero(),
			dims: Default::default(),
			input: vec![],
			limits: VersionLimits { fuel: 1, load_fuel: 1, memory: 1 },
		};
		let (kind, requester) = (JobKind::Run, H256::zero());
		let job = Job { request: 1, round: 0, kind, task, requester, millis_left: 1_000 };
		let runner = Holding::new(Reader(store.clone()), store.clone());
		let control = Control::new(Instant::now());
		runner.run(&job, &control).expect("it is sound");

		damage(&store, model);
		assert!(store.contains(&model.0), "nobody has looked");
		for _ in 0..2 {
			let error = runner.run(&job, &control).expect_err("it is damaged");
			assert!(matches!(error, RunError::ModelMissing), "{error}");
			assert!(!store.contains(&model.0));
		}
		assert_eq!(store.list_partial().expect("a list"), [model.0], "the rest is kept");
		store.put(&file).expect("there is room");
		runner.run(&job, &control).expect("it is sound again");
		store.remove(&model.0).expect("nobody holds it");
	}
}
