//! Claims of challenges that were made on this machine, one file each.
//!
//! A challenge binds its signer to a digest, hidden by a salt, and is lost if the salt is not
//! revealed. So the claim is on the disk before the challenge leaves this machine, and stays there
//! until the verdict. A file that was written by half has another name and was never sent.

use crate::keys;
use anyhow::{ensure, Context, Result};
use directories::ProjectDirs;
use opg_primitives::{AccountId, Balance, RequestId};
use serde::{Deserialize, Serialize};
use sp_core::{sr25519, Pair, H256};
use std::{
	fs,
	io::Write,
	path::{Path, PathBuf},
};

/// Version of the file format.
const VERSION: u32 = 1;
/// Ending of the name of a claim file.
const EXTENSION: &str = "json";

/// Progress of a challenge, as far as this machine knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
	/// Written, and perhaps sent.
	Written,
	/// On the chain, with the bond.
	Placed,
	/// Revealed to the court.
	Revealed,
	/// Lost, with the bond. The file stays until a person removes it.
	Lost,
}

/// Claim behind a challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
	version: u32,
	/// Genesis hash of the chain.
	pub genesis: H256,
	/// Number of the request.
	pub request: RequestId,
	/// Account that challenges.
	pub challenger: AccountId,
	/// Seed of the answer's round, which names the fork.
	pub seed: H256,
	/// Digest of the answer that is wrong.
	pub disputed: H256,
	/// Digest of the right answer.
	pub digest: H256,
	/// Hides the digest until it is revealed.
	pub salt: H256,
	/// Bond, in planck.
	#[serde(with = "planck")]
	pub bond: Balance,
	/// Progress.
	pub stage: Stage,
}

impl Claim {
	/// A claim with a fresh salt, for a challenge that is not sent yet.
	pub fn new(
		genesis: H256,
		request: RequestId,
		challenger: AccountId,
		seed: H256,
		[disputed, digest]: [H256; 2],
		bond: Balance,
	) -> Self {
		let (salt, stage) = (random(), Stage::Written);
		Self {
			version: VERSION,
			genesis,
			request,
			challenger,
			seed,
			disputed,
			digest,
			salt,
			bond,
			stage,
		}
	}

	/// The same claim at another stage.
	pub fn at(&self, stage: Stage) -> Self {
		Self { stage, ..self.clone() }
	}

	/// Commitment that the challenge carries.
	pub fn hash(&self) -> H256 {
		pallet_opg_inference::claim_hash(&self.challenger, self.request, self.digest, self.salt)
	}

	/// Name of the file. The seed is in it, so that claims on two forks never meet.
	fn file_name(&self) -> String {
		let seed = hex(&self.seed.0[..8]);
		let challenger = hex(&AsRef::<[u8]>::as_ref(&self.challenger)[..8]);
		format!("{}-{seed}-{challenger}.{EXTENSION}", self.request)
	}
}

/// Folder of claim files.
pub(crate) struct Claims {
	folder: PathBuf,
}

impl Claims {
	/// Opens `folder`, or the one in the user's data directory. It is made, for this user alone, if
	/// it is missing.
	pub fn open(folder: Option<&Path>) -> Result<Self> {
		let folder = match folder {
			Some(folder) => folder.to_owned(),
			None => ProjectDirs::from("", "", "opg-chain")
				.context("this user has no home for the claims: give a folder with --claims")?
				.data_dir()
				.join("claims"),
		};
		let failed = || format!("cannot use the folder of claims {}", folder.display());
		fs::create_dir_all(&folder).with_context(failed)?;
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).with_context(failed)?;
		}
		Ok(Self { folder })
	}

	/// Path of a claim's file.
	pub fn path(&self, claim: &Claim) -> PathBuf {
		self.folder.join(claim.file_name())
	}

	/// Writes a claim, over an older state of it. When this returns, a power cut does not lose it.
	pub fn save(&self, claim: &Claim) -> Result<()> {
		let path = self.path(claim);
		let part = path.with_extension("part");
		let write = || -> Result<()> {
			let mut file = private(&part)?;
			file.write_all(serde_json::to_string_pretty(claim)?.as_bytes())?;
			file.write_all(b"\n")?;
			file.sync_all()?;
			fs::rename(&part, &path)?;
			self.sync()
		};
		write().with_context(|| format!("cannot write the claim {}", path.display()))
	}

	/// Removes a claim whose challenge has ended.
	pub fn remove(&self, claim: &Claim) -> Result<()> {
		let path = self.path(claim);
		fs::remove_file(&path)
			.with_context(|| format!("cannot remove the claim {}", path.display()))?;
		self.sync()
	}

	/// Claims of an account on a chain, in order of their requests.
	///
	/// # Errors
	///
	/// Any file that cannot be read, with its path: the salt in it may be worth a bond.
	pub fn load(&self, genesis: H256, challenger: &AccountId) -> Result<Vec<Claim>> {
		let failed = || format!("cannot read the folder of claims {}", self.folder.display());
		let mut claims = Vec::new();
		for entry in fs::read_dir(&self.folder).with_context(failed)? {
			let path = entry.with_context(failed)?.path();
			if path.extension().is_none_or(|extension| extension != EXTENSION) {
				continue;
			}
			let claim = self.read(&path).with_context(|| {
				format!(
					"{} is not a claim of this program; restore it, or move it away if nothing is \
					 at stake",
					path.display()
				)
			})?;
			if claim.genesis == genesis && claim.challenger == *challenger {
				claims.push(claim);
			}
		}
		claims.sort_by_key(|claim| (claim.request, claim.seed));
		Ok(claims)
	}

	fn read(&self, path: &Path) -> Result<Claim> {
		let claim: Claim = serde_json::from_slice(&fs::read(path)?)?;
		ensure!(claim.version == VERSION, "its version is {}", claim.version);
		ensure!(self.path(&claim) == path, "its name is not that of its content");
		Ok(claim)
	}

	/// Makes names that were given or removed survive a power cut.
	fn sync(&self) -> Result<()> {
		#[cfg(unix)]
		fs::File::open(&self.folder)?.sync_all()?;
		Ok(())
	}
}

