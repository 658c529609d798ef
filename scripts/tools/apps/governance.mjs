// polkadot.js Apps: what a holder whose OPG is staked clicks to decide. A number of validators and an engine
// are proposed, voted for and enacted. The account EVE owns most of the OPG.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
	choose, field, leave, open, openExtrinsic, page, pickAccount, pickOption, picture, query, runSteps, submit,
} from './browser.mjs';

const HOLDER = 'EVE';
// In OPG. The vote is of more than the account keeps, and less than it has in the pool.
const STAKED = 9_500_000n;
const VOTED = 9_000_000n;
const OPG = 10n ** 18n;
// A chain of the presets has elected up to 21.
const VALIDATORS = 20;
// Nominated, and the nodes gave evidence for it.
const ENGINE = process.env.TOOLS_ENGINE;
// A wait for the end of a period: the longest is the week of an engine, which is 7 minutes here, and blocks may
// be slow.
const PERIOD_MS = 20 * 60_000;
const SETTLE_MS = 1500;

const started = Date.now();
const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
const dialog = page.locator('.ui--Modal').last();
const button = name => dialog.getByRole('button', { name, exact: true });

// Rows of Apps' page of referenda: all, and one.
const rows = page.locator('tr').filter({ has: page.locator('.ui--Table-Column-Id') });
const row = index =>
	rows.filter({ has: page.locator('.ui--Table-Column-Id').filter({ hasText: new RegExp(`^${index}$`) }) });

// Governance, Preimages, Add preimage. Gives the hash.
async function notePreimage(name, section, call, fill) {
	await leave();
	await open('preimages');
	await page.getByRole('button', { name: 'Add preimage' }).click();
	await pickAccount(field('send from account'), HOLDER);
	await choose(section, call, dialog);
	await fill();
	// The page hashes a call some time after it has changed.
	let hash, before;
	do {
		before = hash;
		await sleep(SETTLE_MS);
		hash = (await field('preimage hash').innerText()).match(/0x[0-9a-f]{64}/)[0];
	} while (hash !== before);
	await picture(`${name}-preimage`);
	await submit('preimage.Noted', button('Submit preimage'));
	return hash;
}

// Governance, Referenda, Submit proposal. Gives the number of the referendum.
async function propose(name, track, origin, hash, call) {
	await leave();
	await open('referenda');
	await page.getByRole('button', { name: 'Submit proposal' }).click();
	await pickAccount(field('propose from account'), HOLDER);
	// Only the origin counts: Apps knows none for these tracks, and its list of tracks sets none.
	const tracks = field('submission track').locator('div.dropdown').first();
	await tracks.click();
	await tracks.getByRole('option').filter({ hasText: new RegExp(`^${track} / ${origin}`) }).click();
	await pickOption(field('origin'), 'Governance');
	await pickOption(field('Governance'), origin);
	await field('preimage hash').locator('input').fill(hash);
	// The chain says how long the preimage is.
	await page.waitForFunction(() => !document.querySelector('.ui--Modal .error'));
	await field('after number of blocks').locator('input').fill('1');
	await picture(`${name}-proposal`);
	await submit('referenda.Submitted', button('Submit proposal'));
	const submitted = rows.filter({ hasText: call }).filter({ hasText: 'Decision deposit' }).first();
	return Number(await submitted.locator('.ui--Table-Column-Id').innerText());
}

// In the row of the referendum, Decision deposit.
async function deposit(name, index) {
	await leave();
	await open('referenda');
	await row(index).getByRole('button', { name: 'Decision deposit' }).click();
	await pickAccount(field('deposit from account'), HOLDER);
	assert.equal(await field('referendum id').locator('input').inputValue(), `${index}`);
	await picture(`${name}-deposit`);
	await submit('referenda.DecisionDepositPlaced', button('Place deposit'));
}

// The dialog of the page takes no more than the balance of the account. It turns red, its button stays, and
// what it would sign is another vote.
async function dialogOfVotes(name, index) {
	await leave();
	await open('referenda');
	await row(index).getByRole('button', { name: 'Vote', exact: true }).click();
	await pickAccount(field('vote with account'), HOLDER);
	const value = field('aye vote value');
	const input = value.locator('input').first();
	await page.waitForFunction(input => Number(input.value) > 0, await input.elementHandle());
	await input.press('Control+a');
	await input.pressSequentially(`${VOTED}`);
	const refused = await value.locator('.error').count() > 0;
	await picture(`${name}-dialog`);
	await button('Vote').click();
	await page.getByRole('button', { name: 'Sign and Submit' }).waitFor();
	await dialog.locator('.ui--Expander-summary').first().click();
	const balance = field('balance').locator('input').first();
	await balance.waitFor();
	const signed = await balance.inputValue();
	await picture(`${name}-dialog-signs`);
	// What was not signed goes with the page.
	await leave();
	return `${refused ? 'red' : 'not red'}, would sign ${signed} OPG`;
}

