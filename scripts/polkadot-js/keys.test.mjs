// Key files between `opg key` and polkadot.js, both ways: the same key, the same password, and nothing
// opens with another. With --fixture prints the key file that the test of `opg` has as a vector.
import { Keyring } from '@polkadot/api';
import { cryptoWaitReady, signatureVerify } from '@polkadot/util-crypto';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FIXTURE = { uri: '//Alice//fixture', name: 'fixture', password: 'correct horse, battery staple: ü' };
const PASSWORD = 'from opg, with Ümläuts';

const fixture = keyring => keyring.addFromUri(FIXTURE.uri, { name: FIXTURE.name }).toJson(FIXTURE.password);

// polkadot.js opens what `opg key generate` wrote.
function opensOurs(keyring, opg, folder) {
	const made = JSON.parse(opg('key', 'generate', 'mine', '--password-file', join(folder, 'password'), '--json'));
	const json = JSON.parse(readFileSync(made.file, 'utf8'));
	assert.equal(json.meta.name, 'mine');
	const pair = keyring.addFromJson(json);
	assert.equal(keyring.encodeAddress(pair.address, 42), keyring.encodeAddress(made.address, 42));
	assert.throws(() => pair.unlock('another password'), /Unable to decode/);
	pair.unlock(PASSWORD);
	const message = Uint8Array.of(1, 2, 3);
	assert(signatureVerify(message, pair.sign(message), made.public_key).isValid);
	console.log(`polkadot.js opens ${made.file} of opg, and signs with its key`);
}

// `opg` opens what polkadot.js wrote.
function opensTheirs(keyring, opg, folder) {
	for (const uri of [FIXTURE.uri, '//Alice/soft/path', `0x${'5a'.repeat(32)}`]) {
		const pair = keyring.addFromUri(uri, { name: 'theirs' });
		const file = join(folder, 'theirs.json');
		writeFileSync(file, JSON.stringify(pair.toJson(PASSWORD)));
		const shown = JSON.parse(opg('key', 'inspect', file, '--open', '--json', '--password-file', join(folder, 'password')));
		assert.equal(keyring.encodeAddress(shown.address, 42), keyring.encodeAddress(pair.address, 42));
		console.log(`opg opens the key of ${uri} that polkadot.js wrote`);
	}
	writeFileSync(join(folder, 'wrong'), 'another password');
	const refused = spawnSync(
		process.env.OPG_CLI,
		['key', 'inspect', join(folder, 'theirs.json'), '--open', '--json', '--password-file', join(folder, 'wrong')],
		{ encoding: 'utf8' },
	);
	assert.equal(refused.status, 14);
	assert.equal(JSON.parse(refused.stderr).reason, 'CannotSign');
}

await cryptoWaitReady();
const keyring = new Keyring({ type: 'sr25519' });
if (process.argv.includes('--fixture')) {
	console.log(JSON.stringify(fixture(keyring)));
} else {
	const folder = mkdtempSync(join(tmpdir(), 'opg-keys.'));
	try {
		writeFileSync(join(folder, 'password'), `${PASSWORD}\n`);
		const env = { ...process.env, OPG_KEYS: join(folder, 'keys') };
		const opg = (...words) => execFileSync(process.env.OPG_CLI, words, { encoding: 'utf8', env });
		opensOurs(keyring, opg, folder);
		opensTheirs(keyring, opg, folder);
		console.log('RESULT key_files 1');
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
