//! The engine process of a node answers like the engine, and its end costs the node a job at most.

#![cfg(target_os = "linux")]

mod common;

use common::{engine_cache, engines_of, is_alive, signal, NODE};
use opg_blobs::{
	labels::CONTENT,
	store::{Limits, Store},
};
use opg_engine::tensor::{self, DType, Tensor};
use opg_execution::{content_of, model_hash, LocalEngine};
use opg_primitives::{
	Answer, Dim, Job, JobError, JobKind, JobStatus, Outcome, Task, TaskInput, VersionLimits,
};
use opg_runtime_interface::JobQueue;
use opg_worker::{Contents, EngineProgram, Worker, WorkerConfig};
use sp_core::H256;
use std::{
	fs,
	io::{BufRead, BufReader},
	path::Path,
	process::{Command, Stdio},
	sync::{Mutex, MutexGuard, PoisonError},
	thread,
	time::{Duration, Instant},
};
use tempfile::TempDir;

const DIGITS: &[u8] = include_bytes!("../../docs/examples/digits/digits.onnx");
/// Most time for anything on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const MINUTE: u32 = 60_000;

/// Engine processes are told apart by being children of this process, so tests run one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Held by the test that runs. It waits until the processes of its workers have ended.
struct Alone(#[allow(dead_code)] MutexGuard<'static, ()>);

impl Alone {
	fn wait() -> Self {
		Self(ALONE.lock().unwrap_or_else(PoisonError::into_inner))
	}
}

impl Drop for Alone {
	fn drop(&mut self) {
		let deadline = Instant::now() + PATIENCE;
		while !children().is_empty() && Instant::now() < deadline {
			thread::sleep(Duration::from_millis(5));
		}
	}
}

/// A worker with an engine process, and its stores.
struct Node {
	worker: Worker,
	folder: TempDir,
	_alone: Alone,
}

impl Node {
	/// A worker whose process has answered a job, and the id of the process.
	fn start() -> (Self, u32) {
		let alone = Alone::wait();
		let folder = tempfile::tempdir().expect("a folder");
		let worker = worker(folder.path());
		let node = Self { worker, folder, _alone: alone };
		assert!(matches!(node.settle(&job(0, JobKind::Run)), Ok(JobStatus::Done { .. })));
		let [process] = children()[..] else { panic!("one process: {:?}", children()) };
		(node, process)
	}

	fn settle(&self, job: &Job) -> Result<JobStatus, JobError> {
		settle(&self.worker, job)
	}
}

/// Polls until the job is not pending.
fn settle(worker: &Worker, job: &Job) -> Result<JobStatus, JobError> {
	let deadline = Instant::now() + PATIENCE;
	loop {
		let status = worker.handle().submit(job.clone());
		if status != Ok(JobStatus::Pending) {
			return status;
		}
		assert!(Instant::now() < deadline, "the job is pending for too long");
		thread::sleep(Duration::from_millis(5));
	}
}

fn worker(folder: &Path) -> Worker {
	let blobs = blobs(folder);
	blobs.put(DIGITS).expect("there is room");
	let config = WorkerConfig {
		program: Some(EngineProgram::new(NODE, &["engine-worker"])),
		journal: Some(folder.join("answers")),
		..WorkerConfig::default()
	};
	let contents = Contents::start(blobs).expect("a thread");
	Worker::new(Some(engine_cache()), contents, config).expect("threads")
}

fn blobs(folder: &Path) -> Store {
	let limits = Limits { keep_free: 0, ..Limits::default() };
	Store::open(folder.join("blobs"), limits).expect("a store")
}

fn job(request: u64, kind: JobKind) -> Job {
	// A picture, of no digit in particular.
	let data = (0..64u8).flat_map(|i| (f32::from(i % 17) / 16.0).to_le_bytes()).collect();
	let pixels = Tensor { name: "pixels".into(), dtype: DType::F32, shape: vec![1, 64], data };
	let task = Task {
		model_hash: model_hash(DIGITS),
		engine_id: opg_engine::engine_id().into(),
		dims: Default::default(),
		input: TaskInput::Inline(tensor::encode(&[pixels])),
		limits: VersionLimits::inline(1_000_000_000, 1_000_000_000, 512),
	};
	Job { request, round: 0, kind, task, requester: H256::zero(), millis_left: MINUTE }
}

fn answer(status: Result<JobStatus, JobError>) -> (Answer, Option<H256>) {
	match status {
		Ok(JobStatus::Done { answer, witness }) => (answer, witness),
		other => panic!("no answer: {other:?}"),
	}
}

/// Children of this process that are engine processes.
fn children() -> Vec<u32> {
	engines_of(std::process::id())
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
	let deadline = Instant::now() + PATIENCE;
	while !done() {
		assert!(Instant::now() < deadline, "timed out: {what}");
		thread::sleep(Duration::from_millis(5));
	}
}

#[test]
fn answers_should_be_those_of_the_engine_when_it_runs_in_a_process_of_its_own() {
	let (node, process) = Node::start();
	let engine = LocalEngine::built_in(Some(&engine_cache())).expect("compiles");
	let expected = engine.execute(DIGITS, &job(0, JobKind::Run).task).expect("runs").answer;
	assert!(matches!(expected.outcome, Outcome::Output(_)));
	for kind in [JobKind::Run, JobKind::Watch, JobKind::Cold] {
		assert_eq!(answer(node.settle(&job(1, kind))), (expected.clone(), None), "{kind:?}");
	}
	let audit = |request, seed| {
		let job = job(request, JobKind::Witness(H256::repeat_byte(seed)));
		let (answer, witness) = answer(node.settle(&job));
		assert_eq!(answer, expected);
		witness.expect("it was asked for")
	};
	let witness = audit(1, 7);
	assert_eq!(audit(2, 7), witness, "computed again");
	assert_ne!(audit(1, 8), witness);
	// The process of the cold run took the place of the first one, and is gone.
	let [other] = children()[..] else { panic!("one process: {:?}", children()) };
	assert_ne!(other, process);
}

/// Adds each of its numbers to itself. There are as many as the dimension `n` says.
const DOUBLED: &[u8] = include_bytes!("../worker/tests/models/doubled.onnx");

/// Numbers of a large input, of 5 MiB.
const NUMBERS: u32 = (5 << 20) / 4;

/// So many encoded numbers.
fn numbers(name: &str, number: impl Fn(u32) -> f32) -> Vec<u8> {
	let data = (0..NUMBERS).flat_map(|index| number(index).to_le_bytes()).collect();
	let shape = vec![NUMBERS.into()];
	tensor::encode(&[Tensor { name: name.into(), dtype: DType::F32, shape, data }])
}

/// What is 5 MiB long passes the store on its way in, and the pipe of the process on its way out.
#[test]
fn large_output_should_be_on_disk_before_its_answer_and_computed_again_when_it_has_gone() {
	let (node, _) = Node::start();
	let store = blobs(node.folder.path());
	let dim = Dim { name: b"n".to_vec().try_into().expect("short"), size: NUMBERS.into() };
	let (input, output) = (numbers("x", |x| x as f32), numbers("y", |x| 2.0 * x as f32));
	let task = Task {
		model_hash: store.put(DOUBLED).expect("there is room").into(),
		dims: vec![dim].try_into().expect("few"),
		input: TaskInput::Stored(content_of(&input).expect("short")),
		limits: VersionLimits {
			input_bytes: 6 << 20,
			output_bytes: 6 << 20,
			..VersionLimits::inline(10_000_000_000, 1_000_000_000, 512)
		},
		..job(1, JobKind::Run).task
	};
	let job = Job { task, ..job(1, JobKind::Run) };
	assert_eq!(node.settle(&job), Err(JobError::InputMissing));
	let input = store.put(&input).expect("there is room");
	let content = content_of(&output).expect("short");
	let (first, _) = answer(node.settle(&job));
	assert_eq!(first.outcome, Outcome::Stored(content));
	let kept = || store.get(&content.hash.0).expect("sound").map(|blob| blob.to_vec());
	assert!(kept().expect("it is here").expect("sound") == output);
	assert_eq!(store.pinned(CONTENT).expect("pins"), [content.hash.0]);

	// The answer outlasts the worker and its input, and is of no use without its output.
	let Node { worker: old, folder, _alone } = node;
	drop(old);
	store.remove(&input).expect("nothing needs it");
	let again = worker(folder.path());
	assert_eq!(answer(again.handle().submit(job.clone())).0, first);
	store.unpin(&content.hash.0, CONTENT).expect("it is pinned");
	store.remove(&content.hash.0).expect("nothing needs it");
	assert_eq!(again.handle().hold_content(content), Ok(false));
	assert_eq!(again.handle().submit(job.clone()), Err(JobError::InputMissing));
	store.put(&numbers("x", |x| x as f32)).expect("there is room");
	assert_eq!(answer(settle(&again, &job)).0, first);
	assert!(kept().expect("it is here").expect("sound") == output);
	assert_eq!(again.handle().hold_content(content), Ok(true));
}

/// The engine process may not write to the store; the node does.
#[test]
fn model_should_be_missing_when_its_file_is_damaged_until_it_is_added_again() {
	let (node, _) = Node::start();
	let store = blobs(node.folder.path());
	let hash = model_hash(DIGITS);
	let data = store.directory().join(format!("blobs/{hash:x}/data"));
	let mut bytes = fs::read(&data).expect("it is there");
	bytes[5_000] ^= 1;
	fs::write(&data, bytes).expect("it is ours");
	assert_eq!(node.worker.handle().has_model(hash.0), Ok(true), "nobody has looked");
	// With other dimensions of fuel it is another prepared model, which is read anew.
	let task = job(1, JobKind::Run).task;
	let limits = VersionLimits { load_fuel: task.limits.load_fuel - 1, ..task.limits };
	let other = Job { task: Task { limits, ..task }, ..job(1, JobKind::Run) };
	assert_eq!(node.settle(&other), Err(JobError::ModelMissing));
	assert_eq!(node.worker.handle().has_model(hash.0), Ok(false));
	// What is loaded goes on.
	answer(node.settle(&job(2, JobKind::Run)));
	store.put(DIGITS).expect("there is room");
	assert_eq!(node.worker.handle().has_model(hash.0), Ok(true));
	wait_until("it is looked for again", || node.settle(&other).is_ok());
}

#[test]
fn witness_should_be_there_when_the_answer_is_an_error() {
	let (node, _) = Node::start();
	let audit = |seed| {
		let task = Task { input: TaskInput::Inline(vec![]), ..job(1, JobKind::Run).task };
		Job { task, ..job(1, JobKind::Witness(H256::repeat_byte(seed))) }
	};
	let (first, witness) = answer(node.settle(&audit(7)));
	assert!(matches!(first.outcome, Outcome::Error(_)));
	let (second, other) = answer(node.settle(&audit(8)));
	assert_eq!(second, first);
	assert!(witness.is_some() && other.is_some() && witness != other);
}

#[test]
fn job_should_be_answered_when_its_process_is_killed_meanwhile() {
	let (node, process) = Node::start();
	// It cannot end the job before it is killed.
	signal(process, "STOP");
	assert_eq!(node.worker.handle().submit(job(1, JobKind::Run)), Ok(JobStatus::Pending));
	thread::sleep(Duration::from_millis(300));
	assert_eq!(node.worker.handle().submit(job(1, JobKind::Run)), Ok(JobStatus::Pending));
	signal(process, "KILL");
	answer(node.settle(&job(1, JobKind::Run)));
	assert!(!is_alive(process));
	assert_eq!(children().len(), 1);
}

#[test]
fn process_should_be_ended_when_it_does_not_keep_to_the_deadline() {
	let (node, process) = Node::start();
	signal(process, "STOP");
	let brief = Job { millis_left: 500, ..job(1, JobKind::Run) };
	assert_eq!(node.settle(&brief), Err(JobError::Failed));
	assert!(!is_alive(process));
	answer(node.settle(&job(2, JobKind::Run)));
}

#[test]
fn job_should_fail_and_leave_the_process_alone_when_its_engine_is_of_no_use() {
	let (node, process) = Node::start();
	let empty = blobs(node.folder.path()).put(b"\0asm\x01\0\0\0").expect("there is room");
	let task = Task { engine_id: empty.into(), ..job(1, JobKind::Run).task };
	let other = Job { task, ..job(1, JobKind::Run) };
	assert_eq!(node.settle(&other), Err(JobError::Failed));
	assert_eq!(children(), [process], "it was compiled in another");
	answer(node.settle(&job(2, JobKind::Run)));
}

#[test]
fn answer_should_be_there_without_a_process_when_the_worker_starts_again() {
	let (node, process) = Node::start();
	let audit = job(1, JobKind::Witness(H256::repeat_byte(7)));
	let before = answer(node.settle(&audit));
	let Node { worker: old, folder, _alone } = node;
	drop(old);
	wait_until("the process ends with its worker", || !is_alive(process));
	let again = worker(folder.path());
	assert_eq!(answer(again.handle().submit(audit)), before);
	// Or else it would start beside those of the next test.
	answer(settle(&again, &job(2, JobKind::Run)));
}

#[test]
fn process_should_have_no_environment_and_low_priority_and_limits() {
	let (_node, process) = Node::start();
	let of = |file| fs::read_to_string(format!("/proc/{process}/{file}")).expect("it lives");
	assert_eq!(of("environ"), "");
	assert_eq!(of("oom_score_adj").trim(), "1000");
	let nice = |stat: String| -> i32 {
		let rest = stat.rsplit(") ").next().expect("it follows the name");
		rest.split(' ').nth(16).expect("it is listed").parse().expect("a number")
	};
	let own = nice(fs::read_to_string("/proc/self/stat").expect("it lives"));
	assert_eq!(nice(of("stat")), (own + 10).min(19));
	let limits = of("limits");
	let limit = |name: &str| limits.lines().find(|line| line.starts_with(name)).expect("listed");
	assert!(!limit("Max data size").contains("unlimited"), "{limits}");
	assert!(limit("Max core file size").contains(" 0 "), "{limits}");
	if fs::read_to_string("/sys/kernel/security/lsm").is_ok_and(|all| all.contains("landlock")) {
		assert!(of("status").contains("NoNewPrivs:\t1"), "its files are restricted");
	}
	// Files of this process are not its own: pipes, the engine's code, and memory.
	for entry in fs::read_dir(format!("/proc/{process}/fd")).expect("it lives").flatten() {
		let Ok(file) = fs::read_link(entry.path()) else { continue };
		let file = file.to_string_lossy();
		let cache = engine_cache();
		let own = [
			"pipe:",
			"/dev/null",
			"/memfd:",
			"/proc/",
			"anon_inode:",
			cache.to_str().expect("it is UTF-8"),
		];
		assert!(own.iter().any(|prefix| file.starts_with(prefix)), "{file}");
	}
}

#[test]
fn process_should_end_when_its_node_is_killed() {
	let _alone = Alone::wait();
	let mut node = Command::new(NODE)
		.args(["--dev", "--tmp", "--no-mdns", "--no-telemetry", "--no-prometheus", "--rpc-port=0"])
		.arg("--listen-addr=/ip4/127.0.0.1/tcp/0")
		.env("OPG_ENGINE_CACHE", engine_cache())
		.stdin(Stdio::null())
		.stdout(Stdio::null())
		.stderr(Stdio::piped())
		.spawn()
		.expect("the node starts");
	let log = BufReader::new(node.stderr.take().expect("it is piped")).lines();
	let found = log.map_while(Result::ok).any(|line| line.contains("Engine ready"));
	let processes = engines_of(node.id());
	node.kill().expect("it is our child");
	node.wait().expect("it is our child");
	assert!(found, "the engine is ready");
	let [process] = processes[..] else { panic!("one process: {processes:?}") };
	wait_until("the process ends with its node", || !is_alive(process));
}
