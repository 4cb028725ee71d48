/** The promises of the director: bounded, in turn, never stuck. Its clock stands in the test's hand. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CommandValue } from '../../src/cli/command-value.ts'
import { PartyDirector, type PartyDirectorOptions } from '../../src/cli/party-director.ts'
import { seededRandom } from '../../src/cli/seeded-random.ts'
import { loadDefinitions } from '../../src/definitions/loading.ts'
import { SteppedClock } from '../transport/memory/stepped-clock.ts'

async function directorWith(options: Partial<PartyDirectorOptions> = {}) {
  const catalogue = await loadDefinitions(join(import.meta.dirname, '../../definitions'))
  const clock = new SteppedClock()
  const sent: CommandValue[] = []
  const ended: string[] = []
  const director = new PartyDirector({
    definitions: catalogue.all().map(({ definition }) => definition),
    advance: 'command',
    partiesAtATimeMax: 2,
    questsMax: undefined,
    pauseMs: 100,
    patienceMs: 1000,
    forfeitEvery: 0,
    clock,
    random: seededRandom(1),
    send: async command => void sent.push(command),
    onEnded: ({ questId }, outcome) => ended.push(`${questId} ${outcome}`),
    ...options,
  })
  return { director, clock, sent, ended }
}

describe('the director', () => {
  it('begins no more parties at a time than it may, and each in a channel of its own', async () => {
    const { director, clock, sent } = await directorWith()
    const stop = new AbortController()
    const run = director.run(stop.signal)
    await clock.advance(500)
    expect(sent.map(({ type, body }) => [type, body])).toMatchObject([
      ['REGISTER', { questId: expect.any(String), channelId: expect.any(Number) }],
      ['REGISTER', {}],
    ])
    expect(new Set(sent.map(({ body }) => 'channelId' in body && body.channelId)).size).toBe(2)
    stop.abort()
    await run
  })

  it('gives up a party that hears nothing, and goes on with the next quest', async () => {
    const { director, clock, sent, ended } = await directorWith({ partiesAtATimeMax: 1 })
    const stop = new AbortController()
    const run = director.run(stop.signal)
    await clock.advance(1500)
    expect(ended).toEqual(['abandoned_subway_pq given up'])
    expect(sent.map(({ body }) => 'questId' in body && body.questId)).toEqual([
      'abandoned_subway_pq',
      'dragon_rider_pq',
    ])
    stop.abort()
    await run
  })

  it('ends at once when it is told to, and tells nothing of parties that were still playing', async () => {
    const { director, clock, ended } = await directorWith()
    const stop = new AbortController()
    const run = director.run(stop.signal)
    await clock.advance(500)
    stop.abort()
    await run
    expect(ended).toEqual([])
  })

  it('refuses to begin where no definition can be played', async () => {
    await expect(directorWith({ definitions: [] })).rejects.toThrow(RangeError)
  })

  it('fails when a command cannot be sent', async () => {
    const send = () => Promise.reject(new Error('the log is away'))
    const { director, clock } = await directorWith({ send })
    const run = director.run(new AbortController().signal)
    const failed = expect(run).rejects.toThrow('the log is away')
    await clock.advance(500)
    await failed
  })
})

describe('a seed', () => {
  it('plays the same way again, and another seed differently', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed)
      return [random.fraction(), random.fraction(), random.bytes(8).toString('hex')]
    }
    expect(draw(3)).toEqual(draw(3))
    expect(draw(3)).not.toEqual(draw(4))
    for (const fraction of draw(3).slice(0, 2)) expect(fraction).toSatisfy((n: number) => n >= 0 && n < 1)
  })
})
