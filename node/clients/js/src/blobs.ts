/** Contents: files, and inputs and outputs that are too long for the chain, exchanged in ranges. */

import { Tree, decodeRange, ranges } from './bao.js';
import { ContentUnavailable, NodeMisbehaved, RpcError } from './errors.js';
import { concat, fromHex, toHex } from './hex.js';
import { contentNaming, sameContent, type Content } from './results.js';
import type { Rpc } from './rpc.js';
import { sleep } from './waiting.js';

/** Code with which a node says that it takes only files of registered versions. */
export const NOT_REGISTERED = 7001;
/** Code with which a node says that the request does not wait for this content (any more). */
export const NOT_AWAITED = 7011;

/** Code with which a node says that it does not hold what it is asked for. */
const NOT_HERE = 7007;
/** Milliseconds that a node is given to fetch from others what it does not hold. */
const FETCH_MILLISECONDS = 60_000;
const PAUSE_MILLISECONDS = 500;
/** Most times that a node may say that it misses something. */
const MAX_ROUNDS = 100;

interface Progress {
	complete: boolean;
	missing: [start: number, end: number][];
}

interface Status {
	state: string;
	reason?: string | null;
}

/**
 * Hands bytes to the node, or what it lacks of them: the file of a version, or the input of a
 * request, whose number it is told.
 */
export async function upload(rpc: Rpc, data: Uint8Array, request?: number): Promise<void> {
	const tree = new Tree(data);
	const name = toHex(tree.hash);
	const asked = request === undefined ? [] : [request];
	for (let round = 0; round < MAX_ROUNDS; round += 1) {
		const progress = await rpc.call<Progress>('blobs_v1_begin', name, data.length, ...asked);
		if (progress.complete) return;
		if (progress.missing.length === 0) {
			await rpc.call('blobs_v1_finish', name);
			return;
		}
		for (const [start, end] of progress.missing) {
			await rpc.call('blobs_v1_chunk', name, start, end, toHex(tree.encode(start, end)));
		}
	}
	throw new NodeMisbehaved('the node misses something of the upload again and again');
}

/**
 * Gets a content of a request from the node, or, with `null`, one of a version, such as its
 * tokenizer, and checks it by its hash.
 */
export async function download(
	rpc: Rpc,
	request: number | null,
	content: Content,
): Promise<Uint8Array> {
	const name = toHex(content.hash);
	const parts: Uint8Array[] = [];
	for (const [start, end] of ranges(content.size)) {
		let encoded: string;
		try {
			encoded = await rpc.call<string>('blobs_v1_range', name, start, end);
		} catch (error) {
			if (!(error instanceof RpcError) || error.code !== NOT_HERE) throw error;
			await haveFetched(rpc, request, content);
			encoded = await rpc.call<string>('blobs_v1_range', name, start, end);
		}
		const part = decodeRange(fromHex(encoded), content.size, start, end);
		if (!part) throw new NodeMisbehaved('the node does not send what the chain names');
		parts.push(part);
	}
	const data = concat(parts);
	if (!sameContent(contentNaming(data), content)) {
		throw new NodeMisbehaved('the node does not send what the chain names: its hash is another');
	}
	return data;
}

/** Has the node fetch the content from others, as it may for a request while that is open. */
async function haveFetched(rpc: Rpc, request: number | null, content: Content): Promise<void> {
	const name = toHex(content.hash);
	const unavailable = (reason: string) => unavailableFor(request, content, reason);
	let status: Status | undefined;
	try {
		if (request !== null) {
			status = await rpc.call<Status>('blobs_v1_fetch', name, content.size, request);
		}
	} catch {
		// Below.
	}
	try {
		// The caller's own node fetches anything.
		status ??= await rpc.call<Status>('blobs_v1_fetch', name, content.size);
	} catch (error) {
		throw unavailable(error instanceof Error ? error.message : 'it refuses');
	}
	const deadline = Date.now() + FETCH_MILLISECONDS;
	while (status.state !== 'complete') {
		if (status.state === 'failed' || status.state === 'missing') {
			throw unavailable(status.reason ?? 'nobody that it asked has it');
		}
		if (Date.now() > deadline) throw unavailable('it did not get it in a minute');
		await sleep(PAUSE_MILLISECONDS);
		status = await rpc.call<Status>('blobs_v1_status', name);
	}
}

function unavailableFor(
	request: number | null,
	content: Content,
	reason: string,
): ContentUnavailable {
	const where =
		request === null
			? 'Those who publish and ask the model may have it'
			: 'Validators keep it until the request is final';
	return new ContentUnavailable(
		`the node does not have the content ${toHex(content.hash)} (${reason}). ${where}: ask another ` +
			'node, or your own',
	);
}
