//! Nodes of a development chain, run by a test.

use super::{engine_cache, engines_of, signal, NODE};
use clap::Parser;
use codec::Decode;
use opg_primitives::{AccountId, BlockNumber, ModelId, RequestId};
use opg_runtime::Runtime;
use pallet_opg_attestation::{Round, Rounds};
use pallet_opg_inference::NextRequestId;
use pallet_opg_staking::{Pool, Pools, Role};
use serde_json::{json, Value};
use sp_consensus_babe::digests::CompatibleDigestItem;
use sp_core::Bytes;
use sp_runtime::DigestItem;
use std::{
	fs::{self, File},
	io::{Read, Seek, SeekFrom, Write},
	net::TcpStream,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	thread,
	time::{Duration, Instant},
};

/// Most time for anything on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Most time until who begins to serve can be drawn: two sessions, and some more.
const ELIGIBLE: Duration = Duration::from_secs(240);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Network keys, of no value: a node with a key seed generates none by itself.
const NODE_KEY: &str = "000000000000000000000000000000000000000000000000000000000000000";

/// Waits until something is there.
pub fn wait_for<T>(what: &str, time: Duration, look: impl FnMut() -> Option<T>) -> T {
	wait_looking(what, time, LOOK, look)
}

/// The same, looking this often.
pub fn wait_looking<T>(
	what: &str,
	time: Duration,
	often: Duration,
	mut look: impl FnMut() -> Option<T>,
) -> T {
	let deadline = Instant::now() + time;
	loop {
		if let Some(found) = look() {
			return found;
		}
		assert!(Instant::now() < deadline, "timed out: {what}");
		thread::sleep(often);
	}
}

/// A node, which is killed when this is dropped.
pub struct Node {
	child: Child,
	chain: &'static str,
	number: u32,
	base: PathBuf,
	log: PathBuf,
	/// Bytes of the log when it was started.
	from: u64,
	options: Vec<String>,
	rpc_port: u16,
}

impl Node {
	/// Starts a node of the development chain with this number and these options, below `folder`.
	pub fn start(folder: &Path, number: u32, options: &[&str]) -> Self {
		Self::start_on("dev", folder, number, options)
	}

	/// The same, on another chain.
	pub fn start_on(chain: &'static str, folder: &Path, number: u32, options: &[&str]) -> Self {
		let options = options.iter().map(|option| option.to_string()).collect();
		Self::start_in(chain, folder.join(format!("node{number}")), number, options)
	}

	fn start_in(chain: &'static str, base: PathBuf, number: u32, options: Vec<String>) -> Self {
		fs::create_dir_all(&base).expect("a folder");
		let log = base.join("log");
		let open = File::options().create(true).append(true).open(&log).expect("a file");
		let from = open.metadata().expect("a file").len();
		let child = Command::new(NODE)
			.args(["--chain", chain, "--rpc-port", "0", "--no-mdns", "--no-telemetry"])
			.args(["--no-prometheus", "--listen-addr", "/ip4/127.0.0.1/tcp/0", "--base-path"])
			.arg(&base)
			.args(["--node-key", &format!("{NODE_KEY}{number}")])
			.args(&options)
			.env_remove("RUST_LOG")
			.env("OPG_ENGINE_CACHE", engine_cache())
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(open)
			.spawn()
			.expect("the node starts");
		let mut node = Self { child, chain, number, base, log, from, options, rpc_port: 0 };
		node.rpc_port = wait_for("the node has an RPC server", PATIENCE, || {
			assert!(node.child.try_wait().expect("it is ours").is_none(), "{}", node.log());
			let log = node.log();
			let (_, address) = log.split_once("JSON-RPC server: addr=127.0.0.1:")?;
			let port = address.split(|other: char| !other.is_ascii_digit()).next()?;
			port.parse().ok()
		});
		node
	}

	/// Kills the node. Gives what starts it again.
	pub fn kill(mut self) -> impl FnOnce() -> Self {
		let _ = self.child.kill();
		self.child.wait().expect("it is our child");
		let (chain, base, number) = (self.chain, self.base.clone(), self.number);
		let options = self.options.clone();
		move || Self::start_in(chain, base, number, options)
	}

