// Generates descriptors/: PAPI's types of the chain, from the runtime that a node was built with.
//
//   node scripts/descriptors.mjs --node PROGRAM    the runtime of this opg-node; nothing is started
//   node scripts/descriptors.mjs --wasm FILE       this runtime
//   node scripts/descriptors.mjs --url URL         that of a node that runs
//
// Does nothing where descriptors/ is of that runtime already.
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
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// `:code`
const CODE_KEY = '0x3a636f6465';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TARGET = join(ROOT, 'descriptors');

const [option, value] = process.argv.slice(2);
if (!['--node', '--wasm', '--url'].includes(option) || !value) {
	console.error('usage: descriptors.mjs --node PROGRAM | --wasm FILE | --url URL');
	process.exit(2);
}

// PAPI's program works in the folder in which it runs.
const folder = mkdtempSync(join(tmpdir(), 'opg-descriptors-'));
try {
	symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
	writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n');
	papi('add', 'opg', '--skip-codegen', ...source());
	const config = join(folder, '.papi', 'polkadot-api.json');
	const settings = JSON.parse(readFileSync(config, 'utf8'));
	// Otherwise it writes to package.json, and installs.
	writeFileSync(config, JSON.stringify({ ...settings, options: { noDescriptorsPackage: true } }));
	const made = join(folder, '.papi', 'descriptors');
	if (existsSync(TARGET)) cpSync(TARGET, made, { recursive: true });
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
	cpSync(join(made, 'generated.json'), join(TARGET, 'generated.json'));
} finally {
	rmSync(folder, { recursive: true, force: true });
}

// What PAPI's program reads the metadata from.
function source() {
	if (option === '--url') return ['--wsUrl', value];
	if (option === '--wasm') return ['--wasm', value];
	const output = { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] };
	const spec = JSON.parse(execFileSync(value, ['build-spec', '--chain', 'dev', '--raw'], output));
	const file = join(folder, 'runtime.wasm');
	writeFileSync(file, Buffer.from(spec.genesis.raw.top[CODE_KEY].slice(2), 'hex'));
	return ['--wasm', file];
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
