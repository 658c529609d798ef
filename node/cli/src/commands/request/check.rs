//! What can be told before a request is sent and paid for.

use crate::{
	amount::Amount,
	chain::Chain,
	failure::Failure,
	fs,
	local::{self, EngineArg},
};
use anyhow::{ensure, Result};
use clap::Args;
use opg_execution::model_hash;
use opg_primitives::{AccountId, Balance, Fuel, Tier};
use opg_runtime::Runtime;
use opg_runtime_api::{FreeExecutors, VersionView};
use opg_tensors::report::Port;
use pallet_opg_inference::{tiers, Config};
use sp_core::Get;
use std::path::PathBuf;

/// The model's file, by which an input is checked here.
#[derive(Args, Clone, Debug)]
pub(crate) struct ModelFile {
	/// The ONNX file: checks names, types and shapes of the input here, before anything is sent. The chain
	/// does not know them, and a request with an input that does not fit is paid for.
	#[arg(long, value_name = "FILE")]
	model: Option<PathBuf>,
	#[command(flatten)]
	engine: EngineArg,
}

impl ModelFile {
	/// Tells whether the file is given.
	pub fn is_given(&self) -> bool {
		self.model.is_some()
	}

	/// The words of the options, as they are given again.
	pub fn words(&self) -> Vec<String> {
		let Some(path) = &self.model else { return Vec::new() };
		let mut words = vec!["--model".into(), path.display().to_string()];
		words.extend(self.engine.words());
		words
	}

	/// What the version takes, if the file is given. Loads the engine.
	pub fn inputs(&self, version: &VersionView) -> Result<Option<Vec<Port>>> {
		let Some(path) = &self.model else { return Ok(None) };
		let data = fs::read(path)?;
		let found = model_hash(&data);
		ensure!(
			found == version.model_hash,
			"{} has the hash {found:?}, and model {} is the file {:?}: give the file that was registered",
			path.display(),
			version.model,
			version.model_hash
		);
		let engine = self.engine.load()?;
		local::check_engine(&engine, version.engine_id)?;
		local::inputs(&engine, &data, &version.dims, &version.limits).map(Some)
	}
}

/// Fails if an encoded input is longer than what the version takes.
pub(in crate::commands) fn check_length(input: &[u8], version: &VersionView) -> Result<()> {
	let most = version.limits.input_bytes;
	ensure!(
		input.len() <= most as usize,
		Failure::InputMismatch(format!(
			"the encoded input has {} bytes, and model {} takes {most} at most: compare it with the inputs \
			 that the model has, or ask its owner for a version with a larger --input-bytes",
			input.len(),
			version.model
		))
	);
	Ok(())
}

/// Fails if the version takes no request with this fuel limit.
fn check_fuel_limit(fuel_limit: Option<Fuel>, version: &VersionView) -> Result<()> {
	let VersionView { model, limits, .. } = version;
	ensure!(
		limits.of_request(fuel_limit).is_ok(),
		Failure::Usage(format!(
			"model {model} takes requests with a fuel limit from {} to {}: change --fuel-limit",
			limits.min_fuel(),
			limits.fuel
		))
	);
	Ok(())
}

/// What one request offers to pay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
	/// The most to pay, in planck.
	pub max_fee: Balance,
	/// The most of it that the model's owner gets, in planck.
	pub max_royalty: Balance,
	/// Fuel limit, where it is not the version's.
	pub fuel_limit: Option<Fuel>,
}

impl Offer {
	/// What was given, and where nothing was, what the chain asks for within the next blocks.
	pub fn new(
		chain: &Chain,
		version: &VersionView,
		tier: Tier,
		input: &[u8],
		max_fee: Option<Amount>,
		max_royalty: Option<Amount>,
		fuel_limit: Option<Fuel>,
	) -> Result<Self> {
		check_fuel_limit(fuel_limit, version)?;
		let max_fee = match max_fee {
			Some(fee) => fee.0,
			None => {
				let estimate = chain.estimate(version.model, tier, fuel_limit)?;
				estimate.saturating_add(chain.input_fee(input)?)
			},
		};
		let max_royalty = max_royalty.map_or(version.royalty, |royalty| royalty.0);
		Ok(Self { max_fee, max_royalty, fuel_limit })
	}

