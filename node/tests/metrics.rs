//! Metrics of a real node: `docs/metrics.md` has each of them, and dashboard and alerts name no other.
//!
//! After an intended change this writes the document anew:
//! ```text
//! source scripts/env.sh
//! OPG_BLESS=1 cargo test --profile development --workspace --test metrics
//! ```

#![cfg(target_os = "linux")]

mod common;

use common::{
	compile_engine, engine_cache,
	network::{wait_for, PATIENCE},
	NODE,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt::Write as _,
	fs,
	io::{Read, Write},
	net::{TcpListener, TcpStream},
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
};

const HEAD: &str = "\
# Metrics of the node

`opg-node` serves these to [Prometheus](https://prometheus.io) at `http://127.0.0.1:9615/metrics`,
beside those of every Substrate node (`substrate_*`). `--prometheus-port` names another port. Every
metric has the label `chain`, the id of the chain. Metrics with the label `operator` are about the
accounts whose hot key or court key is in the node's keystore, and count what final blocks say since
the node was started; at most 64 operators are counted. A kind is what a job is for: `seat` of a
committee or of the court, `watch` to compute another executor's answer again, `check` once more
before a challenge, `ahead` to load a model that is served.

[Operations](operations.md#watch-it) has alerts and a dashboard. The table is generated from a
running node.

| metric | type | labels | what it is |
|---|---|---|---|
";

/// What a node says about one metric.
#[derive(Default)]
struct Metric {
	help: String,
	kind: String,
	labels: BTreeSet<String>,
}

/// A node, which is killed when this is dropped.
struct Node(Child);

impl Drop for Node {
	fn drop(&mut self) {
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}

fn start(base: &Path, port: u16) -> Node {
	let child = Command::new(NODE)
		.args(["--chain", "dev", "--alice", "--validator", "--force-authoring", "--no-mdns"])
		.args(["--executor-key", "//Bob", "--rpc-port", "0", "--no-telemetry"])
		.args(["--listen-addr", "/ip4/127.0.0.1/tcp/0", "--unsafe-force-node-key-generation"])
		.args(["--prometheus-port", &port.to_string(), "--base-path"])
		.arg(base)
		.env_remove("RUST_LOG")
		.env("OPG_ENGINE_CACHE", engine_cache())
		.stdin(Stdio::null())
		.stdout(Stdio::null())
		.stderr(fs::File::create(base.join("log")).expect("a file"))
		.spawn();
	Node(child.expect("the node starts"))
}

/// What the node serves now, if it does.
fn scrape(port: u16) -> Option<String> {
	let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
	stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n").ok()?;
	let mut response = String::new();
	stream.read_to_string(&mut response).ok()?;
	let (head, body) = response.split_once("\r\n\r\n")?;
	head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}

/// The metrics in the text that a node serves.
fn parse(text: &str) -> BTreeMap<String, Metric> {
	let mut metrics = BTreeMap::<String, Metric>::new();
	for line in text.lines() {
		if let Some(rest) = line.strip_prefix("# HELP ") {
			let (name, help) = rest.split_once(' ').expect("a help");
			metrics.entry(name.into()).or_default().help = help.into();
		} else if let Some(rest) = line.strip_prefix("# TYPE ") {
			let (name, kind) = rest.split_once(' ').expect("a type");
			metrics.entry(name.into()).or_default().kind = kind.into();
		} else if let Some((series, labels)) = line.split_once('{') {
			let name = family(series, &metrics);
			let labels = labels.split("=\"").filter_map(|part| {
				let name = part.rsplit(['"', ',', '{']).next()?;
				name.chars().all(|c| c.is_ascii_lowercase() || c == '_').then(|| name.to_owned())
			});
			let known = &mut metrics.get_mut(&name).expect("its head comes first").labels;
			known.extend(
				labels.filter(|label| !label.is_empty() && label != "chain" && label != "le"),
			);
		}
	}
	metrics
}

/// Name of the metric to which a series belongs: a histogram has three.
fn family(series: &str, metrics: &BTreeMap<String, Metric>) -> String {
	let ends = ["_bucket", "_sum", "_count"];
	let mut of = ends.iter().filter_map(|end| series.strip_suffix(*end));
	let is_histogram =
		|name: &&str| metrics.get(*name).is_some_and(|metric| metric.kind == "histogram");
	of.find(is_histogram).unwrap_or(series).to_owned()
}

fn table(metrics: &BTreeMap<String, Metric>) -> String {
	let mut table = String::from(HEAD);
	for (name, Metric { help, kind, labels }) in metrics {
		if name.starts_with("opg_") {
			let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
			writeln!(table, "| `{name}` | {kind} | {} | {help} |", labels.join(", "))
				.expect("a string");
		}
	}
	table
}

fn docs(name: &str) -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
	let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
	let is_metric = |word: &&str| word.starts_with("opg_") || word.starts_with("substrate_");
	words.filter(is_metric).map(str::to_owned).collect()
}

#[test]
fn every_metric_should_be_documented_and_dashboard_and_alerts_name_no_other() {
	compile_engine();
	let folder = tempfile::tempdir().expect("a folder");
	let port =
		TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
	let _node = start(folder.path(), port);
	// The last ones to be there: of the engine, and of the first final block.
	let text = wait_for("the node has all its metrics", PATIENCE, || {
		let text = scrape(port)?;
		let ready =
			text.lines().any(|line| line.starts_with("opg_engine_ready") && line.ends_with(" 1"));
		(ready && text.contains("opg_reservable_opg{")).then_some(text)
	});
	let metrics = parse(&text);

	let path = docs("metrics.md");
	if std::env::var_os("OPG_BLESS").is_some() {
		fs::write(&path, table(&metrics)).expect("it can be written");
	}
	let documented = fs::read_to_string(&path).expect("it is there");
	let names = |text: &str| -> BTreeSet<String> {
		text.lines().filter(|line| line.starts_with("| `opg_")).map(str::to_owned).collect()
	};
	assert_eq!(
		names(&documented),
		names(&table(&metrics)),
		"docs/metrics.md is not what the node serves; the head of this file says how to write it anew"
	);

	for file in ["monitoring/alerts.yml", "monitoring/alerts.test.yml", "monitoring/dashboard.json"]
	{
		for name in named(&fs::read_to_string(docs(file)).expect("it is there")) {
			let known = metrics.contains_key(&family(&name, &metrics));
			assert!(known, "{file} names {name}, which the node does not have");
		}
	}

	let value = |series: &str| -> f64 {
		let line = text.lines().find(|line| line.starts_with(series)).expect(series);
		line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
	};
	assert_eq!(value("opg_operators"), 2.0, "Alice, who is a validator too, and Bob");
	assert!(value("opg_reservable_opg{") > 0.0);
	assert!(value("opg_blobs_quota_bytes") > 0.0);
}
