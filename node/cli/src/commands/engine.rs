//! `opg engine`.

use super::{find_event, Session};
use crate::{
	chain::{self, Chain, Included},
	keys::Signer,
	local::EngineArg,
};
use anyhow::{anyhow, Result};
use clap::Subcommand;
use opg_primitives::BlockNumber;
use opg_runtime::{Runtime, RuntimeCall, RuntimeEvent};
use serde_json::json;
use sp_core::H256;
use std::path::PathBuf;

/// Commands about engines.
#[derive(Subcommand)]
pub(crate) enum EngineCommand {
	/// Prepare the engine of this program, and print its id. Needs no node.
	Id,
	/// List the engines that models may name now.
	List,
	/// Let models name the engine in a file. Signed by the sudo key: //Alice for development.
	Admit {
		/// The engine, as `opg-node engines export` writes it.
		file: PathBuf,
		/// First block in which it counts; the next, if that has passed.
		#[arg(long, value_name = "BLOCK", default_value_t = 0)]
		from: BlockNumber,
		#[command(flatten)]
		signer: Signer,
	},
	/// Let models that name an engine take no more requests. Open ones are finished. Signed by the
	/// sudo key.
	Retire {
		/// Id of the engine.
		engine: H256,
		/// First block in which it does not count; the next, if that has passed.
		#[arg(long, value_name = "BLOCK", default_value_t = 0)]
		until: BlockNumber,
		#[command(flatten)]
		signer: Signer,
	},
}

impl EngineCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		match self {
			Self::Id => {
				let id = EngineArg::default().load()?.id();
				output.result(format_args!("{id:?}"), || json!({ "engine_id": id }));
			},
			Self::List => {
				let engines = session.connect()?.valid_engines()?;
				engines.iter().for_each(|id| output.news(format_args!("{id:?}")));
				output.json(|| json!(engines));
			},
			Self::Admit { file, from, signer } => {
				// What does not load here would load nowhere.
				let id = EngineArg::file(file.clone()).load()?.id();
				let call = pallet_opg_models::Call::admit_engine { engine_id: id, from: *from };
				let block = govern(&session.connect()?, call, signer)?.block;
				output.news(format_args!("engine {id:?} admitted in block {block}"));
				output.news(format_args!(
					"executors add the file with: opg-node engines add {}",
					file.display()
				));
				output.json(|| json!({ "engine_id": id, "block": block }));
			},
			Self::Retire { engine: id, until, signer } => {
				let call = pallet_opg_models::Call::retire_engine { engine_id: *id, until: *until };
				let block = govern(&session.connect()?, call, signer)?.block;
				output.result(
					format_args!("engine {id:?} retired in block {block}"),
					|| json!({ "engine_id": id, "block": block }),
				);
			},
		}
		Ok(())
	}
}

/// Sends a call as governance, which is `sudo` here.
fn govern(
	chain: &Chain,
	call: pallet_opg_models::Call<Runtime>,
	signer: &Signer,
) -> Result<Included> {
	let call = Box::new(RuntimeCall::from(call));
	let sudo = pallet_sudo::Call::<Runtime>::sudo { call };
	let included = chain.send(sudo, &signer.account(chain)?)?;
	let done = find_event(&included.events, |event| match event {
		RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result }) => Some(*sudo_result),
		_ => None,
	})?;
	done.map_err(|error| anyhow!("the chain refused: {}", chain::describe(error)))?;
	Ok(included)
}
