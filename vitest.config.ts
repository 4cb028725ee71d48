import { defineConfig } from 'vitest/config'

// One worker more than a test needs is one worker too many beside a real broker: files with a broker share two.
export default defineConfig({
  test: {
    include: ['test/**/*.{test,int.test,e2e.test}.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: ['default'],
  },
})
