/**
 * Trap: two replicas of different versions, side by side in a rolling upgrade, send one record to two shards: each does
 * it once. Promise: the route of every kind of record is fixed data (golden-routes.json), that no release changes.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { COMMAND_TYPES } from '../../src/contract/commands.ts'
import type { LogRecord } from '../../src/contract/log-record.ts'
import { eventRouteOf, routeOf } from '../../src/contract/routing.ts'

const headers = z.array(z.tuple([z.string(), z.base64().nullable()]))
const stored = JSON.parse(readFileSync(new URL('golden-routes.json', import.meta.url), 'utf8'))
const golden = z
  .object({
    tenant: headers,
    records: z.array(
      z.object({
        name: z.string(),
        topic: z.string(),
        partition: z.number(),
        offset: z.number(),
        timestamp: z.number(),
        padding: z.number().default(0),
        headers: z.union([z.literal('tenant'), headers]),
        value: z.base64().nullable(),
        route: z.union([
          z.object({ foreign: z.string() }),
          z.object({ everyShard: z.literal(true) }),
          z.object({ hash: z.number(), of12: z.number() }),
        ]),
      }),
    ),
    events: z.array(
      z.object({
        name: z.string(),
        game: z.enum(['character', 'monster']),
        topic: z.string(),
        partition: z.number(),
        offset: z.number(),
        timestamp: z.number(),
        headers: z.union([z.literal('tenant'), headers]),
        value: z.base64(),
        route: z.union([
          z.object({ foreign: z.literal(true) }),
          z.object({ malformed: z.literal(true) }),
          z.object({ hash: z.number(), of12: z.number() }),
        ]),
      }),
    ),
  })
  .parse(stored)

type Golden = Omit<(typeof golden.records)[number], 'route' | 'value' | 'padding'> & {
  readonly value: string | null
  readonly padding?: number
}

/** Types that were another's when their records were written here. */
const OURS_SINCE: ReadonlySet<string> = new Set(['LEAVE', 'ENTER_BONUS'])

/** Of the records that there were when this was written: more may follow them, these stay as they are. */
const FIXED = { records: 63, sha256: 'f227f26d5c9c4a7109b45940776278ba061a5d280cec8ee7e64f644de426cd87' }

const decoded = (bytes: string | null) => (bytes === null ? null : Buffer.from(bytes, 'base64'))

function recordOf({ topic, partition, offset, timestamp, padding = 0, headers, value }: Golden): LogRecord {
  const bytes = decoded(value)
  return {
    topic,
    partition,
    offset,
    timestamp,
    key: null,
    value: bytes && Buffer.concat([bytes, Buffer.alloc(padding, ' ')]),
    headers: (headers === 'tenant' ? golden.tenant : headers).map(([name, bytes]) => [name, decoded(bytes)]),
  }
}

it.each(golden.records.map(record => [record.name, record] as const))('%s goes where it always went', (_, record) => {
  const { route } = record
  if ('everyShard' in route) {
    expect(routeOf(recordOf(record), 12)).toEqual({ kind: 'every-shard' })
    return
  }
  if ('foreign' in route) {
    // Passed over by a release before, forwarded by this one: done once, by whichever comes last, or not at all.
    if (OURS_SINCE.has(route.foreign)) expect(routeOf(recordOf(record), 12).kind).not.toBe('foreign')
    else expect(routeOf(recordOf(record), 12)).toEqual({ kind: 'foreign', type: route.foreign })
    return
  }
  expect(routeOf(recordOf(record), 2 ** 32)).toEqual({ kind: 'shard', shard: route.hash })
  expect(routeOf(recordOf(record), 12)).toEqual({ kind: 'shard', shard: route.of12 })
})

it.each(golden.events.map(event => [event.name, event] as const))('%s goes where it always went', (_, event) => {
  const { route, game } = event
  const routed = (shards: number) => eventRouteOf(game, recordOf(event), shards)
  if ('foreign' in route) expect(routed(12)).toEqual({ kind: 'foreign' })
  else if ('malformed' in route) expect(routed(12).kind).toBe('malformed')
  else {
    expect(routed(2 ** 32)).toEqual({ kind: 'shard', shard: route.hash })
    expect(routed(12)).toEqual({ kind: 'shard', shard: route.of12 })
  }
})

it('there is one of each command at least', () => {
  const types = golden.records.map(({ name }) => name.split(',')[0])
  for (const type of COMMAND_TYPES) expect(types).toContain(type)
})

it('routes that were fixed once are not changed: that needs a drained shard-commands', () => {
  const fixed = JSON.stringify([stored.tenant, stored.records.slice(0, FIXED.records)])
  expect(createHash('sha256').update(fixed).digest('hex')).toBe(FIXED.sha256)
})
