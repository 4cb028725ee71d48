/**
 * Internal records that nobody of ours could have written, in `shard-state` and in `shard-commands`. The shard that
 * reads one runs on and serves, or it stays down and says why; it never ends the process, and never tries for ever.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { quest, TIMED } from '../support/definitions.ts'
import { FakeLookups } from '../support/fake-lookups.ts'
import { effectStepper, FakeMonsters, spawn } from '../support/fake-monsters.ts'
import { INTERNAL, ShardHarness, TOPICS } from '../support/shard-harness.ts'
import { TENANT } from '../support/tenants.ts'
import { bytesOf, harmed, nameText, textHarm, valueText } from './awkward.ts'
import { campaign, limitMs } from './campaign.ts'
import { anEdit, type Edit, editedText } from './json-edit.ts'

const SHARE = 0.05
const SOLO = { type: 'individual', mode: 'instant' } as const

type RecordCase =
  | { readonly into: 'state'; readonly which: number; readonly key: string | undefined; readonly bytes: Harm }
  | { readonly into: 'commands'; readonly header: readonly [string, string] | undefined; readonly bytes: Harm }

/** What to do to the value that is there, or what to write instead. */
type Harm = {
  readonly edits: readonly Edit[]
  readonly harm: Parameters<typeof harmed>[1]
  readonly instead: string | undefined
}

interface Scene {
  readonly harness: ShardHarness
  /** What the state topic held when all was well, by key. */
  readonly sound: ReadonlyMap<string, string>
  characters: number
}

const ends = { runs: 0, dead: 0 }

test(
  'a record that nobody of ours wrote is passed by, or stops its shard with its name; nothing else happens',
  async () => {
    const played = await campaign<RecordCase, Scene>({
      share: SHARE,
      aCase: recordCase(),
      chunkCasesMax: 10,
      open: openScene,
      play: async (scene, cases) => {
        for (const one of cases) await playRecord(scene, one)
      },
      close: ({ harness }) => harness.stop(),
    })
    expect(ends.runs / played, JSON.stringify(ends)).toBeGreaterThan(0.1)
    expect(ends.dead / played, JSON.stringify(ends)).toBeGreaterThan(0.1)
  },
  limitMs(SHARE),
)

/** A lobby, a quest in its second stage with effects that wait, and a registration that waits for an answer. */
async function openScene(): Promise<Scene> {
  const definitions = [
    quest({ questId: 'solo_pq', registration: SOLO, startRequirements: [], duration: 60 }),
    quest({ questId: 'lobby_pq', registration: TIMED }),
    quest({ questId: 'guild_pq', registration: { ...SOLO, affinity: 'guild' } }),
  ]
  const services = { guilds: true, parties: false }
  const clients = { lookupClient: new FakeLookups(), monsterClient: new FakeMonsters() }
  const stepper = effectStepper(messages => (messages.some(({ type }) => type === 'STARTED') ? [spawn(100)] : []))
  const harness = await ShardHarness.start({ definitions, services, ...clients, stepper })
  await harness.register(1, { questId: 'solo_pq' })
  await harness.register(2, { questId: 'lobby_pq' })
  await harness.register(3, { questId: 'guild_pq' })
  harness.seen()
  await harness.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 3 } })
  await harness.command('STAGE_ADVANCE', 1)
  await harness.stop()
  return { harness, sound: harness.state(), characters: 100 }
}

async function playRecord(scene: Scene, one: RecordCase): Promise<void> {
  const { harness, sound } = scene
  await repair(scene)
  if (one.into === 'commands') await plantCommand(harness, one)
  else await plantState(scene, one)

  const replica = await harness.takeOver()
  const before = harness.records(TOPICS.statusEvents).length
  for (const type of ['START', 'UPDATE_STAGE_STATE', 'STAGE_CLEAR_ATTEMPT']) await commandAll(scene, type)
  await harness.register(++scene.characters, { questId: 'solo_pq' })
  await harness.clock.advance(10_000)
  const phase = String(replica.shards.phases().get(0))
  const messages = harness.records(TOPICS.statusEvents).slice(before)
  if (replica.fatal.length > 0) throw new Error('the process would have ended', { cause: replica.fatal[0] })
  if (phase === 'running') {
    ends.runs += 1
    const served = messages.some(({ value }) => String(value).includes('"type":"INSTANCE_CREATED"'))
    if (!served) throw new Error(`the shard runs and does not serve: ${JSON.stringify(replica.log.lines.at(-1))}`)
  } else {
    ends.dead += 1
    if (phase !== 'dead') {
      const last = replica.log.lines.at(-1)
      throw new Error(`the shard is neither down nor up: ${phase}: ${last?.message}`, { cause: last?.fields.err })
    }
    if (replica.log.at('fatal').length === 0) throw new Error('the shard is down and nothing says so')
  }
  await commandAll(scene, 'FORFEIT')
  await harness.clock.advance(3_600_000)
  if (replica.fatal.length > 0) throw new Error('the process would have ended', { cause: replica.fatal[0] })
  await harness.stop()
  if (sound.size === 0) throw new Error('there was no state to harm')
}

