//! The registry: what is there, and what an owner says of its models.

use super::{
	release::{commitment, content, licence_text, state_name},
	Session,
};
use crate::{
	amount::Amount,
	chain::Chain,
	describe, fs,
	keys::{self, Account, Signer},
	model_ref::{parse_name, text, ModelRef, NameRef},
	output::Output,
};
use anyhow::{anyhow, ensure, Context, Result};
use clap::{Args, Subcommand};
use opg_execution::model_hash;
use opg_primitives::{
	registry::{
		is_channel, is_tag, ChannelName, Content, ModelName, Reason, Selector, Tag, VersionState,
		MAX_TAGS,
	},
	AccountId,
};
use opg_runtime::{Inference, Runtime};
use opg_runtime_api::{NameQuery, NamedModelView, VersionView};
use pallet_opg_models::{Call, Description};
use serde_json::{json, Value};
use sp_core::H256;
use std::{collections::BTreeMap, path::PathBuf};

/// Commands about the registry.
#[derive(Subcommand)]
pub(crate) enum RegistryCommand {
	/// Show a model with its versions and channels, or a version with its file, engine, limits, and the
	/// windows that follow from them.
	Show {
		/// Model as owner/name; version as owner/name@1.4.0, owner/name@channel, or its number.
		model: ModelRef,
	},
	/// List models: all, those of an owner, those with a tag, or the versions of a file.
	List(List),
	/// Say of a model by which tags it is found, and what its model card is. Takes the place of what
	/// was said before.
	Describe {
		/// Name of the model.
		name: SignersName,
		/// Word by which the model is found: lower-case letters, digits and `-`. Repeatable.
		#[arg(long = "tag", value_name = "TAG", value_parser = parse_tag)]
		tags: Vec<Tag>,
		/// Model card: its hash and size are registered.
		#[arg(long, value_name = "FILE")]
		card: Option<PathBuf>,
		#[command(flatten)]
		signer: Signer,
	},
	/// Point channels of a model to its versions.
	#[command(subcommand)]
	Channel(ChannelCommand),
	/// Deprecate a version: it still answers, and is not the latest any more.
	Deprecate {
		/// Version as owner/name@1.4.0, or its number.
		model: ModelRef,
		/// Why, and what to use instead: 128 bytes at most.
		#[arg(long, value_parser = parse_reason)]
		reason: Reason,
		#[command(flatten)]
		signer: Signer,
	},
	/// Take back that a version is deprecated.
	Undeprecate {
		/// Version as owner/name@1.4.0, or its number.
		model: ModelRef,
		#[command(flatten)]
		signer: Signer,
	},
	/// Remove a version that nobody serves. Its version number is never used again.
	Remove {
		/// Version as owner/name@1.4.0, or its number.
		model: ModelRef,
		#[command(flatten)]
		signer: Signer,
	},
	/// Give up a name all of whose versions were removed.
	RemoveName {
		/// Name of the model.
		name: SignersName,
		#[command(flatten)]
		signer: Signer,
	},
	/// Offer a model with all its versions to another account, which has to accept it.
	Transfer {
		/// Name of the model.
		name: SignersName,
		/// Account that can accept it. Without one the offer is taken back.
		#[arg(long, value_name = "ACCOUNT", value_parser = keys::parse_account)]
		to: Option<AccountId>,
		#[command(flatten)]
		signer: Signer,
	},
	/// Take over a model that was offered to the signer, with its deposit.
	Accept {
		/// Model as owner/name.
		model: NameRef,
		/// The most that may be held, in OPG. Default: the deposit now.
		#[arg(long, value_name = "OPG")]
		max_deposit: Option<Amount>,
		#[command(flatten)]
		signer: Signer,
	},
	/// Commit to a file before its hash is public. Who announced a file first is shown, whoever
	/// registers a copy.
	Announce {
		/// The file. `opg model register` finds the announcement in a later block.
		file: PathBuf,
		/// Take the announcement back.
		#[arg(long)]
		withdraw: bool,
		#[command(flatten)]
		signer: Signer,
	},
}

/// Commands about channels.
#[derive(Subcommand)]
pub(crate) enum ChannelCommand {
	/// Make a channel, or move it to another version.
	Set {
		/// Name of the model.
		name: SignersName,
		/// Name of the channel, such as stable.
		#[arg(value_parser = parse_channel)]
		channel: ChannelName,
		/// Version to which it points: 1.4.0, or owner/name@1.4.0, or its number.
		version: String,
		#[command(flatten)]
		signer: Signer,
	},
	/// Remove a channel.
	Remove {
		/// Name of the model.
		name: SignersName,
		/// Name of the channel.
		#[arg(value_parser = parse_channel)]
		channel: ChannelName,
		#[command(flatten)]
		signer: Signer,
	},
}

