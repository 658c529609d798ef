// CPU time of nodes and of their engine processes, from Linux' /proc.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

// Threads of a node that take jobs to an engine process and answers back.
const WORKER = /^opg-engine/;
// Threads of a node that run the pallets' off-chain workers: duties, commitments, reveals.
const OFFCHAIN = /^offchain-worker/;
const PARTS = ['engine', 'worker', 'offchain', 'chain'];

// Milliseconds of a tick, in which /proc counts.
const tick = () => 1_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

// CPU time of these nodes since they began, by part, in milliseconds.
export class Cpu {
	constructor(nodes) {
		this.nodes = nodes;
		this.tick = tick();
		this.read();
	}

	read() {
		const sum = Object.fromEntries(PARTS.map(part => [part, 0]));
		const processes = all();
		for (const { child: { pid } } of this.nodes) {
			const own = stat(`/proc/${pid}/stat`);
			if (!own) throw new Error(`the node with the process ${pid} is gone`);
			// Processes that have ended count for whoever waited for them.
			sum.engine += own.ended + processes.filter(({ parent }) => parent === pid).reduce((sum, { used }) => sum + used, 0);
			let [worker, offchain] = [0, 0];
			for (const thread of numbers(`/proc/${pid}/task`)) {
				const { name, used } = stat(`/proc/${pid}/task/${thread}/stat`) ?? { name: '', used: 0 };
				if (WORKER.test(name)) worker += used;
				if (OFFCHAIN.test(name)) offchain += used;
			}
			sum.worker += worker;
			sum.offchain += offchain;
			sum.chain += own.used - worker - offchain;
		}
		return scaled(sum, this.tick);
	}
}

// All parts times a number, and one less another.
export const scaled = (cpu, factor) => Object.fromEntries(PARTS.map(part => [part, cpu[part] * factor]));
export const less = (cpu, other) => Object.fromEntries(PARTS.map(part => [part, cpu[part] - other[part]]));

const numbers = folder => readdirSync(folder).filter(name => /^\d+$/.test(name));
const all = () => numbers('/proc').map(pid => stat(`/proc/${pid}/stat`)).filter(Boolean);

// What /proc tells of a process or a thread, in ticks. Nothing if it has ended since it was listed.
function stat(file) {
	let text;
	try {
		text = readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
	// The name is in brackets, and may have some of its own.
	const [from, to] = [text.indexOf('('), text.lastIndexOf(')')];
	const fields = text.slice(to + 2).split(' ').map(Number);
	return {
		name: text.slice(from + 1, to),
		parent: fields[1],
		used: fields[11] + fields[12],
		ended: fields[13] + fields[14],
	};
}
