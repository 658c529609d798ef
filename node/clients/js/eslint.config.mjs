import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
	{ ignores: ['dist', 'descriptors', 'examples/node_modules'] },
	eslint.configs.recommended,
	{
		files: ['src/**/*.ts'],
		extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
		languageOptions: { parserOptions: { projectService: true } },
		rules: {
			// Callers that write JavaScript may give anything.
			'@typescript-eslint/no-unnecessary-type-conversion': 'off',
		},
		linterOptions: { reportUnusedDisableDirectives: 'error' },
	},
	{
		files: ['**/*.mjs'],
		languageOptions: {
			globals: Object.fromEntries(
				[
					'console',
					'process',
					'URL',
					'Buffer',
					'setTimeout',
					'clearTimeout',
					'performance',
					'WebAssembly',
					'TextEncoder',
					'TextDecoder',
					'AbortController',
					'crypto',
					'AbortSignal',
					'setInterval',
					'clearInterval',
					'Response',
					'fetch',
					'document',
					'window',
				].map((name) => [name, 'readonly']),
			),
		},
	},
);
