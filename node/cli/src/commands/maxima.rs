//! `opg model maxima` and `opg model set-maxima`: what new versions may be at most.

use super::{engine::govern, Session};
use crate::{chain::Chain, keys::Signer, output::Output};
use anyhow::{Context, Result};
use clap::Args;
use opg_primitives::Fuel;
use pallet_opg_models::Maxima;
use serde_json::{json, Value};

const MIB: u32 = 1 << 20;

/// Changed maxima. Those that are not given stay.
#[derive(Args)]
pub(crate) struct SetMaxima {
	/// Largest file.
	#[arg(long, value_name = "MIB")]
	size: Option<u32>,
	/// Largest fuel limit of a run.
	#[arg(long, value_name = "FUEL")]
	fuel: Option<Fuel>,
	/// Largest fuel limit of loading a model.
	#[arg(long, value_name = "FUEL")]
	load_fuel: Option<Fuel>,
	/// Largest memory limit.
	#[arg(long, value_name = "MIB")]
	memory: Option<u32>,
	#[command(flatten)]
	signer: Signer,
}

/// Prints the maxima.
pub(super) fn show(session: &Session) -> Result<()> {
	tell(session.output, &session.connect()?.maxima()?);
	Ok(())
}

impl SetMaxima {
	pub(super) fn run(&self, session: &Session) -> Result<()> {
		let chain = session.connect()?;
		let maxima = self.changed(&chain)?;
		govern(&chain, pallet_opg_models::Call::set_maxima { maxima }, &self.signer)?;
		tell(session.output, &maxima);
		Ok(())
	}

	fn changed(&self, chain: &Chain) -> Result<Maxima> {
		let mut maxima = chain.maxima()?;
		if let Some(size) = self.size {
			maxima.size = size.checked_mul(MIB).context("a file has less than 4096 MiB")?;
		}
		let limits = &mut maxima.limits;
		limits.fuel = self.fuel.unwrap_or(limits.fuel);
		limits.load_fuel = self.load_fuel.unwrap_or(limits.load_fuel);
		limits.memory = self.memory.unwrap_or(limits.memory);
		Ok(maxima)
	}
}

fn tell(output: Output, maxima: &Maxima) {
	let Maxima { size, limits } = maxima;
	output.news(format_args!("file       {size} bytes"));
	output.news(format_args!("run        {} fuel", limits.fuel));
	output.news(format_args!("loading    {} fuel", limits.load_fuel));
	output.news(format_args!("memory     {} MiB", limits.memory));
	output.news(format_args!("input      {} bytes", limits.input_bytes));
	output.news(format_args!("output     {} bytes", limits.output_bytes));
	output.json(|| value(maxima));
}

fn value(Maxima { size, limits }: &Maxima) -> Value {
	json!({
		"size": size,
		"fuel": limits.fuel,
		"load_fuel": limits.load_fuel,
		"memory_mib": limits.memory,
		"input_bytes": limits.input_bytes,
		"output_bytes": limits.output_bytes,
	})
}
