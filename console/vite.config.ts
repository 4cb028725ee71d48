/**
 * How the console's pages are built: to dist/console, below any prefix, with nothing inlined that a policy of
 * `default-src 'self'` would refuse. For looking at pages without Kafka, `vite console` asks the fixture server.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const FIXTURE_SERVER = 'http://127.0.0.1:18360'

/** The console, and its inspector alone for the frames of inspected apps. */
const PAGES = ['index.html', 'inspector.html'].map(name => fileURLToPath(new URL(name, import.meta.url)))

export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: { input: PAGES },
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1', port: 18361, strictPort: true, proxy: { '/api': FIXTURE_SERVER } },
})
