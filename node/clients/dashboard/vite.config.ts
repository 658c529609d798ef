import { defineConfig } from 'vitest/config';

// Relative addresses: the page works below any path of any file server.
export default defineConfig({
	base: './',
	build: {
		target: 'es2022',
		modulePreload: { polyfill: false },
		rollupOptions: {
			onwarn(warning, tell) {
				// Comments of a library, which the bundler drops.
				if (warning.code !== 'INVALID_ANNOTATION') tell(warning);
			},
		},
	},
	worker: { format: 'es' },
	esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
	test: { include: ['tests/**/*.test.ts'] },
});
