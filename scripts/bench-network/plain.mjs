// The same digits without a chain: the inputs, and what a plain run of the engine costs.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { u8aToHex } from '../client/api.mjs';
import { MODEL_FILE } from '../client/network.mjs';

const DIGITS = 10;
// Enough for a second of a small model, beside which the start of the program is little.
const RUNS = 4_000;

function made(program, args) {
	const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
	if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

// Inputs of all digits: as the chain takes them in hexadecimal, and as files.
export function inputs(directory) {
	return Array.from({ length: DIGITS }, (_, digit) => {
		const [json, file] = ['json', 'opgt'].map(extension => join(directory, `${digit}.${extension}`));
		made(process.env.OPG_CLI, ['demo', 'input', '--digit', `${digit}`, '--output', json]);
		made(process.env.OPG_ENGINE, ['convert', json, '--output', file]);
		return { file, hex: u8aToHex(readFileSync(file)) };
	});
}

// CPU milliseconds of `opg-engine run` that loads the model once and runs it so many times more.
async function program(input, runs) {
	const args = [process.env.OPG_ENGINE, 'run', MODEL_FILE, input.file, '--repeat', `${runs}`];
	// The shell knows what a program took to the millisecond.
	const child = spawn('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$@" >/dev/null', 'bash', ...args], {
		env: { ...process.env, LC_ALL: 'C' },
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let text = '';
	child.stderr.setEncoding('utf8').on('data', data => (text += data));
	const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
	if (code !== 0) throw new Error(`opg-engine run: ${text}`);
	const [user, system] = text.trimEnd().split('\n').at(-1).split(' ').map(Number);
	return (user + system) * 1_000;
}

// CPU milliseconds of one run of the loaded model, in a process that does nothing else.
export async function plainRun(input) {
	const [few, many] = [await program(input, 1), await program(input, 1 + RUNS)];
	return (many - few) / RUNS;
}
