// SubQuery: its indexer with a PostgreSQL of its own, in a folder that goes with it. TOOLS_POSTGRES has the
// programs of PostgreSQL.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expected, Tally, url } from './expected.mjs';

// Below what the caller allows: it would leave the database running.
const END = Date.now() + 240_000;
const SCHEMA = 'opg';
const LOG_LINES = 25;

const { version } = JSON.parse(readFileSync('node_modules/@subql/node/package.json', 'utf8'));
const directory = mkdtempSync(join(tmpdir(), 'opg-subquery.'));
const children = [];
process.on('exit', () => {
	for (const child of children) child.kill('SIGKILL');
	spawnSync('rm', ['-rf', directory]);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

function start(name, program, args, options) {
	const log = join(directory, `${name}.log`);
	const out = openSync(log, 'a');
	const child = spawn(program, args, { ...options, stdio: ['ignore', out, out] });
	closeSync(out);
	children.push(child);
	const tail = () => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n');
	const failed = reason => new Error(`${name} ${reason}\n${tail()}`);
	return { child, failed };
}

// Calls until there is a result.
async function until({ child, failed }, poll) {
	for (;;) {
		const result = await poll();
		if (result !== undefined) return result;
		if (child.exitCode !== null || child.signalCode !== null) throw failed('ended');
		if (Date.now() > END) throw failed('is late');
		await sleep(500);
	}
}

async function freePort() {
	const server = net.createServer().listen(0, '127.0.0.1');
	await new Promise(resolve => server.once('listening', resolve));
	const { port } = server.address();
	await new Promise(resolve => server.close(resolve));
	return port;
}

// PostgreSQL refuses to run as root. Debian's package brings a user for it.
function databaseUser() {
	if (process.getuid() !== 0) return {};
	const number = flag => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
	return { uid: number('-u'), gid: number('-g') };
}

async function startDatabase() {
	const user = databaseUser();
	if (user.uid !== undefined) chownSync(directory, user.uid, user.gid);
	const program = name => join(process.env.TOOLS_POSTGRES, name);
	const data = join(directory, 'data');
	const options = { cwd: directory, ...user };
	execFileSync(program('initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--no-locale'], { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
	const port = await freePort();
	const args = ['-D', data, '-h', '127.0.0.1', '-p', `${port}`, '-c', 'unix_socket_directories=', '-c', 'fsync=off'];
	const postgres = start('postgres', program('postgres'), args, options);
	const client = await until(postgres, async () => {
		const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
		try {
			await client.connect();
			return client;
		} catch {
			return undefined;
		}
	});
	// The indexer's tables have a history.
	await client.query('CREATE EXTENSION btree_gist');
	return { client, port };
}

// The description of an index of this chain. JSON is YAML.
async function writeProject() {
	const response = await fetch(url.replace('ws://', 'http://'), {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ id: 1, jsonrpc: '2.0', method: 'chain_getBlockHash', params: [0] }),
	});
	const { result: chainId } = await response.json();
	const handlers = [
		{ handler: 'handleCall', kind: 'substrate/CallHandler' },
		{ handler: 'handleEvent', kind: 'substrate/EventHandler' },
	];
	writeFileSync('project.yaml', JSON.stringify({
		specVersion: '1.0.0',
		name: 'opg',
		version: '1.0.0',
		runner: { node: { name: '@subql/node', version }, query: { name: '@subql/query', version: '*' } },
		schema: { file: './schema.graphql' },
		network: { chainId, endpoint: [url] },
		dataSources: [{ kind: 'substrate/Runtime', startBlock: 1, mapping: { file: './mappings.js', handlers } }],
	}));
}

console.log(`@subql/node ${version}`);
await writeProject();
const { client, port } = await startDatabase();
console.log((await client.query('SELECT version()')).rows[0].version.split(',')[0]);
const indexer = start('subql-node', process.execPath, [
	'node_modules/@subql/node/bin/run', '--subquery=.', `--db-schema=${SCHEMA}`, `--port=${await freePort()}`,
], {
	env: {
		...process.env,
		// It refuses to run in another zone.
		TZ: 'UTC',
		DB_HOST: '127.0.0.1', DB_PORT: `${port}`, DB_USER: 'postgres', DB_PASS: 'postgres', DB_DATABASE: 'postgres',
	},
});
const last = expected.blocks.at(-1).number;
await until(indexer, async () => {
	try {
		const { rows } = await client.query(`SELECT value FROM ${SCHEMA}._metadata WHERE key = 'lastProcessedHeight'`);
		return Number(rows[0]?.value) >= last || undefined;
	} catch (error) {
		// The table is not there yet.
		if (error.code === '42P01' || error.code === '3F000') return undefined;
		throw error;
	}
});

const tally = new Tally();
for (const [table, add] of [['calls', 'call'], ['events', 'event']]) {
	const { rows } = await client.query(`SELECT block, name FROM ${SCHEMA}.${table} WHERE block <= $1`, [last]);
	assert.equal(new Set(rows.map(({ block }) => block)).size, expected.blocks.length, `blocks with ${table}`);
	for (const { name } of rows) tally[add](...name.split('.'));
}
// Where calls are asked for, it skips events of a block's first transaction: it takes index 0 for none. That
// transaction is `timestamp.set`, whose only event is this.
const first = 'system.ExtrinsicSuccess';
tally.check(expected.blocks.map(block => {
	assert.equal(block.calls[0].name, 'timestamp.set');
	const events = [...block.events];
	events.splice(events.indexOf(first), 1);
	return { ...block, events };
}));
await client.end();
process.exit(0);
