// What blocks hold, and a tally to compare with it. Libraries write names in their own ways: `revealClaim`,
// `reveal_claim`, `Inference`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export const [url, file] = process.argv.slice(2);
// { blocks: [{ number, hash, calls: [{ name, kind }], events: [name] }], named, input }. Each call of `named` is
// in a block.
export const expected = JSON.parse(readFileSync(file, 'utf8'));

const plain = name => name.replaceAll('_', '').toLowerCase();
const sum = counts => [...counts.values()].reduce((sum, number) => sum + number, 0);

export class Tally {
	calls = new Map();
	events = new Map();

	call(pallet, name) {
		count(this.calls, `${pallet}.${name}`);
	}

	event(pallet, name) {
		count(this.events, `${pallet}.${name}`);
	}

	// Fails unless it was given the calls and events of these blocks, and nothing else. `hasCalls`: whether the
	// tool decodes a call, by its kind.
	check(blocks = expected.blocks, hasCalls = _kind => true) {
		const wanted = new Tally();
		for (const { calls, events } of blocks) {
			for (const { name, kind } of calls) if (hasCalls(kind)) count(wanted.calls, name);
			for (const name of events) count(wanted.events, name);
		}
		for (const kind of ['calls', 'events']) {
			assert.deepEqual(Object.fromEntries([...this[kind]].sort()), Object.fromEntries([...wanted[kind]].sort()), kind);
		}
		const all = expected.blocks;
		const calls = all.flatMap(({ calls }) => calls).length;
		const events = all.flatMap(({ events }) => events).length;
		console.log(`decoded ${blocks.length} of ${all.length} blocks, ${sum(this.calls)} of ${calls} calls, ${sum(this.events)} of ${events} events`);
	}
}

function count(counts, name) {
	counts.set(plain(name), (counts.get(plain(name)) ?? 0) + 1);
}
