/**
 * `npm run fuzz -- [--cases N] [--seed N]`: the campaigns of this folder at a size of one's own. Only says so to
 * vitest, which runs them; without a seed it takes a new one and prints it, so that the run can be had again.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
})
for (const [name, value] of Object.entries(values)) {
  if (/^[1-9]\d{0,8}$|^[12]\d{9}$/.test(value)) continue
  process.stderr.write(`--${name} ${value}: must be a whole number from 1 on\n`)
  process.exit(2)
}
process.stdout.write(`fuzz: ${values.cases} cases, seed ${values.seed}\n`)
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/fuzz/'], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_CASES: values.cases, FUZZ_SEED: values.seed },
})
process.exit(status ?? 1)
