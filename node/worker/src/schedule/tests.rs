use super::*;
use opg_primitives::{Task, TaskInput, VersionLimits};
use sp_core::H256;

const SECOND: Duration = Duration::from_secs(1);

fn job(model: u8, request: u64, seconds: u32) -> Job {
	Job {
		request,
		round: 0,
		kind: JobKind::Run,
		task: Task {
			model_hash: H256::repeat_byte(model),
			engine_id: Default::default(),
			dims: Default::default(),
			input: TaskInput::Inline(vec![0; 8]),
			limits: VersionLimits::inline(10, 10, 1),
		},
		// As if each model had customers of its own.
		requester: H256::repeat_byte(model),
		millis_left: seconds * 1000,
	}
}

/// A schedule, with what is known of the models.
struct Test {
	schedule: Schedule,
	now: Instant,
	busy: Duration,
}

impl Test {
	fn new(max_jobs: usize, threads: u32, takes: &[(u8, Duration)]) -> Self {
		let mut schedule = Schedule::new(max_jobs, threads);
		for (model, took) in takes {
			schedule.learn(&job(*model, 0, 0), *took);
		}
		Self { schedule, now: Instant::now(), busy: Duration::ZERO }
	}

	/// Adds a job, and gives the keys of those that are given up.
	fn push(&mut self, job: Job) -> Vec<Key> {
		let given_up = self.schedule.push(job.key().0, job, self.now, self.busy);
		given_up.into_iter().map(|(key, _)| key).collect()
	}

	fn push_all(&mut self, jobs: impl IntoIterator<Item = Job>) {
		jobs.into_iter().for_each(|job| drop(self.push(job)));
	}

	/// Takes all jobs, and gives models and requests.
	fn drain(&mut self) -> Vec<(u8, u64)> {
		std::iter::from_fn(|| self.schedule.pop())
			.map(|waiting| (waiting.job.task.model_hash.0[0], waiting.job.request))
			.collect()
	}

	/// Jobs of a model that wait.
	fn count(&self, model: u8) -> usize {
		let jobs = self.schedule.jobs.iter();
		jobs.filter(|waiting| waiting.job.task.model_hash == H256::repeat_byte(model)).count()
	}
}

#[test]
fn job_with_the_earliest_deadline_should_be_next() {
	let mut test = Test::new(8, 1, &[]);
	test.push_all([job(1, 1, 30), job(1, 2, 10), job(2, 3, 20), job(2, 4, 40)]);
	let refreshed = test.now + 5 * SECOND;
	assert!(test.schedule.refresh(&job(2, 4, 0).key().0, refreshed));
	assert!(!test.schedule.refresh(&job(2, 9, 0).key().0, refreshed));
	assert_eq!(test.drain(), [(2, 4), (1, 2), (2, 3), (1, 1)]);
	assert_eq!(test.schedule.bytes, 0);
}

#[test]
fn models_should_take_turns_when_deadlines_are_about_the_same() {
	let mut test = Test::new(16, 1, &[]);
	test.push_all((0..4).map(|request| job(1, request, 30)));
	test.push_all((0..2).map(|request| job(2, request, 30)));
	test.push(job(3, 0, 33));
	assert_eq!(test.drain(), [(1, 0), (2, 0), (1, 1), (2, 1), (1, 2), (1, 3), (3, 0)]);
}

#[test]
fn requesters_should_take_turns_when_deadlines_are_about_the_same() {
	let mut test = Test::new(16, 1, &[]);
	let of = |requester, model, request| Job {
		requester: H256::repeat_byte(requester),
		..job(model, request, 30)
	};
	// One asks much, of two models; the others ask for one of these, and for another one.
	test.push_all([of(1, 1, 0), of(1, 1, 1), of(1, 2, 2), of(1, 2, 3), of(2, 1, 4), of(3, 3, 5)]);
	assert_eq!(test.drain(), [(1, 0), (3, 5), (2, 2), (1, 4), (2, 3), (1, 1)]);
}

#[test]
fn burst_of_a_requester_should_leave_time_for_others_in_all_models() {
	let mut test = Test::new(4096, 1, &[(1, SECOND), (2, SECOND), (3, SECOND)]);
	let of = |requester, model, request| Job {
		requester: H256::repeat_byte(requester),
		..job(model, request, 30)
	};
	test.push_all((0..60).map(|request| of(1, 1 + (request % 3) as u8, request)));
	assert_eq!(test.schedule.jobs.len(), 30, "alone it has all the time");
	test.push_all((0..5).map(|request| of(2, 1, 100 + request)));
	test.push_all((0..5).map(|request| of(3, 4, 200 + request)));
	let count = |requester| {
		let jobs = test.schedule.jobs.iter();
		jobs.filter(|waiting| waiting.job.requester == H256::repeat_byte(requester)).count()
	};
	assert_eq!((count(2), count(3)), (5, 5), "nobody else yields");
	assert!(count(1) >= 20 && count(1) < 30, "{}", count(1));
}

#[test]
fn burst_of_a_model_should_leave_time_for_others_when_each_job_is_of_another_requester() {
	let mut test = Test::new(4096, 1, &[(1, SECOND), (2, SECOND)]);
	let of = |requester, model| Job {
		requester: H256::repeat_byte(requester),
		..job(model, requester.into(), 30)
	};
	test.push_all((0..60).map(|requester| of(requester, 1)));
	// The only customer of another model asks for more than any of those.
	let one = |request| Job { request, ..of(99, 2) };
	test.push_all((100..115).map(one));
	assert_eq!((test.count(1), test.count(2)), (15, 15));
	// Within the model that asks for the most, the requester that does yields.
	test.push_all((200..210).map(|request| Job { request, ..of(98, 1) }));
	assert_eq!((test.count(1), test.count(2)), (15, 15));
	let of_many = |waiting: &&Waiting| waiting.job.requester == H256::repeat_byte(98);
	assert!(test.schedule.jobs.iter().filter(of_many).count() <= 2);
}

