/**
 * Several tenants that share everything but their headers: ids of channels, characters, parties and quests, and each
 * other's InstanceIds. What each of them sees beside the others must be, byte for byte, what it sees alone.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TenantId } from '../../src/contract/ids.ts'
import type { Headers, LogRecord } from '../../src/contract/log-record.ts'
import { type Tenant, tenantHeaders, tenantKey } from '../../src/contract/tenant.ts'
import { ShardHarness, TOPICS } from '../support/shard-harness.ts'
import { TENANT } from '../support/tenants.ts'
import { DEFINITIONS, SHARDS } from './arena.ts'
import { campaign, limitMs } from './campaign.ts'

const SHARE = 0.05
/** One differs in each of the four headers. */
const TENANTS: readonly Tenant[] = [
  TENANT,
  { ...TENANT, id: '083839c6-c47c-42a6-9585-76492795d124' as TenantId },
  { ...TENANT, region: 'EMS' },
  { ...TENANT, majorVersion: 84 },
  { ...TENANT, minorVersion: 0 },
]
const QUESTS = ['solo_pq', 'mill_pq', 'timed_pq', 'guild_hall_pq', 'nowhere_pq']
const TYPES = ['START', 'UPDATE_STAGE_STATE', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'FORFEIT'] as const

/** One command, or time that passes. */
interface Happening {
  readonly tenant: number
  /** Of a type of its own; above those, REGISTER. */
  readonly type: number
  readonly quest: number
  readonly characterId: number
  readonly channelId: number
  readonly partyId: number
  /** Among all instances of all tenants so far, the newest first. */
  readonly instance: number
  readonly waitMs: number
}

/** What one tenant sees, by what it is about; ids of instances by who made them, and when. */
type Sight = Readonly<Record<string, readonly string[]>>

const counted = { messages: 0, refused: 0, foreign: 0 }

test(
  'a tenant sees beside others what it sees alone',
  async () => {
    await campaign<Happening, undefined>({
      share: SHARE,
      aCase: happening(),
      chunkCasesMax: 60,
      open: () => undefined,
      play: (_, history) => compare(history),
      close: async () => {},
    })
    for (const [what, count] of Object.entries(counted)) expect.soft(count, what).toBeGreaterThan(100)
  },
  limitMs(SHARE),
)

async function compare(history: readonly Happening[]): Promise<void> {
  const together = await play(history, () => true)
  for (const [index] of TENANTS.entries()) {
    const alone = await play(history, tenant => tenant === index)
    expect(together[index], `tenant ${index} beside the others`).toEqual(alone[index])
  }
  counted.messages += together.flatMap(sight => Object.values(sight).flat()).length
}

/** The whole history in time, but only the commands of those who are there. */
async function play(history: readonly Happening[], isThere: (tenant: number) => boolean): Promise<readonly Sight[]> {
  const harness = await ShardHarness.start({
    definitions: DEFINITIONS,
    shards: SHARDS,
    rules: { lobbyLimitSeconds: 60 },
  })
  // By the number of the REGISTER, whoever is there: an instance that nobody made here is named all the same.
  const made: { readonly by: number; readonly register: number; readonly id: string }[] = []
  const origins = new Map<string, number>()
  for (const [number, one] of history.entries()) {
    if (one.waitMs > 0) await harness.clock.advance(one.waitMs)
    const { tenant } = one
    const { type, body, target } = commandOf(one, history, number)
    const instance = target === undefined ? undefined : made.find(({ register }) => register === target)
    if (!isThere(tenant)) continue
    // The id that its tenant's REGISTER made, or one of nobody in its stead.
    const instanceId = instance?.id ?? `00000000-0000-4000-8000-${String(target ?? 0).padStart(12, '0')}`
    if (instance !== undefined && instance.by !== tenant) counted.foreign += 1
    const value = JSON.stringify({ characterId: one.characterId, type, body: { ...body, instanceId } })
    const before = harness.records(TOPICS.statusEvents).length
    const record = await harness.send(value, { tenant: tenantOf(tenant), headers: [['traceparent', traceOf(number)]] })
    origins.set(`${record.partition}/${record.offset}`, number)
    for (const message of harness.records(TOPICS.statusEvents).slice(before)) {
      const { type: told, instanceId: id } = JSON.parse(String(message.value))
      if (told === 'INSTANCE_CREATED') made.push({ by: tenant, register: number, id })
    }
  }
  await harness.clock.advance(120_000)
  const sights = sightsOf(
    harness,
    text => made.reduce((all, { id, register }) => all.replaceAll(id, `#${register}`), text),
    origins,
  )
  await harness.stop()
  return sights
}