// Developer, Extrinsics, convictionVoting.vote.
async function vote(name, index) {
	await leave();
	await openExtrinsic('convictionVoting', 'vote', HOLDER);
	await field('pollIndex').locator('input').first().fill(`${index}`);
	await pickOption(field('vote'), 'Standard');
	await pickOption(field('aye'), 'Aye');
	await pickOption(field('conviction'), 'Locked1x');
	await field('balance').locator('input').first().fill(`${VOTED}`);
	await picture(`${name}-vote`);
	await submit('convictionVoting.Voted');
}

// Waits until the page of referenda says so of one.
async function rowSays(name, index, text) {
	await leave();
	await open('referenda');
	await row(index).getByText(text, { exact: true }).first().waitFor({ timeout: PERIOD_MS });
	await picture(`${name}-${text.toLowerCase()}`);
}

// Developer, Chain state: asks, and waits until the answer has this.
async function chainState(section, name, fill, wanted) {
	await leave();
	await open('chainstate');
	await choose(section, name);
	await fill();
	const result = await query(`${section}.${name}`);
	await result.getByText(wanted).first().waitFor({ timeout: PERIOD_MS });
	return (await result.innerText()).replace(/\s+/g, ' ');
}

const referendumIs = (index, wanted) =>
	chainState('referenda', 'referendumInfoFor', () => field('u32').locator('input').first().fill(`${index}`), wanted);
const engineIs = wanted =>
	chainState('models', 'engines', () => field('H256').locator('input').first().fill(ENGINE), wanted);

async function decide(name, index) {
	await vote(name, index);
	const voted = seconds();
	await rowSays(name, index, 'Confirming');
	return `${(await row(index).innerText()).replace(/\s+/g, ' ')}; voted after ${voted}`;
}

let engine, parameter;
const steps = {
	async stake() {
		await leave();
		await openExtrinsic('staking', 'delegate', HOLDER);
		await pickAccount(field('operator'), 'ALICE');
		await pickOption(field('role'), 'Executor');
		await field('amount').locator('input').fill(`${STAKED * OPG}`);
		await submit('staking.Delegated');
		return `${HOLDER} has delegated ${STAKED} OPG`;
	},
	async engine_proposed() {
		const hash = await notePreimage('engine', 'models', 'admitEngine', async () => {
			await field('engineId').locator('input').first().fill(ENGINE);
		});
		engine = await propose('engine', 1, 'Engines', hash, 'models.admitEngine');
		await deposit('engine', engine);
		return `referendum ${engine}, ${seconds()}`;
	},
	async parameter_proposed() {
		const hash = await notePreimage('parameter', 'staking', 'setValidatorCount', async () => {
			await field('count').locator('input').first().fill(`${VALIDATORS}`);
		});
		parameter = await propose('parameter', 2, 'Parameters', hash, 'staking.setValidatorCount');
		await deposit('parameter', parameter);
		return `referendum ${parameter}, ${seconds()}`;
	},
	async dialog_of_votes() {
		return await dialogOfVotes('engine', engine);
	},
	async engine_voted() {
		return await decide('engine', engine);
	},
	async parameter_voted() {
		return await decide('parameter', parameter);
	},
	async engine_approved() {
		await rowSays('engine', engine, 'Approved');
		await referendumIs(engine, /Approved/);
		return seconds();
	},
	async parameter_approved() {
		await rowSays('parameter', parameter, 'Approved');
		await referendumIs(parameter, /Approved/);
		return seconds();
	},
	// Both deposits can be had back once it is approved.
	async refunded() {
		await leave();
		await open('referenda');
		await row(parameter).getByRole('button', { name: 'Refund deposit' }).click();
		await pickAccount(field('refund from account'), HOLDER);
		await submit('referenda.DecisionDepositRefunded', button('Refund deposit'));
		await leave();
		await openExtrinsic('referenda', 'refundSubmissionDeposit', HOLDER);
		await field('index').locator('input').first().fill(`${parameter}`);
		await submit('referenda.SubmissionDepositRefunded');
		return 'decision deposit on the page of referenda, submission deposit on that of extrinsics';
	},
	async parameter_enacted() {
		const text = await chainState('staking', 'validatorCount', async () => {}, new RegExp(`^${VALIDATORS}$`));
		return `${text}, ${seconds()}`;
	},
	async engine_enacted() {
		return `${await engineIs(/from: /)}, ${seconds()}`;
	},
};

await runSteps(steps);
