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
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
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
	/// Make an API key, and print the entry that goes into the key file.
	Key(Key),
}

/// Arguments of `opg gateway key`.
#[derive(Args)]
struct Key {
	/// Name of the key: who has it.
	name: String,
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
	/// Origin whose pages may call the gateway, such as https://app.example. Repeatable.
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
		let amount = |amount: &Option<Amount>| amount.map(|Amount(planck)| amount::show(planck));
		let mut entry = json!({
			"name": self.name,
			"hash": keys::hash(&secret),
			"concurrent": self.concurrent,
		});
		for (name, amount) in [("per_day", amount(&self.per_day)), ("total", amount(&self.total))] {
			if let Some(amount) = amount {
				entry[name] = amount.into();
			}
		}
		// What a gateway would refuse is not given out.
		let file = json!({ "keys": [entry] });
		Keys::parse(file.to_string().as_bytes())
			.map_err(|error| Failure::Usage(error.to_string()))?;
		output.news(format_args!("key    {secret}"));
		output.news(format_args!("entry  {entry}"));
		output.news("Give the key to who uses it; it is kept nowhere. The entry goes into the file of keys:");
		output.news("{\"keys\": [ENTRY, ...]}");
		output.json(|| json!({ "key": secret, "entry": entry }));
		Ok(())
	}
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