	/// What it has logged since its start.
	pub fn log(&self) -> String {
		let mut log = Vec::new();
		let mut file = File::open(&self.log).expect("it is there");
		file.seek(SeekFrom::Start(self.from)).expect("it is as long");
		file.read_to_end(&mut log).expect("it is there");
		String::from_utf8_lossy(&log).into_owned()
	}

	/// Lines of the log with this text.
	pub fn count(&self, text: &str) -> usize {
		self.log().lines().filter(|line| line.contains(text)).count()
	}

	/// Its only engine process.
	pub fn engine(&self) -> u32 {
		wait_for("there is one engine process", PATIENCE, || {
			let engines = engines_of(self.child.id());
			(engines.len() == 1).then(|| engines[0])
		})
	}

	/// Sends it a signal.
	pub fn signal(&self, name: &str) {
		signal(self.child.id(), name);
	}

	/// Bytes of the answers that it has on disk.
	pub fn answers(&self) -> u64 {
		let chains = fs::read_dir(self.base.join("chains")).expect("a folder").flatten();
		let folders = chains.filter_map(|chain| fs::read_dir(chain.path().join("answers")).ok());
		let files = folders.flatten().flatten().filter_map(|file| file.metadata().ok());
		files.map(|file| file.len()).sum()
	}

	/// Puts a model file into the store of the node with this number below `folder`.
	pub fn add_model(folder: &Path, number: u32, file: &Path) {
		Self::add_model_on("dev", folder, number, file)
	}

	/// The same, on another chain.
	pub fn add_model_on(chain: &str, folder: &Path, number: u32, file: &Path) {
		let added = Command::new(NODE)
			.args(["models", "add", "--chain", chain, "--base-path"])
			.arg(folder.join(format!("node{number}")))
			.arg(file)
			.stdout(Stdio::null())
			.status();
		assert!(added.expect("it runs").success());
	}

	/// Address for clients.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// Address for other nodes.
	pub fn peer(&self) -> String {
		let addresses = self.rpc("system_localListenAddresses", json!([]));
		let addresses = addresses.as_array().expect("a list").iter().filter_map(Value::as_str);
		let mut local = addresses.filter(|address| address.contains("/127.0.0.1/tcp/"));
		let address = local.next().expect("it listens here").to_owned();
		if address.contains("/p2p/") {
			return address;
		}
		let id = self.rpc("system_localPeerId", json!([]));
		format!("{address}/p2p/{}", id.as_str().expect("text"))
	}

	/// Calls a method of the node.
	pub fn rpc(&self, method: &str, params: Value) -> Value {
		let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
		let call = call.to_string();
		let mut stream = TcpStream::connect(("127.0.0.1", self.rpc_port)).expect("it listens");
		stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
		write!(
			stream,
			"POST / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
			 Content-Length: {}\r\nConnection: close\r\n\r\n{call}",
			self.rpc_port,
			call.len()
		)
		.expect("it reads");
		let mut answer = String::new();
		stream.read_to_string(&mut answer).expect("it answers");
		let (_, body) = answer.split_once("\r\n\r\n").expect("HTTP");
		let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
		assert!(body.get("error").is_none(), "{method}: {body}");
		body["result"].clone()
	}

	/// Result of a call of the runtime's interface.
	pub fn api<R: Decode>(&self, method: &str, argument: &[u8]) -> R {
		let argument = Bytes(argument.to_vec());
		let result = self.rpc("state_call", json!([method, argument]));
		let Bytes(result) = serde_json::from_value(result).expect("bytes");
		R::decode(&mut &result[..]).expect("of this runtime")
	}

	/// Value under a storage key of the best block.
	pub fn storage<V: Decode>(&self, key: Vec<u8>) -> Option<V> {
		let value = self.rpc("state_getStorage", json!([Bytes(key)]));
		let value: Option<Bytes> = serde_json::from_value(value).expect("bytes");
		value.map(|Bytes(value)| V::decode(&mut &value[..]).expect("of this runtime"))
	}

	/// Height of the best block.
	pub fn height(&self) -> BlockNumber {
		let header = self.rpc("chain_getHeader", json!([]));
		let number = header["number"].as_str().and_then(|number| number.strip_prefix("0x"));
		BlockNumber::from_str_radix(number.expect("hex"), 16).expect("hex")
	}

