/**
 * A party service that is silent, slow, half broken or endless: what waits for it is bounded, everything else goes on,
 * the log and the metrics say so, and whoever waited gets an answer.
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Lookup, LookupAnswer } from '../../src/contract/lookup.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import { createHttpLookupClient } from '../../src/lookups/http-lookup-client.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { LookupClient } from '../../src/shard/lookup-runner.ts'
import { PENDING_BYTES_MAX, PENDING_REGISTRATIONS_MAX } from '../../src/shard/pending-registrations.ts'
import { quest } from '../support/definitions.ts'
import { party } from '../support/fake-lookups.ts'
import { ShardHarness, textOf } from '../support/shard-harness.ts'
import { TENANT } from '../support/tenants.ts'
import { Crowd, metric, register, turnUntil, untilApplied, update } from './crowd.ts'

vi.setConfig({ testTimeout: 300_000 })

const AT_ONCE = 64
const definitions = [quest({ startRequirements: [] })]
const services = { parties: true, guilds: false }

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

/** Answers as `mode` says, and counts. Party n has the one member n; `half` fails once for every other party. */
class PartyService implements LookupClient {
  mode: 'silent' | 'well' | 'half' = 'silent'
  asked = 0
  readonly #failed = new Set<number>()
  open = 0
  openMax = 0

  async ask(lookup: Lookup, _headers: unknown, signal: AbortSignal): Promise<LookupAnswer> {
    this.asked += 1
    this.open += 1
    this.openMax = Math.max(this.openMax, this.open)
    try {
      if (this.mode === 'silent') {
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('no answer')), { once: true })
        })
      }
      const partyId = lookup.kind === 'members' ? lookup.partyId : 0
      if (this.mode === 'half' && partyId % 2 === 0 && !this.#failed.has(partyId)) {
        this.#failed.add(partyId)
        throw new Error('answered 500')
      }
      return party(partyId)
    } finally {
      this.open -= 1
    }
  }
}

async function scene() {
  const metrics = createMetrics({ commandTypes: ['REGISTER', 'UPDATE_STAGE_STATE'] })
  const service = new PartyService()
  const h = ShardHarness.withoutReplica({ definitions, services, lookupClient: service, telemetry: metrics.telemetry })
  harness = h
  const replica = await h.takeOver()
  return { h, replica, metrics, service, crowd: new Crowd(h) }
}

const withParty = (index: number) => register(10_000 + index, { partyId: 10_000 + index })
const waiting = 'party_quest_pending_registrations{shard="0"}'

