/** Whoever starts the service starts it with the same flags of Node. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { NODE_FLAGS } from '../../scripts/node-flags.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

describe("Node's flags", () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'))

  it.each([
    ['npm start', scripts.start ?? '', `node ${NODE_FLAGS.join(' ')} dist/src/main.js start`],
    ['npm run demo', scripts.demo ?? '', `node ${NODE_FLAGS.join(' ')} dist/src/main.js demo`],
    ['the image', read('Dockerfile'), `"node", ${NODE_FLAGS.map(flag => `"${flag}"`).join(', ')}, "dist/src/main.js"`],
    ['the executable', read('src/main.ts'), `#!/usr/bin/env -S node ${NODE_FLAGS.join(' ')}\n`],
  ])('are those of %s', (_, text, command) => {
    expect(text).toContain(command)
  })
})