	/// Fails, with what to do, where the chain would refuse the request now and keep the fee of the
	/// transaction.
	pub fn check(
		&self,
		chain: &Chain,
		version: &VersionView,
		tier: Tier,
		input: &[u8],
		requester: &AccountId,
	) -> Result<()> {
		let model = version.model;
		ensure!(
			version.royalty <= self.max_royalty,
			Failure::FeeAboveMax(format!(
				"model {model} asks for a royalty of {}, more than the {} of --max-royalty",
				Amount(version.royalty),
				Amount(self.max_royalty)
			))
		);
		let storage = chain.input_fee(input)?;
		let price: Option<Balance> =
			chain.api("OpgApi_estimate", (model, tier, None::<Fuel>, self.fuel_limit))?;
		// Says why where there is none.
		let price = match price {
			Some(price) => price.saturating_add(storage),
			None => chain.estimate(model, tier, self.fuel_limit)?,
		};
		ensure!(
			price <= self.max_fee,
			Failure::FeeAboveMax(format!(
				"a request to model {model} takes up to {} now, more than the {} of --max-fee",
				Amount(price),
				Amount(self.max_fee)
			))
		);
		self.check_funds(chain, requester, price)?;
		let free = chain.api("OpgApi_free_executors", model)?;
		check_room(chain.eligible_executors(model)?, free, version, tier)
	}

	fn check_funds(&self, chain: &Chain, requester: &AccountId, price: Balance) -> Result<()> {
		let deposit: Balance = <Runtime as Config>::RequestDeposit::get();
		let (needed, free) = (price.saturating_add(deposit), chain.account(requester)?.data.free);
		ensure!(
			needed <= free,
			Failure::NotEnoughFunds(format!(
				"the request needs {}: up to {} for the fee, and a deposit of {} that comes back. The \
				 account has {} free",
				Amount(needed),
				Amount(price),
				Amount(deposit),
				Amount(free)
			))
		);
		Ok(())
	}
}

/// Fails where too few executors serve a model for a tier, or have no room, as the chain judges it.
fn check_room(eligible: u32, free: FreeExecutors, version: &VersionView, tier: Tier) -> Result<()> {
	let (model, seats, FreeExecutors { slots, offered, .. }) =
		(version.model, tiers::size(tier), free);
	ensure!(
		eligible >= seats,
		Failure::ModelUnavailable(format!(
			"a request of this tier takes {seats} executors, and {eligible} serve model {model} in this \
			 session. What an executor declares counts two sessions later: `opg model serve` says from \
			 when"
		))
	);
	ensure!(
		slots.saturating_mul(3) >= offered.saturating_mul(2),
		Failure::Congested(format!(
			"executors of model {model} have no room: those with a free slot have {slots} of {offered} \
			 slots, and a request takes two thirds of them. Try again in a few blocks"
		))
	);
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::failure::{code, Code};
	use opg_primitives::{registry::VersionNumber, VersionLimits};
	use sp_core::H256;

	fn version() -> VersionView {
		VersionView {
			model: 3,
			owner: AccountId::from([1; 32]),
			name: Default::default(),
			number: VersionNumber::new(1, 0, 0),
			model_hash: H256::zero(),
			size: 1,
			engine_id: H256::zero(),
			dims: Default::default(),
			limits: VersionLimits::inline(1, 1, 1),
			royalty: 0,
			report_hash: H256::zero(),
			licence: None,
			tokenizer: None,
			generation: None,
			deprecated: None,
			announced_by: AccountId::from([1; 32]),
			announced_at: 0,
		}
	}

	#[test]
	fn request_should_be_refused_here_where_the_chain_would_refuse_it() {
		let judged = |eligible, slots, tier| {
			let free = FreeExecutors { executors: 1, slots, offered: 9 };
			let judged = check_room(eligible, free, &version(), tier);
			judged.err().map(|error| code(&error))
		};
		assert_eq!(judged(3, 6, Tier::Quorum), None);
		assert_eq!(judged(3, 5, Tier::Quorum), Some(Code::Congested));
		assert_eq!(judged(2, 9, Tier::Quorum), Some(Code::ModelUnavailable));
		assert_eq!(judged(1, 9, Tier::Optimistic), None);
		assert_eq!(judged(0, 9, Tier::Optimistic), Some(Code::ModelUnavailable));
	}

	#[test]
	fn fuel_limit_should_be_refused_when_the_chain_would_refuse_it() {
		let version = VersionView { limits: VersionLimits::inline(32, 1, 1), ..version() };
		for limit in [None, Some(2), Some(32)] {
			check_fuel_limit(limit, &version).unwrap();
		}
		for limit in [0, 1, 33] {
			let error = check_fuel_limit(Some(limit), &version).unwrap_err();
			assert_eq!(code(&error), Code::Usage);
			assert!(error.to_string().contains("from 2 to 32"), "{error}");
		}
	}

	#[test]
	fn input_should_be_refused_when_it_is_longer_than_the_version_takes() {
		let most = version().limits.input_bytes as usize;
		check_length(&vec![0; most], &version()).unwrap();
		let error = check_length(&vec![0; most + 1], &version()).unwrap_err();
		assert_eq!(code(&error), Code::InputMismatch);
	}
}
