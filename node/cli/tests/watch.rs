//! `opg watch` against a node that the test plays: from a wrong answer to the verdict.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use codec::{Decode, DecodeAll, Encode};
use frame_system::{EventRecord, Phase};
use jsonrpsee::{
	server::{RpcModule, Server, ServerHandle},
	types::ErrorObject,
};
use opg_blobs::store::{Limits, Store};
use opg_execution::{artifact, content_of, model_hash};
use opg_primitives::{AccountId, Answer, Balance, RequestId, Task, TaskInput, Tier, VersionLimits};
use opg_runtime::{Header, Runtime, RuntimeCall, RuntimeEvent, UncheckedExtrinsic, VERSION};
use opg_runtime_api::{RequestStatus, RequestView};
use pallet_opg_court::{Case, CasePhase, Cases};
use pallet_opg_inference::{
	claim_hash, BondSource, Call, Challenge, Event, NextRequestId, Request, RequestOf,
	RequestState, Requests,
};
use pallet_opg_support::ModelVersion;
use serde_json::{json, Value};
use sp_core::{sr25519, Bytes, Pair, H256};
use sp_io::hashing::twox_128;
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Child, Command},
	sync::{Arc, Mutex},
	thread::sleep,
	time::{Duration, Instant},
};
use tempfile::TempDir;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/digits/digits.onnx");
const ID: RequestId = 0;
const SEED: H256 = H256::repeat_byte(5);
const BOND: Balance = 20_000_000_000_000_000_000;
/// Longer than compiling the engine twice.
const TIMEOUT: Duration = Duration::from_secs(240);

type State = RequestState<AccountId, u32>;

#[test]
fn wrong_answer_should_be_challenged_and_the_claim_be_revealed() {
	let (node, folder) = (Node::start(wrong(), None), TempDir::new().unwrap());
	let mut watch = watch(&node, folder.path(), "20");
	node.wait(&mut watch, |chain| chain.request.challenges.len() == 1);
	let claims = claims_in(folder.path());
	assert_eq!(claims.len(), 1);
	node.chain().case = Some(CasePhase::Reveal { unrevealed: 1 });
	node.wait(&mut watch, |chain| chain.request.challenges[0].revealed.is_some());
	assert_eq!(node.chain().request.challenges[0].revealed, Some(right().digest()));
	node.chain().end(right());
	node.wait(&mut watch, |_| !claims[0].exists());
	assert_eq!(
		stop(watch),
		(0, ["WRONG", "challenged", "revealed", "ended", "stopped"].map(Into::into).into())
	);
}

#[test]
fn watch_should_end_with_its_own_code_when_a_challenge_was_lost() {
	let (node, folder) = (Node::start(wrong(), None), TempDir::new().unwrap());
	let mut first = watch(&node, folder.path(), "20");
	node.wait(&mut first, |chain| chain.request.challenges.len() == 1);
	node.chain().end(wrong());
	assert_eq!(finish(first).0, 3);
	let text = fs::read_to_string(&claims_in(folder.path())[0]).unwrap();
	assert!(text.contains("\"lost\""), "{text}");

	// Nor does it go on when it is started again.
	let other = Node::start(wrong(), None);
	assert_eq!(finish(watch(&other, folder.path(), "20")).0, 3);
	assert!(other.chain().request.challenges.is_empty());
}

#[test]
fn claim_should_be_revealed_after_a_restart() {
	let (node, folder) = (Node::start(wrong(), None), TempDir::new().unwrap());
	let mut first = watch(&node, folder.path(), "20");
	node.wait(&mut first, |chain| chain.request.challenges.len() == 1);
	assert_eq!(stop(first).0, 0);
	node.chain().case = Some(CasePhase::Reveal { unrevealed: 1 });
	let mut second = watch(&node, folder.path(), "20");
	node.wait(&mut second, |chain| chain.request.challenges[0].revealed.is_some());
	assert_eq!(stop(second).0, 0);
	assert_eq!(claims_in(folder.path()).len(), 1);
}

#[test]
fn nothing_should_be_staked_when_the_answer_is_right_or_the_bond_above_the_limit() {
	for (attested, max_bond, event) in
		[(right(), "20", "right"), (wrong(), "19.9", "not challenged")]
	{
		let (node, folder) = (Node::start(attested, None), TempDir::new().unwrap());
		let mut watch = watch(&node, folder.path(), max_bond);
		watch.wait_for(|watch| &watch.output, &format!("\"{event}\""));
		assert_eq!(stop(watch).0, 0);
		assert!(node.chain().request.challenges.is_empty());
		assert!(claims_in(folder.path()).is_empty());
	}
}

