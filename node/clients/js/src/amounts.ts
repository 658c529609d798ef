/** Amounts: whole planck as the chain has them, and OPG as people write them. */

/** A `bigint` is planck. A string is OPG: `'0.25'`. */
export type Amount = bigint | string;

const DECIMALS = 18;

/** Planck of one OPG. */
export const OPG = 10n ** BigInt(DECIMALS);

/** An amount in planck. A `number` is refused: it does not hold amounts exactly. */
export function toPlanck(amount: Amount): bigint {
	let planck: bigint;
	if (typeof amount === 'bigint') planck = amount;
	else if (typeof amount === 'string') planck = parse(amount);
	else throw new TypeError('an amount is a bigint (planck) or a string (OPG)');
	if (planck < 0n || planck >= 2n ** 128n) {
		throw new RangeError(`${String(amount)} is no amount that the chain can hold`);
	}
	return planck;
}

function parse(text: string): bigint {
	const parts = /^([0-9]+)(?:\.([0-9]+))?$/.exec(text);
	const [, whole = '', rest = ''] = parts ?? [];
	if (!parts) throw new RangeError(`${JSON.stringify(text)} is no amount of OPG`);
	const decimals = rest.replace(/0+$/, '');
	if (decimals.length > DECIMALS) {
		throw new RangeError(`${text} OPG has more than ${String(DECIMALS)} decimals`);
	}
	return BigInt(whole) * OPG + BigInt(decimals.padEnd(DECIMALS, '0'));
}

/** An amount of planck in OPG, exactly: `'0.25'`. */
export function toOpg(planck: bigint): string {
	const sign = planck < 0n ? '-' : '';
	const positive = planck < 0n ? -planck : planck;
	const rest = (positive % OPG).toString().padStart(DECIMALS, '0').replace(/0+$/, '');
	return `${sign}${String(positive / OPG)}${rest && `.${rest}`}`;
}

/** The same for people: `'0.25 OPG'`. */
export function formatOpg(planck: bigint): string {
	return `${toOpg(planck)} OPG`;
}
