//! What the state of a block says about pools and what they risk.

use super::{
	chain::{Operators, Unread, View},
	events::role,
	opg, ChainMetrics,
};
use opg_primitives::{AccountId, Balance};
use opg_runtime::Runtime;
use pallet_opg_inference::{Load, OpenSeats};
use pallet_opg_staking::{CurrentSession, OwnStakes, Pool, PoolStatus, Pools, Role};
use pallet_opg_support::economics::RESERVABLE_SHARE;

/// Sets the gauges of the operators.
pub(super) fn measure(
	metrics: &ChainMetrics,
	operators: &Operators,
	view: &View<'_>,
) -> Result<(), Unread> {
	if operators.is_empty() {
		return Ok(());
	}
	for (account, label) in operators {
		for of in [Role::Validator, Role::Executor] {
			let key = Pools::<Runtime>::hashed_key_for(of, account);
			let labels = [label.as_str(), role(of)];
			let Some(pool) = view.get::<Pool>(&key)? else {
				// None of them are there before the operator has its first pool.
				let _ = metrics.pool.remove_label_values(&labels);
				let _ = metrics.own.remove_label_values(&labels);
				let _ = metrics.active.remove_label_values(&labels);
				continue;
			};
			let active = matches!(pool.status, PoolStatus::Active { .. }) && pool.convictions == 0;
			metrics.pool.with_label_values(&labels).set(opg(pool.active.balance));
			metrics.own.with_label_values(&labels).set(opg(pool.self_bond()));
			metrics.active.with_label_values(&labels).set(active.into());
		}
	}
	let session: u32 = view.get(&CurrentSession::<Runtime>::hashed_key())?.unwrap_or_default();
	let own: Vec<(AccountId, Balance)> =
		view.get(&OwnStakes::<Runtime>::hashed_key_for(session))?.unwrap_or_default();
	let open: Vec<(AccountId, Load)> =
		view.get(&OpenSeats::<Runtime>::hashed_key())?.unwrap_or_default();
	for (account, label) in operators {
		let label = [label.as_str()];
		// Who is in no snapshot of the session can reserve nothing.
		let own = own.iter().find(|(other, _)| other == account).map_or(0, |(_, own)| *own);
		metrics.reservable.with_label_values(&label).set(opg(RESERVABLE_SHARE.mul_floor(own)));
		let load = open.iter().find(|(other, _)| other == account);
		let load = load.map(|(_, load)| *load).unwrap_or_default();
		metrics.reserved.with_label_values(&label).set(opg(load.reserved));
		metrics.seats.with_label_values(&label).set(load.seats.into());
	}
	Ok(())
}
