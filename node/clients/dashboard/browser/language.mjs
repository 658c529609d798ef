// The text of a language model's request in Chromium, at a live node: it is what other clients gave, and the
// receipt proves each of its tokens. scripts/test-language.sh starts the nodes and serves the page, and says
// where: OPG_URL, PAGE_URL, CHROMIUM, GENESIS, the request, what its prompt holds, and a file with the answer.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { launch } from './chromium.mjs';

const { OPG_URL, PAGE_URL, GENESIS } = process.env;
const [request, question, file] = process.argv.slice(2);
/** Until a request is settled in a final block. */
const SETTLED_MS = 300_000;

const browser = await launch();
try {
	const page = await browser.newPage();
	page.setDefaultTimeout(60_000);
	const complaints = [];
	page.on('pageerror', ({ message }) => complaints.push(message));
	await page.goto(`${PAGE_URL}?node=${encodeURIComponent(OPG_URL)}#/requests/${request}`);
	const card = page.locator('#text');
	const texts = card.locator('.tokens');
	await texts.first().waitFor();
	for (const side of ['prompt', 'answer']) {
		const load = card.getByRole('button', { name: new RegExp(`^Load the .* of the ${side}`) });
		if (await load.isVisible()) await load.click();
	}
	await texts.nth(1).waitFor();
	const [prompt, answer] = await texts.allTextContents();
	assert.ok(prompt.includes(question), prompt);
	assert.equal(answer.trim(), readFileSync(file, 'utf8').trim());

	await page.getByLabel('Genesis hash').fill(GENESIS, { timeout: SETTLED_MS });
	await page.getByRole('button', { name: 'Trust it' }).click();
	await page.getByRole('button', { name: 'Verify the receipt' }).click();
	const proven = card.getByText(/^The receipt proves these \d+ tokens, in this order\.$/);
	await proven.nth(1).waitFor();
	assert.deepEqual(complaints, []);
	console.log(answer);
} finally {
	await browser.close();
}
