import { defineConfig } from 'vitest/config';

// Relative addresses: the page works below any path of any file server.
export default defineConfig({
	base: './',
	plugins: [
		{
			// While the page is edited, Vite puts the styles into it.
			name: 'styles-of-development',
			apply: 'serve',
			transformIndexHtml: (page) => page.replace("style-src 'self'", "style-src 'unsafe-inline'"),
		},
	],
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