#[test]
fn answer_should_be_left_alone_when_the_model_is_not_here() {
	let (node, folder) = (Node::start(wrong(), Some(H256::zero())), TempDir::new().unwrap());
	let mut watch = watch(&node, folder.path(), "20");
	watch.wait_for(|watch| &watch.warnings, "model 0 is not watched");
	let (code, events) = stop(watch);
	assert_eq!((code, events), (0, vec!["stopped".to_string()]));
	assert!(node.chain().request.challenges.is_empty());
}

#[test]
fn input_should_come_from_the_node_when_it_lies_outside_of_the_chain() {
	let (node, folder) = (Node::start(wrong(), None), TempDir::new().unwrap());
	node.store_input();
	let mut first = watch(&node, folder.path(), "20");
	node.wait(&mut first, |chain| chain.request.challenges.len() == 1);
	assert_eq!(stop(first).0, 0);
	node.chain().request.state = State::Attested { answer: right(), at: 1 };
	let file = folder.path().join("input.opgt");
	let opg = |arguments: &[&str]| {
		let mut command = Command::new(env!("CARGO_BIN_EXE_opg"));
		let output =
			command.args(["request", "--url", &node.url]).args(arguments).output().unwrap();
		(output.status.success(), String::from_utf8(output.stderr).unwrap())
	};
	let download = ["download", "0", "--input", file.to_str().unwrap()];
	assert_eq!(opg(&download), (true, String::new()));
	assert_eq!(fs::read(&file).unwrap(), INPUT);
	assert!(opg(&["rerun", "0", "--model", MODEL]).0);

	// Another node has it, or nobody.
	node.chain().blob = None;
	for command in [&download[..], &["rerun", "0", "--model", MODEL]] {
		let (is_done, error) = opg(command);
		assert!(!is_done && error.contains("does not have the input"), "{error}");
	}
	let other = Node::start(wrong(), None);
	other.store_input();
	other.chain().blob = None;
	let empty = TempDir::new().unwrap();
	let mut second = watch(&other, empty.path(), "20");
	second.wait_for(|watch| &watch.output, "\"failed\"");
	assert_eq!(stop(second).0, 0);
	assert!(other.chain().request.challenges.is_empty());
}

const INPUT: [u8; 3] = [1, 2, 3];

/// A task that the model refuses, after it was loaded.
fn task(hash: Option<H256>) -> Task {
	Task {
		model_hash: hash.unwrap_or_else(|| model_hash(&fs::read(MODEL).unwrap())),
		engine_id: H256(artifact().id),
		dims: Default::default(),
		input: TaskInput::Inline(INPUT.to_vec()),
		limits: VersionLimits::inline(20_000_000, 20_000_000, 512),
	}
}

/// Answer to the task, as this program computes it.
fn right() -> Answer {
	let folder = TempDir::new().unwrap();
	let input = folder.path().join("task");
	fs::write(&input, task(None).encode()).unwrap();
	let output = Command::new(env!("CARGO_BIN_EXE_opg"))
		.args(["recompute", "--model", MODEL])
		.stdin(fs::File::open(input).unwrap())
		.output()
		.unwrap();
	let Bytes(encoded) = serde_json::from_slice(&output.stdout).unwrap();
	Answer::decode_all(&mut &encoded[..]).unwrap()
}

fn wrong() -> Answer {
	let right = right();
	Answer { fuel: right.fuel ^ 1, ..right }
}

fn eve() -> AccountId {
	AccountId::from(sr25519::Pair::from_string("//Eve", None).unwrap().public().0)
}

fn claims_in(folder: &Path) -> Vec<PathBuf> {
	let folder = folder.join("claims");
	let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
	let paths = entries.map(|entry| entry.unwrap().path());
	paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect()
}

/// `opg watch`. It ends when this is dropped, as in a test that fails.
struct Watch {
	child: Child,
	/// File with what it prints.
	output: PathBuf,
	/// File with its warnings.
	warnings: PathBuf,
}

impl Drop for Watch {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}

