// Transactions that no executor and no validator would send: right in shape, wrong in content.
import { compactToU8a, randomAsU8a, u8aConcat, u8aToHex } from '../client/api.mjs';

// Pallets whose calls take no signed origin.
export const SECTIONS = ['attestation', 'court'];
const ITEMS = 16;
const BYTES = 64;
// Version byte of a general transaction, and of its extensions.
const GENERAL = [0x45, 0x00];

// Calls of other pallets that take none either.
const OTHERS = [['inference', 'challengeWithPool'], ['inference', 'revealClaimWithPool']];

// Every one of those calls, with arguments as large as they get.
export function calls(api) {
	const methods = SECTIONS.flatMap(section => Object.values(api.tx[section]));
	const others = OTHERS.map(([section, method]) => api.tx[section][method]);
	return [...methods, ...others].map(tx => tx(...tx.meta.fields.map(({ type }) => garbage(api, type))));
}

// A random value of a type of the metadata.
function garbage(api, id) {
	const { def, path } = api.registry.lookup.getSiType(id);
	if (def.isComposite) {
		const { fields } = def.asComposite;
		if (fields.length === 1 && fields[0].name.isNone) return garbage(api, fields[0].type);
		if (fields.every(({ name }) => name.isSome)) {
			return Object.fromEntries(fields.map(({ name, type }) => [camel(`${name.unwrap()}`), garbage(api, type)]));
		}
		return fields.map(({ type }) => garbage(api, type));
	}
	if (def.isSequence) {
		const { type } = def.asSequence;
		return isByte(api, type) ? u8aToHex(randomAsU8a(BYTES)) : Array.from({ length: ITEMS }, () => garbage(api, type));
	}
	if (def.isArray) {
		const { len, type } = def.asArray;
		const length = len.toNumber();
		return isByte(api, type) ? u8aToHex(randomAsU8a(length)) : Array.from({ length }, () => garbage(api, type));
	}
	if (def.isTuple) return def.asTuple.map(type => garbage(api, type));
	if (def.isCompact) return garbage(api, def.asCompact.type);
	// The client takes an option as null or as what is inside, and not as a variant.
	if (def.isVariant && `${path.at(-1)}` === 'Option') {
		return randomAsU8a(1)[0] % 2 ? garbage(api, def.asVariant.variants[1].fields[0].type) : null;
	}
	if (def.isVariant) {
		const variant = def.asVariant.variants[0];
		const { fields } = variant;
		const inner = fields.map(({ type }) => garbage(api, type));
		return { [`${variant.name}`]: fields.length === 0 ? null : fields.length === 1 ? inner[0] : inner };
	}
	return def.isPrimitive && def.asPrimitive.isBool ? false : randomAsU8a(1)[0];
}

const isByte = (api, id) => {
	const { def } = api.registry.lookup.getSiType(id);
	return def.isPrimitive && def.asPrimitive.isU8;
};
const camel = name => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

// A call without a signature, as a general transaction with empty extensions.
export function general(api, tx) {
	const extensions = api.registry.metadata.extrinsic.transactionExtensions.map(({ type }) =>
		api.registry.createType(api.registry.createLookupType(type)).toU8a());
	const body = u8aConcat(GENERAL, ...extensions, tx.method.toU8a());
	return u8aToHex(u8aConcat(compactToU8a(body.length), body));
}
