// Writes what a page of the documentation says as programs: page.mjs PAGE FOLDER.
//
// `commands.sh` has the commands before the first JavaScript. `page.mjs` has all JavaScript in its
// order, as one module; commands between are run at their places.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [page, folder] = process.argv.slice(2);
const blocks = [...readFileSync(page, 'utf8').matchAll(/^```(bash|js)\n(.*?)^```$/gms)];
const first = blocks.findIndex(([, language]) => language === 'js');
const run = (block) =>
	`execFileSync('bash', ['-euo', 'pipefail', '-c', ${JSON.stringify(block)}], { stdio: 'inherit' });\n`;

const commands = blocks.slice(0, first).map(([, , block]) => block);
writeFileSync(join(folder, 'commands.sh'), `set -euo pipefail\n${commands.join('')}`);
const parts = blocks
	.slice(first)
	.map(([, language, block]) => (language === 'js' ? block : run(block)));
// With what the page does not import.
writeFileSync(
	join(folder, 'page.mjs'),
	`import { execFileSync } from 'node:child_process';\nimport process from 'node:process';\n${parts.join('')}`,
);
