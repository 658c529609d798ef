// Writes src/schema.ts: the types of what nodes say, from the document that nodes give of their methods.
//
//   node scripts/schema.mjs             writes it
//   node scripts/schema.mjs --print     to the standard output
import { readFileSync, writeFileSync } from 'node:fs';

const OPENRPC = new URL('../../../../docs/openrpc.json', import.meta.url);
const FILE = new URL('../src/schema.ts', import.meta.url);
const PRIMITIVES = {
	integer: 'number',
	number: 'number',
	string: 'string',
	boolean: 'boolean',
	null: 'null',
};

const { components, methods } = JSON.parse(readFileSync(OPENRPC, 'utf8'));

function typeOf(schema, indent = '\t') {
	if (schema === true || schema === undefined) return 'unknown';
	if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
	if ('const' in schema) return `'${schema.const}'`;
	const anyOf = schema.anyOf ?? schema.oneOf;
	if (anyOf) return [...new Set(anyOf.map((one) => typeOf(one, indent)))].join(' | ');
	const types = [schema.type].flat();
	return types
		.map((type) => {
			if (type === 'array') return listOf(typeOf(schema.items, indent));
			if (type === 'object') return objectOf(schema, indent);
			if (!(type in PRIMITIVES)) throw new Error(`no type for ${JSON.stringify(schema)}`);
			return PRIMITIVES[type];
		})
		.join(' | ');
}

function listOf(type) {
	return type.includes(' ') ? `(${type})[]` : `${type}[]`;
}

function objectOf({ properties, additionalProperties, required = [] }, indent) {
	if (!properties) return `Record<string, ${typeOf(additionalProperties, indent)}>`;
	// Answers have all of their fields; what is asked with need not.
	const isAsked = additionalProperties === false;
	const fields = Object.entries(properties).map(([name, schema]) => {
		const mark = isAsked && !required.includes(name) ? '?' : '';
		return `${comment(schema.description, `${indent}\t`)}${indent}\t${name}${mark}: ${typeOf(schema, `${indent}\t`)};\n`;
	});
	return `{\n${fields.join('')}${indent}}`;
}

function comment(text, indent) {
	if (!text) return '';
	const lines = text.split('\n');
	if (lines.length === 1) return `${indent}/** ${text} */\n`;
	return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

const out = ['// Written by scripts/schema.mjs from docs/openrpc.json.\n'];
for (const [name, schema] of Object.entries(components.schemas)) {
	const about = comment(schema.description, '');
	out.push(
		schema.type === 'object' && schema.properties
			? `\n${about}export interface ${name} ${objectOf(schema, '')}\n`
			: `\n${about}export type ${name} = ${typeOf(schema, '')};\n`,
	);
}
for (const kind of ['Methods', 'Subscriptions']) {
	out.push(`\n/** ${kind}: what each takes, and gives. */\nexport interface ${kind} {\n`);
	for (const method of methods) {
		const subscription = method['x-subscription'];
		if (Boolean(subscription) !== (kind === 'Subscriptions')) continue;
		const params = method.params.map(
			({ name, required, schema }) => `${name}${required ? '' : '?'}: ${typeOf(schema, '\t\t')}`,
		);
		const result = typeOf((subscription ?? method).result.schema ?? subscription.result, '\t\t');
		out.push(comment(method.summary, '\t'));
		out.push(`\t${method.name}: {\n\t\tparams: [${params.join(', ')}];\n\t\tresult: ${result};\n`);
		if (subscription) out.push(`\t\tunsubscribe: '${subscription.unsubscribe}';\n`);
		out.push('\t};\n');
	}
	out.push('}\n');
}
const text = out.join('');
if (process.argv[2] === '--print') process.stdout.write(text);
else writeFileSync(FILE, text);
