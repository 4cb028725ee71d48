/** The simulation bites: a service that is broken on purpose, in any of the ways that are listed, is found out. */
import { describe, expect, it } from 'vitest'
import { BREAKAGES } from './breakages.ts'
import { loadBroken } from './broken-service.ts'

const SEEDS_MAX = 60
const LIMIT_MS = 120_000

describe('the simulation finds out that', () => {
  it.each(BREAKAGES)(
    '$name',
    async ({ name, edits }) => {
      const { simulate, close } = await loadBroken(edits)
      try {
        let found: string | undefined
        let seed = 0
        while (found === undefined && seed < SEEDS_MAX) found = (await simulate({ seed: ++seed })).violation
        expect(found, `${name}: nothing was found in ${SEEDS_MAX} worlds`).toBeDefined()
      } finally {
        await close()
      }
    },
    LIMIT_MS,
  )
})
