//! Methods that read the chain.

use crate::{
	client::Client,
	error::Error,
	params::{
		AccountParams, DryRunParams, EstimateOptions, EstimateParams, ExecutorsParams, Id,
		ModelParams, ModelsFilter, ModelsParams, Nothing, ReferenceParams,
	},
	state::State,
	types::{
		Account, Answer, Chain, ChainLimits, Court, Engine, Estimate, Executor, Free, Hash, Hex,
		ListedModel, Node, Page, Planck, Request, RequestResult, ResultState, Token, Version,
	},
};
use codec::DecodeAll;
use frame_system_rpc_runtime_api::AccountNonceApi;
use opg_primitives::{
	address::{SS58_PREFIX, TOKEN_DECIMALS, TOKEN_SYMBOL},
	registry::{is_tag, MAX_NAMES_PAGE, MAX_PAGE},
	AccountId, RequestId, Task, TaskInput, MAX_CONTENT_BYTES, MAX_INPUT_BYTES, MAX_OUTPUT_BYTES,
};
use opg_runtime::VERSION;
use opg_runtime_api::{
	DirectoryApi, NameQuery, OpgApi, ReferenceView, RegistryApi, Reliance, RequestEventsApi,
	RequestStatus, VersionView, MAX_EXECUTORS_PAGE,
};
use sp_api::ApiError;
use sp_core::H256;

/// Blocks within which a request is included, unless the caller says otherwise.
const SOON_BLOCKS: u32 = 10;

impl<C: Client, P> State<C, P> {
	pub(crate) fn chain(&self, Nothing {}: Nothing) -> Result<Chain, Error> {
		let best = self.chain.best();
		let view = self.chain.api().chain(best.hash.0)?;
		Ok(Chain {
			name: self.info.name.clone(),
			genesis: Hash(self.chain.genesis()),
			spec_name: VERSION.spec_name.to_string(),
			spec_version: view.spec_version,
			transaction_version: view.transaction_version,
			ss58_prefix: SS58_PREFIX,
			token: Token { symbol: TOKEN_SYMBOL.into(), decimals: TOKEN_DECIMALS },
			session: view.session,
			clock: view.clock,
			best,
			finalized: self.chain.finalized(),
			fuel_price: Planck(view.fuel_price),
			limits: ChainLimits {
				inline_input_bytes: MAX_INPUT_BYTES,
				inline_output_bytes: MAX_OUTPUT_BYTES,
				content_bytes: MAX_CONTENT_BYTES,
			},
		})
	}

	pub(crate) fn estimate(&self, params: EstimateParams) -> Result<Estimate, Error> {
		let EstimateOptions { tier, input_bytes, fuel, blocks, fuel_limit } =
			params.options.unwrap_or_default();
		let at = self.chain.best().hash.0;
		let VersionView { model, royalty, limits, .. } = self.chain.version(at, &params.model)?;
		if input_bytes > limits.input_bytes {
			return Err(Error::TooLarge {
				given: input_bytes.into(),
				limit: limits.input_bytes.into(),
				advice: "the version takes no longer input",
			});
		}
		if limits.of_request(fuel_limit).is_err() {
			return Err(Error::InvalidParameter(format!(
				"the version takes requests with a fuel limit from {} to {}",
				limits.min_fuel(),
				limits.fuel
			)));
		}
		let tier = opg_primitives::Tier::from(tier);
		let api = self.chain.api();
		let fee = api.estimate(at, model, tier, fuel, fuel_limit)?;
		let blocks = blocks.unwrap_or(SOON_BLOCKS);
		let max_fee = self.chain.api().estimate_at_most(at, model, tier, blocks, fuel_limit)?;
		let input_fee = self.chain.api().input_fee(at, input_bytes)?;
		let with_input = |fee: u128| Planck(fee.saturating_add(input_fee));
		let free = self.chain.api().free_executors(at, model)?;
		let is_enough = free.slots.saturating_mul(3) >= free.offered.saturating_mul(2)
			&& free.executors >= committee(tier);
		Ok(Estimate {
			model,
			fee: fee.map(with_input),
			max_fee: max_fee.map(with_input),
			royalty: Planck(royalty),
			input_fee: Planck(input_fee),
			deposit: Planck(self.chain.api().chain(at)?.request_deposit),
			takes_requests: fee.is_some(),
			congested: !is_enough,
			free: Free {
				executors: free.executors,
				slots: u64::try_from(free.slots).unwrap_or(u64::MAX),
				offered: u64::try_from(free.offered).unwrap_or(u64::MAX),
			},
		})
	}