#[test]
fn burst_of_a_slow_model_should_leave_time_for_others() {
	let mut test = Test::new(4096, 1, &[(1, 10 * SECOND), (2, SECOND / 10)]);
	test.push_all((0..64).map(|request| job(1, request, 30)));
	assert_eq!(test.count(1), 3, "alone it has all the time");
	for request in 0..5 {
		let given_up = test.push(job(2, request, 30));
		assert!(!given_up.contains(&job(2, request, 30).key().0));
	}
	assert_eq!((test.count(1), test.count(2)), (2, 5));
	let again = job(1, 99, 30);
	assert_eq!(
		test.push(again.clone()),
		[again.key().0],
		"the model that asks for the most yields"
	);
	// Of later blocks, too.
	test.push_all((0..50).map(|request| job(2, 100 + request, 33)));
	assert_eq!((test.count(1), test.count(2)), (2, 55));
}

#[test]
fn models_should_share_the_time_when_both_ask_for_more_than_there_is() {
	let mut test = Test::new(4096, 2, &[(1, SECOND), (2, SECOND)]);
	test.push_all((0..100).map(|request| job(1, request, 30)));
	assert_eq!(test.count(1), 60, "two threads");
	test.push_all((0..100).map(|request| job(2, request, 30)));
	assert_eq!((test.count(1), test.count(2)), (30, 30));
}

#[test]
fn job_should_not_yield_when_half_of_its_time_is_over() {
	let mut test = Test::new(8, 1, &[(1, 10 * SECOND), (2, 5 * SECOND)]);
	test.push_all([job(1, 0, 30), job(1, 1, 30)]);
	test.now += 16 * SECOND;
	test.busy = 4 * SECOND;
	assert_eq!(test.schedule.pop().map(|waiting| waiting.job.request), Some(0));
	let late = job(2, 0, 14);
	assert_eq!(test.push(late.clone()), [late.key().0]);
	assert_eq!(test.count(1), 1);
}

#[test]
fn job_should_not_be_begun_when_it_cannot_be_done_in_time() {
	let mut test = Test::new(8, 1, &[(1, 10 * SECOND), (2, SECOND)]);
	test.push(job(2, 0, 30));
	let late = job(1, 1, 9);
	assert_eq!(test.push(late.clone()), [late.key().0]);
	test.busy = 25 * SECOND;
	let late = job(2, 2, 24);
	assert_eq!(test.push(late.clone()), [late.key().0]);
	assert_eq!(test.drain(), [(2, 0)]);
	// Where nothing else is to do it is tried, or else one wrong expectation would stay for good.
	test.busy = Duration::ZERO;
	assert!(test.push(job(1, 1, 9)).is_empty());
	test.now += 9 * SECOND;
	assert_eq!(test.schedule.give_up(test.now, test.busy).len(), 1, "until its time is over");
}

#[test]
fn jobs_should_be_given_up_when_they_turn_out_to_take_longer() {
	let mut test = Test::new(8, 1, &[]);
	test.push_all((0..8).map(|request| job(1, request, 30)));
	assert_eq!(test.count(1), 8, "nobody knows yet");
	test.schedule.learn(&job(1, 0, 0), 10 * SECOND);
	assert_eq!(test.schedule.give_up(test.now, test.busy).len(), 5);
	assert_eq!(test.drain(), [(1, 0), (1, 1), (1, 2)]);
}

#[test]
fn witness_should_be_expected_to_take_its_own_time() {
	let mut test = Test::new(8, 1, &[(1, SECOND)]);
	let witness = |request| Job { kind: JobKind::Witness(H256::zero()), ..job(1, request, 30) };
	test.schedule.learn(&witness(0), 10 * SECOND);
	test.push_all((0..8).map(witness));
	assert_eq!(test.count(1), 3);
}

#[test]
fn what_is_recomputed_should_go_first_and_then_the_largest_burst_when_there_are_too_many() {
	let mut test = Test::new(4, 1, &[]);
	let watch = |request| Job { kind: JobKind::Watch, ..job(3, request, 30) };
	test.push_all([job(1, 1, 30), job(1, 2, 30), watch(1), job(2, 3, 30)]);
	assert_eq!(test.push(watch(2)), [watch(2).key().0]);
	assert_eq!(test.push(job(1, 4, 30)), [watch(1).key().0]);
	assert_eq!(test.push(job(2, 5, 30)), [job(1, 4, 30).key().0]);
	assert_eq!((test.count(1), test.count(2), test.count(3)), (2, 2, 0));
	assert_eq!(test.push(watch(3)), [watch(3).key().0]);
	let long = Task { input: TaskInput::Inline(vec![0; MAX_WAITING_BYTES]), ..job(1, 6, 30).task };
	let long = Job { task: long, ..job(1, 6, 30) };
	let key = long.key().0;
	test.schedule.pop();
	assert_eq!(test.push(long), [key]);
}

#[test]
fn watching_should_have_no_time_when_seats_need_it() {
	let mut test = Test::new(16, 1, &[(1, SECOND), (2, SECOND)]);
	let watch = |request| Job { kind: JobKind::Watch, ..job(2, request, 10) };
	test.push_all([watch(1), watch(2), watch(3)]);
	test.push_all((0..8).map(|request| job(1, request, 10)));
	assert_eq!((test.count(1), test.count(2)), (8, 2));
	test.push_all((8..10).map(|request| job(1, request, 10)));
	assert_eq!((test.count(1), test.count(2)), (10, 0));
}