/** As a person would: every record as it was, and on behind whatever stopped the shard. */
async function repair({ harness, sound }: Scene): Promise<void> {
  for (const key of harness.state().keys()) if (!sound.has(key)) await harness.plantState(key, null)
  const next = harness.log.partition({ topic: INTERNAL.shardCommands, partition: 0 }).end
  for (const [key, value] of sound) {
    await harness.plantState(key, key === 'position' ? JSON.stringify({ ...JSON.parse(value), next }) : value)
  }
}

async function commandAll({ harness, sound }: Scene, type: string): Promise<void> {
  for (const key of sound.keys()) {
    const [kind, instanceId] = key.split('/')
    if (kind === 'instance') await harness.send(JSON.stringify({ type, body: { instanceId } }))
  }
}

async function plantState(
  { harness, sound }: Scene,
  { which, key, bytes }: RecordCase & { into: 'state' },
): Promise<void> {
  const [name = '', value = ''] = [...sound][which % sound.size] ?? []
  const current = name === 'position' ? (harness.state().get(name) ?? '') : value
  const wanted = key ?? name
  await append(
    harness,
    { topic: INTERNAL.shardState, key: Buffer.from(wanted, 'latin1'), headers: [] },
    broken(current, bytes),
  )
}

async function plantCommand(
  harness: ShardHarness,
  { header, bytes }: RecordCase & { into: 'commands' },
): Promise<void> {
  const answer = { type: 'AFFINITY_RESOLVED', affinity: 7 }
  const pending = [...harness.state().keys()].find(key => key.startsWith('pending/'))?.slice('pending/'.length)
  const own: [string, Buffer][] = header === undefined ? [] : [[header[0], Buffer.from(header[1], 'latin1')]]
  const headers = [...own, ...tenantHeaders(TENANT)]
  const value = broken(JSON.stringify({ pending, answer }), bytes)
  await append(harness, { topic: INTERNAL.shardCommands, key: null, headers }, value)
}

type Target = {
  readonly topic: string
  readonly key: Buffer | null
  readonly headers: [string, Buffer][] | ReturnType<typeof tenantHeaders>
}

async function append(harness: ShardHarness, target: Target, value: Buffer): Promise<void> {
  const appender = createMemoryTransport(harness.log, { name: 'stranger', advertisedUrl: '' }).openAppender('stranger')
  await appender.append([{ ...target, partition: 0, value }])
}

function broken(text: string, { edits, harm, instead }: Harm): Buffer {
  const edited = instead ?? edits.reduce(editedText, text)
  return Buffer.from(harmed(bytesOf(edited), harm), 'latin1')
}

// -- cases

const KEYS = [
  '',
  'position',
  'positions',
  'instance',
  'instance/',
  'instance/x',
  'pending/',
  'pending/x',
  'definition/',
]
const ODD_KEYS = [...KEYS, 'definition/solo_pq@0', '__proto__', 'constructor/x', '\xff', 'note/1', '/']

/** Of another topic than ours: what a well-formed one says of ours must be believed. */
const HEADERS: readonly (readonly [string, string])[] = [
  ...['1', '0', '2', '-1', '', '1.0', ' 1', '01', 'x', '99999999999999999999'].map(
    text => ['pq-internal', text] as const,
  ),
  ...['1 0 0 0', '1 0 0 0 ', '1 -1 0 0 commands', '0 0 0 0 commands', '3 0 0 0 commands', '1  0 0 0 commands'].map(
    text => ['pq-origin', text] as const,
  ),
  ...['', '2 0 0 0 0', '2 0 0 0 x commands', 'commands', '\0', '1 x 0 0 commands', '1 0 0x0 0 commands'].map(
    text => ['pq-origin', text] as const,
  ),
  ['TENANT_ID', 'x'],
  ['__proto__', '1'],
  ['PQ-ORIGIN', '1 0 0 0 commands'],
  ['', ''],
]

function recordCase(): fc.Arbitrary<RecordCase> {
  const instead = fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: valueText })
  const bytes = fc.record({ edits: fc.array(anEdit, { minLength: 1, maxLength: 2 }), harm: textHarm, instead })
  const key = fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_KEYS) },
    { weight: 1, arbitrary: nameText },
  )
  const internal = fc.constant(['pq-internal', '1'] as const)
  const header = fc.oneof(fc.constantFrom(undefined, ...HEADERS), internal)
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ into: fc.constant('state' as const), which: fc.nat({ max: 20 }), key, bytes }),
    },
    { weight: 2, arbitrary: fc.record({ into: fc.constant('commands' as const), header, bytes }) },
  )
}
