// Generates descriptors/: PAPI's types of the chain, from the runtime that a node was built with.
//
//   node scripts/descriptors.mjs --node PROGRAM    the runtime of this opg-node; nothing is started
//   node scripts/descriptors.mjs --wasm FILE       this runtime
//   node scripts/descriptors.mjs --url URL         that of a node that runs
//
// Does nothing where descriptors/ is of that runtime already.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	readdirSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// `:code`
const CODE_KEY = '0x3a636f6465';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TARGET = join(ROOT, 'descriptors');
const STAMP = join(TARGET, 'made-of');

const [option, value] = process.argv.slice(2);
if (!['--node', '--wasm', '--url'].includes(option) || !value) {
	console.error('usage: descriptors.mjs --node PROGRAM | --wasm FILE | --url URL');
	process.exit(2);
}

// PAPI's program works in the folder in which it runs.
const folder = mkdtempSync(join(tmpdir(), 'opg-descriptors-'));
try {
	const read = source();
	const stamp = stampOf(read);
	if (stamp !== null && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) {
		console.log('descriptors/ is of this runtime');
	} else {
		generate(read, stamp);
	}
} finally {
	rmSync(folder, { recursive: true, force: true });
}

function generate(read, stamp) {
	symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
	writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n');
	papi('add', 'opg', '--skip-codegen', ...read);
	const config = join(folder, '.papi', 'polkadot-api.json');
	const settings = JSON.parse(readFileSync(config, 'utf8'));
	// Otherwise it writes to package.json, and installs.
	writeFileSync(config, JSON.stringify({ ...settings, options: { noDescriptorsPackage: true } }));
	const made = join(folder, '.papi', 'descriptors');
	papi('generate');
	const types = join(made, 'dist');
	for (const name of readdirSync(types).filter((name) => name.endsWith('.d.ts'))) {
		// Node's rules for modules want whole file names.
		const file = join(types, name);
		const text = readFileSync(file, 'utf8');
		writeFileSync(file, text.replace(/(from |import\()(["'])(\.\/[\w-]+)\2/g, '$1$2$3.js$2'));
	}
	rmSync(TARGET, { recursive: true, force: true });
	mkdirSync(TARGET);
	cpSync(types, join(TARGET, 'dist'), { recursive: true });
	if (stamp !== null) writeFileSync(STAMP, stamp);
}

// What PAPI's program reads the metadata from.
function source() {
	if (option === '--url') return ['--wsUrl', value];
	if (option === '--wasm') return ['--wasm', resolve(value)];
	const output = { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] };
	const spec = JSON.parse(execFileSync(value, ['build-spec', '--chain', 'dev', '--raw'], output));
	const file = join(folder, 'runtime.wasm');
	writeFileSync(file, Buffer.from(spec.genesis.raw.top[CODE_KEY].slice(2), 'hex'));
	return ['--wasm', file];
}

// What the types depend on: the runtime and PAPI.
function stampOf([kind, file]) {
	if (kind !== '--wasm') return null;
	const manifest = join(ROOT, 'node_modules', 'polkadot-api', 'package.json');
	const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
	const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
	return `runtime ${hash}, polkadot-api ${version}\n`;
}

function papi(...args) {
	const program = join(ROOT, 'node_modules', 'polkadot-api', 'bin', 'cli.js');
	// Node 20 hides its WebSocket; later versions show it.
	const env = { ...process.env, NODE_OPTIONS: '--experimental-websocket' };
	execFileSync(process.execPath, [program, ...args], {
		cwd: folder,
		env,
		stdio: ['ignore', 'inherit', 'inherit'],
	});
}
