// The page in Chromium at a live network. scripts/test-dashboard.sh starts both, and says where they are:
// OPG_URL, OPG_OTHER_URL (another node of the chain), OPG_BIN, PAGE_URL, CHROMIUM, and DIR with the files
// of requests. OPG_SCREENSHOTS keeps pictures of the views.
//
//   test.mjs            all steps
//   test.mjs NAME...    these, such as stake and wallet: for work on them
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect, devSigner } from '@opg-chain/client';
import { launch } from './chromium.mjs';
import { install } from './wallet.mjs';

const { OPG_URL, OPG_OTHER_URL, OPG_BIN, PAGE_URL, DIR, OPG_SCREENSHOTS } = process.env;
/** Until a request has gone all its way: the challenge window is a minute, an audit another. */
const SETTLED_MS = 240_000;
const BLOCKS_MS = 60_000;
/** Smallest contrast of text, as WCAG 2 asks for at level AA. */
const CONTRAST = 4.5;
/** Requests among which the pictures are. */
const KNOWN = 8;
/** More than a page of requests has rows. */
const MANY = 22;

let step = 'start';
const begin = (name) => {
	step = name;
	console.log(`--- ${name}`);
};
// Secrets are those of every development chain.
const opgAs = (suri, ...args) =>
	promisify(execFile)(join(OPG_BIN, 'opg'), [...args, '--url', OPG_URL], {
		env: { ...process.env, OPG_SURI: suri },
	});

async function rpc(url, method, ...params) {
	const response = await fetch(url.replace('ws', 'http'), {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
	});
	const { result, error } = await response.json();
	if (error) throw new Error(`${method}: ${error.message}`);
	return result;
}

