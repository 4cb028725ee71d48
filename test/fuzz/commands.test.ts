/**
 * Bad commands by the million through ingress and shards. Each record must come to exactly one end, the one that a
 * second reading of the specification (verdict.ts) allows it, and a refused one must come back whole.
 */
import { expect, test } from 'vitest'
import { DEAD_LETTER_HEADERS } from '../../src/contract/dead-letter.ts'
import type { Header, LogRecord } from '../../src/contract/log-record.ts'
import { Arena, DEFINITIONS, type InRecord, placeOf } from './arena.ts'
import { campaign, limitMs } from './campaign.ts'
import { OTHER, OWN } from './case-headers.ts'
import {
  headerText,
  isSame,
  latin1,
  OUR_TRACES,
  type RecordCase,
  recordOf,
  tenantText,
  traceOf,
} from './case-records.ts'
import { commandCase } from './command-cases.ts'
import { type Verdict, verdictOn } from './verdict.ts'

const SHARE = 0.5
/** What a command that is one, of a tenant that is one, may still be refused for. */
const REFUSALS = ['INSTANCE_NOT_FOUND', 'INVALID_STATE', 'ALREADY_REGISTERED', 'WRONG_MAP', 'REQUIREMENTS_NOT_MET']
const QUESTS: ReadonlySet<string> = new Set(DEFINITIONS.map(({ definition }) => definition.questId))
/** Characters that no case has. */
const SUBJECT_CHARACTER = 4_000_000_001

interface Scene {
  readonly arena: Arena
  /** Tenant's headers, as text, by the id of each instance that was announced and has not gone. */
  readonly tenantOf: Map<string, string>
  readonly ends: Map<string, number>
  traces: number
}

/** Over all rounds: what came to which end. */
const ends = new Map<string, number>()

test(
  'each record has one end: its effect, a dead letter that gives it back whole, or, where its type is not ours, nothing',
  async () => {
    const played = await campaign<RecordCase, Scene>({
      share: SHARE,
      aCase: commandCase,
      chunkCasesMax: 100,
      open: async () => ({ arena: await Arena.open(), tenantOf: new Map(), ends, traces: 0 }),
      play: playChunk,
      close: ({ arena }) => arena.close(),
    })
    // The cases are worth something only where all kinds of them are there in numbers.
    for (const end of [
      'applied',
      'foreign',
      'MALFORMED',
      'MISSING_TENANT',
      'QUEST_NOT_FOUND',
      ...REFUSALS.slice(0, 2),
    ]) {
      expect.soft((ends.get(end) ?? 0) / played, `share of ${end}: ${JSON.stringify([...ends])}`).toBeGreaterThan(0.004)
    }
  },
  limitMs(SHARE),
)

async function playChunk(scene: Scene, cases: readonly RecordCase[]): Promise<void> {
  const { arena } = scene
  const neighbours = await arena.neighboursRegister()
  const ids = { ...(await subjects(scene)), neighbours: neighbours[scene.traces % neighbours.length] ?? '' }
  const live = new Map(scene.tenantOf)
  const records = cases.map(given => recordOf(given, ids, ++scene.traces))
  const places = await arena.play(records)
  const { messages, deadLetters } = arena.out()
  const refusedTraces = new Set<string>()

  const letters = byPlace(deadLetters)
  for (const [index, record] of records.entries()) {
    const letter = letters.get(places[index] ?? '')
    letters.delete(places[index] ?? '')
    const code = letter && headerText(letter.headers, 'error-code')
    const verdict = verdictOn(record.value, record.headers)
    const allowed = allowedEnds(verdict, record, live)
    const end = code ?? (verdict.kind === 'foreign' ? 'foreign' : 'applied')
    if (!allowed.includes(end)) {
      const reason = letter && headerText(letter.headers, 'error-message')
      throw new Error(`record ${index} is ${JSON.stringify(verdict)}, and ended as ${end} (${reason})`)
    }
    if (letter !== undefined) {
      assertWhole(letter, record, places[index] ?? '')
      refusedTraces.add(traceOf(record.headers))
    }
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }
  if (letters.size > 0) throw new Error(`dead letters of nobody: ${[...letters.keys()].join()}`)
  assertOwnTenants(scene, messages, records)
  for (const { headers } of messages) {
    const trace = traceOf(headers)
    if (refusedTraces.has(trace) && trace.startsWith(OUR_TRACES))
      throw new Error(`a refused record had an effect: ${trace}`)
  }
  await arena.neighboursPlay(neighbours)
  await arena.goOn(5_000)
  assertOwnTenants(scene, arena.out().messages, [])
}

