/** The JSON-RPC methods of an OPG Chain node, by their types. `docs/rpc.md` explains them. */

import { Rpc, type News } from './rpc.js';
import type * as schema from './schema.js';

/** Number of a version, or `owner/name`, `owner/name@1.4.0`, `owner/name@channel`, `owner/name@^1.2`. */
export type ModelName = number | string;

type Params<M extends keyof schema.Methods> = schema.Methods[M]['params'];
type Result<M extends keyof schema.Methods> = schema.Methods[M]['result'];

const ENDS: readonly schema.TransactionState[] = ['finalized', 'dropped', 'invalid', 'usurped'];

/** A node, by its address, and what it answers besides what every Substrate node does. */
export class OpgRpc extends Rpc {
	/** The chain: its name and runtime, its newest blocks, its clock and the price of fuel. */
	chain(): Promise<schema.Chain> {
		return this.#ask('opg_v1_chain');
	}

	/** What a request to a model costs, and whether it would be taken now. */
	estimate(...params: Params<'opg_v1_estimate'>): Promise<schema.Estimate> {
		return this.#ask('opg_v1_estimate', ...params);
	}

	/** A request with everything that happened to it. `null` if the chain does not keep it. */
	request(id: number): Promise<schema.Request | null> {
		return this.#ask('opg_v1_request', id);
	}

	/** Number of the newest request of an account with this reference; `null` if there is none. */
	requestByReference(requester: string, reference: string): Promise<number | null> {
		return this.#ask('opg_v1_requestByReference', requester, reference);
	}

	/** The answer to a request, and whether it may be relied on. */
	result(id: number): Promise<schema.RequestResult> {
		return this.#ask('opg_v1_result', id);
	}

	/** Hands in a signed request, after a trial on the newest block. Gives its transaction's hash. */
	submit(extrinsic: string, input: string | null = null): Promise<string> {
		return this.#ask('opg_v1_submit', extrinsic, input);
	}

	/** The receipt of a request that is settled in a final block. */
	receipt(...params: Params<'opg_v1_receipt'>): Promise<Result<'opg_v1_receipt'>> {
		return this.#ask('opg_v1_receipt', ...params);
	}

	/** A version of a model. */
	model(model: ModelName): Promise<schema.Version> {
		return this.#ask('opg_v1_model', model);
	}

	/** A page of models; of versions, where they are looked up by the hash of their file. */
	models(...params: Params<'opg_v1_models'>): Promise<schema.ListedModelPage> {
		return this.#ask('opg_v1_models', ...params);
	}

	/** A page of executors: their stake, slots, misses, and what they serve. */
	executors(...params: Params<'opg_v1_executors'>): Promise<schema.ExecutorPage> {
		return this.#ask('opg_v1_executors', ...params);
	}

	/** Engines that the chain knows. */
	engines(): Promise<schema.Engine[]> {
		return this.#ask('opg_v1_engines');
	}

	/** Open cases before the court: those that sit, then those that wait. */
	courts(): Promise<schema.Court[]> {
		return this.#ask('opg_v1_courts');
	}

	/** Balances of an account, its pools, and its stake in pools of others. */
	account(address: string): Promise<schema.Account> {
		return this.#ask('opg_v1_account', address);
	}

	/** What a model gives for an input, by this node's engine. Nodes do it for their operators. */
	dryRun(model: ModelName, input: string): Promise<schema.Answer> {
		return this.#ask('opg_v1_dryRun', model, input);
	}

	/** What this node is, and what it does. Nodes tell it to their operators. */
	node(): Promise<schema.Node> {
		return this.#ask('opg_v1_node');
	}

	/** All models, page by page. */
	async *allModels(
		filter: Params<'opg_v1_models'>[0] = null,
	): AsyncGenerator<schema.ListedModel, void, undefined> {
		for (let cursor: string | null = null; ;) {
			const page: schema.ListedModelPage = await this.models(filter, cursor);
			yield* page.items;
			if (page.next === null) return;
			cursor = page.next;
		}
	}

	/** All executors, or those that serve a version, page by page. */
	async *allExecutors(
		model: ModelName | null = null,
	): AsyncGenerator<schema.Executor, void, undefined> {
		for (let cursor: string | null = null; ;) {
			const page: schema.ExecutorPage = await this.executors(model, cursor);
			yield* page.items;
			if (page.next === null) return;
			cursor = page.next;
		}
	}

	/** Hands in a signed request, and tells what becomes of it until its block is final. */
	submitAndWatch(extrinsic: string, input: string | null = null): News<schema.TransactionUpdate> {
		return this.#watch(
			'opg_v1_submitAndWatch',
			'opg_v1_unsubscribe',
			[extrinsic, input],
			({ state }) => ENDS.includes(state),
		);
	}

	/** A request now and at each change, until it has ended in a block that is final. */
	watchRequest(id: number): News<schema.Request> {
		return this.#watch(
			'opg_v1_subscribeRequest',
			'opg_v1_unsubscribeRequest',
			[id],
			({ isFinal }) => isFinal,
		);
	}

	/** What happens to requests to a version of a model, on the best chain. */
	watchModel(model: ModelName): News<schema.ModelEvent> {
		return this.#watch('opg_v1_subscribeModel', 'opg_v1_unsubscribeModel', [model]);
	}

	/** Every answer on which a committee agrees, on the best chain. */
	watchAnswers(): News<schema.AttestedAnswer> {
		return this.#watch('opg_v1_subscribeAnswers', 'opg_v1_unsubscribeAnswers', []);
	}

	#ask<M extends keyof schema.Methods>(method: M, ...params: Params<M>): Promise<Result<M>> {
		return this.call<Result<M>>(method, ...params);
	}

	#watch<M extends keyof schema.Subscriptions>(
		method: M,
		unsubscribe: schema.Subscriptions[M]['unsubscribe'],
		params: schema.Subscriptions[M]['params'],
		isLast?: (news: schema.Subscriptions[M]['result']) => boolean,
	): News<schema.Subscriptions[M]['result']> {
		return this.subscribe(method, unsubscribe, params, isLast);
	}
}
