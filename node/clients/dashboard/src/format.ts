// Numbers and names as people read them. Amounts come in planck, as decimal text.

const PLANCK_PER_OPG = 10n ** 18n;
const DECIMALS = 18;

/** Digits in groups of three. */
export function grouped(value: bigint | number): string {
	return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** An amount in OPG with at most `digits` decimals, rounded to the nearest. */
export function opg(planck: string | bigint, digits = 4): string {
	const amount = BigInt(planck);
	const sign = amount < 0n ? '-' : '';
	const unit = 10n ** BigInt(DECIMALS - digits);
	const exact = amount < 0n ? -amount : amount;
	const positive = ((exact + unit / 2n) / unit) * unit;
	const whole = positive / PLANCK_PER_OPG;
	const all = (positive % PLANCK_PER_OPG).toString().padStart(DECIMALS, '0');
	const decimals = all.slice(0, digits).replace(/0+$/, '');
	// Something is not shown as nothing.
	if (exact > 0n && positive === 0n) return `${sign}<${opg(unit, digits)}`;
	return sign + grouped(whole) + (decimals && `.${decimals}`);
}

/** An amount with all its decimals. */
export function exactOpg(planck: string | bigint): string {
	return `${opg(planck, DECIMALS)} OPG`;
}

/** Planck of an amount that somebody typed in OPG. `null` where it is none. */
export function parseOpg(text: string): bigint | null {
	const match = /^(\d{1,20})(?:\.(\d{1,18}))?$/.exec(text.trim().replaceAll(',', ''));
	if (!match?.[1]) return null;
	return BigInt(match[1]) * PLANCK_PER_OPG + BigInt((match[2] ?? '').padEnd(DECIMALS, '0'));
}

/** A large number in three digits: `104M`. */
export function compact(value: string | bigint | number): string {
	const format = { notation: 'compact', maximumSignificantDigits: 3 } as const;
	return new Intl.NumberFormat('en', format).format(BigInt(value));
}

/** A length in bytes. */
export function bytes(length: number): string {
	if (length < 1024) return `${length} B`;
	const units = ['KiB', 'MiB', 'GiB'];
	let value = length;
	let unit = 'B';
	for (const next of units) {
		if (value < 1024) break;
		value /= 1024;
		unit = next;
	}
	return `${Number(value.toPrecision(3))} ${unit}`;
}

/** A part of one. */
export function percent(part: number): string {
	return `${Number((part * 100).toFixed(2))} %`;
}

/** The ends of a hash or an address. */
export function short(text: string): string {
	const head = text.startsWith('0x') ? 8 : 6;
	return text.length <= head + 7 ? text : `${text.slice(0, head)}…${text.slice(-4)}`;
}

/** An element of a tensor: floats in six digits, everything else whole. */
export function element(value: number | bigint | boolean, isFloat: boolean): string {
	if (typeof value !== 'number' || !isFloat) return String(value);
	if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
	const rounded = Number(value.toPrecision(6));
	return Math.abs(rounded) < 1e-4 ? rounded.toExponential() : String(rounded);
}

/** A shape as in `f32[1, 10]`. */
export function shape(dims: readonly number[]): string {
	return `[${dims.join(', ')}]`;
}

/** Words of a name such as `voteCommitted` or `ModelMissing`. */
export function words(name: string): string {
	return name.replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
}

/** Milliseconds since 1970, as a time in UTC. */
export function time(milliseconds: number): string {
	return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Words of a program, as a sentence. */
export function sentence(text: string): string {
	return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
	return `${grouped(count)} ${count === 1 ? one : many}`;
}
