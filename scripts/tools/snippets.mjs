// Every program in docs/tools.md is a part of one that scripts/tools.sh runs.
import { readdirSync, readFileSync } from 'node:fs';

const tools = new URL('.', import.meta.url);
const files = ['js', 'sidecar', 'python'].flatMap(folder =>
	readdirSync(new URL(`${folder}/`, tools)).map(name => new URL(`${folder}/${name}`, tools)));
const flat = text => text.split('\n').map(line => line.trim()).join('\n');
const programs = files.map(file => flat(readFileSync(file, 'utf8')));
const document = readFileSync(new URL('../../docs/tools.md', tools), 'utf8');
const snippets = [...document.matchAll(/^```(?:js|ts|python)\n([^]*?)^```$/gm)].map(([, text]) => flat(text));
const strange = snippets.filter(snippet => !programs.some(program => program.includes(snippet)));
for (const snippet of strange) console.error(`docs/tools.md: in no program of scripts/tools:\n${snippet}`);
console.log(`${snippets.length} programs of docs/tools.md`);
process.exit(strange.length === 0 && snippets.length > 0 ? 0 : 1);