/// Arguments of `opg model list`.
#[derive(Args)]
pub(crate) struct List {
	/// Those of this account.
	#[arg(long, value_name = "ACCOUNT", value_parser = keys::parse_account)]
	owner: Option<AccountId>,
	/// Those with this tag. Repeatable: those with all of them.
	#[arg(long = "tag", value_name = "TAG", value_parser = parse_tag)]
	tags: Vec<Tag>,
	/// Versions whose file has this hash.
	#[arg(long, value_name = "HASH", conflicts_with_all = ["owner", "tags"])]
	hash: Option<H256>,
}

/// Name of a model of the signer, with or without the owner before it.
#[derive(Clone)]
pub(crate) struct SignersName(ModelName);

impl std::str::FromStr for SignersName {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> Result<Self> {
		let name = text.rsplit_once('/').map_or(text, |(_, name)| name);
		parse_name(name).map(Self)
	}
}

impl RegistryCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		match self {
			Self::Show { model } => show(&session.connect()?, output, model)?,
			Self::List(list) => list.run(&session.connect()?, output)?,
			Self::Describe { name, tags, card, signer } => {
				let mut tags = tags.clone();
				tags.sort();
				tags.dedup();
				let tags = tags.try_into().ok();
				let tags = tags.with_context(|| format!("a model has {MAX_TAGS} tags at most"))?;
				let card = card.as_deref().map(content).transpose()?;
				let name = name.0.clone();
				let call = Call::describe { name, description: Description { tags, card } };
				send(session, signer, "described", call)?;
			},
			Self::Channel(command) => command.run(session)?,
			Self::Deprecate { model, reason, signer } => {
				let model = model.number(&session.connect()?)?;
				let call = Call::deprecate { model, reason: reason.clone() };
				send(session, signer, &format!("version {model} deprecated"), call)?;
			},
			Self::Undeprecate { model, signer } => {
				let model = model.number(&session.connect()?)?;
				let done = format!("version {model} not deprecated any more");
				send(session, signer, &done, Call::undeprecate { model })?;
			},
			Self::Remove { model, signer } => {
				let model = model.number(&session.connect()?)?;
				let done = format!("version {model} removed");
				send(session, signer, &done, Call::deregister { model })?;
			},
			Self::RemoveName { name, signer } => {
				let name = name.0.clone();
				let done = format!("name {} removed", text(&name));
				send(session, signer, &done, Call::remove_name { name })?;
			},
			Self::Transfer { name, to, signer } => {
				let done = match to {
					Some(to) => format!("offered to {}, who has to accept it", keys::name(to)),
					None => "offer taken back".into(),
				};
				let call = Call::offer_transfer { name: name.0.clone(), to: to.clone() };
				send(session, signer, &done, call)?;
			},
			Self::Accept { model, max_deposit, signer } => {
				let named = session.connect()?.named(model)?;
				let max_deposit = max_deposit.map_or(named.deposit, |deposit| deposit.0);
				let NameRef { owner, name } = model.clone();
				let call = Call::accept_transfer { owner, name, max_deposit };
				send(session, signer, &format!("{model} taken over"), call)?;
			},
			Self::Announce { file, withdraw, signer } => {
				let hash = model_hash(&fs::read(file)?);
				let chain = session.connect()?;
				let owner = signer.account(&chain)?;
				let commitment = commitment(&owner, &hash)?;
				if *withdraw {
					let who = owner.id().clone();
					let call = Call::remove_announcement { who, commitment };
					send_on(&chain, output, &owner, "announcement taken back", call)?;
				} else {
					let done = format!("{} announced", file.display());
					send_on(&chain, output, &owner, &done, Call::announce { commitment })?;
				}
			},
		}
		Ok(())
	}
}

impl ChannelCommand {
	fn run(&self, session: &Session) -> Result<()> {
		match self {
			Self::Set { name, channel, version, signer } => {
				let name = name.0.clone();
				let chain = session.connect()?;
				let signer = signer.account(&chain)?;
				let version: ModelRef = if version.contains('/') || version.parse::<u32>().is_ok() {
					version.parse()?
				} else {
					let name = NameRef { owner: signer.id().clone(), name: name.clone() };
					let selector = Selector::parse(version)
						.with_context(|| format!("{version} is no version such as 1.4.0"))?;
					ModelRef::Named(name, Some(selector))
				};
				let model = version.number(&chain)?;
				let done = format!("channel {} is version number {model}", text(channel));
				let call = Call::set_channel { name, channel: channel.clone(), model: Some(model) };
				send_on(&chain, session.output, &signer, &done, call)
			},
			Self::Remove { name, channel, signer } => {
				let done = format!("channel {} removed", text(channel));
				let (name, channel) = (name.0.clone(), channel.clone());
				send(session, signer, &done, Call::set_channel { name, channel, model: None })
			},
		}
	}
}

