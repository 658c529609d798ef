/** What only Node can do: run the programs of a node's release, and read secrets. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { signerFromSuri, type PolkadotSigner } from './accounts.js';
import type { Client } from './client.js';
import { KeyError, ProgramError } from './errors.js';
import {
	maximalLimits,
	suggestLimits,
	type Inspection,
	type PublishOptions,
	type Published,
	type VersionLimits,
} from './publishing.js';

/** Most bytes that a program prints. */
const MAX_OUTPUT = 2 ** 26;

export interface InspectOptions {
	/** Sizes of dimensions that the file leaves open, by their names: `{ batch: 1 }`. */
	dims?: Readonly<Record<string, number>> | undefined;
	/** What loading and running may take. */
	limits?: VersionLimits | undefined;
}

/**
 * What a model takes and gives, or why no executor would run it, by the program `opg-engine` of a
 * node's release: in the folder that OPG_BIN names, or on the PATH. Throws `ProgramError`.
 */
export async function inspect(path: string, options: InspectOptions = {}): Promise<Inspection> {
	const { dims = {}, limits } = options;
	const args = ['inspect', path];
	for (const [name, size] of Object.entries(dims)) args.push('--dim', `${name}=${String(size)}`);
	if (limits) {
		args.push('--fuel', String(limits.fuel), '--load-fuel', String(limits.loadFuel));
		args.push('--memory', String(limits.memory));
	}
	return JSON.parse(await run('opg-engine', args)) as Inspection;
}

/** Id of the engine that `opg-engine` is. */
export async function engineId(): Promise<`0x${string}`> {
	const text = (await run('opg-engine', ['id'])).trim();
	return `0x${text.replace(/^0x/, '')}`;
}

/** Inspects a model file on this machine, hands it to the node, and registers it. */
export async function publishFile(
	client: Client,
	path: string,
	name: string,
	options: Omit<PublishOptions, 'report' | 'engineId'> & Pick<InspectOptions, 'dims'> = {},
): Promise<Published> {
	const { dims, ...chosen } = options;
	const [file, engine, api] = await Promise.all([readFile(path), engineId(), client.api()]);
	let { limits } = chosen;
	if (!limits) {
		const most = await maximalLimits(api);
		const measured = await inspect(path, { dims, limits: most });
		limits = suggestLimits(measured, most, (await client.chain()).limits);
	}
	// What executors find within these limits.
	const report = await inspect(path, { dims, limits });
	return client.publish(file, name, { ...chosen, limits, report, engineId: engine });
}

/** Signer of the secret in an environment variable. */
export function signerFromEnv(name = 'OPG_SURI'): PolkadotSigner {
	const suri = process.env[name];
	if (!suri) throw new KeyError(`the environment variable ${name} is not set`);
	return signerFromSuri(suri);
}

function run(program: string, args: readonly string[]): Promise<string> {
	const folder = process.env.OPG_BIN;
	const file = folder ? join(folder, program) : program;
	return new Promise((resolve, reject) => {
		// What it says of its failure is for people.
		const env = { ...process.env, RUST_BACKTRACE: '0' };
		execFile(file, args, { env, maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
			if (!error) {
				resolve(stdout);
			} else if (error.code === 'ENOENT') {
				const message = `${program} is not there: set OPG_BIN to the folder of a node's release`;
				reject(new ProgramError(message));
			} else {
				const status = typeof error.code === 'number' ? error.code : null;
				reject(new ProgramError(`${program}: ${stderr.trim() || error.message}`, status));
			}
		});
	});
}
