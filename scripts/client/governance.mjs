// Decides by referendum, as holders do: submission, deposit, votes with what is owned and staked, enactment.
import assert from 'node:assert/strict';
import { account, OPG, say, Sender, until } from './api.mjs';

// Holders of the presets.
export const HOLDERS = [
	'//Bob', '//Charlie', '//Dave', '//Eve', '//Ferdie', '//Alice', '//Alice//stash', '//Bob//stash',
	'//Charlie//stash', '//Dave//stash', '//Eve//stash', '//Ferdie//stash', '//One', '//Two',
];
// What a voter keeps for fees.
const FOR_FEES = 100n * OPG;
// Beyond the periods of the chain.
const PATIENCE_SECONDS = 120;

const whole = planck => `${planck / OPG} OPG`;
const number = value => Number(`${value}`.replaceAll(',', ''));

// Decides `call` on the track of `origin`. `voters`: secrets; the first one proposes. Ends when the call was
// made, and fails where it failed.
export class Referendum {
	constructor(api, rpc, voters, conviction) {
		Object.assign(this, { api, rpc, voters: voters.map(account), conviction });
		this.proposer = new Sender(api, this.voters[0]);
		// Some slots are empty.
		this.blockSeconds = 2 * api.consts.babe.expectedBlockTime.toNumber() / 1000;
	}

	async pass(what, origin, call) {
		const { api, proposer } = this;
		const track = await this.track(origin);
		const blocks = name => number(track[name]);
		say(`${what}: a referendum on the track ${track.name}; it takes ${blocks('preparePeriod')} blocks to prepare, ` +
			`at most ${blocks('decisionPeriod')} to decide, ${blocks('confirmPeriod')} to confirm, ${blocks('minEnactmentPeriod')} to enact`);
		const event = ({ events }, name) => events.find(({ event: { section, method } }) => section === 'referenda' && method === name).event;
		const submitted = await proposer.succeed(api.tx.referenda.submit(origin, { Inline: call.method.toHex() }, { After: 1 }));
		const index = event(submitted, 'Submitted').data.index.toNumber();
		say(`  referendum ${index} is submitted by ${proposer.address}`);
		const placed = await proposer.succeed(api.tx.referenda.placeDecisionDeposit(index));
		say(`  its decision deposit is placed: ${whole(event(placed, 'DecisionDepositPlaced').data.amount.toBigInt())}`);
		await this.vote(index);
		await this.approved(index, track);
		await this.enacted(index, blocks('minEnactmentPeriod'));
	}

	// The track of an origin: Root has the first one, and those of governance have their names.
	async track(origin) {
		const name = (origin.system ? 'upgrades' : origin.Governance).toLowerCase();
		const tracks = this.api.consts.referenda.tracks.map(([, info]) => info);
		// Names are filled up to their length.
		const text = info => Buffer.from(info.name.toU8a(true)).toString().replace(/[^a-z]/g, '');
		const found = tracks.find(info => text(info) === name);
		assert(found, `the chain has no track ${name}`);
		return { ...Object.fromEntries([...found.entries()]), name };
	}

	// Everybody votes aye, with what it owns and what it has in pools.
	async vote(index) {
		let owned = 0n;
		let staked = 0n;
		await Promise.all(this.voters.map(async pair => {
			const { free, stake } = await this.holdings(pair.address);
			const own = free > FOR_FEES ? free - FOR_FEES : 0n;
			if (own + stake === 0n) return;
			const vote = { Standard: { vote: { aye: true, conviction: this.conviction }, balance: own + stake } };
			await new Sender(this.api, pair).succeed(this.api.tx.convictionVoting.vote(index, vote));
			owned += own;
			staked += stake;
		}));
		say(`  ${this.voters.length} accounts voted aye, each with conviction ${this.conviction}: ${whole(owned)} of their own and ${whole(staked)} in pools`);
	}

	// What an account can spend, and what it has in pools, also on its way out, in planck.
	async holdings(address) {
		const { free, pools, delegations } = await this.rpc('opg_v1_account', [address]);
		const sum = list => list.reduce((all, amount) => all + BigInt(amount), 0n);
		const stakes = [...pools.map(pool => ({ ...pool, stake: pool.ownStake })), ...delegations];
		return { free: BigInt(free), stake: sum(stakes.flatMap(({ stake, unbonding }) => [stake, ...unbonding.map(({ amount }) => amount)])) };
	}

	async info(index) {
		return (await this.api.query.referenda.referendumInfoFor(index)).unwrap();
	}

	// Waits until a referendum is approved.
	async approved(index, track) {
		const issuance = (await this.api.query.balances.totalIssuance()).toBigInt();
		const limit = ['preparePeriod', 'decisionPeriod', 'confirmPeriod'].reduce((sum, name) => sum + number(track[name]), 0);
		let last;
		await until(`referendum ${index} is approved`, limit * this.blockSeconds + PATIENCE_SECONDS, async () => {
			const info = await this.info(index);
			if (info.isApproved) return true;
			assert(info.isOngoing, `referendum ${index} is ${info.type}`);
			const { deciding, tally } = info.asOngoing;
			const votes = `${(Number(tally.support.toBigInt() * 1000n / issuance) / 10).toFixed(1)} % of all OPG support it`;
			const phase = deciding.isNone ? 'is prepared'
				: deciding.unwrap().confirming.isNone ? `is decided since block ${deciding.unwrap().since}: ${votes}`
				: `is confirmed in block ${deciding.unwrap().confirming.unwrap()}: ${votes}`;
			if (phase !== last) say(`  it ${last = phase}`);
			return false;
		});
		say(`  it is approved in block ${(await this.info(index)).asApproved[0]}`);
	}

	// Waits until the call of an approved referendum was made.
	async enacted(index, blocks) {
		const { api } = this;
		const approved = (await this.info(index)).asApproved[0].toNumber();
		say(`  its call is made from block ${approved + blocks} on`);
		const seconds = blocks * this.blockSeconds + PATIENCE_SECONDS;
		let next = approved + 1;
		await until(`the call of referendum ${index} is made`, seconds, async () => {
			const best = (await api.rpc.chain.getHeader()).number.toNumber();
			for (; next <= best; next++) {
				const state = await api.at(await api.rpc.chain.getBlockHash(next));
				const made = (await state.query.system.events()).map(({ event }) => event)
					.find(event => event.section === 'scheduler' && event.method === 'Dispatched' && event.data.id.isSome && this.isOf(event.data.id.unwrap(), index));
				if (!made) continue;
				const { result } = made.data;
				assert(result.isOk, `the call of referendum ${index} failed: ${result.isErr && result.asErr}`);
				say(`  its call is made in block ${next}`);
				return true;
			}
			return false;
		});
	}

	// Whether a scheduled call is that of a referendum.
	isOf(id, index) {
		return Buffer.from(id.toU8a()).equals(enactmentOf(this.api, index));
	}
}

// Id of the scheduled call of a referendum, as the SDK makes it.
function enactmentOf(api, index) {
	return Buffer.from(api.registry.hash(Buffer.concat([
		Buffer.from('assembly'), api.createType('Text', 'enactment').toU8a(), api.createType('u32', index).toU8a(),
	])));
}
