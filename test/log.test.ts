/** The promises of the log: one JSON object a line, a level, no secret; readable on a terminal. */
import { describe, expect, it } from 'vitest'
import { type LogOptions, openLog } from '../src/log.ts'

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const log = openLog({ level: 'info', replicaName: 'box', terminal: false, destination, ...options })
  return { log, lines, records: (): unknown[] => lines.map(line => JSON.parse(line)) }
}

describe('log', () => {
  it('writes one JSON object a line, with level, time, replica and the fields', () => {
    const { log, lines, records } = capture()
    log.info({ shard: 3 }, 'shard runs')
    log.child({ component: 'ingress' }).warn({}, 'slow')
    expect(lines.every(line => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true)
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(records()).toEqual([
      { level: 'info', time, replica: 'box', shard: 3, msg: 'shard runs' },
      { level: 'warn', time, replica: 'box', component: 'ingress', msg: 'slow' },
    ])
  })

  it('says nothing below its level', () => {
    const { log, lines } = capture({ level: 'warn' })
    log.info({}, 'quiet')
    log.error({}, 'loud')
    expect(lines).toHaveLength(1)
  })

  it('keeps an error whole, its cause included', () => {
    const { log, records } = capture()
    log.error({ err: new Error('commit failed', { cause: new Error('broker away') }) }, 'shard is rebuilt')
    expect(records()).toEqual([
      expect.objectContaining({
        err: expect.objectContaining({ message: expect.stringMatching(/commit failed.*broker away/) }),
      }),
    ])
  })

  it.each([true, false])('never writes a secret, also not one level down (on a terminal: %s)', terminal => {
    const { log, lines } = capture({ terminal })
    const login = { mechanism: 'plain', username: 'ada', password: 'hunter2' }
    log.info({ password: 'hunter2', kafka: { sasl: login, ssl: { key: 'hunter2' } } }, 'connecting')
    log.child({ sasl: login }).info({ headers: { authorization: 'hunter2' } }, 'asking')
    expect(lines.join('')).toContain('[secret]')
    expect(lines.join('')).not.toContain('hunter2')
  })

  it('is for eyes on a terminal: time, level, sentence, fields', () => {
    const { log, lines } = capture({ terminal: true })
    log.info({ shard: 3 }, 'shard runs')
    expect(lines).toEqual([expect.stringMatching(/^\[[\d:.]+\] INFO: shard runs \{"shard":3\}\n$/)])
  })
})
