//! Tracks of referenda: what each decides, how long it takes, and how many votes it needs.

use super::origins::pallet_governance::Origin;
use crate::{constants::*, Balance, BlockNumber, Governance, OriginCaller};
use alloc::borrow::Cow;
use frame_system::RawOrigin;
use pallet_referenda::{Curve, Track, TrackInfo, TracksInfo};
use sp_runtime::{FixedI64, Perbill};

/// Runtime upgrades, the committee's members, and all else that needs Root.
pub const UPGRADES: u16 = 0;
/// Engines that are admitted or retired.
pub const ENGINES: u16 = 1;
/// Parameters within their bounds.
pub const PARAMETERS: u16 = 2;
/// Spends of the treasury.
pub const TREASURY: u16 = 3;
/// Referenda that are cancelled, and convictions.
pub const CANCEL: u16 = 4;
/// Referenda that are killed.
pub const KILL: u16 = 5;

/// Origins of the tracks that have not Root.
#[cfg(feature = "runtime-benchmarks")]
pub(super) const ORIGINS: [Origin; 5] =
	[Origin::Engines, Origin::Parameters, Origin::Treasury, Origin::Cancel, Origin::Kill];

/// Track of an origin, if it has one.
pub(super) fn id_of(origin: &OriginCaller) -> Option<u16> {
	Some(match origin {
		OriginCaller::system(RawOrigin::Root) => UPGRADES,
		OriginCaller::Governance(Origin::Engines) => ENGINES,
		OriginCaller::Governance(Origin::Parameters) => PARAMETERS,
		OriginCaller::Governance(Origin::Treasury) => TREASURY,
		OriginCaller::Governance(Origin::Cancel) => CANCEL,
		OriginCaller::Governance(Origin::Kill) => KILL,
		_ => return None,
	})
}

/// A track. Periods are those of a public network, in blocks.
pub struct Rules {
	/// Id in the metadata, in votes and in delegations.
	pub id: u16,
	/// Name.
	pub name: &'static str,
	/// Referenda that are decided at once. More wait.
	pub max_deciding: u32,
	/// Deposit without which a referendum is not decided, in planck.
	pub decision_deposit: Balance,
	/// Blocks from the submission to the earliest decision.
	pub prepare: BlockNumber,
	/// Blocks within which it is approved, or else rejected.
	pub decision: BlockNumber,
	/// Blocks for which it must have enough votes.
	pub confirm: BlockNumber,
	/// Fewest blocks from the approval to the enactment.
	pub enactment: BlockNumber,
	/// Share of conviction-weighted votes that must be ayes, over the decision period.
	pub approval: Curve,
	/// Share of all OPG that must have voted aye or abstained, over the decision period.
	pub support: Curve,
}

const fn percent(share: u128) -> FixedI64 {
	FixedI64::from_rational(share, 100)
}

const fn falling(from: u32, to: u32) -> Curve {
	Curve::LinearDecreasing {
		length: Perbill::from_percent(100),
		floor: Perbill::from_percent(to),
		ceil: Perbill::from_percent(from),
	}
}

/// Falls from everybody to half, quickly at first: to 80 % after a seventh of the period.
const SUPERMAJORITY: Curve = Curve::make_reciprocal(1, 7, percent(80), percent(50), percent(100));

/// All tracks, by id.
pub const RULES: [Rules; 6] = [
	Rules {
		id: UPGRADES,
		name: "upgrades",
		max_deciding: 1,
		decision_deposit: 10_000 * OPG,
		prepare: 2 * HOURS,
		decision: 28 * DAYS,
		confirm: DAYS,
		enactment: DAYS,
		approval: SUPERMAJORITY,
		support: falling(50, 10),
	},
	Rules {
		id: ENGINES,
		name: "engines",
		max_deciding: 4,
		decision_deposit: 1_000 * OPG,
		prepare: 2 * HOURS,
		decision: 14 * DAYS,
		confirm: DAYS,
		// Operators rehearse: their nodes have the engine, and run their models on it.
		enactment: 7 * DAYS,
		approval: SUPERMAJORITY,
		support: falling(50, 5),
	},
	Rules {
		id: PARAMETERS,
		name: "parameters",
		max_deciding: 4,
		decision_deposit: 1_000 * OPG,
		prepare: 2 * HOURS,
		decision: 14 * DAYS,
		confirm: DAYS,
		enactment: DAYS,
		approval: SUPERMAJORITY,
		support: falling(50, 5),
	},
	Rules {
		id: TREASURY,
		name: "treasury",
		max_deciding: 10,
		decision_deposit: 500 * OPG,
		prepare: 2 * HOURS,
		decision: 14 * DAYS,
		confirm: DAYS,
		enactment: 10 * MINUTES,
		approval: SUPERMAJORITY,
		support: falling(50, 2),
	},
	Rules {
		id: CANCEL,
		name: "cancel",
		max_deciding: 20,
		decision_deposit: 1_000 * OPG,
		prepare: 10 * MINUTES,
		// A conviction is held for a day.
		decision: DAYS,
		confirm: HOURS,
		enactment: 5 * MINUTES,
		approval: falling(80, 50),
		support: falling(20, 1),
	},
	Rules {
		id: KILL,
		name: "kill",
		max_deciding: 20,
		decision_deposit: 5_000 * OPG,
		prepare: HOURS,
		decision: 14 * DAYS,
		confirm: HOURS,
		enactment: 10 * MINUTES,
		approval: SUPERMAJORITY,
		support: falling(50, 5),
	},
];

/// [`RULES`] with the periods of this chain.
pub struct Tracks;

impl TracksInfo<Balance, BlockNumber> for Tracks {
	type Id = u16;
	type RuntimeOrigin = OriginCaller;

	fn tracks() -> impl Iterator<Item = Cow<'static, Track<u16, Balance, BlockNumber>>> {
		RULES.iter().map(|rules| Cow::Owned(Track { id: rules.id, info: info(rules) }))
	}

	fn info(id: u16) -> Option<Cow<'static, TrackInfo<Balance, BlockNumber>>> {
		RULES.get(usize::from(id)).map(|rules| Cow::Owned(info(rules)))
	}

	fn track_for(origin: &OriginCaller) -> Result<u16, ()> {
		id_of(origin).ok_or(())
	}
}

/// Bytes of a track's name in the metadata.
const NAME_BYTES: usize = 25;

fn info(rules: &Rules) -> TrackInfo<Balance, BlockNumber> {
	let mut name = [0; NAME_BYTES];
	name[..rules.name.len()].copy_from_slice(rules.name.as_bytes());
	TrackInfo {
		name,
		max_deciding: rules.max_deciding,
		decision_deposit: rules.decision_deposit,
		prepare_period: Governance::period(rules.prepare),
		decision_period: Governance::period(rules.decision),
		confirm_period: Governance::period(rules.confirm),
		min_enactment_period: Governance::period(rules.enactment),
		min_approval: rules.approval.clone(),
		min_support: rules.support.clone(),
	}
}