	pub(crate) fn request(&self, Id { id }: Id) -> Result<Option<Request>, Error> {
		let at = self.chain.best().hash.0;
		let Some(view) = self.chain.api().request(at, id)? else { return Ok(None) };
		let history = self.follower.index.lock().history_of(id);
		Ok(Some(Request::new(id, view, history, self.is_final(id)?)))
	}

	/// Tells whether nothing changes a request any more: it is settled or has failed in a block that is
	/// final.
	pub(crate) fn is_final(&self, id: RequestId) -> Result<bool, Error> {
		let reliance = match self.chain.final_reliance(id) {
			// The node got the chain's state at a later block than the final one, as after a warp sync.
			Err(Error::StateUnavailable(_)) => return Ok(false),
			reliance => reliance?,
		};
		Ok(matches!(reliance, Reliance::Settled { .. } | Reliance::Failed { .. }))
	}

	pub(crate) fn request_by_reference(
		&self,
		params: ReferenceParams,
	) -> Result<Option<RequestId>, Error> {
		let ReferenceParams { requester, reference } = params;
		let Some(id) = self.follower.index.lock().find(&requester.0, reference.0) else {
			return Ok(None);
		};
		// It may have been on a fork, or pruned since.
		let kept = self.chain.api().references(self.chain.best().hash.0, id, 1)?;
		let is_it = |view: &ReferenceView| {
			view.request == id && view.requester == requester.0 && view.reference == reference.0
		};
		Ok(kept.iter().any(is_it).then_some(id))
	}

	pub(crate) fn result(&self, Id { id }: Id) -> Result<RequestResult, Error> {
		let at = self.chain.best().hash.0;
		let (state, since) = ResultState::of(self.chain.api().may_rely(at, id)?);
		let view = self.chain.api().request(at, id)?;
		let answer = view.and_then(|view| match view.status {
			RequestStatus::Attested { answer, .. }
			| RequestStatus::Audited { answer, .. }
			| RequestStatus::Settled { answer, .. } => Some(Answer::from(answer)),
			RequestStatus::Disputed { answer, .. } => answer.map(Answer::from),
			_ => None,
		});
		let is_final = self.is_final(id)?;
		let may_rely = is_final && state == ResultState::Settled;
		Ok(RequestResult { request: id, state, since, is_final, may_rely, answer })
	}

	pub(crate) fn model(&self, ModelParams { model }: ModelParams) -> Result<Version, Error> {
		self.chain.version(self.chain.best().hash.0, &model).map(Into::into)
	}

	pub(crate) fn models(&self, params: ModelsParams) -> Result<Page<ListedModel>, Error> {
		let ModelsParams { filter, cursor, limit } = params;
		let at = self.chain.best().hash.0;
		let cursor = cursor.map(|Hex(cursor)| cursor);
		let named = |query| -> Result<Page<ListedModel>, Error> {
			let limit = limit.unwrap_or(MAX_NAMES_PAGE).clamp(1, MAX_NAMES_PAGE);
			let page = self.chain.api().named_models(at, query, cursor.clone(), limit)?;
			Ok(Page::of(page, |view| ListedModel::Named(Box::new(view.into()))))
		};
		match filter.unwrap_or_default() {
			ModelsFilter { owner: None, tag: None, model_hash: None } => named(NameQuery::All),
			ModelsFilter { owner: Some(owner), tag: None, model_hash: None } => {
				named(NameQuery::Owner(owner.0))
			},
			ModelsFilter { owner: None, tag: Some(tag), model_hash: None } => {
				let word = Some(tag.as_bytes()).filter(|tag| is_tag(tag));
				let tag = word.and_then(|tag| tag.to_vec().try_into().ok()).ok_or_else(|| {
					Error::InvalidParameter(
						"a tag has at most 32 lower-case letters, digits and `-`".into(),
					)
				})?;
				named(NameQuery::Tag(tag))
			},
			ModelsFilter { owner: None, tag: None, model_hash: Some(hash) } => {
				let limit = limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
				let page = self.chain.api().versions_with(at, hash.0, cursor, limit)?;
				Ok(Page::of(page, |view| ListedModel::Version(Box::new(view.into()))))
			},
			_ => Err(Error::InvalidParameter("give one of owner, tag and modelHash".into())),
		}
	}

