/** `npm run kafka` as its user sees it: the built program in a process of its own (`npm test` builds it first). */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { freePorts, isFree } from '../../scripts/kafka-broker/free-ports.ts'
import { askMetadata } from '../../scripts/kafka-broker/metadata-request.ts'
import { describeWithJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/scripts/kafka.js', import.meta.url))
const TEST_LIMIT_MS = 120_000
const LAST_LINE = 'Ctrl-C stops it and removes its data.'

type Program = ChildProcessByStdio<null, Readable, Readable>

describeWithJava('npm run kafka', () => {
  let port: number
  let temporary: string
  let program: Program | undefined

  beforeEach(async () => {
    const [free] = await freePorts(1)
    if (free === undefined) throw new Error('no free port')
    port = free
    temporary = await mkdtemp(join(tmpdir(), 'npm-run-kafka-'))
  })
  afterEach(async () => {
    program?.kill('SIGKILL')
    await eventually(nothingIsLeft, { limitMs: 30_000 })
    await rm(temporary, { recursive: true, force: true })
  })

  const start = (env: NodeJS.ProcessEnv = {}): Program => {
    const started = spawn(process.execPath, [PROGRAM], {
      env: { ...process.env, TMPDIR: temporary, KAFKA_PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    program = started
    return started
  }
  const untilUp = async (started: Program): Promise<string> => {
    let output = ''
    started.stdout.on('data', chunk => {
      output += chunk
    })
    await eventually(() => output.includes(LAST_LINE) || started.exitCode !== null, { limitMs: TEST_LIMIT_MS })
    return output
  }
  const nothingIsLeft = async (): Promise<boolean> => {
    const left = (await readdir(temporary)).filter(name => name.startsWith('party-quests-kafka-'))
    return left.length === 0 && (await isFree(port))
  }

  it(
    'has the public topics and those of the services beside ours with 12 partitions, says what to type next, and is gone without a trace after Ctrl-C',
    async () => {
      const started = start({
        COMMAND_TOPIC_CHARACTER: 'characters',
        EVENT_TOPIC_MONSTER_STATUS: 'monsters',
        COMMAND_TOPIC_MAP: '-',
      })
      const output = await untilUp(started)
      const address = `127.0.0.1:${port}`
      expect(output).toContain(`BOOTSTRAP_SERVERS=${address} npm start\n`)
      const topics = ['COMMAND_TOPIC_PARTY_QUEST', 'EVENT_TOPIC_PARTY_QUEST_STATUS', 'characters']
      topics.push('DEAD_LETTER_TOPIC_PARTY_QUEST', 'EVENT_TOPIC_CHARACTER_STATUS', 'monsters')
      topics.push('COMMAND_TOPIC_REACTOR', 'COMMAND_TOPIC_SYSTEM_MESSAGE')
      const { ledPartitions } = await askMetadata(address, topics, 5_000)
      expect([...ledPartitions.entries()].sort()).toEqual(topics.map(topic => [topic, 12]).sort())
      expect(output).not.toContain('COMMAND_TOPIC_MAP')

      started.kill('SIGINT')
      expect(await once(started, 'exit')).toEqual([0, null])
      expect(await nothingIsLeft()).toBe(true)
    },
    TEST_LIMIT_MS,
  )

  it(
    'takes its broker and its data with it even when it is killed by SIGKILL',
    async () => {
      const started = start()
      await untilUp(started)
      expect(await isFree(port)).toBe(false)
      started.kill('SIGKILL')
      await eventually(nothingIsLeft, { limitMs: 30_000 })
    },
    TEST_LIMIT_MS,
  )

  it('refuses a port that is taken, in one line that names it, with exit code 2', async () => {
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    try {
      const started = start()
      const [errors, [code]] = await Promise.all([text(started.stderr), once(started, 'exit')])
      expect({ code, errors }).toEqual({
        code: 2,
        errors: `127.0.0.1:${port} is taken: stop what listens there, or choose another port by KAFKA_PORT\n`,
      })
    } finally {
      other.close()
      await once(other, 'close')
    }
  })

  it('refuses a port that is none, in one line, with exit code 2', async () => {
    const started = start({ KAFKA_PORT: '9o92' })
    const [errors, [code]] = await Promise.all([text(started.stderr), once(started, 'exit')])
    expect({ code, errors }).toEqual({
      code: 2,
      errors: 'KAFKA_PORT is "9o92": it must be a port from 1 to 65535\n',
    })
  })
})