impl List {
	fn run(&self, chain: &Chain, output: Output) -> Result<()> {
		if let Some(hash) = self.hash {
			let versions = chain.versions_with(hash)?;
			for version in &versions {
				output.news(version_line(version));
			}
			if let Some(first) = versions.first() {
				output.news(format_args!(
					"announced first by {} in block {}",
					keys::name(&first.announced_by),
					first.announced_at
				));
			}
			output.json(|| versions.iter().map(version_json).collect());
			return Ok(());
		}
		let query = match (&self.owner, self.tags.first()) {
			(Some(owner), _) => NameQuery::Owner(owner.clone()),
			(None, Some(tag)) => NameQuery::Tag(tag.clone()),
			(None, None) => NameQuery::All,
		};
		let mut named = chain.named_models(&query)?;
		named.retain(|named| self.tags.iter().all(|tag| named.tags.contains(tag)));
		named.sort_by(|a, b| (&a.name, &a.owner).cmp(&(&b.name, &b.owner)));
		for named in &named {
			let latest = latest(named).map_or(": no release".into(), |number| format!("@{number}"));
			let tags: Vec<_> = named.tags.iter().map(|tag| text(tag)).collect();
			output.news(format_args!("{}{latest} {}", full_name(named), tags.join(" ")));
		}
		output.json(|| named.iter().map(named_json).collect());
		Ok(())
	}
}

/// Sends a call, and says what is done.
fn send(session: &Session, signer: &Signer, done: &str, call: Call<Runtime>) -> Result<()> {
	let chain = session.connect()?;
	send_on(&chain, session.output, &signer.account(&chain)?, done, call)
}

fn send_on(
	chain: &Chain,
	output: Output,
	signer: &Account,
	done: &str,
	call: Call<Runtime>,
) -> Result<()> {
	let block = chain.send(call, signer)?.block;
	output.result(format_args!("{done} in block {block}"), || json!({ "block": block }));
	Ok(())
}

fn show(chain: &Chain, output: Output, model: &ModelRef) -> Result<()> {
	if let ModelRef::Named(name, None) = model {
		let named = chain.named(name)?;
		show_named(output, &named);
		return Ok(());
	}
	show_version(output, &model.resolve(chain)?);
	Ok(())
}

fn show_named(output: Output, named: &NamedModelView) {
	output.news(format_args!("model      {}", full_name(named)));
	for tag in &named.tags {
		output.news(format_args!("tag        {}", text(tag)));
	}
	if let Some(Content { hash, size }) = named.card {
		output.news(format_args!("card       {hash:?}, {size} bytes"));
	}
	if let Some(number) = latest(named) {
		output.news(format_args!("latest     {number}"));
	}
	for (channel, model) in &named.channels {
		let version = named.versions.iter().find(|own| own.model == *model);
		let number = version.map_or_else(String::new, |own| own.number.to_string());
		output.news(format_args!("channel    {}: {number}", text(channel)));
	}
	for version in &named.versions {
		let state = match version.state {
			VersionState::Current => String::new(),
			state => format!(", {}", state_name(state)),
		};
		output.news(format_args!("version    {}: number {}{state}", version.number, version.model));
	}
	if let Some(to) = &named.offered_to {
		output.news(format_args!("offered to {}", keys::name(to)));
	}
	output.news(format_args!("deposit    {}", Amount(named.deposit)));
	output.json(|| named_json(named));
}

fn show_version(output: Output, version: &VersionView) {
	let VersionView { model, engine_id, limits, royalty, report_hash, .. } = version;
	output.news(format_args!("model      {model}: {}", version_name(version)));
	if let Some(reason) = &version.deprecated {
		output.news(format_args!("deprecated {}", text(reason)));
	}
	output.news(format_args!("file       {:?}, {} bytes", version.model_hash, version.size));
	output.news(format_args!(
		"announced  first by {} in block {}",
		keys::name(&version.announced_by),
		version.announced_at
	));
	output.news(format_args!("licence    {}", licence_text(&version.licence)));
	if let Some(Content { hash, size }) = version.tokenizer {
		output.news(format_args!("tokenizer  {hash:?}, {size} bytes"));
	}
	if version.generation.is_some() {
		output.news(format_args!("text       {}", describe::generation(&version.generation)));
	}
	output.news(format_args!("engine     {engine_id:?}"));
	for dim in &version.dims {
		output.news(format_args!("dimension  {}={}", text(&dim.name), dim.size));
	}
	output.news(format_args!("limits     {}", describe::limits(limits)));
	output.news(format_args!(
		"windows    {} blocks to compute an answer, {} to challenge it",
		Inference::commit_blocks(limits),
		Inference::challenge_window(limits)
	));
	output.news(format_args!("royalty    {}", Amount(*royalty)));
	output.news(format_args!("report     {report_hash:?}"));
	output.json(|| version_json(version));
}

