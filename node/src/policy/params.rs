//! Settings of what this node serves by itself.

use clap::ValueEnum;
use opg_primitives::{serving::VersionOffer, AccountId, ModelId, MAX_CONTENT_BYTES};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use std::str::FromStr;

/// Versions that this node serves without being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Serve {
	/// All.
	All,
	/// Those that `--serve-model` names.
	Listed,
	/// Those of the owners that `--serve-owner` names.
	Owners,
	/// None. What the operator declares by `opg model serve` is served all the same.
	None,
}

/// A version by its number, or all versions of a file by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
	/// Number of the version.
	Model(ModelId),
	/// Name of the file.
	File(H256),
}

impl FromStr for Listed {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let hash = || H256::from_str(text).ok().filter(|_| text.len() >= 64).map(Self::File);
		text.parse().ok().map(Self::Model).or_else(hash).ok_or_else(|| {
			"neither the number of a version nor the hash of a file, which has 64 digits".into()
		})
	}
}

/// What this node fetches and serves by itself.
#[derive(Clone, Debug, clap::Args)]
pub struct PolicyParams {
	/// Versions that this node serves by itself: it fetches their files, inspects them, and declares
	/// with the hot key that it serves them.
	///
	/// Needs the operator's consent on the chain: `opg stake allow-serving`.
	#[arg(long, value_name = "WHICH", value_enum, default_value_t = Serve::None)]
	pub serve: Serve,

	/// A version to serve with `--serve listed`: its number, or the hash of its file. Repeatable.
	#[arg(long = "serve-model", value_name = "ID|HASH")]
	pub serve_models: Vec<Listed>,

	/// An account whose versions to serve with `--serve owners`. Repeatable.
	#[arg(long = "serve-owner", value_name = "ACCOUNT")]
	pub serve_owners: Vec<AccountId>,

	/// Largest file of a version that is served by itself, in bytes.
	#[arg(long, value_name = "BYTES", default_value_t = 1 << 30)]
	pub serve_max_bytes: u64,

	/// Largest fuel limit of a version that is served by itself, of loading and a run together.
	#[arg(long, value_name = "FUEL", default_value_t = u64::MAX)]
	pub serve_max_fuel: u64,

	/// Largest input or output of a version that is served by itself, in bytes. Those that the chain does
	/// not carry pass this node's network and disk.
	#[arg(long, value_name = "BYTES", default_value_t = MAX_CONTENT_BYTES)]
	pub serve_max_content: u32,

	/// Most versions that operators of this node serve, beyond which it begins with none by itself.
	#[arg(long, value_name = "VERSIONS", default_value_t = 16)]
	pub serve_slots: usize,

	/// Disk space for versions that the court of a validator may have to compute, in GiB, of that of
	/// `--blob-quota`. A validator fetches the files of all versions into it. 0 switches that off.
	#[arg(long, value_name = "GIB", default_value_t = 16)]
	pub court_quota: u64,
}

impl PolicyParams {
	/// Tells whether the node serves this version by itself, if it has a slot for it.
	pub fn admits(&self, offer: &VersionOffer) -> bool {
		let is_wanted = match self.serve {
			Serve::All => true,
			Serve::Listed => self.serve_models.iter().any(|listed| match listed {
				Listed::Model(model) => *model == offer.model,
				Listed::File(hash) => *hash == offer.model_hash,
			}),
			Serve::Owners => self.serve_owners.iter().any(|owner| {
				let account: &[u8; 32] = owner.as_ref();
				H256(blake2_256(account)) == offer.owner
			}),
			Serve::None => false,
		};
		is_wanted
			&& u64::from(offer.size) <= self.serve_max_bytes
			&& offer.limits.total_fuel() <= self.serve_max_fuel
			&& offer.limits.input_bytes.max(offer.limits.output_bytes) <= self.serve_max_content
	}
}

#[cfg(test)]
mod tests {
	use super::{
		super::tests::{offer, params},
		*,
	};

	#[test]
	fn nothing_should_be_served_unless_the_operator_says_so() {
		assert!(!params("").admits(&offer(1)));
		assert!(!params("--serve-model 1").admits(&offer(1)));
		assert!(params("--serve all").admits(&offer(1)));
	}

	#[test]
	fn version_should_be_admitted_by_number_file_or_owner_as_the_policy_says() {
		let hash = format!("{:?}", offer(7).model_hash);
		let listed = params(&format!("--serve listed --serve-model 1 --serve-model {hash}"));
		assert_eq!([1, 2, 7].map(|model| listed.admits(&offer(model))), [true, false, true]);
		let owner = AccountId::from([7; 32]);
		let owners = params(&format!("--serve owners --serve-owner {owner}"));
		assert!(!owners.admits(&offer(1)));
		let own = VersionOffer { owner: H256(blake2_256(&[7; 32])), ..offer(1) };
		assert!(owners.admits(&own));
		assert!("0x12".parse::<Listed>().is_err() && "x".parse::<Listed>().is_err());
	}

	#[test]
	fn version_should_not_be_admitted_when_it_is_above_a_limit() {
		let VersionOffer { size, limits, .. } = offer(1);
		let fuel = limits.total_fuel();
		let within = format!("--serve all --serve-max-bytes {size} --serve-max-fuel {fuel}");
		assert!(params(&within).admits(&offer(1)));
		let bytes = size - 1;
		assert!(!params(&format!("--serve all --serve-max-bytes {bytes}")).admits(&offer(1)));
		let content = limits.input_bytes;
		assert!(params(&format!("--serve all --serve-max-content {content}")).admits(&offer(1)));
		let content = content - 1;
		assert!(!params(&format!("--serve all --serve-max-content {content}")).admits(&offer(1)));
		let fuel = fuel - 1;
		assert!(!params(&format!("--serve all --serve-max-fuel {fuel}")).admits(&offer(1)));
	}
}
