//! `opg engine`.

use super::find_event;
use crate::{
	chain::{Chain, Included},
	keys,
	local::Local,
};
use anyhow::{anyhow, Result};
use clap::{Args, Subcommand};
use opg_primitives::BlockNumber;
use opg_runtime::{Runtime, RuntimeCall, RuntimeEvent};
use sp_core::H256;
use std::path::PathBuf;

/// Prepare the local engine and print its id, which needs no node; or govern those of the chain.
#[derive(Args, Debug)]
pub struct Engine {
	#[command(subcommand)]
	command: Option<EngineCommand>,
}

/// Commands about the engines that models may name.
#[derive(Subcommand, Debug)]
pub enum EngineCommand {
	/// List the engines that are valid now.
	List,
	/// Let models name the engine in a file.
	Admit {
		/// The engine, as `opg-node engines export` writes it.
		file: PathBuf,
		/// The first block in which it counts; the next, if that has passed.
		#[arg(long, default_value_t = 0)]
		from: BlockNumber,
		/// Secret of the sudo key, //Alice on a development chain.
		#[arg(long)]
		suri: String,
	},
	/// Let models that name an engine take no more requests. Open ones are finished.
	Retire {
		/// Id of the engine.
		engine: H256,
		/// The first block in which it does not count; the next, if that has passed.
		#[arg(long, default_value_t = 0)]
		until: BlockNumber,
		/// Secret of the sudo key.
		#[arg(long)]
		suri: String,
	},
}

impl Engine {
	/// Run the command.
	pub fn run(&self, connect: impl FnOnce() -> Result<Chain>) -> Result<()> {
		let Some(command) = &self.command else {
			println!("{:?}", Local::new()?.id());
			return Ok(());
		};
		let chain = connect()?;
		match command {
			EngineCommand::List => {
				chain.valid_engines()?.iter().for_each(|engine| println!("{engine:?}"));
			},
			EngineCommand::Admit { file, from, suri } => {
				// What does not load here would load nowhere.
				let engine = Local::load(Some(file))?.id();
				let call = pallet_opg_models::Call::admit_engine { engine, from: *from };
				let included = govern(&chain, call, suri)?;
				println!("engine {engine:?} admitted in block {}", included.block);
				println!("executors add the file with: opg-node engines add {}", file.display());
			},
			EngineCommand::Retire { engine, until, suri } => {
				let call =
					pallet_opg_models::Call::retire_engine { engine: *engine, until: *until };
				let included = govern(&chain, call, suri)?;
				println!("engine {engine:?} retired in block {}", included.block);
			},
		}
		Ok(())
	}
}

/// Send a call as governance, which is `sudo` here.
fn govern(chain: &Chain, call: pallet_opg_models::Call<Runtime>, suri: &str) -> Result<Included> {
	let call = Box::new(RuntimeCall::from(call));
	let included = chain.send(pallet_sudo::Call::<Runtime>::sudo { call }, &keys::pair(suri)?)?;
	let done = find_event(&included.events, |event| match event {
		RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result }) => Some(*sudo_result),
		_ => None,
	})?;
	done.map_err(|error| anyhow!("the chain refused: {error:?}"))?;
	Ok(included)
}
