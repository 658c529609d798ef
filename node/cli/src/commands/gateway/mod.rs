//! `opg gateway`: answers over HTTP, for clients that people already have. The crate `opg-gateway` has
//! the interfaces; here are the chain behind them and the command line.

mod backend;
mod models;
mod node;
mod view;

use super::Session;
use crate::{
	amount::Amount,
	failure::Failure,
	fs,
	keys::{name, Signer},
	local::EngineArg,
	output::Output,
	signals,
	watching::ModelFiles,
};
use anyhow::{bail, ensure, Context, Result};
use backend::{OnChain, SharedChain};
use clap::{Args, Subcommand};
use directories::ProjectDirs;
use models::Models;
use opg_gateway::{
	amount, backend::Tier, keys, listen, Keys, Ledger, Limits, Service, Settings, Site, Web,
};
use opg_primitives::address::address;
use serde_json::json;
use std::{
	io::Write,
	net::SocketAddr,
	path::{Path, PathBuf},
	sync::Arc,
	time::Duration,
};
use tokio::{runtime::Runtime, time::sleep};

/// Heading of the options about limits.
const LIMITS: &str = "Limits";
/// Time between two looks for a wish to end.
const POLL: Duration = Duration::from_millis(200);

/// Arguments of `opg gateway`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Gateway {
	#[command(subcommand)]
	command: Option<GatewayCommand>,
	#[command(flatten)]
	serve: Serve,
}

/// Commands about the gateway.
#[derive(Subcommand)]
enum GatewayCommand {
	/// Make an API key, add its hash to a file, and print it. A gateway reads the file when it starts.
	Key(Key),
}

/// Arguments of `opg gateway key`.
#[derive(Args)]
struct Key {
	/// Name of the key: who has it.
	name: String,
	/// File of keys to which it is added. It is made where there is none, and has the hash of the key and
	/// not the key.
	#[arg(long, value_name = "FILE")]
	keys: PathBuf,
	/// The most that it may spend on a day of UTC, in OPG.
	#[arg(long, value_name = "OPG", required_unless_present = "total")]
	per_day: Option<Amount>,
	/// The most that it may spend in all, in OPG.
	#[arg(long, value_name = "OPG")]
	total: Option<Amount>,
	/// The most requests without an answer at a time.
	#[arg(long, value_name = "N", default_value_t = keys::DEFAULT_CONCURRENT)]
	concurrent: u32,
}

/// Arguments of `opg gateway` without a command.
#[derive(Args)]
struct Serve {
	/// Address to listen on. On one that other machines reach, --keys has to be given.
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
	listen: SocketAddr,
	/// File of API keys, as `opg gateway key` makes them. Without it, who reaches the gateway from this
	/// machine spends up to --per-day and --total.
	#[arg(long, value_name = "FILE", required_unless_present_any = ["per_day", "total"])]
	keys: Option<PathBuf>,
	/// Folder for what was spent and for files of models. By default one for the account and the chain.
	#[arg(long, value_name = "DIR")]
	state: Option<PathBuf>,
	/// Folder with ONNX files, such as the store of a node. Others are got from the node.
	#[arg(long, value_name = "DIR")]
	models: Option<PathBuf>,
	/// Compute every answer on this machine too before it is given, and give none that differs.
	#[arg(long)]
	verify: bool,
	/// Assurance of requests that ask for none: optimistic, quorum or high.
	#[arg(long, value_name = "TIER", default_value = "quorum", value_parser = tier)]
	tier: Tier,
	/// Folder of pages to serve, such as the dashboard.
	#[arg(long, value_name = "DIR")]
	site: Option<PathBuf>,
	/// Address to which these pages may connect. By default that of the node. Repeatable.
	#[arg(long, value_name = "URL", requires = "site")]
	site_connect: Vec<String>,
	/// Origin whose pages may call the gateway, such as `https://app.example`. Repeatable.
	#[arg(long, value_name = "ORIGIN")]
	cors: Vec<String>,
	#[command(flatten)]
	limits: LimitArgs,
	#[command(flatten)]
	engine: EngineArg,
	#[command(flatten)]
	signer: Signer,
}