describe('a silent party service', () => {
  test('has 64 questions at once and 10,000 registrations waiting at most; more are refused, and all others served', async () => {
    const { h, replica, metrics, service, crowd } = await scene()
    await h.register(1001)
    h.seen()
    await crowd.send(PENDING_REGISTRATIONS_MAX + 2000, withParty)
    await crowd.send(1, () => update(h.id(1)))
    await crowd.send(1, () => register(1002))
    await untilApplied(h, replica)

    // Not a millisecond has passed: nobody waited for the service.
    expect([service.asked, service.openMax]).toEqual([AT_ONCE, AT_ONCE])
    expect(await metric(metrics, waiting)).toBe(PENDING_REGISTRATIONS_MAX)
    expect(h.deadLetters().map(({ headers }) => textOf(headers, 'error-code'))).toEqual(
      Array(2000).fill('LOOKUP_FAILED'),
    )
    expect(textOf(h.deadLetters()[0]?.headers ?? [], 'error-message')).toMatch(/^too many registrations wait/)
    expect(h.seen().events).toContain('#2 INSTANCE_CREATED {"partyId":0,"channelId":1}')
    expect(h.state().get(`instance/${h.id(1)}`)).toContain('"i4001008":1')
    expect(replica.log.at('error')).toEqual([
      'too many registrations wait for a look-up: more are refused until the service answers',
    ])
  })

  test('that answers again is asked for all that wait, also by the next owner', async () => {
    const { h, metrics, service, crowd } = await scene()
    await crowd.send(1000, withParty)
    service.mode = 'well'
    const heir = await h.restart()
    await turnUntil(h, () => heir.shards.held()[0]?.life?.state?.pending.size === 0)
    expect(h.seen().events.filter(line => line.includes('INSTANCE_CREATED'))).toHaveLength(1000)
    expect(h.deadLetters()).toEqual([])
    await h.register(1001, { partyId: 1001 })
    await untilApplied(h, heir)
    expect(h.seen().events.at(-1)).toMatch(/STARTED/)
    expect(await metric(metrics, waiting)).toBe(0)
  })

  test('leaves nobody waiting for longer than 30 seconds and his own time-out, and is complained of twice a minute', async () => {
    const { h, replica, metrics, service, crowd } = await scene()
    await crowd.send(1000, withParty)
    await h.clock.advance(34_000)
    await turnUntil(h, () => replica.shards.held()[0]?.life?.state?.pending.size === 0)
    await untilApplied(h, replica)
    expect(await metric(metrics, waiting)).toBe(0)
    expect(await metric(metrics, 'party_quest_refusals_total{code="LOOKUP_FAILED"}')).toBe(1000)
    const asked = await metric(metrics, 'party_quest_lookup_seconds_count{service="parties",outcome="timed_out"}')
    const unasked = await metric(metrics, 'party_quest_lookup_seconds_count{service="parties",outcome="not_asked"}')
    expect([(asked ?? 0) + (unasked ?? 0), service.openMax]).toEqual([1000, AT_ONCE])
    expect(unasked).toBeGreaterThan(200)
    expect(replica.log.at('warn')).toEqual(Array(2).fill('look-ups fail, registrations are refused'))
    expect(replica.log.lines.find(({ level }) => level === 'warn')?.fields).toMatchObject({
      service: 'parties',
      reason: /no answer within 3000 ms/,
    })
  })

  test('holds 8 MiB of what waits, when the records are large', async () => {
    const { h, replica, crowd } = await scene()
    const padding = 'x'.repeat(100_000)
    await crowd.send(200, index => ({ ...withParty(index), body: { ...withParty(index).body, padding } }))
    await untilApplied(h, replica)
    const kept = h.stateKinds().filter(kind => kind === 'pending').length
    expect(kept).toBe(Math.floor(PENDING_BYTES_MAX / 100_300))
    expect(h.deadLetters()).toHaveLength(200 - kept)
  })
})

test('a party service that fails half of the look-ups costs a second try, and nobody his registration', async () => {
  const { h, replica, service, crowd } = await scene()
  service.mode = 'half'
  await crowd.send(200, withParty)
  await h.clock.advance(5000)
  await turnUntil(h, () => replica.shards.held()[0]?.life?.state?.pending.size === 0)
  expect(h.seen().events.filter(line => line.includes('INSTANCE_CREATED')).length).toBe(200)
  expect([h.deadLetters(), service.openMax <= AT_ONCE]).toEqual([[], true])
})

describe('an answer without an end', () => {
  let server: Server
  let base = ''
  let status = 200
  let ended: Promise<void> = Promise.resolve()

  /** As much as the client takes. */
  function writeOn(response: ServerResponse): void {
    const chunk = Buffer.alloc(64 << 10, ' ')
    while (!response.destroyed && response.write(chunk)) {}
  }

  beforeAll(async () => {
    server = createServer((_, response) => {
      ended = new Promise(resolve => response.once('close', resolve))
      response.writeHead(status)
      response.on('drain', () => writeOn(response))
      writeOn(response)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  test.each([
    [200, 'answers with more than 1048576 bytes'],
    [503, 'answered 503'],
    [404, 'answered 404'],
  ])('(%i) is read no further than it may be, and its connection is let go', async (given, message) => {
    status = given
    const client = createHttpLookupClient({ partiesServiceUrl: base })
    const asking = client.ask({ kind: 'members', partyId: 1 }, tenantHeaders(TENANT), AbortSignal.timeout(15_000))
    await expect(asking).rejects.toThrow(message)
    await ended
  })
})
