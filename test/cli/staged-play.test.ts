/** A play on a real service: what it shows is what the service did, hours pass in no time, and a difference is loud. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rulesOf } from '../../machines/context.ts'
import { eventWords, OperationLines, operationJson } from '../../src/cli/operation-line.ts'
import { exploreWithoutLevels, identityFor, type Operation, Rehearsal } from '../../src/cli/rehearsal.ts'
import { playStaged } from '../../src/cli/staged-play.ts'
import { StandingClock } from '../../src/cli/standing-clock.ts'
import { systemClock, systemRandom } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { compileDefinition } from '../../src/definitions/catalogue.ts'
import type { End } from '../../src/exploration/explored-life.ts'
import { silentLog } from '../../src/log.ts'
import { TENANT } from '../support/tenants.ts'

const shipped = (questId: string) =>
  compileDefinition(JSON.parse(readFileSync(new URL(`../../definitions/${questId}.json`, import.meta.url), 'utf8')))

async function play(
  questId: string,
  isWanted: (end: End) => boolean,
  change = (operations: readonly Operation[]) => operations,
) {
  const compiled = shipped(questId)
  const { definition } = compiled
  const config = readConfig({ REST_PORT: '0' }, { hostname: 'box' })
  const identity = identityFor(definition, TENANT.id)
  const exploration = exploreWithoutLevels(compiled, config.rules)
  const end = exploration.ends.find(isWanted)
  if (end === undefined) throw new Error(`${questId} has no such end`)
  const rules = rulesOf(definition, config.rules)
  const operations = change(new Rehearsal(exploration, identity, rules).follow(end))
  const played: { readonly operation: Operation; readonly instanceId: string }[] = []
  const onPlayed = (operation: Operation, instanceId: string) => void played.push({ operation, instanceId })
  await playStaged({ config, compiled, identity, operations, random: systemRandom, log: silentLog, onPlayed })
  return { operations, played }
}

test.each([
  ['a bonus that runs out', 'ludi_pq', (end: End) => end.kind === 'completed'],
  ['a quest whose time runs out after an hour', 'ludi_pq', (end: End) => end.reason === 'time_expired'],
  ['a registration that closes on too few', 'guild_pq', (end: End) => end.reason === 'requirements_not_met'],
  ['a stage that fails by its timer', 'herb_town_pq', (end: End) => end.reason === 'stage_time_expired'],
])('%s is played to its end, operation by operation, as the machine has it', async (_, questId, isWanted) => {
  const { operations, played } = await play(questId, isWanted)
  expect(played.map(({ operation }) => operation)).toEqual(operations)
  expect(new Set(played.map(({ instanceId }) => instanceId)).size).toBe(1)
  expect(operations.at(-1)?.event.type).toMatch(/^timer\./)
})

test('what the later version adds is played: weather, custom data, a friendly monster, a bonus that is entered', async () => {
  const { operations, played } = await play('henesys_pq', ({ kind }) => kind === 'completed')
  expect(played).toHaveLength(operations.length)
  const kinds = new Set(operations.flatMap(({ messages }) => messages.map(({ type }) => type)))
  expect([...kinds].sort()).toEqual([
    'AWARD_EXPERIENCE',
    'BONUS_ENTERED',
    'CHANGE_MAP',
    'COMPLETED',
    'DESTROY_IN_FIELD',
    'INSTANCE_CREATED',
    'INSTANCE_DESTROYED',
    'SEND_MESSAGE',
    'STAGE_ADVANCED',
    'STAGE_CLEARED',
    'STARTED',
    'WEATHER_START',
  ])
})

test.each([
  ['the death of the one that was to live', 'henesys_pq', ({ reason }: End) => reason === 'friendly_monster_killed'],
  ['everybody leaving', 'herb_town_pq', ({ kind }: End) => kind === 'left'],
  ['too few staying', 'dragon_rider_pq', ({ reason }: End) => reason === 'requirements_not_met'],
])('%s ends a play as the machine has it', async (_, questId, isWanted) => {
  const { operations, played } = await play(questId, isWanted)
  expect(played.map(({ operation }) => operation)).toEqual(operations)
})

test('a service that does not do what was rehearsed is told of, and the play stops there', async () => {
  const forged = (operations: readonly Operation[]): readonly Operation[] =>
    operations.map((operation, place) =>
      place === 1 ? { ...operation, messages: [{ type: 'COMPLETED' }] } : operation,
    )
  const isForfeit = ({ reason }: End) => reason === 'forfeit'
  await expect(play('henesys_pq', isForfeit, forged)).rejects.toThrow(
    /^FORFEIT: the service does .*FAILED.* the machine .*COMPLETED/,
  )
})

test('a refused command ends the play with what was refused', async () => {
  const forged = (operations: readonly Operation[]): readonly Operation[] =>
    operations.map((operation, place) => (place === 1 ? { ...operation, event: { type: 'START', now: 0 } } : operation))
  await expect(play('henesys_pq', ({ reason }) => reason === 'forfeit', forged)).rejects.toThrow(
    /^START: the service does .* refusing .*"type":"START"/,
  )
})

test('the columns of all lines of a play line up', async () => {
  const { operations } = await play('herb_town_pq', ({ reason }) => reason === 'stage_time_expired')
  const lines = new OperationLines(operations, false)
  const shown = operations.map(operation => lines.line(operation))
  expect(shown.at(-2)).toMatch(
    /^0:00:00 {2}REGISTER character 3 {2}active, stage 0 {7}CHARACTER_REGISTERED 3, CHANGE_MAP ×3 to 925100000, STARTED 0$/,
  )
  const stateAt = shown.map(line => line.search(/registering|active|destroyed/))
  expect(new Set(stateAt).size).toBe(1)
})

test('an update shows one count and how many more there are', () => {
  const event = {
    type: 'UPDATE_STAGE_STATE',
    itemCounts: new Map([[1, 2]]),
    monsterKills: new Map([[3, 4]]),
    now: 0,
  } as const
  expect(eventWords(event)).toBe('UPDATE_STAGE_STATE item 1 ×2 and 1 more')
})

test('the JSON of an operation is the whole of it, with the id of the instance that was played', async () => {
  const { played } = await play('henesys_pq', ({ reason }) => reason === 'forfeit')
  const [first] = played.map(({ operation, instanceId }) => ({
    instanceId,
    json: JSON.parse(operationJson(operation, instanceId as never)),
  }))
  expect(first?.json).toEqual({
    atMs: 0,
    event: { type: 'REGISTER', member: { characterId: 1 } },
    state: 'active',
    stageIndex: 0,
    messages: [
      { type: 'INSTANCE_CREATED', partyId: 1 },
      { type: 'CHANGE_MAP', characterId: 1, mapId: 910010000, instance: first?.instanceId },
      { type: 'STARTED', stageIndex: 0, mapIds: [910010000] },
      {
        type: 'WEATHER_START',
        mapId: 910010000,
        itemId: 5120016,
        message: 'Find the six seeds and plant each in its own bed. The moon rises when all of them bloom.',
        durationMs: 5000,
      },
    ],
    instanceId: first?.instanceId,
  })
})

test('a standing clock shows the same time until it is moved, and wakes those whose moment was leapt over', async () => {
  const clock = new StandingClock(systemClock)
  const start = clock.now()
  const woken: string[] = []
  const stop = new AbortController()
  const hour = clock.sleep(3_600_000).then(() => woken.push('hour'))
  const day = clock.sleep(86_400_000, stop.signal).then(() => woken.push('day'))
  await clock.sleep(1)
  expect(clock.now()).toBe(start)
  clock.leap(3_600_000)
  await hour
  expect([clock.now() - start, woken]).toEqual([3_600_000, ['hour']])
  stop.abort()
  await day
  expect(woken).toEqual(['hour', 'day'])
})
