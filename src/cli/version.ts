/**
 * The version of this package, as its package.json says. Reads that file and nothing else.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

export function packageVersion(): string {
  // This file runs as src/cli/version.ts and as dist/src/cli/version.js.
  const root = import.meta.url.endsWith('.ts') ? '../..' : '../../..'
  const text = readFileSync(new URL(`${root}/package.json`, import.meta.url), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}
