// Subsquid: a processor without an archive, whose store is this program's memory.
import { SubstrateBatchProcessor } from '@subsquid/substrate-processor';
import { readFileSync } from 'node:fs';
import { expected, Tally, url } from './expected.mjs';

const { version } = JSON.parse(readFileSync('node_modules/@subsquid/substrate-processor/package.json', 'utf8'));
console.log(`@subsquid/substrate-processor ${version}`);
const last = expected.blocks.at(-1).number;
const processor = new SubstrateBatchProcessor()
	.setRpcEndpoint(url.replace('ws://', 'http://'))
	.setBlockRange({ from: 1, to: last })
	// Calls and extrinsics are left out: it decodes no general transactions, and no block that holds one.
	.setFields({ event: { name: true, args: true } })
	.addEvent({});

const tally = new Tally();
let head = { height: -1, hash: '0x' };
const memory = {
	connect: async () => head,
	async transact({ nextHead }, handle) {
		await handle();
		head = nextHead;
	},
};
processor.run(memory, async ({ blocks }) => {
	for (const { header, events } of blocks) {
		for (const { name } of events) tally.event(...name.split('.'));
		if (header.height === last) tally.check(expected.blocks, () => false);
	}
});