	pub(crate) fn executors(&self, params: ExecutorsParams) -> Result<Page<Executor>, Error> {
		let ExecutorsParams { model, cursor, limit } = params;
		let at = self.chain.best().hash.0;
		let model = model.map(|model| self.chain.version(at, &model)).transpose()?;
		let cursor = cursor.map(|Hex(cursor)| cursor);
		if cursor.as_ref().is_some_and(|own| AccountId::decode_all(&mut &own[..]).is_err()) {
			return Err(Error::InvalidParameter("the cursor is none that a page gave".into()));
		}
		let limit = limit.unwrap_or(MAX_EXECUTORS_PAGE).clamp(1, MAX_EXECUTORS_PAGE);
		let model = model.map(|version| version.model);
		let page = self.chain.api().executors(at, model, cursor, limit)?;
		let lists = self.serving.lists(&self.chain, at)?;
		Ok(Page::of(page, |view| {
			let serves = lists.get(&view.pool.operator).cloned().unwrap_or_default();
			Executor::new(view, serves)
		}))
	}

	pub(crate) fn engines(&self, Nothing {}: Nothing) -> Result<Vec<Engine>, Error> {
		let engines = self.chain.api().engines(self.chain.best().hash.0)?;
		let engine =
			|view: opg_runtime_api::EngineView| Engine { id: Hash(view.id), valid: view.is_valid };
		Ok(engines.into_iter().map(engine).collect())
	}

	pub(crate) fn courts(&self, Nothing {}: Nothing) -> Result<Vec<Court>, Error> {
		let courts = self.chain.api().courts(self.chain.best().hash.0)?;
		Ok(courts.into_iter().map(Into::into).collect())
	}

	pub(crate) fn account(&self, params: AccountParams) -> Result<Account, Error> {
		let at = self.chain.best().hash.0;
		let account = params.address.0;
		let nonce = self.chain.api().account_nonce(at, account.clone())?;
		Ok(Account::new(nonce, self.chain.api().account(at, account)?))
	}

	pub(crate) fn dry_run(&self, params: DryRunParams) -> Result<Answer, Error> {
		let Ok(_turn) = self.dry_runs.try_acquire() else {
			return Err(Error::Busy("other dry runs are under way"));
		};
		let at = self.chain.best().hash.0;
		let DryRunParams { model, input: Hex(input) } = params;
		let version = self.chain.version(at, &model)?;
		let limit = u64::from(version.limits.input_bytes);
		if input.len() as u64 > limit {
			let advice = "the version takes no longer input";
			return Err(Error::TooLarge { given: input.len() as u64, limit, advice });
		}
		let VersionView { model_hash, engine_id, dims, limits, .. } = version;
		let task = Task { model_hash, engine_id, dims, input: TaskInput::Inline(input), limits };
		let answer = self.host.run(task).map_err(|error| Error::EngineUnavailable {
			reason: error.name().into(),
			explanation: error.to_string(),
		})?;
		Ok(answer.into())
	}

	pub(crate) fn node(&self, Nothing {}: Nothing) -> Result<Node, Error> {
		let status = self.host.status();
		let at: H256 = self.chain.best().hash.0;
		let operators = status.keys.into_iter().map(|key| self.chain.api().operator_of(at, key));
		let mut executors: Vec<AccountId> =
			operators.collect::<Result<Vec<_>, ApiError>>()?.into_iter().flatten().collect();
		executors.sort_unstable();
		executors.dedup();
		let hashes = |hashes: Vec<H256>| hashes.into_iter().map(Hash).collect();
		Ok(Node {
			version: status.version,
			engine: Hash(status.engine),
			engines: hashes(status.engines),
			runs_engine: status.runs_engine,
			served: hashes(status.served),
			executors: executors.into_iter().map(Into::into).collect(),
			waiting_inputs: self.inputs.count() as u32,
			subscriptions: self.slots.taken() as u32,
		})
	}
}

/// Executors of the first committee of a tier.
fn committee(tier: opg_primitives::Tier) -> u32 {
	pallet_opg_inference::tiers::size(tier)
}