/// Limits of the gateway.
#[derive(Args)]
struct LimitArgs {
	/// Without --keys: the most to spend on a day of UTC, in OPG.
	#[arg(long, value_name = "OPG", conflicts_with = "keys", help_heading = LIMITS)]
	per_day: Option<Amount>,
	/// Without --keys: the most to spend in all, in OPG.
	#[arg(long, value_name = "OPG", conflicts_with = "keys", help_heading = LIMITS)]
	total: Option<Amount>,
	/// The most to pay for one request, in OPG.
	#[arg(long, value_name = "OPG", help_heading = LIMITS)]
	max_fee: Option<Amount>,
	/// The most requests without an answer at a time.
	#[arg(long, value_name = "N", default_value_t = 256, help_heading = LIMITS)]
	max_in_flight: usize,
	/// The most requests that are not settled.
	#[arg(long, value_name = "N", default_value_t = 4096, help_heading = LIMITS)]
	max_unsettled: usize,
	/// Longest body of a call, in MiB.
	#[arg(long, value_name = "MIB", default_value_t = 68, help_heading = LIMITS)]
	max_body: usize,
	/// Longest wait for an attested answer, in seconds.
	#[arg(long, value_name = "SECONDS", default_value_t = 180, help_heading = LIMITS)]
	attested_wait: u64,
	/// Longest wait for a settled answer, in seconds.
	#[arg(long, value_name = "SECONDS", default_value_t = 900, help_heading = LIMITS)]
	settled_wait: u64,
	/// Longest file of a model that is got from the node, in MiB.
	#[arg(long, value_name = "MIB", default_value_t = 256, help_heading = LIMITS)]
	max_model: u64,
}

fn tier(name: &str) -> Result<Tier, String> {
	Tier::from_name(name).ok_or_else(|| "one of optimistic, quorum, high".into())
}

impl Gateway {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		match &self.command {
			Some(GatewayCommand::Key(key)) => key.run(session.output),
			None => self.serve.run(session),
		}
	}
}

impl Key {
	fn run(&self, output: Output) -> Result<()> {
		let secret = keys::generate().context("the system gives no random bytes")?;
		let mut entry = json!({
			"name": self.name,
			"hash": keys::hash(&secret),
			"concurrent": self.concurrent,
		});
		for (name, amount) in [("per_day", self.per_day), ("total", self.total)] {
			if let Some(Amount(planck)) = amount {
				entry[name] = amount::show(planck).into();
			}
		}
		let path = &self.keys;
		let mut file = match path.exists() {
			false => json!({ "keys": [] }),
			true => serde_json::from_slice(&fs::read(path)?)
				.with_context(|| path.display().to_string())?,
		};
		let list = file["keys"].as_array_mut();
		let list = list.with_context(|| format!("{}: no file of keys", path.display()))?;
		list.push(entry);
		let text = serde_json::to_string_pretty(&file)?;
		// What a gateway would refuse is not written.
		Keys::parse(text.as_bytes()).map_err(|error| Failure::Usage(error.to_string()))?;
		replace(path, text.as_bytes())
			.with_context(|| format!("cannot write {}", path.display()))?;
		output.result(&secret, || json!({ "name": self.name, "key": secret }));
		Ok(())
	}
}

/// Replaces a file as a whole, so that none is lost half-written.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
	let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
	let mut new = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
	new.write_all(bytes)?;
	new.write_all(b"\n")?;
	new.as_file().sync_all()?;
	new.persist(path)?;
	Ok(())
}

impl Serve {
	fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		signals::catch();
		log_to_stderr();
		let keys = match &self.keys {
			None => Keys::default(),
			Some(file) => {
				let keys = Keys::parse(&fs::read(file)?);
				let keys = keys.with_context(|| file.display().to_string())?;
				ensure!(!keys.is_empty(), Failure::Usage(format!("{}: no keys", file.display())));
				keys
			},
		};
		let site = self.site(session)?;
		let given = self.models.as_deref().map(ModelFiles::open).transpose()?;
		let chain = session.connect()?;
		let account = self.signer.account(&chain)?.with_key("a gateway")?;
		let payer = address(account.id());
		let genesis = chain.genesis();
		let folder = match &self.state {
			Some(folder) => folder.clone(),
			None => default_folder(&format!("{genesis:x}"), &payer)?,
		};
		let ledger = Ledger::open(&folder, &format!("{genesis:?}/{payer}"))?;
		let max_model = self.limits.max_model.saturating_mul(1 << 20);
		let models = Models::new(self.engine.clone(), given, folder.join("models"), max_model);
		output.news("loading the engine (the first time takes up to a minute)");
		models.engine()?;
		let shown = name(account.id());
		let backend = Arc::new(OnChain::new(&session.endpoint, chain, account, Arc::new(models))?);
		let has_keys = !keys.is_empty();
		let (settings, web) = (self.settings(), self.web(keys, site));
		let runtime = Runtime::new().context("no threads")?;
		let served = runtime.block_on(async {
			let listener = listen(self.listen, has_keys).await?;
			let service = Service::start(Arc::new(SharedChain(backend.clone())), ledger, settings);
			let gateway = opg_gateway::Gateway::new(service, web);
			let here = listener.local_addr()?;
			output.news(format_args!("{shown} pays; listening on http://{here}"));
			output.json(|| json!({ "url": format!("http://{here}"), "account": payer }));
			gateway.serve(listener, stopped()).await;
			anyhow::Ok(())
		});
		// What the tasks share is let go here and not in one of them: the connection that it holds waits for
		// its thread.
		runtime.shutdown_timeout(Duration::from_secs(5));
		drop(backend);
		served
	}

	fn site(&self, session: &Session) -> Result<Option<Site>> {
		let Some(folder) = &self.site else { return Ok(None) };
		let mut connect = self.site_connect.clone();
		if connect.is_empty() {
			connect.push(session.endpoint.to_string());
		}
		Ok(Some(Site::open(folder, &connect)?))
	}

	fn settings(&self) -> Settings {
		let limits = &self.limits;
		Settings {
			verify: self.verify,
			max_fee: limits.max_fee.map(|Amount(planck)| planck),
			tier: self.tier,
			attested_wait: Duration::from_secs(limits.attested_wait),
			settled_wait: Duration::from_secs(limits.settled_wait),
			max_in_flight: limits.max_in_flight,
			max_unsettled: limits.max_unsettled,
			..Settings::default()
		}
	}

	fn web(&self, keys: Keys, site: Option<Site>) -> Web {
		let limits = &self.limits;
		let planck = |amount: Option<Amount>| amount.map(|Amount(planck)| planck);
		let (per_day, total) = (planck(limits.per_day), planck(limits.total));
		let concurrent = u32::try_from(limits.max_in_flight).unwrap_or(u32::MAX);
		Web {
			keys,
			local: Limits { per_day, total, concurrent },
			cors: self.cors.clone(),
			site,
			max_body: limits.max_body.saturating_mul(1 << 20),
			..Web::default()
		}
	}
}

