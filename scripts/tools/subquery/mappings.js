// Handlers of the indexer: a row for each call and for each event.
exports.handleCall = async ({ idx, extrinsic: { method }, block }) => {
	const number = block.block.header.number.toNumber();
	const id = `${number}-${idx}`;
	await store.set('Call', id, { id, block: number, name: `${method.section}.${method.method}` });
};

exports.handleEvent = async ({ idx, event, block }) => {
	const number = block.block.header.number.toNumber();
	const id = `${number}-${idx}`;
	await store.set('Event', id, { id, block: number, name: `${event.section}.${event.method}` });
};
