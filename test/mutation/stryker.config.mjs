/**
 * `npm run mutate`: does the suite notice when machines/ is wrong? Stryker changes one place at a time and runs the
 * tests that vitest.config.ts beside this lists. What survives, and why that may be, is argued in docs/testing.md.
 * Nothing is switched off by comments in machines/: the machine knows nothing of its tests.
 */

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['machines/**/*.ts'],
  testRunner: 'vitest',
  // By name: the search for plugins looks beside Stryker, where a package manager need not have put them.
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  packageManager: 'npm',
  // Which test meets which mutant. Nearly all are met as the machine is loaded, and then every file is run, in the
  // order that vitest.config.ts gives, until one test fails.
  coverageAnalysis: 'perTest',
  // Stryker would rewrite our tsconfig.json for its sandbox, with TypeScript's JavaScript API, which version 7 has not
  // got. Vitest needs none of it, so Stryker is shown a name that does not exist.
  tsconfigFile: 'does-not-exist.json',
  // A machine under load is no machine that hangs: what loops is found by counting, not by the clock.
  timeoutMS: 60_000,
  timeoutFactor: 4,
  concurrency: 2,
  // Built output, and what the tests here do not read, is not copied for each run.
  ignorePatterns: ['dist', 'coverage', 'bench', 'console', '.cache'],
  tempDirName: '.cache/mutation/sandbox',
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  clearTextReporter: { reportTests: false },
  htmlReporter: { fileName: '.cache/mutation/report.html' },
  jsonReporter: { fileName: '.cache/mutation/report.json' },
  thresholds: { high: 98, low: 96, break: 95 },
}