function commandOf(one: Happening, history: readonly Happening[], number: number) {
  const type = TYPES[one.type]
  if (type === undefined) {
    const { partyId, channelId } = one
    return { type: 'REGISTER', body: { questId: QUESTS[one.quest], partyId, channelId }, target: undefined }
  }
  const registers = history.flatMap(({ type: other }, at) => (at < number && TYPES[other] === undefined ? [at] : []))
  const target = registers.at(-1 - (one.instance % Math.max(registers.length, 1))) ?? number
  return { type, body: type === 'UPDATE_STAGE_STATE' ? { itemCounts: { 4001008: 1 } } : {}, target }
}

/** By tenant: events by instance, warps by character and channel, dead letters by the command that was refused. */
function sightsOf(
  harness: ShardHarness,
  named: (text: string) => string,
  origins: ReadonlyMap<string, number>,
): readonly Sight[] {
  const sights = TENANTS.map((): Record<string, string[]> => ({}))
  const see = (headers: Headers, about: string, text: string) => {
    const sight = sights[TENANTS.findIndex(tenant => isOf(headers, tenant))]
    if (sight === undefined) throw new Error(`a message of no tenant: ${text}`)
    const lines = sight[about] ?? []
    sight[about] = [...lines, `${text} ${headerLines(headers)}`]
  }
  for (const { value, headers } of harness.records(TOPICS.statusEvents)) {
    see(headers, `instance ${named(JSON.parse(String(value)).instanceId)}`, named(String(value)))
  }
  for (const { key, value, headers } of harness.records(TOPICS.characterCommands)) {
    const { characterId, body } = JSON.parse(String(value))
    see(headers, `character ${characterId} in ${body.channelId}`, `${key?.toString('hex')} ${named(String(value))}`)
  }
  for (const letter of harness.deadLetters()) {
    const text = (name: string) => String(letter.headers.find(([header]) => header === name)?.[1])
    const number = origins.get(`${text('origin-partition')}/${text('origin-offset')}`)
    counted.refused += 1
    see(
      letter.headers,
      `command ${number}`,
      `${text('error-code')} ${withoutIds(text('error-message'))} ${valueText(letter)}`,
    )
  }
  return sights
}

/** An id that one is told of is a name here, or of somebody who is not there alone. */
function withoutIds(text: string): string {
  return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'an id')
}

function valueText({ value }: LogRecord): string {
  return withoutIds(String(value))
}

/** Names, and values byte for byte; of a trace its id where it is a command's, as span ids and timers' traces are new. */
function headerLines(headers: Headers): string {
  return headers
    .filter(([name]) => !name.startsWith('origin-') && !name.startsWith('error-'))
    .map(([name, value]) => {
      if (name !== 'traceparent') return `${name}=${value?.toString('hex')}`
      const trace = String(value).slice(3, 35)
      return trace.startsWith(OUR_TRACES) ? `${name}=${trace}` : name
    })
    .join(' ')
}

function isOf(headers: Headers, tenant: Tenant): boolean {
  return tenantHeaders(tenant).every(([name, value]) => {
    const given = headers.filter(([header]) => header === name)
    return given.length === 1 && value !== null && given[0]?.[1]?.equals(value) === true
  })
}

const OUR_TRACES = 'fa22'

function traceOf(number: number): Buffer {
  return Buffer.from(`00-${OUR_TRACES}${String(number).padStart(28, '0')}-00f067aa0ba902b7-01`)
}

function tenantOf(index: number): Tenant {
  const tenant = TENANTS[index]
  if (tenant === undefined) throw new Error(`no tenant ${index}: there are ${TENANTS.map(tenantKey).join()}`)
  return tenant
}

function happening(): fc.Arbitrary<Happening> {
  return fc.record({
    tenant: fc.nat({ max: TENANTS.length - 1 }),
    type: fc.nat({ max: TYPES.length + 3 }),
    quest: fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 3 }) }, { weight: 1, arbitrary: fc.constant(4) }),
    characterId: fc.integer({ min: 1, max: 6 }),
    channelId: fc.nat({ max: 2 }),
    partyId: fc.constantFrom(0, 1, 1, 2),
    instance: fc.nat({ max: 12 }),
    waitMs: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(1, 5_000, 10_000, 61_000) },
    ),
  })
}