/// Creates a file that only this user can read: until the reveal the salt is a secret.
fn private(path: &Path) -> std::io::Result<fs::File> {
	let mut options = fs::OpenOptions::new();
	options.write(true).create(true).truncate(true);
	#[cfg(unix)]
	{
		use std::os::unix::fs::OpenOptionsExt;
		options.mode(0o600);
	}
	options.open(path)
}

/// 32 random bytes of the system, as for a new key.
pub(crate) fn random() -> H256 {
	let (_, seed) = sr25519::Pair::generate();
	H256(seed)
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The line by which a claim is named to people.
pub(crate) fn describe(claim: &Claim) -> String {
	format!("challenge of request {} by {}", claim.request, keys::name(&claim.challenger))
}

/// Amounts as text: JSON readers round large numbers.
mod planck {
	use opg_primitives::Balance;
	use serde::{de::Error, Deserialize, Deserializer, Serializer};

	pub fn serialize<S: Serializer>(amount: &Balance, to: S) -> Result<S::Ok, S::Error> {
		to.collect_str(amount)
	}

	pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Balance, D::Error> {
		String::deserialize(from)?.parse().map_err(D::Error::custom)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use tempfile::TempDir;

	const GENESIS: H256 = H256::repeat_byte(1);

	fn account(byte: u8) -> AccountId {
		AccountId::from([byte; 32])
	}

	fn claim(request: RequestId, seed: u8) -> Claim {
		let digests = [H256::repeat_byte(3), H256::repeat_byte(4)];
		let bond = Balance::MAX - 1;
		Claim::new(GENESIS, request, account(7), H256::repeat_byte(seed), digests, bond)
	}

	fn folder() -> (TempDir, Claims) {
		let folder = TempDir::new().unwrap();
		let claims = Claims::open(Some(&folder.path().join("claims"))).unwrap();
		(folder, claims)
	}

	#[test]
	fn claim_should_come_back_as_it_was_when_it_was_saved() {
		let (_folder, claims) = folder();
		let mut first = claim(2, 1);
		let (fork, other) = (claim(2, 2), claim(1, 1));
		for claim in [&first, &fork, &other] {
			claims.save(claim).unwrap();
		}
		first.stage = Stage::Placed;
		claims.save(&first).unwrap();
		let loaded = claims.load(GENESIS, &account(7)).unwrap();
		assert_eq!(loaded, [other, first.clone(), fork]);
		claims.remove(&first).unwrap();
		assert_eq!(claims.load(GENESIS, &account(7)).unwrap().len(), 2);
	}

	#[test]
	fn claims_should_be_left_alone_when_they_are_of_another_chain_or_account() {
		let (_folder, claims) = folder();
		claims.save(&claim(1, 1)).unwrap();
		assert!(claims.load(H256::zero(), &account(7)).unwrap().is_empty());
		assert!(claims.load(GENESIS, &account(8)).unwrap().is_empty());
	}

	#[test]
	fn salts_should_differ_and_bind_the_claim_as_the_chain_does() {
		let (one, two) = (claim(1, 1), claim(1, 1));
		assert_ne!(one.salt, two.salt);
		assert_ne!(one.hash(), two.hash());
		let expected =
			pallet_opg_inference::claim_hash(&one.challenger, one.request, one.digest, one.salt);
		assert_eq!(one.hash(), expected);
	}

	#[test]
	fn corrupt_file_should_be_an_error_with_its_path_and_stay() {
		let (_folder, claims) = folder();
		let claim = claim(1, 1);
		claims.save(&claim).unwrap();
		let path = claims.path(&claim);
		let whole = fs::read_to_string(&path).unwrap();
		for text in [
			String::new(),
			whole[..whole.len() / 2].into(),
			whole.replace("\"version\": 1", "\"version\": 2"),
			whole.replace("\"request\": 1", "\"request\": 2"),
			whole.replace("\"stage\"", "\"state\""),
		] {
			fs::write(&path, &text).unwrap();
			let error = format!("{:#}", claims.load(GENESIS, &account(7)).unwrap_err());
			assert!(error.contains(&path.display().to_string()), "{error}");
			assert_eq!(fs::read_to_string(&path).unwrap(), text);
		}
	}

	#[test]
	fn file_of_an_interrupted_write_should_change_nothing() {
		let (_folder, claims) = folder();
		let claim = claim(1, 1);
		claims.save(&claim).unwrap();
		fs::write(claims.path(&claim).with_extension("part"), "{\"vers").unwrap();
		assert_eq!(claims.load(GENESIS, &account(7)).unwrap(), std::slice::from_ref(&claim));
		// The next write takes its place.
		claims.save(&claim).unwrap();
		assert!(!claims.path(&claim).with_extension("part").exists());
	}

	#[cfg(unix)]
	#[test]
	fn claim_should_be_readable_for_this_user_alone() {
		use std::os::unix::fs::PermissionsExt;
		let (_folder, claims) = folder();
		let claim = claim(1, 1);
		claims.save(&claim).unwrap();
		let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
		assert_eq!(mode(&claims.path(&claim)), 0o600);
		assert_eq!(mode(&claims.folder), 0o700);
	}
}
