/**
 * Bad events of characters and monsters by the million, on the topics that are other services' business. Each must
 * come to exactly one end: its effect, or counted and skipped; never a dead letter, never a stop. What is good among
 * them acts, whatever stands before it. A second reading (event-verdict.ts) says which is which.
 */
import { expect, test } from 'vitest'
import type { TenantId } from '../../src/contract/ids.ts'
import type { LogRecord } from '../../src/contract/log-record.ts'
import { shardKeyHash, shardOf } from '../../src/contract/shard-key.ts'
import { decodeTenant, type Tenant, tenantHeaders } from '../../src/contract/tenant.ts'
import { SHARDS } from './arena.ts'
import { campaign, limitMs } from './campaign.ts'
import { OTHER, OWN } from './case-headers.ts'
import { latin1, recordOf, tenantText } from './case-records.ts'
import { type Came, EventArena, type EventRecord, GAMES } from './event-arena.ts'
import { CHANNELS, CHARACTERS, type EventCase, eventCase, FOE, FRIENDLY, STAGE_MAPS } from './event-cases.ts'
import { eventVerdictOn, type Gone, looksForeign, type MonsterHappening } from './event-verdict.ts'

const SHARE = 0.1
/** Whom no case names. */
const WATCHER = 4_000_000_001
const WATCH_CHANNEL = 200
const NEIGHBOUR: Tenant = {
  id: '11111111-2222-4333-8444-555555555555' as TenantId,
  region: 'NEIGHBOUR',
  majorVersion: 1,
  minorVersion: 1,
}

/** What an instance that is watched has been told, and what its one character must have heard. */
interface Watched {
  readonly tenant: string
  hits: number
  dropped: number
  kills: number
}

interface Scene {
  readonly arena: EventArena
  readonly tenants: Readonly<Record<'own' | 'others', Tenant>>
  readonly watched: Map<string, Watched>
  readonly ids: Readonly<Record<'own' | 'others' | 'neighbours', string>>
  /** `tenant/world/channel/character` of those who are in a quest. */
  readonly inside: Set<string>
  traces: number
}

/** Over all rounds: what came to which end. */
const ends = { foreign: 0, malformed: 0, applied: 0, skipped: 0 }

test(
  'each event has one end: its effect, or it is counted and skipped; good ones between bad ones act',
  async () => {
    const played = await campaign<EventCase, Scene>({
      share: SHARE,
      aCase: eventCase,
      chunkCasesMax: 100,
      open: openScene,
      play: playChunk,
      close: ({ arena }) => arena.close(),
    })
    // The cases are worth something only where all kinds of them are there in numbers.
    for (const [end, count] of Object.entries(ends)) {
      expect.soft(count / played, `share of ${end}: ${JSON.stringify(ends)}`).toBeGreaterThan(0.05)
    }
  },
  limitMs(SHARE),
)

async function openScene(): Promise<Scene> {
  const arena = await EventArena.open()
  const tenants = { own: tenantOf(OWN), others: tenantOf(OTHER) }
  const watched = new Map<string, Watched>()
  const watch = async (tenant: Tenant, channelId: number) => {
    const id = await arena.enter(WATCHER, channelId, tenant)
    watched.set(id, { tenant: tenantText(tenantHeaders(tenant)), hits: 0, dropped: 0, kills: 0 })
    return id
  }
  const own = await watch(tenants.own, WATCH_CHANNEL)
  const others = await watch(tenants.others, WATCH_CHANNEL)
  const neighbours: string[] = []
  for (let shard = 0; shard < SHARDS; shard++) neighbours.push(await watch(NEIGHBOUR, channelIn(shard)))
  const ids = { own, others, neighbours: neighbours[0] ?? '' }
  return { arena, tenants, watched, ids, inside: new Set(), traces: 0 }
}

async function playChunk(scene: Scene, cases: readonly EventCase[]): Promise<void> {
  const { arena, ids } = scene
  await letAllIn(scene)
  const bad = cases.map(one => ({ game: one.game, ...recordOf(one, ids, ++scene.traces) }))
  const good = goodRecords(scene)
  // The good ones spread over the bad ones, the last behind the last.
  const records = good.flatMap((record, index) => {
    const [from, to] = [index, index + 1].map(part => Math.floor((part * bad.length) / good.length))
    return [...bad.slice(from, to), record]
  })
  const came = await arena.play(records)
  const expected = expectedOf(scene, records, came)
  expect(heardIn(came.messages), 'what was heard').toEqual(expected.heard)
  for (const game of GAMES) {
    const { foreign, malformed, applied, skipped, forwarded, fault } = came.counts[game]
    const { malformedMin, malformedMax, ...exact } = expected.counts[game]
    const records = foreign + malformed + forwarded
    expect({ records, forwarded, applied, skipped, fault }, game).toEqual({ ...exact, fault: 0 })
    if (malformed < malformedMin || malformed > malformedMax) {
      throw new Error(`${malformed} of topic ${game} were malformed: should be ${malformedMin} to ${malformedMax}`)
    }
    ends.foreign += foreign
    ends.malformed += malformed
    ends.applied += applied
    ends.skipped += skipped
  }
  assertKilled(scene)
  await arena.goOn(7_000)
}

/** Everybody who left, comes back. */
async function letAllIn({ arena, tenants, inside }: Scene): Promise<void> {
  for (const tenant of [...Object.values(tenants), NEIGHBOUR]) {
    for (const channel of CHANNELS) {
      for (const character of CHARACTERS) {
        const place = `${tenantText(tenantHeaders(tenant))}/0/${channel}/${character}`
        if (inside.has(place)) continue
        await arena.enter(character, channel, tenant)
        inside.add(place)
      }
    }
  }
}

