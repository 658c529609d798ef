//! Views of pools, executors, accounts, engines and courts, for the runtime API of listings.

use crate::{
	constants::{REQUEST_DEPOSIT, SLOT_STAKE},
	AccountId, Clock, Runtime, Staking, System, VERSION,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use opg_primitives::{Balance, ModelId, RequestId};
use opg_runtime_api::{
	AccountView, ChainView, CourtPhase, CourtView, DelegationView, EngineView, ExecutorView,
	OwnPoolView, Page, PoolRole, PoolState, PoolView, ServingView, UnbondingView,
	MAX_EXECUTORS_PAGE, MAX_SERVING_PAGE,
};
use pallet_opg_court::{Case, CasePhase, Cases, Docket, Sittings, Votes};
use pallet_opg_inference::{FuelPrice, Load, NextRequestId, OpenSeats, Requests};
use pallet_opg_models::{Engines, ServingExecutors};
use pallet_opg_staking::{
	DeclaredSlots, Delegations, Holdings, Operators, Pool, PoolId, PoolStatus, Pools, Role,
	Unbonding, UnbondingVaults, UnlockedVaults,
};
use pallet_opg_support::ExecutorStake;
use sp_runtime::traits::BlockNumberProvider;

pub(crate) fn chain() -> ChainView {
	ChainView {
		spec_version: VERSION.spec_version,
		transaction_version: VERSION.transaction_version,
		session: <Staking as ExecutorStake<AccountId>>::session(),
		clock: Clock::current_block_number(),
		fuel_price: FuelPrice::<Runtime>::get(),
		request_deposit: REQUEST_DEPOSIT,
		next_request: NextRequestId::<Runtime>::get(),
	}
}

pub(crate) fn executors(
	model: Option<ModelId>,
	cursor: Option<Vec<u8>>,
	limit: u32,
) -> Page<ExecutorView> {
	let operators = match model {
		None => Operators::<Runtime>::get(Role::Executor).into_inner(),
		Some(model) => serving_operators(ServingExecutors::<Runtime>::get(model)),
	};
	let after = cursor.and_then(|cursor| AccountId::decode(&mut &cursor[..]).ok());
	let from = after.map_or(0, |after| operators.partition_point(|own| *own <= after));
	let rest = &operators[from..];
	let page = &rest[..rest.len().min(limit.clamp(1, MAX_EXECUTORS_PAGE) as usize)];
	let (declared, loads) = (DeclaredSlots::<Runtime>::get(), OpenSeats::<Runtime>::get());
	let executor = |operator: &AccountId| {
		let pool = Pools::<Runtime>::get(Role::Executor, operator)?;
		let load = value_of(&loads, operator).unwrap_or_default();
		let Load { seats, reserved, .. } = load;
		let slots = u32::try_from(pool.active.balance / SLOT_STAKE).unwrap_or(u32::MAX);
		let slots = value_of(&declared, operator).map_or(slots, |declared| slots.min(declared));
		let pool = pool_view(operator, Role::Executor, &pool);
		Some(ExecutorView { pool, slots, busy: seats, reserved })
	};
	let next = page.last().filter(|_| page.len() < rest.len()).map(Encode::encode);
	Page { items: page.iter().filter_map(executor).collect(), next }
}

pub(crate) fn serving(cursor: Option<Vec<u8>>, limit: u32) -> Page<ServingView> {
	let mut rest = match cursor {
		Some(cursor) => ServingExecutors::<Runtime>::iter_from(cursor),
		None => ServingExecutors::<Runtime>::iter(),
	};
	let limit = limit.clamp(1, MAX_SERVING_PAGE) as usize;
	let view = |(model, list)| ServingView { model, executors: serving_operators(list) };
	let items: Vec<ServingView> = rest.by_ref().take(limit).map(view).collect();
	let is_full = items.len() == limit;
	Page { items, next: is_full.then(|| rest.last_raw_key().to_vec()) }
}

pub(crate) fn account(who: &AccountId) -> AccountView {
	let data = frame_system::Account::<Runtime>::get(who).data;
	let own_pool = |role| {
		let pool = Pools::<Runtime>::get(role, who)?;
		let unbonding = unbonding(&PoolId { operator: who.clone(), role }, who);
		Some(OwnPoolView { pool: pool_view(who, role, &pool), unbonding })
	};
	let delegation = |id: PoolId<AccountId>| {
		let holding = Holdings::<Runtime>::get(&id, who);
		let pool = Pools::<Runtime>::get(id.role, &id.operator);
		DelegationView {
			stake: pool.map_or(0, |pool| pool.active.value_of(&holding)),
			unbonding: unbonding(&id, who),
			role: role_view(id.role),
			operator: id.operator,
		}
	};
	AccountView {
		free: data.free,
		held: data.reserved,
		pools: [Role::Validator, Role::Executor].into_iter().filter_map(own_pool).collect(),
		delegations: Delegations::<Runtime>::get(who).into_iter().map(delegation).collect(),
	}
}

pub(crate) fn engines() -> Vec<EngineView> {
	let now = System::block_number();
	Engines::<Runtime>::iter()
		.map(|(id, validity)| EngineView { id, is_valid: validity.contains(&now) })
		.collect()
}

pub(crate) fn courts() -> Vec<CourtView> {
	let sitting = Sittings::<Runtime>::get().into_iter().map(|own| (own.request, own.until));
	let sitting = sitting.filter_map(|(request, until)| court(request, Some(until)));
	let waiting = Docket::<Runtime>::get().into_iter().filter_map(|own| court(own.request, None));
	sitting.chain(waiting).collect()
}

fn court(id: RequestId, until: Option<crate::BlockNumber>) -> Option<CourtView> {
	let Case { phase, sitting, seats, .. } = Cases::<Runtime>::get(id)?;
	let request = Requests::<Runtime>::get(id)?;
	let votes = match phase {
		CasePhase::Waiting => 0,
		CasePhase::Commit { committed } => committed,
		CasePhase::Reveal { .. } => Votes::<Runtime>::iter_key_prefix(id).count() as u32,
	};
	let phase = match (phase, until) {
		(CasePhase::Commit { .. }, Some(until)) => CourtPhase::Commit { until },
		(CasePhase::Reveal { .. }, Some(until)) => CourtPhase::Reveal { until },
		_ => CourtPhase::Waiting,
	};
	let challengers = request.challenges.into_iter().map(|own| own.challenger).collect();
	let since = request.changed_at;
	Some(CourtView { request: id, since, challengers, phase, sitting, votes, seats })
}

/// Operators of a list, sorted as it is, that have not stopped.
fn serving_operators(list: pallet_opg_models::ServingList<Runtime>) -> Vec<AccountId> {
	list.into_iter().filter(|own| own.until.is_none()).map(|own| own.executor).collect()
}

fn pool_view(operator: &AccountId, role: Role, pool: &Pool) -> PoolView {
	let (state, misses) = match pool.status {
		PoolStatus::Active { history } => (PoolState::Active, history.count_ones()),
		PoolStatus::Paused { history } => (PoolState::Paused, history.count_ones()),
		PoolStatus::PausedForSilence { resumable_in } => {
			(PoolState::PausedForSilence { resumable_in }, 0)
		},
		PoolStatus::Leaving => (PoolState::Leaving, 0),
	};
	PoolView {
		operator: operator.clone(),
		role: role_view(role),
		stake: pool.active.balance,
		own_stake: pool.self_bond(),
		commission: pool.commission,
		state,
		misses,
		convictions: pool.convictions,
	}
}

fn role_view(role: Role) -> PoolRole {
	match role {
		Role::Validator => PoolRole::Validator,
		Role::Executor => PoolRole::Executor,
	}
}

/// What `who` took out of a pool and has not withdrawn, at its present value.
fn unbonding(id: &PoolId<AccountId>, who: &AccountId) -> Vec<UnbondingView> {
	let entries = Unbonding::<Runtime>::get(id, who);
	if entries.is_empty() {
		return Vec::new();
	}
	let vaults = UnbondingVaults::<Runtime>::get(id);
	let view = |entry: pallet_opg_staking::Unbond<crate::BlockNumber>| {
		let vault = vaults.iter().find(|own| own.session == entry.session);
		let vault = vault.map(|own| own.vault.clone());
		let vault = vault.or_else(|| UnlockedVaults::<Runtime>::get(id, entry.session));
		let amount: Balance = vault.map_or(0, |vault| vault.value_of(&entry.holding));
		UnbondingView { amount, unlock_at: entry.unlock_at }
	};
	entries.into_iter().map(view).collect()
}

/// Value of an account in a sorted list.
fn value_of<V: Copy>(list: &[(AccountId, V)], who: &AccountId) -> Option<V> {
	list.binary_search_by(|(own, _)| own.cmp(who)).ok().map(|at| list[at].1)
}
