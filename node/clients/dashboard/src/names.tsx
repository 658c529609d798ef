// Names of model versions, each asked for once in a connection.
import { useEffect, useState } from 'preact/hooks';
import { useOpen } from './hooks';
import type { Open } from './link';
import { to } from './route';

/** Names that are kept. */
const MOST = 500;

let epoch = 0;
const names = new Map<number, Promise<string>>();

function nameOf(open: Open, id: number): Promise<string> {
	if (epoch !== open.epoch || names.size > MOST) names.clear();
	epoch = open.epoch;
	let name = names.get(id);
	if (!name) {
		name = open.client.rpc.model(id).then(
			({ name, number }) => `${name} ${number}`,
			() => `version ${id}`,
		);
		names.set(id, name);
	}
	return name;
}

/** A link to a version, by its name. */
export function ModelName({ id }: { id: number }) {
	const open = useOpen();
	const [name, setName] = useState(`version ${id}`);
	useEffect(() => {
		let isOver = false;
		void nameOf(open, id).then((name) => !isOver && setName(name));
		return () => {
			isOver = true;
		};
	}, [open.epoch, id]);
	return <a href={to.model(id)}>{name}</a>;
}
