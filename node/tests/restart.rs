//! A node that is killed at any point between draw and reveal reveals in time after its restart. Real
//! nodes of a development chain: one makes the blocks and answers for two executors, the other, which
//! is killed, answers for the third.

#![cfg(target_os = "linux")]

mod common;

use common::{
	compile_engine, is_alive,
	network::{eligible, opg, request, serve, wait_for, wait_looking, Node, PATIENCE},
	signal,
};
use opg_primitives::{AccountId, BlockNumber, RequestId};
use pallet_opg_attestation::SeatState;
use sp_keyring::Sr25519Keyring;
use std::{
	path::{Path, PathBuf},
	thread,
	time::{Duration, Instant},
};
use tempfile::TempDir;

const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples/digits/digits.onnx");
/// Log of a node that hands a batch of commitments or of reveals to its pool.
const SENT: &str = "sent a batch of";
/// Time for which one run of the off-chain worker waits for an answer at most, and some more.
const RUN: Duration = Duration::from_millis(600);
/// Time between two looks at what passes by in a moment.
const MOMENT: Duration = Duration::from_millis(1);
/// Attempts to kill a node at a point that passes by in a moment.
const TRIES: u32 = 4;

/// Two nodes, a model that all three executors serve, and an input of it.
struct Network {
	validator: Node,
	/// The node that is killed; none while it is.
	killed: Option<Node>,
	tensors: PathBuf,
	started: Instant,
	_folder: TempDir,
}

/// What a case has come to: the node is dead, at the point at which it was to be killed.
struct Dead<F> {
	id: RequestId,
	restart: F,
	/// Whether the answer was computed before.
	is_computed: bool,
}

impl Network {
	fn start() -> Self {
		compile_engine();
		let started = Instant::now();
		let folder = tempfile::tempdir().expect("a folder");
		for number in [1, 2] {
			Node::add_model(folder.path(), number, Path::new(DIGITS));
		}
		let own = ["--alice", "--validator", "--force-authoring", "--executor-key", "//Bob"];
		let validator = Node::start(folder.path(), 1, &own);
		let other = ["--charlie", "--bootnodes", &validator.peer()];
		let killed = Some(Node::start(folder.path(), 2, &other));
		let tensors = folder.path().join("digit.json");
		let output = tensors.to_str().expect("it is UTF-8");
		opg(&validator, &["demo", "input", "--digit", "7", "--output", output]);
		serve(&validator, 0, Path::new(DIGITS), &[], &["//Alice", "//Bob", "//Charlie"]);
		eligible(&validator, 0, 3);
		Self { validator, killed, tensors, started, _folder: folder }
	}

	fn node(&self) -> &Node {
		self.killed.as_ref().expect("it runs")
	}

	/// Sends a request. The committee is all three executors.
	fn request(&self) -> RequestId {
		request(&self.validator, 0, &self.tensors)
	}

	/// Waits until a request is drawn, and gives the height of a block that knows it.
	fn drawn(&self, id: RequestId) -> BlockNumber {
		wait_looking("it is drawn", PATIENCE, MOMENT, || {
			let height = self.validator.height();
			self.validator.round(id).map(|_| height + 1)
		})
	}

	/// State of the seat of the executor whose node is killed.
	fn seat(&self, id: RequestId) -> Option<SeatState<BlockNumber>> {
		let round = self.validator.round(id)?;
		Some(round.seat(&executor())?.state.clone())
	}

	fn kill(&mut self) -> impl FnOnce() -> Node {
		self.killed.take().expect("it runs").kill()
	}

	/// Waits until the node has handed in the jobs of a block, and its run is over.
	fn handed_in(&self, height: BlockNumber) {
		wait_for("the block is there", PATIENCE, || (self.node().height() >= height).then_some(()));
		thread::sleep(RUN);
	}

	/// Starts the node again, and waits for its reveal and for the end of the request.
	fn recover<F: FnOnce() -> Node>(&mut self, point: &str, dead: Dead<F>) {
		let Dead { id, restart, is_computed } = dead;
		let before = self.validator.pool(&executor());
		self.killed = Some(restart());
		let revealed = wait_for("the reveal", PATIENCE, || match self.seat(id) {
			Some(SeatState::Revealed { at, .. }) => Some(at),
			_ => None,
		});
		let round = self.validator.round(id).expect("it is kept");
		assert_eq!(round.index, 0, "{point}: the first committee answers");
		let job = format!("request={id} round=0 kind=seat done");
		let log = self.node().log();
		assert_eq!(log.contains(&job), !is_computed, "{point}: computed after the restart?\n{log}");
		assert!(self.validator.pool(&executor()) >= before, "{point}: it lost stake");
		println!(
			"{point}: request {id} revealed in block {revealed} ({} s)",
			self.started.elapsed().as_secs()
		);
	}