impl Watch {
	/// Waits until something has happened.
	fn wait(&mut self, happened: impl Fn() -> bool) {
		let started = Instant::now();
		while !happened() {
			assert!(self.child.try_wait().unwrap().is_none(), "it ended by itself");
			assert!(started.elapsed() < TIMEOUT, "in vain");
			sleep(Duration::from_millis(50));
		}
	}

	fn wait_for(&mut self, file: impl Fn(&Self) -> &Path, text: &str) {
		let file = file(self).to_owned();
		self.wait(|| fs::read_to_string(&file).unwrap().contains(text));
	}
}

/// Starts `opg watch` with a folder of models and one of claims in `folder`.
fn watch(node: &Node, folder: &Path, max_bond: &str) -> Watch {
	let (models, claims) = (folder.join("models"), folder.join("claims"));
	fs::create_dir_all(&models).unwrap();
	fs::copy(MODEL, models.join("digits.onnx")).unwrap();
	node.chain().claims = Some(folder.to_owned());
	let [output, warnings] = ["output", "warnings"].map(|name| folder.join(name));
	let child = Command::new(env!("CARGO_BIN_EXE_opg"))
		.args(["watch", "--json", "--suri", "//Eve", "--max-bond", max_bond, "--url", &node.url])
		.arg("--models")
		.arg(models)
		.arg("--claims")
		.arg(claims)
		.stdout(fs::File::create(&output).unwrap())
		.stderr(fs::File::create(&warnings).unwrap())
		.spawn();
	Watch { child: child.unwrap(), output, warnings }
}

/// Exit code, and the events that were printed.
fn finish(mut watch: Watch) -> (i32, Vec<String>) {
	let status = watch.child.wait().unwrap();
	let text = fs::read_to_string(&watch.output).unwrap();
	let event = |line: &str| {
		let value: Value = serde_json::from_str(line).unwrap();
		value["event"].as_str().unwrap().to_string()
	};
	(status.code().unwrap(), text.lines().map(event).collect())
}

fn stop(watch: Watch) -> (i32, Vec<String>) {
	let id = watch.child.id();
	// SAFETY: sends a signal to a process that this test started and has not waited for.
	unsafe {
		libc::kill(i32::try_from(id).unwrap(), libc::SIGTERM);
	}
	finish(watch)
}

/// Chain with one request.
struct TestChain {
	request: RequestOf<Runtime>,
	task: Task,
	/// Input, where it lies outside of the chain and the node has it.
	blob: Option<Vec<u8>>,
	case: Option<CasePhase>,
	/// Extrinsics and events of each block, genesis included.
	blocks: Vec<(Vec<Bytes>, Vec<RuntimeEvent>)>,
	/// Folder of the claims of the program that is watched.
	claims: Option<PathBuf>,
}

/// Node of that chain.
struct Node {
	chain: Arc<Mutex<TestChain>>,
	url: String,
	_server: ServerHandle,
	_runtime: tokio::runtime::Runtime,
}

impl Node {
	fn start(attested: Answer, model: Option<H256>) -> Self {
		let task = task(model);
		let event = Event::Attested {
			request: ID,
			requester: AccountId::from([1; 32]),
			model: 0,
			digest: attested.digest(),
			fuel: attested.fuel,
			reference: H256::zero(),
		};
		let chain = Arc::new(Mutex::new(TestChain {
			request: request(&task, RequestState::Attested { answer: attested, at: 1 }),
			task,
			blob: None,
			case: None,
			blocks: vec![(vec![], vec![]), (vec![], vec![event.into()])],
			claims: None,
		}));
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.worker_threads(1)
			.enable_all()
			.build()
			.unwrap();
		let server = runtime.block_on(Server::builder().build("127.0.0.1:0")).unwrap();
		let url = format!("http://{}", server.local_addr().unwrap());
		let module = module(chain.clone());
		let server = runtime.block_on(async { server.start(module) });
		Self { chain, url, _server: server, _runtime: runtime }
	}

	fn chain(&self) -> std::sync::MutexGuard<'_, TestChain> {
		self.chain.lock().unwrap()
	}

	/// Makes the input one outside of the chain, which the node has.
	fn store_input(&self) {
		let mut chain = self.chain();
		chain.task.input = TaskInput::Stored(content_of(&INPUT).unwrap());
		chain.blob = Some(INPUT.to_vec());
	}

	/// Waits until something has happened on the chain.
	fn wait(&self, watch: &mut Watch, happened: impl Fn(&TestChain) -> bool) {
		watch.wait(|| happened(&self.chain()));
	}
}