	/// Height of the last finalized block.
	pub fn finalized(&self) -> BlockNumber {
		let hash = self.rpc("chain_getFinalizedHead", json!([]));
		let header = self.rpc("chain_getHeader", json!([hash]));
		let number = header["number"].as_str().and_then(|number| number.strip_prefix("0x"));
		BlockNumber::from_str_radix(number.expect("hex"), 16).expect("hex")
	}

	/// Slot of the block at this height.
	pub fn slot(&self, height: BlockNumber) -> u64 {
		let hash = self.rpc("chain_getBlockHash", json!([height]));
		let header = self.rpc("chain_getHeader", json!([hash]));
		let logs = header["digest"]["logs"].as_array().expect("a list").iter();
		let logs = logs.map(|log| -> Bytes { serde_json::from_value(log.clone()).expect("bytes") });
		let logs = logs.filter_map(|Bytes(log)| DigestItem::decode(&mut &log[..]).ok());
		let mut slots = logs.filter_map(|log| log.as_babe_pre_digest().map(|digest| digest.slot()));
		*slots.next().expect("the author says which slot")
	}

	/// Round of a request, once it is drawn.
	pub fn round(&self, request: RequestId) -> Option<Round<AccountId, BlockNumber>> {
		self.storage(Rounds::<Runtime>::hashed_key_for(request))
	}

	/// Balance of an operator's executor pool.
	pub fn pool(&self, operator: &AccountId) -> u128 {
		let pool: Option<Pool> =
			self.storage(Pools::<Runtime>::hashed_key_for(Role::Executor, operator));
		pool.expect("it has one").active.balance
	}
}

impl Drop for Node {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
		if thread::panicking() {
			let log = self.log();
			let lines: Vec<&str> = log.lines().collect();
			let from = lines.len().saturating_sub(60);
			eprintln!("--- node {}\n{}", self.number, lines[from..].join("\n"));
		}
	}
}

/// Runs a command of the client on a node.
pub fn opg(node: &Node, arguments: &[&str]) {
	run_client(node, arguments).unwrap_or_else(|error| panic!("opg {arguments:?}: {error}"));
}

fn run_client(node: &Node, arguments: &[&str]) -> Result<(), String> {
	let url = node.url();
	let all = ["opg", "--url", &url].into_iter().chain(arguments.iter().copied());
	let cli = opg_cli::Cli::try_parse_from(all).map_err(|error| error.to_string())?;
	opg_cli::run(cli).map_err(|error| format!("{error:#}"))
}

/// Registers a model, which gets this number, and lets operators serve it.
pub fn serve(node: &Node, model: ModelId, file: &Path, limits: &[&str], operators: &[&str]) {
	let path = file.to_str().expect("it is UTF-8");
	// The client compiles the engine where the nodes do.
	std::env::set_var("OPG_ENGINE_CACHE", engine_cache());
	let register = ["model", "register", path, "--name", "test", "--suri", "//Dave"];
	opg(node, &[&register[..], limits].concat());
	for operator in operators {
		opg(node, &["model", "serve", &model.to_string(), path, "--suri", operator]);
	}
}

/// Waits until so many executors can be drawn for a model.
pub fn eligible(node: &Node, model: ModelId, count: u32) {
	wait_for("all can be drawn", ELIGIBLE, || {
		let eligible: u32 = node.api("OpgApi_eligible_executors", &model.to_le_bytes());
		(eligible == count).then_some(())
	});
}

/// Sends a request with the tensors in a file, and gives its number. Nobody else sends any.
pub fn request(node: &Node, model: ModelId, tensors: &Path) -> RequestId {
	let (model, tensors) = (model.to_string(), tensors.to_str().expect("it is UTF-8"));
	let send = ["request", "send", &model, "--tensors", tensors, "--suri", "//Eve"];
	wait_for("the request is taken", PATIENCE, || run_client(node, &send).ok());
	let next: Option<RequestId> = node.storage(NextRequestId::<Runtime>::hashed_key().to_vec());
	next.expect("there is one") - 1
}