	fn kill_before_the_job_is_handed_in(&mut self) -> Dead<impl FnOnce() -> Node> {
		self.node().signal("STOP");
		let id = self.request();
		self.drawn(id);
		Dead { id, restart: self.kill(), is_computed: false }
	}

	fn kill_while_the_job_runs(&mut self) -> Dead<impl FnOnce() -> Node> {
		let engine = self.node().engine();
		signal(engine, "STOP");
		let id = self.request();
		let drawn = self.drawn(id);
		self.handed_in(drawn);
		let restart = self.kill();
		wait_for("the engine ends with its node", PATIENCE, || (!is_alive(engine)).then_some(()));
		assert_eq!(self.seat(id), Some(SeatState::Waiting));
		Dead { id, restart, is_computed: false }
	}

	fn kill_when_the_answer_is_on_disk(&mut self) -> Dead<impl FnOnce() -> Node> {
		for _ in 0..TRIES {
			let engine = self.node().engine();
			let (sent, answers) = (self.node().count(SENT), self.node().answers());
			signal(engine, "STOP");
			let id = self.request();
			let drawn = self.drawn(id);
			self.handed_in(drawn);
			signal(engine, "CONT");
			wait_looking("the answer is on disk", PATIENCE, MOMENT, || {
				(self.node().answers() > answers).then_some(())
			});
			self.node().signal("STOP");
			// Unless the next block came first.
			if self.node().count(SENT) == sent {
				assert_eq!(self.seat(id), Some(SeatState::Waiting));
				return Dead { id, restart: self.kill(), is_computed: true };
			}
			self.node().signal("CONT");
			self.attested(id);
		}
		panic!("the commitment was sent each time");
	}

	fn kill_when_the_commitment_is_in_the_pool(&mut self) -> Dead<impl FnOnce() -> Node> {
		for _ in 0..TRIES {
			let sent = self.node().count(SENT);
			let id = self.request();
			wait_looking("the commitment is sent", PATIENCE, MOMENT, || {
				(self.node().count(SENT) > sent).then_some(())
			});
			self.node().signal("STOP");
			if self.seat(id) == Some(SeatState::Waiting) {
				return Dead { id, restart: self.kill(), is_computed: true };
			}
			self.node().signal("CONT");
			self.attested(id);
		}
		panic!("the commitment was in a block each time");
	}

	fn kill_when_the_commitment_is_in_a_block(&mut self) -> Dead<impl FnOnce() -> Node> {
		let sent = self.node().count(SENT);
		// The other two do not commit meanwhile, so that nobody can reveal.
		let engine = self.validator.engine();
		signal(engine, "STOP");
		let id = self.request();
		wait_looking("the commitment is in a block", PATIENCE, MOMENT, || {
			matches!(self.seat(id), Some(SeatState::Committed { .. })).then_some(())
		});
		let sends = self.node().count(SENT) - sent;
		let restart = self.kill();
		signal(engine, "CONT");
		assert_eq!(sends, 1, "it has not revealed");
		Dead { id, restart, is_computed: true }
	}

	fn kill_when_the_reveal_is_sent(&mut self) -> Dead<impl FnOnce() -> Node> {
		let sent = self.node().count(SENT);
		let id = self.request();
		wait_looking("the reveal is sent", PATIENCE, MOMENT, || {
			(self.node().count(SENT) > sent + 1).then_some(())
		});
		Dead { id, restart: self.kill(), is_computed: true }
	}

	/// Waits until all three have revealed.
	fn attested(&self, id: RequestId) {
		wait_for("all reveal", PATIENCE, || {
			let round = self.validator.round(id)?;
			let all = round.current_seats().all(|seat| seat.state.digest().is_some());
			all.then_some(())
		});
	}
}

/// Operator of the node that is killed.
fn executor() -> AccountId {
	Sr25519Keyring::Charlie.to_account_id()
}

/// Runs `kill` on the network, and lets the node recover.
macro_rules! case {
	($network:ident, $point:ident) => {
		let dead = $network.$point();
		$network.recover(stringify!($point), dead);
	};
}

#[test]
fn node_should_reveal_in_time_when_it_is_killed_at_any_point_between_draw_and_reveal() {
	let mut network = Network::start();
	println!("ready after {} s", network.started.elapsed().as_secs());
	case!(network, kill_before_the_job_is_handed_in);
	case!(network, kill_while_the_job_runs);
	case!(network, kill_when_the_answer_is_on_disk);
	case!(network, kill_when_the_commitment_is_in_the_pool);
	case!(network, kill_when_the_commitment_is_in_a_block);
	case!(network, kill_when_the_reveal_is_sent);
}
