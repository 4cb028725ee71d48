/** Members that are cut off, expire, come back or die: who owns what, by a clock in the test's hand. */
import { describe, expect, it } from 'vitest'
import { TransportUnavailableError } from '../../../src/errors.ts'
import type { Intercept } from '../../../src/transport/memory/fault-gate.ts'
import { createMemoryLog, type MemoryLog } from '../../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../../src/transport/memory/memory-transport.ts'
import type { Assignment } from '../../../src/transport/port.ts'
import { SteppedClock } from './stepped-clock.ts'

const SESSION_MS = 6_000
const REJOIN_LIMIT_MS = 500

async function given(intercept?: Intercept) {
  const clock = new SteppedClock()
  const faults = intercept ? { intercept } : {}
  const log = createMemoryLog({ clock, clusterId: 'sessions', sessionTimeoutMs: SESSION_MS, ...faults })
  log.createTopics([{ topic: 'shards', partitions: 4, replicationFactor: 1, config: {} }])
  return { clock, log }
}

function join(log: MemoryLog, name: string) {
  const transport = createMemoryTransport(log, { name, advertisedUrl: `http://${name}` })
  const told: Assignment[] = []
  const membership = transport.joinGroup({
    groupId: 'group',
    topics: ['shards'],
    onAssigned: assignment => void told.push(assignment),
  })
  return { transport, membership, told, owned: () => told.at(-1)?.partitions.map(({ partition }) => partition) ?? [] }
}

describe("a member's session", () => {
  it('outlives a short cut: nobody takes what is its own, and it hears what it missed', async () => {
    const { clock, log } = await given()
    const [a, b] = [join(log, 'a'), join(log, 'b')]
    await clock.advance(0)
    expect([a.owned(), b.owned()]).toEqual([
      [0, 2],
      [1, 3],
    ])

    log.disconnect('a')
    const c = join(log, 'c')
    await clock.advance(SESSION_MS - 1)
    expect(a.told).toHaveLength(1)
    expect([...b.owned(), ...c.owned()]).toHaveLength(2)
    log.reconnect('a')
    await clock.advance(SESSION_MS)

    expect(a.told).toHaveLength(2)
    expect([...a.owned(), ...b.owned(), ...c.owned()].sort()).toEqual([0, 1, 2, 3])
    expect(a.told.at(-1)?.generation).toBe(b.told.at(-1)?.generation)
  })

  it('runs out for one that stays away: others take over, its last assignment stands until it joins again', async () => {
    const { clock, log } = await given()
    const [a, b] = [join(log, 'a'), join(log, 'b')]
    await clock.advance(0)
    log.disconnect('a')
    await clock.advance(SESSION_MS)

    expect(b.owned()).toEqual([0, 1, 2, 3])
    expect(a.owned()).toEqual([0, 2])

    log.reconnect('a')
    await expect(a.membership.commit([{ topic: 'shards', partition: 0, next: 1 }])).rejects.toBeInstanceOf(
      TransportUnavailableError,
    )
    await clock.advance(REJOIN_LIMIT_MS)
    expect(a.owned()).toHaveLength(2)
    expect([...a.owned(), ...b.owned()].sort()).toEqual([0, 1, 2, 3])
    await a.membership.commit([{ topic: 'shards', partition: 0, next: 1 }])
  })

  it('can be ended at once: the group goes on, and the member joins again', async () => {
    const { clock, log } = await given()
    const [a, b] = [join(log, 'a'), join(log, 'b')]
    await clock.advance(0)
    log.expireMember('a')
    await clock.advance(REJOIN_LIMIT_MS)
    expect([...a.owned(), ...b.owned()].sort()).toEqual([0, 1, 2, 3])
    expect(a.told.at(-1)?.generation).toBeGreaterThan(a.told[0]?.generation ?? 0)
  })

  it('ends although its name is connected again, when its own transport was closed while cut off', async () => {
    const { clock, log } = await given()
    const [dead, b] = [join(log, 'a'), join(log, 'b')]
    await clock.advance(0)
    log.disconnect('a')
    await dead.transport.close()
    log.reconnect('a')
    const successor = join(log, 'a')
    await clock.advance(SESSION_MS)
    expect([...successor.owned(), ...b.owned()].sort()).toEqual([0, 1, 2, 3])
    expect(dead.told).toHaveLength(1)
  })

  it('shows its age: the last heartbeat stands still while the member is cut off', async () => {
    const { clock, log } = await given()
    const { membership } = join(log, 'a')
    expect(membership.lastHeartbeatAt).toBe(0)
    await clock.advance(1_000)
    expect(membership.lastHeartbeatAt).toBe(clock.now())

    const cutAt = clock.now()
    log.disconnect('a')
    await clock.advance(SESSION_MS + 1_000)
    expect(membership.lastHeartbeatAt).toBe(cutAt)

    log.reconnect('a')
    await clock.advance(REJOIN_LIMIT_MS)
    expect(membership.lastHeartbeatAt).toBe(clock.now())
  })

  it('leaves no ghost for longer than a session when the answer to a join is lost', async () => {
    let lost = 0
    const { clock, log } = await given(({ operation, phase }) => {
      if (operation !== 'group.join' || phase !== 'after' || lost > 0) return
      lost += 1
      throw new TransportUnavailableError('lost')
    })
    const a = join(log, 'a')
    await clock.advance(REJOIN_LIMIT_MS)
    expect(a.owned()).toHaveLength(2)
    await clock.advance(SESSION_MS)
    expect(a.owned()).toEqual([0, 1, 2, 3])
    expect(await a.membership.members()).toHaveLength(1)
  })

  it('keeps trying to join until the log answers, and stops when it leaves', async () => {
    const { clock, log } = await given()
    log.disconnect('a')
    const [a, b] = [join(log, 'a'), join(log, 'b')]
    await clock.advance(60_000)
    expect(a.told).toEqual([])
    expect(b.owned()).toEqual([0, 1, 2, 3])
    await a.membership.leave()
    log.reconnect('a')
    await clock.advance(REJOIN_LIMIT_MS)
    expect(a.told).toEqual([])
    expect(await b.membership.members()).toHaveLength(1)
  })

  it('leaves without an answer too: the group finds out by the session', async () => {
    const { clock, log } = await given()
    const [a, b] = [join(log, 'a'), join(log, 'b')]
    await clock.advance(100)
    log.disconnect('a')
    await a.membership.leave()
    log.reconnect('a')
    await clock.advance(SESSION_MS + 1)
    expect(b.owned()).toEqual([0, 1, 2, 3])
  })

  it('hears of partitions that are made later', async () => {
    const clock = new SteppedClock()
    const log = createMemoryLog({ clock, clusterId: 'sessions' })
    const a = join(log, 'a')
    await clock.advance(0)
    expect(a.owned()).toEqual([])
    log.createTopics([{ topic: 'shards', partitions: 2, replicationFactor: 1, config: {} }])
    await clock.advance(0)
    expect(a.owned()).toEqual([0, 1])
  })

  it('goes the same way every time', async () => {
    const run = async () => {
      const { clock, log } = await given()
      const members = ['a', 'b', 'c'].map(name => join(log, name))
      await clock.advance(100)
      log.disconnect('b')
      await clock.advance(SESSION_MS + 1)
      log.expireMember('c')
      await clock.advance(100)
      log.reconnect('b')
      await clock.advance(1_000)
      await members[0]?.membership.leave()
      await clock.advance(1_000)
      return members.map(({ told }) => told)
    }
    expect(await run()).toEqual(await run())
  })
})
