// polkadot.js Apps: the screens that a holder and a developer of dApps use.
import assert from 'node:assert/strict';
import {
	broken, choose, field, open, openExtrinsic, page, pickAccount, pickOption, query, runSteps, submit,
} from './browser.mjs';
import { expected } from './expected.mjs';

// 2 OPG, in planck.
const DELEGATED = 2n * 10n ** 18n;

async function fillDelegation(amount) {
	await openExtrinsic('staking', 'delegate');
	await pickAccount(field('operator'), 'ALICE');
	await pickOption(field('role'), 'Executor');
	await field('amount').locator('input').fill(`${amount}`);
}

// First lines of these, which are names.
async function names(rows) {
	const texts = await rows.allInnerTexts();
	return texts.map(text => text.trim().split('\n')[0]);
}

// Calls with their events, and the events of the block itself.
async function block({ hash, calls, events }) {
	await open(`explorer/query/${hash}`);
	await page.getByRole('cell', { name: hash }).first().waitFor();
	const rows = page.locator('tr').filter({ has: page.locator('a.isDecoded') });
	await rows.nth(calls.length - 1).waitFor();
	assert.deepEqual(await names(rows.locator('td:first-child')), calls.map(({ name }) => name));
	const [ofCalls, ofBlock] = ['event', 'block'].map(kind => page.locator(`.explorer--BlockByHash-${kind}`));
	const seen = [...await names(ofCalls), ...await names(ofBlock)];
	assert.deepEqual(seen.sort(), [...events].sort());
	return rows;
}

// Opens the arguments of a call. Gives whether they are shown.
async function showsArguments(row, argument) {
	await row.locator('.ui--Expander-summary').first().click();
	const shown = row.locator('label').filter({ hasText: new RegExp(`^${argument}`) }).first();
	await shown.or(broken).first().waitFor();
	return !(await broken.isVisible());
}

const steps = {
	async explorer() {
		await open('explorer');
		await page.getByText('OPG Development').waitFor();
		console.log(`polkadot.js ${await page.getByText(/^apps v/).innerText()}, its ${await page.getByText(/^api v/).innerText()}`);
		await page.locator('td').filter({ hasText: /secs? ago/ }).nth(3).waitFor();
		return 'blocks arrive';
	},
	async blocks() {
		// The first block with each.
		const found = expected.named.map(name => expected.blocks.find(({ calls }) => calls.some(call => call.name === name)));
		const opened = [...new Set(found)];
		for (const one of opened) await block(one);
		return `${expected.named.length} kinds of calls in ${opened.length} blocks, with their events`;
	},
	async arguments() {
		const shown = [];
		for (const [name, argument] of [['inference.request', 'model'], ['attestation.commit', 'items']]) {
			const one = expected.blocks.find(({ calls }) => calls.some(call => call.name === name));
			const rows = await block(one);
			const yes = await showsArguments(rows.nth(one.calls.findIndex(call => call.name === name)), argument);
			shown.push(`of ${name} ${yes ? 'shown' : 'not shown: the page breaks'}`);
			assert(yes || name !== 'inference.request');
			// A page that broke stays as it is until Apps is loaded again.
			if (!yes) await page.goto('about:blank');
		}
		return shown.join(', ');
	},
	async accounts() {
		await open('accounts');
		const dave = page.locator('tr').filter({ hasText: 'DAVE' });
		await dave.getByText(/^op/).first().waitFor({ state: 'attached' });
		// The sum of all.
		await page.getByText(/^[1-9]\d*\.\d{4} MOPG$/).first().waitFor();
		return 'balances in OPG, addresses with op';
	},
	async delegate() {
		await fillDelegation(DELEGATED);
		// The link of the call opens it again.
		const call = (await page.getByText(/^#\/extrinsics\/decode\/0x/).first().textContent()).slice(2);
		await submit('staking.Delegated');
		await open(call);
		await page.getByText('delegate(operator, role, amount)').first().waitFor();
		return 'signed, staking.Delegated; its call data decode';
	},
	async refused() {
		await fillDelegation(1n);
		await submit('staking.DelegationTooSmall');
		return 'staking.DelegationTooSmall';
	},
	async units() {
		await openExtrinsic('staking', 'bond');
		await field('amount').getByText('OPG').waitFor();
		await openExtrinsic('staking', 'delegate');
		await field('amount').locator('input').waitFor();
		assert.equal(await field('amount').getByText('OPG').count(), 0);
		return 'bond takes OPG, delegate planck';
	},
	async state() {
		await open('chainstate');
		await choose('staking', 'pools');
		await pickOption(field('PalletOpgStakingRole'), 'Executor');
		// All operators.
		await page.locator('.ui--Toggle').filter({ hasText: 'include option' }).click();
		const pools = await query('staking.pools');
		await pools.getByText(/Active/).first().waitFor();
		const count = (await pools.innerText()).match(/Active/g).length;
		assert.equal(count, 3);
		await choose('staking', 'delegations');
		await pickAccount(field('AccountId32'), 'DAVE');
		const delegations = await query('staking.delegations');
		await delegations.getByText(/Executor/).waitFor();
		return `${count} pools, a holder's delegations`;
	},
	async rpc() {
		await open('rpc');
		await choose('system', 'health');
		await page.getByRole('button', { name: 'Submit RPC call' }).click();
		await page.locator('.rpc--Results').getByText('isSyncing').waitFor();
		await page.locator('.ui--DropdownLinked-Sections div.dropdown').first().click();
		const sections = await page.locator('.ui--DropdownLinked-Sections').getByRole('option').allInnerTexts();
		return `system.health; methods opg_* ${sections.includes('opg') ? '' : 'not '}offered`;
	},
	async runtime() {
		await open('runtime');
		await choose('opgApi', 'estimate');
		await pickOption(field('tier'), 'Quorum');
		await page.getByRole('button', { name: 'Submit Runtime call' }).click();
		const price = page.getByText(/^\d{1,3}(,\d{3}){3,}$/);
		await price.first().waitFor();
		return `opgApi.estimate: ${await price.first().innerText()} planck`;
	},
	async batch() {
		await openExtrinsic('utility', 'batch');
		const remark = page.locator('.ui--Labelled').filter({ has: page.locator('> label').filter({ hasText: /^remark/ }) });
		await remark.last().locator('input').first().fill('0x01');
		await submit('utility.BatchCompleted');
		return 'signed, utility.BatchCompleted';
	},
	async preimage() {
		await openExtrinsic('preimage', 'notePreimage');
		// A remark that was not made before.
		const four = (Date.now() % 2 ** 32).toString(16).padStart(8, '0');
		await field('bytes').locator('input').first().fill(`0x000010${four}`);
		await submit('preimage.Noted');
		await open('preimages');
		await page.getByText('system.remark').first().waitFor();
		return 'signed, preimage.Noted; the page of preimages decodes it';
	},
};

await runSteps(steps);