/** One of each tenant of the cases, made anew where a case has ended it. */
async function subjects(scene: Scene): Promise<{ own: string; others: string }> {
  const { arena, tenantOf } = scene
  const headersOf = [OWN, OTHER].map(pairs => pairs.map(([name, value]): Header => [name, latin1(value)]))
  const body = { questId: 'tower_pq', channelId: 200 }
  const value = Buffer.from(JSON.stringify({ type: 'REGISTER', characterId: SUBJECT_CHARACTER, body }))
  // Answers with the instance where one lives still: a tower starts at once, so that is a refusal that names it.
  await arena.play(headersOf.map(headers => ({ key: null, value, headers })))
  const { messages, deadLetters } = arena.out()
  assertOwnTenants(scene, messages, [])
  const found = headersOf.map(headers => {
    const tenant = tenantText(headers)
    const made = messages.find(message => tenantText(message.headers) === tenant)
    if (made !== undefined)
      return JSON.parse(String(made.value)).instanceId ?? JSON.parse(String(made.value)).body.instance
    const refused = deadLetters.find(letter => tenantText(letter.headers) === tenant)
    return refused && headerText(refused.headers, 'error-message').slice(-36)
  })
  const [own, others] = found.map(String)
  for (const id of [own, others]) if (!tenantOf.has(id ?? '')) throw new Error(`a subject could not register: ${found}`)
  return { own: own ?? '', others: others ?? '' }
}

function allowedEnds(verdict: Verdict, { headers }: InRecord, live: ReadonlyMap<string, string>): readonly string[] {
  switch (verdict.kind) {
    case 'foreign':
      return ['foreign']
    case 'malformed':
      return ['MALFORMED']
    case 'no tenant':
      return ['MISSING_TENANT']
    case 'register':
      return QUESTS.has(verdict.questId) ? ['applied', ...REFUSALS] : ['QUEST_NOT_FOUND']
    case 'instance command':
      return live.get(verdict.instanceId) === tenantText(headers) ? ['applied', ...REFUSALS] : ['INSTANCE_NOT_FOUND']
  }
}

/** Key, value and headers as they came; then ours. */
function assertWhole(letter: LogRecord, record: InRecord, place: string): void {
  const kept = record.headers.filter(([name]) => !DEAD_LETTER_HEADERS.some(ours => ours === name))
  const back = letter.headers.slice(0, -DEAD_LETTER_HEADERS.length)
  const ours = letter.headers.slice(-DEAD_LETTER_HEADERS.length).map(([name]) => name)
  if (!isSame(letter.key, record.key) || !isSame(letter.value, record.value))
    throw new Error(`${place} came back changed`)
  const isKept =
    back.length === kept.length &&
    back.every(([name, value], at) => name === kept[at]?.[0] && isSame(value, kept[at][1]))
  if (!isKept || ours.join() !== DEAD_LETTER_HEADERS.join()) throw new Error(`${place} came back with other headers`)
}

/** An instance speaks with its tenant's headers, which are those of the REGISTER that made it. */
function assertOwnTenants({ tenantOf }: Scene, messages: readonly LogRecord[], records: readonly InRecord[]): void {
  const senders = new Map(records.map(({ headers }) => [traceOf(headers), tenantText(headers)]))
  for (const { headers, value } of messages) {
    const { type, instanceId = undefined } = JSON.parse(String(value))
    if (instanceId === undefined) continue
    const tenant = tenantText(headers)
    if (type === 'INSTANCE_CREATED') tenantOf.set(instanceId, tenant)
    if (tenantOf.has(instanceId) && tenantOf.get(instanceId) !== tenant)
      throw new Error(`${instanceId} spoke for another tenant`)
    const trace = traceOf(headers)
    const sender = trace.startsWith(OUR_TRACES) ? senders.get(trace) : undefined
    if (sender !== undefined && sender !== tenant)
      throw new Error(`${type} of ${instanceId} was caused by another tenant`)
    if (type === 'INSTANCE_DESTROYED') tenantOf.delete(instanceId)
  }
}

function byPlace(letters: readonly LogRecord[]): Map<string, LogRecord> {
  const found = new Map<string, LogRecord>()
  for (const letter of letters) {
    const partition = headerText(letter.headers, 'origin-partition')
    const place = placeOf(partition, headerText(letter.headers, 'origin-offset'))
    if (found.has(place)) throw new Error(`${place} has two dead letters`)
    found.set(place, letter)
  }
  return found
}