fn request(task: &Task, state: State) -> RequestOf<Runtime> {
	Request {
		requester: AccountId::from([1; 32]),
		model: 0,
		version: ModelVersion {
			owner: AccountId::from([2; 32]),
			model_hash: task.model_hash,
			size: 0,
			engine_id: task.engine_id,
			dims: Default::default(),
			limits: task.limits,
			royalty: 0,
		},
		input_hash: H256::zero(),
		stored_input: None,
		tier: Tier::Optimistic,
		price: 1,
		reference: H256::zero(),
		deadline: None,
		requested_at: 1,
		drawn_at: Some(1),
		changed_at: 1,
		seed: Some(SEED),
		seat_reserve: 0,
		is_escalated: false,
		deposit: 0,
		escrow: 0,
		has_panel: false,
		audit: None,
		challenges: Default::default(),
		state,
	}
}

fn module(chain: Arc<Mutex<TestChain>>) -> RpcModule<Arc<Mutex<TestChain>>> {
	let mut module = RpcModule::new(chain);
	macro_rules! method {
		($name:expr, $answer:expr) => {
			module
				.register_method($name, |params, chain, _| {
					let params: Vec<Value> = params.parse().unwrap_or_default();
					let answer: fn(&mut TestChain, &[Value]) -> Value = $answer;
					answer(&mut chain.lock().unwrap(), &params)
				})
				.unwrap();
		};
	}
	method!("system_chain", |_, _| json!("Test"));
	method!("system_chainType", |_, _| json!("Development"));
	method!("state_getRuntimeVersion", |_, _| json!({ "specName": VERSION.spec_name }));
	method!("system_accountNextIndex", |_, _| json!(0));
	method!("chain_getFinalizedHead", |chain, _| json!(hash(chain.height())));
	method!("chain_getBlockHash", |chain, params| {
		let number = params[0].as_u64().unwrap();
		json!((number <= chain.height()).then(|| hash(number)))
	});
	method!("chain_getHeader", |chain, params| {
		let asked = params.first().filter(|hash| !hash.is_null());
		json!(header(asked.map_or(chain.height(), number)))
	});
	method!("chain_getBlock", |chain, params| {
		let number = number(&params[0]);
		let (extrinsics, _) = &chain.blocks[number as usize];
		json!({ "block": { "header": header(number), "extrinsics": extrinsics } })
	});
	method!("state_getStorage", |chain, params| {
		let Bytes(key) = serde_json::from_value(params[0].clone()).unwrap();
		json!(chain.storage(&key, &params[1]).map(Bytes))
	});
	method!("state_call", |chain, params| {
		let Bytes(argument) = serde_json::from_value(params[1].clone()).unwrap();
		json!(Bytes(match params[0].as_str().unwrap() {
			"Core_version" => VERSION.encode(),
			"Metadata_metadata_versions" => Runtime::metadata_versions().encode(),
			"Metadata_metadata_at_version" => {
				Runtime::metadata_at_version(u32::decode(&mut &argument[..]).unwrap()).encode()
			},
			"OpgApi_request" => Some(chain.view()).encode(),
			"OpgApi_challenge_bond" => Some(BOND).encode(),
			other => panic!("{other}"),
		}))
	});
	module
		.register_method("blobs_v1_range", |params, chain, _| {
			let (hash, start, end): (H256, u64, u64) = params.parse()?;
			let Some(bytes) = &chain.lock().unwrap().blob else {
				return Err(ErrorObject::owned(7007, "not here", None::<()>));
			};
			let folder = TempDir::new().unwrap();
			let limits = Limits { keep_free: 0, ..Limits::default() };
			let store = Store::open(folder.path(), limits).unwrap();
			store.put(bytes).unwrap();
			let blob = store.get(&hash.0).unwrap().unwrap();
			Ok(json!(Bytes(blob.encode(&(start..end)).unwrap())))
		})
		.unwrap();
	method!("author_submitExtrinsic", |chain, params| {
		let bytes: Bytes = serde_json::from_value(params[0].clone()).unwrap();
		chain.execute(bytes);
		json!(H256::zero())
	});
	module
}