/// Folder of the ledger of an account on a chain.
fn default_folder(genesis: &str, payer: &str) -> Result<PathBuf> {
	let Some(folders) = ProjectDirs::from("", "", "opg-chain") else {
		bail!("this user has no home: name a folder with --state");
	};
	let genesis = genesis.get(..16).unwrap_or(genesis);
	Ok(folders.data_dir().join("gateway").join(genesis).join(payer))
}

/// Ends when a signal asks for it.
async fn stopped() {
	while !signals::stopped() {
		sleep(POLL).await;
	}
}

/// Writes what the gateway says while it runs to the standard error.
fn log_to_stderr() {
	struct Log;
	impl log::Log for Log {
		fn enabled(&self, metadata: &log::Metadata) -> bool {
			metadata.target().starts_with("opg")
		}

		fn log(&self, record: &log::Record) {
			if self.enabled(record.metadata()) {
				eprintln!("{}: {}", record.level().as_str().to_lowercase(), record.args());
			}
		}

		fn flush(&self) {}
	}
	// Fails where there is one already, which is as good.
	if log::set_logger(&Log).is_ok() {
		log::set_max_level(log::LevelFilter::Info);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		gateway: Gateway,
	}

	fn parse(line: &str) -> Result<Gateway, clap::Error> {
		let words = ["gateway"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
		Line::try_parse_from(words).map(|line| line.gateway)
	}

	#[test]
	fn gateway_should_ask_how_much_may_be_spent() {
		for line in ["", "--verify", "--keys a --per-day 1", "key a --keys f", "key a --total 1"] {
			assert!(parse(line).is_err(), "{line}");
		}
		for line in
			["--keys a", "--per-day 1", "--total 0.5 --tier high", "key a --keys f --total 1"]
		{
			assert!(parse(line).is_ok(), "{line}");
		}
		let serve = parse("--per-day 1.5 --max-in-flight 7").ok().unwrap().serve;
		let web = serve.web(Keys::default(), None);
		assert_eq!(web.local.per_day, Some(3 * opg_gateway::backend::OPG / 2));
		assert_eq!((web.local.concurrent, serve.settings().max_in_flight), (7, 7));
	}

	#[test]
	fn key_should_be_added_to_its_file_and_opened_by_its_secret_only() {
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("keys.json");
		for name in ["one", "two"] {
			let line = format!("key {name} --keys {} --per-day 1.5", file.display());
			parse(&line).ok().unwrap().command.unwrap().key().run(Output::Json).unwrap();
		}
		let text = std::fs::read_to_string(&file).unwrap();
		assert!(!text.contains("opg_") && text.contains("\"per_day\": \"1.5\""), "{text}");
		assert!(Keys::parse(text.as_bytes()).is_ok());
		let line = format!("key one --keys {} --per-day 1.5", file.display());
		let twice = parse(&line).ok().unwrap().command.unwrap().key().run(Output::Json);
		assert!(twice.unwrap_err().to_string().contains("two keys"));
		assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
	}

	impl GatewayCommand {
		fn key(self) -> Key {
			let Self::Key(key) = self;
			key
		}
	}
}