/** Of the neighbours, who want nothing but to be served: two happenings in each shard, and one of them is gone. */
function goodRecords({ watched }: Scene): readonly EventRecord[] {
  const ids = [...watched].filter(([, { tenant }]) => tenant === tenantText(tenantHeaders(NEIGHBOUR)))
  const monsters = ids.flatMap(([instance]) => [
    { mapId: STAGE_MAPS[0], instance, monsterId: FRIENDLY, type: 'DAMAGED', body: {} },
    { mapId: STAGE_MAPS[1], instance, monsterId: FOE, type: 'KILLED', body: {} },
  ])
  const gone = { worldId: 0, characterId: CHARACTERS[0], type: 'LOGOUT', body: { channelId: CHANNELS[0] } }
  const record = (game: EventRecord['game'], event: object) => {
    return { game, key: null, value: Buffer.from(JSON.stringify(event)), headers: tenantHeaders(NEIGHBOUR) }
  }
  return [...monsters.map(event => record('monster', event)), record('character', gone)]
}

/** What the records must come to, each in its turn. */
function expectedOf(scene: Scene, records: readonly EventRecord[], { isForwarded }: Came) {
  const none = () => ({ records: 0, forwarded: 0, applied: 0, skipped: 0, malformedMin: 0, malformedMax: 0 })
  const counts = { character: none(), monster: none() }
  const heard: Record<string, string[]> = {}
  for (const [index, { game, value, headers }] of records.entries()) {
    const verdict = eventVerdictOn(game, value, headers)
    const count = counts[game]
    count.records += 1
    const mayBePassedOver = looksForeign(game, value)
    if (isForwarded[index] !== (verdict.kind === 'ours') && !(verdict.kind === 'ours' && mayBePassedOver)) {
      throw new Error(
        `record ${index} is ${JSON.stringify(verdict)}, and was ${isForwarded[index] ? '' : 'not '}forwarded`,
      )
    }
    if (verdict.kind === 'malformed') {
      count.malformedMin += mayBePassedOver ? 0 : 1
      count.malformedMax += 1
    }
    if (verdict.kind !== 'ours' || !isForwarded[index]) continue
    count.forwarded += 1
    const tenant = tenantText(headers)
    const { event } = verdict
    const said = event.game === 'character' ? saidOfGone(scene, event, tenant) : saidOfMonster(scene, event, tenant)
    count[said === undefined ? 'skipped' : 'applied'] += 1
    for (const [about, line] of said ?? []) heard[about] = [...(heard[about] ?? []), line]
  }
  return { counts, heard }
}

type Said = readonly (readonly [about: string, line: string])[]

/** `undefined`: he is in no quest there. */
function saidOfGone({ inside }: Scene, { place }: Gone, tenant: string): Said | undefined {
  const [, , characterId] = place.split('/')
  return inside.delete(`${tenant}/${place}`) ? [[`${tenant}/${characterId}`, 'CHARACTER_LEFT disconnect']] : undefined
}

/** `undefined`: it changes nothing. */
function saidOfMonster({ watched }: Scene, event: MonsterHappening, tenant: string): Said | undefined {
  const instance = watched.get(event.instanceId)
  if (instance === undefined || instance.tenant !== tenant) return undefined
  const heard = (line: string): Said => [[`${tenant}/${WATCHER}`, line]]
  const isFriendly = event.monsterId === FRIENDLY && STAGE_MAPS.some(map => map === event.mapId)
  if (event.type === 'KILLED' && !isFriendly) {
    instance.kills += 1
    return []
  }
  if (!isFriendly) return undefined
  if (event.type === 'KILLED') return heard('BLUE_TEXT dead')
  if (event.type === 'DAMAGED') {
    instance.hits += 1
    return heard('BLUE_TEXT hit')
  }
  instance.dropped += event.itemCount
  return heard(`BLUE_TEXT ${instance.dropped} dropped`)
}

/** By tenant and character: who was told, or told of, what. */
function heardIn(messages: readonly LogRecord[]): Record<string, string[]> {
  const heard: Record<string, string[]> = {}
  for (const { value, headers } of messages) {
    const { type, characterId, body } = JSON.parse(String(value))
    if (type !== 'SEND_MESSAGE' && type !== 'CHARACTER_LEFT') continue
    const about = `${tenantText(headers)}/${characterId ?? body.characterId}`
    const line = type === 'SEND_MESSAGE' ? `${body.messageType} ${body.message}` : `${type} ${body.reason}`
    heard[about] = [...(heard[about] ?? []), line]
  }
  return heard
}

/** The kills that a stage counts are told to nobody: its record has them. */
function assertKilled({ arena, watched }: Scene): void {
  const counted = new Map<string, number>()
  for (let shard = 0; shard < SHARDS; shard++) {
    for (const [key, text] of arena.harness.state(shard)) {
      if (!key.startsWith('instance/')) continue
      const kills: Record<string, number> = JSON.parse(text).context.stage.kills
      counted.set(
        key.slice('instance/'.length),
        Object.values(kills).reduce((sum, count) => sum + count, 0),
      )
    }
  }
  for (const [id, { kills }] of watched) expect(counted.get(id), `kills in ${id}`).toBe(kills)
}

function tenantOf(pairs: typeof OWN): Tenant {
  const decoded = decodeTenant(pairs.map(([name, value]) => [name, latin1(value)]))
  if ('refusal' in decoded) throw new Error(decoded.refusal.reason)
  return decoded.tenant
}

function channelIn(shard: number): number {
  for (let channel = WATCH_CHANNEL; channel < 256; channel++) {
    if (shardOf(shardKeyHash(NEIGHBOUR.id, 0, channel), SHARDS) === shard) return channel
  }
  throw new Error(`no channel of the neighbour is in shard ${shard}`)
}