// The page has its policy in its head. Here it comes as the header of docs/dashboard.md too.
const guide = readFileSync(new URL('../../../../docs/dashboard.md', import.meta.url), 'utf8');
const policy = /Content-Security-Policy: ([^`]*)```/.exec(guide)[1].replace(/\s+/g, ' ').trim();
const server = http.createServer(async (request, response) => {
	const found = await fetch(new URL(request.url, PAGE_URL));
	const type = found.headers.get('content-type') ?? 'text/plain';
	response.writeHead(found.status, { 'content-type': type, 'content-security-policy': policy });
	response.end(Buffer.from(await found.arrayBuffer()));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const PAGE = `http://127.0.0.1:${server.address().port}/`;

const browser = await launch();
const context = await browser.newContext({
	viewport: { width: 1280, height: 900 },
	acceptDownloads: true,
});
context.setDefaultTimeout(BLOCKS_MS);
const complaints = [];
const origins = new Set();
// What the reader would find in the browser's console, and whom the page speaks to.
context.on('page', (page) => {
	page.on('pageerror', (error) => {
		// PAPI 2.2 asks once more, in a timer of its own, after its connection was ended.
		if (error.message !== 'Not connected') complaints.push(`error: ${error.message}`);
	});
	page.on('console', (message) => {
		// The browser itself reports a connection that fails, which is a part of this test.
		const isExpected = /WebSocket connection to/.test(message.text());
		if (message.type() === 'error' && !isExpected) complaints.push(`console: ${message.text()}`);
	});
	page.on('request', (request) => origins.add(new URL(request.url()).origin));
	page.on('websocket', (socket) => origins.add(new URL(socket.url()).origin));
});
await context.addInitScript(() => {
	addEventListener('securitypolicyviolation', (event) =>
		console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
	);
});
await install(context, 'Ferdie', 'Holder');
const page = await context.newPage();

const address = (view, node = OPG_URL) => `${PAGE}?node=${encodeURIComponent(node)}${view}`;
// A change behind the `#` alone loads nothing anew.
const visit = async (view, node) => {
	await page.goto('about:blank');
	await page.goto(address(view, node));
};
const see = (text, options) => page.getByText(text, options).first().waitFor();
const card = (name) =>
	page.locator('section.card', { has: page.getByRole('heading', { name, exact: true }) });

async function screenshot(name, options = {}) {
	if (!OPG_SCREENSHOTS) return;
	mkdirSync(OPG_SCREENSHOTS, { recursive: true });
	await page.screenshot({ path: join(OPG_SCREENSHOTS, `${name}.png`), fullPage: true, ...options });
}

/** Text on this view whose contrast is too small, and controls without a name. */
async function accessible() {
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		const found = await page.evaluate((least) => {
			const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
			const rgba = (colour) => {
				canvas.clearRect(0, 0, 1, 1);
				canvas.fillStyle = colour;
				canvas.fillRect(0, 0, 1, 1);
				return [...canvas.getImageData(0, 0, 1, 1).data];
			};
			const luminance = (colour) => {
				const [r, g, b] = rgba(colour).map((part) => {
					const linear = part / 255;
					return linear <= 0.04045 ? linear / 12.92 : ((linear + 0.055) / 1.055) ** 2.4;
				});
				return 0.2126 * r + 0.7152 * g + 0.0722 * b;
			};
			const behind = (element) => {
				for (let at = element; at; at = at.parentElement) {
					const colour = getComputedStyle(at).backgroundColor;
					if (rgba(colour)[3] === 255) return colour;
				}
				return 'white';
			};
			const problems = [];
			for (const element of document.querySelectorAll('body *')) {
				const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
				if (!own || !element.checkVisibility() || element.matches(':disabled, option')) continue;
				const [a, b] = [getComputedStyle(element).color, behind(element)]
					.map(luminance)
					.sort((a, b) => b - a);
				const contrast = (a + 0.05) / (b + 0.05);
				if (contrast < least)
					problems.push(`${contrast.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
			}
			for (const control of document.querySelectorAll(
				'input, select, button, canvas, meter, progress',
			)) {
				const name = control.labels?.length || control.ariaLabel || control.textContent.trim();
				if (!name) problems.push(`no name: ${control.outerHTML.slice(0, 80)}`);
			}
			return problems;
		}, CONTRAST);
		assert.deepEqual(found, [], `${colorScheme}: hard to read, or without a name`);
	}
	await page.emulateMedia({ colorScheme: 'light' });
}

/** Between the page and a node, so that the node can go away. */
class Proxy {
	#sockets = new Set();
	#server;

	async start(port = 0) {
		const { host, hostname, port: node } = new URL(OPG_URL);
		this.#server = net.createServer((socket) => {
			const there = net.connect(Number(node), hostname);
			for (const one of [socket, there]) {
				this.#sockets.add(one);
				one.on('error', () => undefined).on('close', () => this.#sockets.delete(one));
			}
			// A node answers to its own address only.
			socket.once('data', (head) => {
				const own = head.toString('latin1').replace(/^host: .*$/im, `Host: ${host}`);
				there.write(Buffer.from(own, 'latin1'));
				socket.pipe(there).pipe(socket);
			});
		});
		await new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
		this.port = this.#server.address().port;
		this.url = `ws://127.0.0.1:${this.port}`;
	}

	stop() {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}
}

// What several steps look at.
const newest = page.locator('.tile', { hasText: 'Newest block' }).locator('strong');
const form = card('Delegate');
const delegations = card('Your delegations');
// From another node than that of the page, as a reader would ask somebody that they trust.
const genesis = await rpc(OPG_OTHER_URL, 'chain_getBlockHash', 0);
/** Request whose receipt is checked: the one that `life` sends. */
let request = 0;
/** Many requests, which `lists` sends. */
let many = Promise.resolve();

async function blocks() {
	begin('the node is there, and its blocks come');
	await visit('');
	await page.getByRole('status').filter({ hasText: 'OPG Development' }).waitFor();
	const first = await newest.textContent();
	await page.waitForFunction(
		(before) => document.querySelector('.tile strong')?.textContent !== before,
		first,
	);
	await page.keyboard.press('Tab');
	assert.equal(
		await page.evaluate(() => document.activeElement.textContent.trim()),
		'Skip to the content',
	);
	await page.keyboard.press('Enter');
	assert.equal(await page.evaluate(() => document.activeElement.id), 'main');

	// Whoever gets markup into the page gets no script in.
	const isOpen = await page.evaluate(() => {
		const script = document.createElement('script');
		script.textContent = 'globalThis.injected = true';
		document.body.append(script);
		return globalThis.injected === true;
	});
	assert.equal(isOpen, false);
	await page.waitForTimeout(100);
	const told = complaints.splice(0);
	assert.ok(told.length > 0 && told.every((one) => /policy|Content Security/.test(one)), `${told}`);
}

async function life() {
	begin('a request appears in the list, and goes its way on its page');
	const sent = opgAs(
		'//Eve',
		'request',
		'send',
		'//Dave/digits',
		'--tensors',
		join(DIR, 'seven.json'),
		'--json',
	);
	({ request } = JSON.parse((await sent).stdout));
	await page
		.getByRole('link', { name: `${request}`, exact: true })
		.first()
		.click();
	await page.getByRole('heading', { name: `Request ${request}` }).waitFor();
	// Each state that the page shows.
	await page.evaluate(() => {
		const badge = () => document.querySelector('.head .badge')?.textContent;
		globalThis.seen = [badge()];
		new MutationObserver(() => {
			if (badge() && badge() !== globalThis.seen.at(-1)) globalThis.seen.push(badge());
		}).observe(document.body, { subtree: true, childList: true, characterData: true });
	});
	await page.locator('.steps .done', { hasText: 'Attested' }).waitFor();
	await screenshot('request-attested');
	await page.locator('.steps .done', { hasText: 'Final' }).waitFor({ timeout: SETTLED_MS });
	const seen = (await page.evaluate(() => globalThis.seen)).filter(Boolean);
	console.log(`states seen: ${seen.join(', ')}`);
	assert.ok(['requested', 'assigned'].includes(seen[0]), 'it was not seen open');
	assert.ok(seen.includes('attested') && seen.at(-1) === 'settled');

	begin('input, answer and seats are shown as the node has them');
	const { status, seats } = await rpc(OPG_URL, 'opg_v1_request', request);
	await card('Input').getByText('f32[1, 64]').waitFor();
	await card('Answer').getByText('i64[1]').waitFor();
	const label = card('Answer').locator('.tensor', { hasText: 'label' }).locator('.elements');
	assert.equal((await label.textContent()).trim(), '7');
	assert.equal(await card('Rounds').locator('tbody tr').count(), seats.length);
	const digests = await card('Rounds')
		.locator('td:last-child code')
		.evaluateAll((all) => all.map((one) => one.title));
	assert.deepEqual(new Set(digests), new Set([status.answer.digest]));
}

async function receipts() {
	begin('the receipt is verified in the page, and not without an anchor');
	await visit(`#/requests/${request}`);
	const receipt = card('Receipt');
	const verify = receipt.getByRole('button', { name: 'Verify the receipt' });
	assert.ok(await verify.isDisabled(), 'it verifies without an anchor');
	await receipt.getByRole('button', { name: "Verify against this node's own genesis" }).click();
	await receipt.getByText('only that the node agrees with itself').waitFor();
	await receipt.getByLabel('Genesis hash').fill('trust me');
	await receipt.getByRole('button', { name: 'Trust it' }).click();
	await receipt.getByText('A genesis hash has 64 hexadecimal digits.').waitFor();
	await receipt.getByLabel('Genesis hash').fill(genesis);
	await receipt.getByRole('button', { name: 'Trust it' }).click();
	await receipt.getByText('you entered it').waitFor();
	await verify.click();
	await receipt.getByText('It proves the answer that is shown above.').waitFor();
	await receipt.getByText('That the model gives this answer.').waitFor();
	assert.ok(!(await receipt.getByText('agrees with itself').isVisible()));
	await accessible();
	await screenshot('request-verified');
	const downloading = page.waitForEvent('download');
	await receipt.getByRole('button', { name: 'Save the file' }).click();
	const download = await downloading;
	assert.equal(download.suggestedFilename(), `receipt-${request}.json`);
	const file = join(DIR, 'receipt.json');
	await download.saveAs(file);
	// The command line agrees.
	execFileSync(join(OPG_BIN, 'opg'), ['receipt', 'verify', file, '--genesis', genesis], {
		stdio: 'pipe',
	});

	begin('a changed receipt is refused, with the reason');
	const text = readFileSync(file, 'utf8');
	const other = (digits) => digits.slice(0, -1) + (digits.endsWith('0') ? '1' : '0');
	// Round, target, and number of votes come before the first vote, which begins with its target.
	const signature = ({ finality }) => {
		const part = finality.at(-1);
		const at = 2 + 2 * (8 + 36 + 1 + 36 + 20);
		part.justification = other(part.justification.slice(0, at)) + part.justification.slice(at);
	};
	const changed = (change) => {
		const copy = JSON.parse(text);
		change(copy);
		return JSON.stringify(copy);
	};
	const cases = [
		['whole', text, 'The receipt holds.', null],
		[
			'proof',
			changed((copy) => (copy.proof[0] = other(copy.proof[0]))),
			'The receipt is refused.',
			'State',
		],
		['request', changed((copy) => (copy.request += 1)), 'The receipt is refused.', null],
		[
			'runtime',
			changed((copy) => (copy.specVersion += 1)),
			'The receipt is refused.',
			'OtherSpecVersion',
		],
		['signature', changed(signature), 'The receipt is refused.', 'Finality'],
		[
			'genesis',
			changed((copy) => (copy.genesis = other(copy.genesis))),
			'The receipt is refused.',
			'OtherChain',
		],
		['nothing', 'trust me', 'The receipt is refused.', 'NotJson'],
	];
	await visit('#/verify');
	for (const [name, content, verdict, reason] of cases) {
		const path = join(DIR, `${name}.json`);
		writeFileSync(path, content);
		await page.getByLabel('Receipt file').setInputFiles(path);
		await page.getByRole('button', { name: 'Verify', exact: true }).click();
		const said = page.locator('.notice', { hasText: verdict });
		await said.waitFor();
		console.log(`${name}: ${(await said.textContent()).trim()}`);
		if (reason) assert.equal(await said.locator('code').textContent(), reason);
		if (name === 'whole') await screenshot('verify');
		if (name === 'signature') await screenshot('refused');
	}
	await accessible();
}

async function pictures() {
	begin('an input of the shape of a picture is shown as one');
	const { items } = await rpc(OPG_URL, 'opg_v1_models');
	const requests = await Promise.all(
		Array.from({ length: KNOWN }, (_, id) => rpc(OPG_URL, 'opg_v1_request', id)),
	);
	const toModel = (name) => {
		const { latest } = items.find((model) => model.name === name);
		return requests.find((one) => one?.model === latest).request;
	};
	/** The picture of browser/picture.mjs, with so many pixels a side. */
	const isShown = async (side) => {
		const canvas = card('Input').getByRole('img', { name: 'Input picture as a picture' });
		await canvas.waitFor();
		await see(`${side} × ${side} pixels, red, green, blue`);
		const colours = await canvas.evaluate((element, side) => {
			const at = (x, y) => [...element.getContext('2d').getImageData(x, y, 1, 1).data];
			const [x, y] = [10, 12].map((part) => (part * side) / 32);
			return { disc: at(x, y), corner: at(side - 1, 0), below: at(0, side - 1) };
		}, side);
		const last = Math.floor(((side - 1) * 256) / side);
		const wanted = {
			disc: [250, 200, 40, 255],
			corner: [last, 40, 0, 255],
			below: [0, 40, last, 255],
		};
		for (const [place, colour] of Object.entries(wanted)) {
			const isNear = colours[place].every((part, index) => Math.abs(part - colour[index]) <= 1);
			assert.ok(isNear, `${place} is ${colours[place]}, and not ${colour}`);
		}
	};
	await visit(`#/requests/${toModel('colours')}`);
	await isShown(32);
	await screenshot('picture');

	begin('an input outside of the chain is loaded, and its hash compared');
	await visit(`#/requests/${toModel('photos')}`);
	await card('Input').getByText('outside of the chain').waitFor();
	await card('Input')
		.getByRole('button', { name: /^Load the 108 KiB/ })
		.click();
	await isShown(96);
}

/** A transaction is in a block. */
const done = (what) =>
	page.locator('.notice.good', { hasText: what }).filter({ hasText: 'in block' }).waitFor();

async function stake() {
	begin('stake is delegated with a development key, and taken out');
	await visit('#/executors');
	const row = page.getByRole('row').filter({ hasText: 'Bob' });
	await row.getByRole('link', { name: 'Delegate' }).click();
	await page.getByLabel('Or a development key').selectOption('Eve');
	await card('Your account').getByText('development key').waitFor();
	const holder = await card('Your account').locator('code').first().getAttribute('title');
	// Where the test runs once more at the same nodes, there is some.
	const stakeOf = async () => {
		const account = await rpc(OPG_URL, 'opg_v1_account', holder);
		const found = account.delegations.find(({ role }) => role === 'executor');
		return Math.round(Number(BigInt(found?.stake ?? 0) / 10n ** 12n) / 10 ** 3) / 10 ** 3;
	};
	const before = await stakeOf();
	await form.getByText('10,000').first().waitFor();
	await form.getByLabel('Amount in OPG').fill('25.5');
	await form.getByRole('button', { name: 'Delegate' }).click();
	await done('Delegating 25.5 OPG');
	const own = delegations.getByRole('row').filter({ hasText: 'Bob' });
	await own.getByText(`${before + 25.5}`).waitFor();
	await own.getByLabel('OPG to take out').fill('5.5');
	await own.getByRole('button', { name: 'Undelegate' }).click();
	await done('Undelegating 5.5 OPG');
	await own
		.getByText(/in \d+ ticks/)
		.last()
		.waitFor();
	assert.ok(
		await own.getByRole('button', { name: 'Withdraw' }).isDisabled(),
		'unbonding is not over',
	);
	assert.equal(await stakeOf(), before + 20);
	await screenshot('stake');
	// What the chain refuses has its reason.
	await own.getByLabel('OPG to take out').fill('');
	await form.getByLabel('Amount in OPG').fill('900000000000');
	await form.getByText('This is more than the account has.').waitFor();
	assert.ok(await form.getByRole('button', { name: 'Delegate' }).isDisabled());
	await form.getByLabel('Operator').fill(holder);
	await form.getByText('This account has no executor pool.').waitFor();
	await form.getByLabel('Amount in OPG').fill('5');
	await form.getByRole('button', { name: 'Delegate' }).click();
	await page.locator('.notice.bad', { hasText: 'UnknownPool' }).waitFor();
	await accessible();
}

async function wallet() {
	begin('stake is delegated with a wallet, in a validator');
	await visit('#/stake');
	await card('Your account').getByRole('button', { name: 'Connect test-wallet' }).click();
	await card('Your account').getByRole('button', { name: 'Holder' }).click();
	await card('Your account').getByText('(test-wallet)').waitFor();
	await card('Validators of this session').getByRole('link', { name: 'Delegate' }).first().click();
	await form.getByLabel('Role').and(page.locator('select')).waitFor();
	assert.equal(await form.getByLabel('Role').inputValue(), 'validator');
	await form.getByLabel('Amount in OPG').fill('1000');
	await form.getByRole('button', { name: 'Delegate' }).click();
	await done('Delegating 1,000 OPG');
	const validator = delegations.getByRole('row').filter({ hasText: 'validator' });
	// Blocks pay their authors, and those who stand behind them.
	await validator.getByText(/^\+0\.\d+/).waitFor();
	await screenshot('stake-wallet');
}

async function lists() {
	begin('models, executors, courts');
	await visit('#/models');
	await page.getByRole('link', { name: 'digits', exact: true }).click();
	await card('A request costs').getByText('takes requests').waitFor();
	await card('Executors that serve it').getByText('Charlie').waitFor();
	writeFileSync(
		join(DIR, 'many.jsonl'),
		Array.from({ length: MANY }, () =>
			JSON.stringify({ tensors: JSON.parse(readFileSync(join(DIR, 'seven.json'))) }),
		).join('\n'),
	);
	many = opgAs(
		'//Eve',
		'request',
		'batch',
		'//Dave/digits',
		join(DIR, 'many.jsonl'),
		'--tier',
		'optimistic',
		'--output',
		join(DIR, 'results.jsonl'),
	);
	await card('Live').getByText('attested').first().waitFor();
	await accessible();
	await screenshot('model');
	await visit('#/courts');
	await see('No case is open.');
	await accessible();
	await visit('#/executors');
	await page.locator('tbody tr').first().waitFor();
	await card('Convictions').getByText('None that the chain still keeps.').waitFor();
	await screenshot('executors');
	await visit('#/nowhere');
	await see('This page has nothing at');
}

async function court() {
	begin('a case before the court, from a challenge to its verdict');
	const sent = await opgAs(
		'//Eve',
		'request',
		'send',
		'//Dave/digits',
		'--tensors',
		join(DIR, 'seven.json'),
		'--tier',
		'optimistic',
		'--json',
	);
	const { request: disputed } = JSON.parse(sent.stdout);
	await visit(`#/requests/${disputed}`);
	await page.locator('.steps .done', { hasText: 'Attested' }).waitFor();
	const { seed, status } = await rpc(OPG_URL, 'opg_v1_request', disputed);
	// A claim to another answer, which nobody will find.
	const client = await connect(OPG_URL, { signer: devSigner('//Ferdie') });
	const api = await client.api();
	const claim = `0x${'ab'.repeat(32)}`;
	const { digest } = status.answer;
	await client.transact(
		api.tx.Inference.challenge({ request: BigInt(disputed), seed, digest, claim }),
	);
	client.close();
	await page.locator('.steps .now', { hasText: 'In court' }).waitFor();
	await page.locator('.steps .done', { hasText: 'Attested' }).waitFor();
	await see('In dispute: the court decides which answer stands.');
	await screenshot('disputed');
	await visit('#/courts');
	const row = page.getByRole('row').filter({ hasText: `${disputed}` });
	await row.getByText('Ferdie').waitFor();
	await row.getByText('1 / 1').waitFor();
	await accessible();
	await screenshot('courts');
	await row.getByRole('link', { name: `${disputed}` }).click();
	await page.locator('.steps .done', { hasText: 'Final' }).waitFor({ timeout: SETTLED_MS });
	await card('History').getByText('judged').waitFor();
	await screenshot('judged');
}

async function paging() {
	begin('the list is paged, and follows what is new');
	await visit('#/requests');
	await page.locator('.badge', { hasText: 'attested' }).first().waitFor();
	await screenshot('requests');
	await many;
	await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 20);
	await page.getByRole('link', { name: 'Older →' }).click();
	await page.getByRole('heading', { name: /^Before \d+$/ }).waitFor();
	await page.locator('tbody').getByRole('link', { name: '0', exact: true }).first().waitFor();
	await accessible();
	await page.getByRole('link', { name: '← Newest' }).click();
}

async function away() {
	begin('the node goes away, and comes back');
	await visit('#/requests');
	const proxy = new Proxy();
	await proxy.start();
	await page.getByLabel('Address of the node').fill(proxy.url);
	await page.getByRole('button', { name: 'Connect' }).click();
	await page.getByRole('heading', { name: 'Requests' }).waitFor();
	await page.locator('tbody tr').first().waitFor();
	assert.match(page.url(), new RegExp(`node=${encodeURIComponent(proxy.url)}`));
	proxy.stop();
	await see(`No node answers at ${proxy.url}.`);
	await see(/Next attempt in \d+ s/);
	assert.ok((await page.locator('tbody tr').count()) > 0, 'what was there is gone');
	await accessible();
	await screenshot('gone');
	await proxy.start(proxy.port);
	await page.getByRole('button', { name: 'Try now' }).click();
	await page.getByRole('status').filter({ hasText: 'OPG Development' }).waitFor();
	await page.locator('.notice.bad').waitFor({ state: 'detached' });
	const then = await newest.textContent();
	await page.waitForFunction(
		(before) => document.querySelector('.tile strong')?.textContent !== before,
		then,
	);
	proxy.stop();
}

/** In pages of their own: another chain, and a node that refuses. */
async function refusals() {
	begin('a node of another chain is refused');
	const page = await context.newPage();
	const stranger = `0x${'11'.repeat(32)}`;
	await page.goto(`${PAGE}?node=${encodeURIComponent(OPG_URL)}&genesis=${stranger}`);
	await page.getByText('This node is of another chain').waitFor();
	await page.getByText(`You trust ${stranger}`).waitFor();
	await page.goto(`${PAGE}?node=${encodeURIComponent(OPG_URL)}&genesis=${stranger}#/verify`);
	await page.getByText('trust it as far as you trust who gave you the link').waitFor();
	await page.close();

	begin('a method that the node refuses is named');
	const strict = await context.newPage();
	await strict.routeWebSocket(new RegExp(`:${new URL(OPG_URL).port}/?$`), (socket) => {
		const node = socket.connectToServer();
		socket.onMessage((message) => {
			const { id, method } = JSON.parse(message);
			if (method !== 'opg_v1_courts') return node.send(message);
			const error = { code: -32601, message: 'Method not found' };
			return socket.send(JSON.stringify({ jsonrpc: '2.0', id, error }));
		});
	});
	await strict.goto(address('#/courts'));
	await strict.getByText('This node refuses opg_v1_courts').waitFor();
	await strict.close();

	begin('nonsense of a node does not end the page');
	const nonsense = await context.newPage();
	await nonsense.routeWebSocket(new RegExp(`:${new URL(OPG_URL).port}/?$`), (socket) => {
		const node = socket.connectToServer();
		const asked = new Set();
		socket.onMessage((message) => {
			const { id, method } = JSON.parse(message);
			if (method === 'opg_v1_request' || method === 'opg_v1_courts') asked.add(id);
			node.send(message);
		});
		node.onMessage((message) => {
			const { id } = JSON.parse(message);
			if (!asked.has(id)) return socket.send(message);
			return socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: { seats: 7 } }));
		});
	});
	await nonsense.goto(address('#/requests/0'));
	await nonsense.getByText('The node said something that this page cannot show.').waitFor();
	await nonsense.getByRole('link', { name: 'Executors' }).click();
	await nonsense.locator('tbody tr').first().waitFor();
	await nonsense.close();

	begin('something else than a node of this chain is refused');
	const foreign = await context.newPage();
	await foreign.routeWebSocket(/foreign\.example/, (socket) => {
		socket.onMessage((message) => {
			const error = { code: -32601, message: 'Method not found' };
			socket.send(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(message).id, error }));
		});
	});
	await foreign.goto(address('', 'wss://foreign.example/'));
	await foreign.getByText('This is no node of OPG Chain').waitFor();
	await foreign.close();
}

/** As it looks in the dark, and on a telephone. */
async function looks() {
	begin('dark, and narrow');
	const narrow = await browser.newContext({
		viewport: { width: 390, height: 844 },
		colorScheme: 'dark',
	});
	const page = await narrow.newPage();
	for (const view of ['requests', 'requests/0', 'executors', 'models/0', 'stake', 'verify']) {
		await page.goto('about:blank');
		await page.goto(address(`#/${view}`));
		await page.locator('h1').waitFor();
		await page.locator('section.card').first().waitFor();
		await page.getByText('Asking the node …').first().waitFor({ state: 'detached' });
		const [wide, whole] = await page.evaluate(() => [
			document.documentElement.scrollWidth,
			innerWidth,
		]);
		assert.ok(wide <= whole, `${view} is ${wide} pixels wide, of ${whole}`);
		if (OPG_SCREENSHOTS) {
			const path = join(OPG_SCREENSHOTS, `narrow-dark-${view.replace('/', '-')}.png`);
			await page.screenshot({ path, fullPage: true });
		}
	}
	await narrow.close();
}

try {
	const steps = [
		blocks,
		life,
		receipts,
		pictures,
		stake,
		wallet,
		lists,
		court,
		paging,
		away,
		refusals,
		looks,
	];
	const wanted = process.argv.slice(2);
	for (const step of steps) {
		if (wanted.length === 0 || wanted.includes(step.name)) await step();
	}
	assert.deepEqual(complaints, [], 'the browser complained');
	const known = [PAGE, OPG_URL].map((url) => new URL(url).origin);
	const strange = [...origins].filter(
		(origin) =>
			!known.includes(origin) &&
			!/^(ws:\/\/127\.0\.0\.1:|blob:|null|wss:\/\/foreign\.example)/.test(origin),
	);
	assert.deepEqual(strange, [], 'the page speaks to others');
	console.log('\nRESULT dashboard ok');
} catch (error) {
	console.error(`\nat: ${step}`);
	const last = context.pages().at(-1);
	await last?.screenshot({ path: join(DIR, 'failure.png'), fullPage: true }).catch(() => undefined);
	console.error(`the page then: ${join(DIR, 'failure.png')}`);
	for (const complaint of complaints) console.error(complaint);
	throw error;
} finally {
	await browser.close();
	server.close();
}
