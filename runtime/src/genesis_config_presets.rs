//! Genesis presets: a development chain and a local test network, with the keys of `sp_keyring`.

use crate::{constants::*, *};
use alloc::{vec, vec::Vec};
use frame_support::build_struct_json_patch;
use opg_engine_types::PINNED_ENGINE_ID;
use opg_primitives::{beefy::BeefyKey, ExecutorKey};
use serde_json::Value;
use sp_core::{crypto::get_public_from_string_or_panic, ecdsa, H256};
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Preset with one validator and three executors. Alice has sudo.
pub const DEVELOPMENT: &str = sp_genesis_builder::DEV_RUNTIME_PRESET;
/// Preset with four validators and twelve executors, enough for every tier, an escalation and a
/// court. Alice has sudo. A network with fewer nodes takes a part of it.
pub const LOCAL: &str = sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET;

/// Balance of every account of the keyring, in planck.
const ENDOWMENT: Balance = 1_000_000 * OPG;
/// Bond of every pool, in planck.
const BOND: Balance = 10_000 * OPG;
/// Members of the technical committee.
const COMMITTEE: [Sr25519Keyring; 3] =
	[Sr25519Keyring::Alice, Sr25519Keyring::Bob, Sr25519Keyring::Charlie];
/// Number of validators that are elected.
const VALIDATOR_COUNT: u32 = 21;

/// Keys of an operator: account and block production, attestation, finality and court.
type Operator = (Sr25519Keyring, Ed25519Keyring);

const ALICE: Operator = (Sr25519Keyring::Alice, Ed25519Keyring::Alice);
const BOB: Operator = (Sr25519Keyring::Bob, Ed25519Keyring::Bob);
const CHARLIE: Operator = (Sr25519Keyring::Charlie, Ed25519Keyring::Charlie);
const DAVE: Operator = (Sr25519Keyring::Dave, Ed25519Keyring::Dave);
/// Executors of the local test network. The other two accounts of the keyring pay for requests.
const LOCAL_EXECUTORS: [Operator; 12] = [
	ALICE,
	BOB,
	CHARLIE,
	DAVE,
	(Sr25519Keyring::Eve, Ed25519Keyring::Eve),
	(Sr25519Keyring::Ferdie, Ed25519Keyring::Ferdie),
	(Sr25519Keyring::AliceStash, Ed25519Keyring::AliceStash),
	(Sr25519Keyring::BobStash, Ed25519Keyring::BobStash),
	(Sr25519Keyring::CharlieStash, Ed25519Keyring::CharlieStash),
	(Sr25519Keyring::DaveStash, Ed25519Keyring::DaveStash),
	(Sr25519Keyring::One, Ed25519Keyring::One),
	(Sr25519Keyring::Two, Ed25519Keyring::Two),
];

/// BEEFY key of the secret URI from which an account is made, as `--alice` and the like insert it.
fn beefy_key(who: &Sr25519Keyring) -> BeefyKey {
	get_public_from_string_or_panic::<ecdsa::Public>(<&str>::from(*who)).into()
}

fn genesis(validators: &[Operator], executors: &[Operator], sudo: Option<Sr25519Keyring>) -> Value {
	let endowed = Sr25519Keyring::iter().map(|who| (who.to_account_id(), ENDOWMENT));
	let session_keys = validators.iter().map(|(sr, ed)| {
		let account = sr.to_account_id();
		let keys = SessionKeys {
			babe: sr.public().into(),
			grandpa: ed.public().into(),
			court: ed.public().into(),
			beefy: beefy_key(sr),
		};
		(account.clone(), account, keys)
	});
	let bonds = validators.iter().map(|(sr, _)| (sr.to_account_id(), BOND));
	let pools =
		executors.iter().map(|(sr, ed)| (sr.to_account_id(), BOND, ExecutorKey::from(ed.public())));
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances: endowed.collect() },
		babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG },
		session: SessionConfig { keys: session_keys.collect() },
		staking: StakingConfig {
			validators: bonds.collect(),
			executors: pools.collect(),
			validator_count: VALIDATOR_COUNT,
		},
		models: ModelsConfig { engines: vec![H256(PINNED_ENGINE_ID)] },
		technical_committee: TechnicalCommitteeConfig {
			members: COMMITTEE.map(|who| who.to_account_id()).to_vec(),
		},
		governance: GovernanceConfig { speed: DEVELOPMENT_SPEED },
		sudo: SudoConfig { key: sudo.map(|who| who.to_account_id()) },
	})
}

/// JSON patch of the preset called `id`, if there is one.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let sudo = Some(Sr25519Keyring::Alice);
	let patch = match id.as_ref() {
		DEVELOPMENT => genesis(&[ALICE], &[ALICE, BOB, CHARLIE], sudo),
		LOCAL => genesis(&[ALICE, BOB, CHARLIE, DAVE], &LOCAL_EXECUTORS, sudo),
		_ => return None,
	};
	Some(serde_json::to_string(&patch).ok()?.into_bytes())
}

/// Names of all presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![PresetId::from(DEVELOPMENT), PresetId::from(LOCAL)]
}
