// polkadot.js Apps in Chromium, served from a folder, and what its screens have in common. The first argument
// of the program is the URL of a node. TOOLS_APPS is the folder, CHROMIUM the browser. OPG_SCREENSHOTS keeps
// pictures of the screens.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

const { TOOLS_APPS: FOLDER, CHROMIUM, OPG_SCREENSHOTS } = process.env;
const url = process.argv[2];
const WAIT_MS = 60_000;
const TYPES = {
	'.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json',
	'.svg': 'image/svg+xml', '.wasm': 'application/wasm',
};

const server = http.createServer((request, response) => {
	const path = normalize(new URL(request.url, 'http://localhost').pathname);
	try {
		const file = join(FOLDER, path === '/' ? 'index.html' : path);
		const content = readFileSync(file);
		response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
		response.end(content);
	} catch {
		response.writeHead(404).end();
	}
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const home = `http://127.0.0.1:${server.address().port}/`;

const browser = await chromium.launch({
	executablePath: CHROMIUM,
	// Debian's Chromium has no sandbox of its own for root.
	args: process.getuid() === 0 ? ['--no-sandbox'] : [],
});
const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
context.setDefaultTimeout(WAIT_MS);
// Apps asks other hosts for lists of names and of frauds. They are not what is tested.
await context.route(({ hostname }) => hostname !== '127.0.0.1', route => route.abort());
export const page = await context.newPage();
// What a page shows in place of itself.
export const broken = page.getByText('Uncaught error. Something went wrong');

export async function picture(name) {
	if (!OPG_SCREENSHOTS) return;
	mkdirSync(OPG_SCREENSHOTS, { recursive: true });
	await page.screenshot({ path: join(OPG_SCREENSHOTS, `apps-${name}.png`) });
}

// A screen, by what stands behind the # in its address.
export const open = route => page.goto(`${home}?rpc=${encodeURIComponent(url)}#/${route}`);

// Leaves Apps, with what its top right tells of earlier transactions.
export const leave = () => page.goto('about:blank');

// An account, by its name. Typing leaves those that match.
export async function pickAccount(within, name) {
	await within.locator('div.dropdown').first().click();
	await page.keyboard.type(name);
	await page.keyboard.press('Enter');
}

export async function pickOption(within, name) {
	const list = within.locator('div.dropdown').first();
	await list.click();
	await list.getByRole('option', { name, exact: true }).click();
}

// A call, a query or a method: its pallet or namespace, then its name.
export async function choose(section, name, within = page) {
	await pickOption(within.locator('.ui--DropdownLinked-Sections').first(), section);
	const items = within.locator('.ui--DropdownLinked-Items div.dropdown').first();
	await items.click();
	const call = page.locator('.ui--DropdownLinked-Item-call').filter({ hasText: new RegExp(`^${name}[(:]`) });
	await items.getByRole('option').filter({ has: call }).click();
}

// A field, by the begin of its label.
export function field(label) {
	const labels = page.locator('> label').filter({ hasText: new RegExp(`^${label}`) });
	return page.locator('.ui--Labelled').filter({ has: labels }).last();
}

export async function openExtrinsic(section, call, account = 'DAVE') {
	await open('extrinsics');
	await pickAccount(field('using the selected account'), account);
	await choose(section, call);
}

// Presses a button that sends a transaction, signs it, and waits for what comes of it at the top right: the
// name of an event, or of an error.
export async function submit(sign, button = page.getByRole('button', { name: 'Submit Transaction' })) {
	await button.click();
	await page.getByRole('button', { name: 'Sign and Submit' }).click();
	await page.locator('.ui--Status .item').filter({ hasText: sign }).first().waitFor({ state: 'attached' });
}

// Presses + at a query. Gives the place of its result.
export async function query(name) {
	await page.locator('.storage--actionrow-buttons button').first().click();
	return page.locator('.storage--Query').filter({ has: page.getByText(new RegExp(`^${name}: `)) });
}

// Runs steps by their order. Each gives what was seen.
export async function runSteps(steps) {
	let failed;
	try {
		for (const [name, step] of Object.entries(steps)) {
			failed = name;
			console.log(`${name}: ${await step()}`);
			assert.equal(await broken.count(), 0);
			await picture(name);
			failed = undefined;
		}
	} finally {
		if (failed) await picture(`${failed}-failed`);
		await browser.close();
		server.close();
	}
}