fn full_name(named: &NamedModelView) -> String {
	format!("{}/{}", keys::name(&named.owner), text(&named.name))
}

fn latest(named: &NamedModelView) -> Option<String> {
	let latest = named.versions.iter().find(|own| Some(own.model) == named.latest)?;
	Some(latest.number.to_string())
}

/// `owner/name@1.4.0`.
pub(super) fn version_name(version: &VersionView) -> String {
	let VersionView { owner, name, number, .. } = version;
	format!("{}/{}@{number}", keys::name(owner), text(name))
}

fn version_line(version: &VersionView) -> String {
	let deprecated = version.deprecated.as_ref();
	let deprecated =
		deprecated.map_or_else(String::new, |reason| format!(", deprecated: {}", text(reason)));
	format!("{} number {}{deprecated}", version_name(version), version.model)
}

fn content_json(content: &Option<Content>) -> Value {
	content.map_or(Value::Null, |Content { hash, size }| json!({ "hash": hash, "size": size }))
}

fn named_json(named: &NamedModelView) -> Value {
	let channels: BTreeMap<_, _> =
		named.channels.iter().map(|(name, model)| (text(name), *model)).collect();
	let versions: Vec<_> = named
		.versions
		.iter()
		.map(|own| {
			json!({
				"version": own.number.to_string(),
				"model": own.model,
				"state": state_name(own.state),
			})
		})
		.collect();
	json!({
		"owner": keys::name(&named.owner),
		"name": text(&named.name),
		"tags": named.tags.iter().map(|tag| text(tag)).collect::<Vec<_>>(),
		"card": content_json(&named.card),
		"latest": named.latest,
		"channels": channels,
		"versions": versions,
		"offered_to": named.offered_to.as_ref().map(keys::name),
		"deposit": named.deposit.to_string(),
	})
}

fn version_json(version: &VersionView) -> Value {
	let VersionView { limits, .. } = version;
	let dims: BTreeMap<_, _> = version.dims.iter().map(|dim| (text(&dim.name), dim.size)).collect();
	json!({
		"model": version.model,
		"owner": keys::name(&version.owner),
		"name": text(&version.name),
		"version": version.number.to_string(),
		"model_hash": version.model_hash,
		"size": version.size,
		"engine_id": version.engine_id,
		"dims": dims,
		"limits": describe::limits_json(limits),
		"commit_blocks": Inference::commit_blocks(limits),
		"challenge_window": Inference::challenge_window(limits),
		"royalty": version.royalty.to_string(),
		"report_hash": version.report_hash,
		"licence": version.licence.as_ref().map(|licence| text(licence)),
		"tokenizer": content_json(&version.tokenizer),
		"generation": version.generation.as_ref().map(describe::generation_json),
		"deprecated": version.deprecated.as_ref().map(|reason| text(reason)),
		"announced_by": keys::name(&version.announced_by),
		"announced_at": version.announced_at,
	})
}

fn parse_tag(text: &str) -> Result<Tag> {
	let tag = Some(text.as_bytes()).filter(|tag| is_tag(tag));
	tag.and_then(|tag| tag.to_vec().try_into().ok())
		.ok_or_else(|| anyhow!("a tag has at most 32 lower-case letters, digits and `-`"))
}

fn parse_channel(text: &str) -> Result<ChannelName> {
	let channel = Some(text.as_bytes()).filter(|channel| is_channel(channel));
	channel.and_then(|channel| channel.to_vec().try_into().ok()).ok_or_else(|| {
		anyhow!(
			"a channel has at most 32 lower-case letters, digits and `-`, begins with a letter, and is \
			 not `latest`"
		)
	})
}

fn parse_reason(text: &str) -> Result<Reason> {
	let reason = text.as_bytes().to_vec();
	ensure!(!reason.is_empty(), "the reason is empty");
	reason.try_into().map_err(|_| anyhow!("the reason has more than 128 bytes"))
}