fn hash(number: u64) -> H256 {
	header(number).hash()
}

fn number(hash: &Value) -> u64 {
	let asked: H256 = serde_json::from_value(hash.clone()).unwrap();
	(0..1_000).find(|number| self::hash(*number) == asked).unwrap()
}

fn header(number: u64) -> Header {
	let none = H256::zero();
	Header {
		parent_hash: none,
		number: number as u32,
		state_root: none,
		extrinsics_root: none,
		digest: Default::default(),
	}
}

impl TestChain {
	fn height(&self) -> u64 {
		self.blocks.len() as u64 - 1
	}

	fn end(&mut self, answer: Answer) {
		self.case = None;
		self.request.challenges = Default::default();
		self.request.state =
			RequestState::Settled { answer, paid: Default::default(), fee: 0, at: 9 };
	}

	/// The state is that of the best block, but for events.
	fn storage(&self, key: &[u8], at: &Value) -> Option<Vec<u8>> {
		let events = [twox_128(b"System"), twox_128(b"Events")].concat();
		if key == events {
			let (_, events) = &self.blocks[number(at) as usize];
			let record = |event: &RuntimeEvent| {
				let (phase, topics) = (Phase::ApplyExtrinsic(0), Vec::<H256>::new());
				EventRecord { phase, event: event.clone(), topics }
			};
			return Some(events.iter().map(record).collect::<Vec<_>>().encode());
		}
		if key == NextRequestId::<Runtime>::hashed_key() {
			return Some((ID + 1).encode());
		}
		if key == Requests::<Runtime>::hashed_key_for(ID) {
			return Some(self.request.encode());
		}
		let load = Default::default();
		let case = |phase| Case {
			seed: SEED,
			load,
			sitting: 0,
			session: 0,
			seats: 1,
			sizes: Default::default(),
			phase,
		};
		self.case
			.filter(|_| key == Cases::<Runtime>::hashed_key_for(ID))
			.map(|phase| case(phase).encode())
	}

	fn view(&self) -> RequestView {
		RequestView {
			requester: self.request.requester.clone(),
			model: 0,
			task: self.task.clone(),
			tier: Tier::Optimistic,
			reference: H256::zero(),
			deadline: None,
			requested_at: 1,
			drawn_at: Some(1),
			seed: Some(SEED),
			seats: vec![],
			status: match self.request.state.clone() {
				State::Attested { answer, at } => RequestStatus::Attested { answer, at },
				_ => RequestStatus::Requested,
			},
		}
	}

	/// Makes a block with one extrinsic, which does what the chain would do.
	fn execute(&mut self, bytes: Bytes) {
		let extrinsic = UncheckedExtrinsic::decode(&mut &bytes[..]).unwrap();
		let challenger = eve();
		let event = match extrinsic.function {
			RuntimeCall::Inference(Call::challenge { request, seed, digest, claim }) => {
				assert_eq!((request, seed), (ID, SEED));
				let RequestState::Attested { answer, at } = self.request.state.clone() else {
					panic!("challenged once")
				};
				assert_eq!(digest, answer.digest());
				// What is sent is on the disk already.
				let folder = self.claims.as_ref().unwrap();
				let text = fs::read_to_string(&claims_in(folder)[0]).unwrap();
				assert!(text.contains("\"written\""), "{text}");
				let challenge = Challenge {
					challenger: challenger.clone(),
					bond: BOND,
					source: BondSource::Account,
					disputed: digest,
					claim,
					revealed: None,
				};
				self.request.challenges.try_push(challenge).unwrap();
				self.request.state =
					RequestState::Court { attested: Some((answer, at)), opened: true };
				self.case = Some(CasePhase::Commit { committed: 0 });
				Event::Challenged { request, challenger, digest, bond: BOND }
			},
			RuntimeCall::Inference(Call::reveal_claim { request, digest, salt }) => {
				assert!(matches!(self.case, Some(CasePhase::Reveal { .. })));
				let challenge = &mut self.request.challenges[0];
				assert_eq!(challenge.claim, claim_hash(&challenger, request, digest, salt));
				challenge.revealed = Some(digest);
				Event::ClaimRevealed { request, challenger, digest }
			},
			other => panic!("{other:?}"),
		};
		self.blocks.push((vec![bytes], vec![event.into()]));
	}
}
