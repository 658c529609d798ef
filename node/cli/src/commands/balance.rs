//! `opg balance`.

use super::Session;
use crate::{amount::Amount, keys};
use anyhow::Result;
use clap::Args;
use opg_primitives::AccountId;
use serde_json::json;

/// Arguments of `opg balance`.
#[derive(Args)]
pub(crate) struct Balance {
	/// An address, or a path such as //Alice.
	#[arg(value_parser = keys::parse_account)]
	account: AccountId,
}

impl Balance {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let chain = session.connect()?;
		let data = chain.account(&self.account)?.data;
		let pool = chain.pool_balance(&self.account)?;
		let output = session.output;
		output.news(format_args!("free       {}", Amount(data.free)));
		output.news(format_args!("held       {}", Amount(data.reserved)));
		output.news(format_args!("stake pool {}", Amount(pool)));
		output.json(|| {
			json!({
				"free": data.free.to_string(),
				"held": data.reserved.to_string(),
				"stake_pool": pool.to_string(),
			})
		});
		Ok(())
	}
}
