/**
 * Promise: what a quest asks of the monster service is done after the commit that decided it and never before, in the
 * order of its instance, whatever crashes; it holds up nobody, and is given up in the end rather than kept for ever.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { internalCommand } from '../../src/contract/shard-command.ts'
import { CommitUnknownError } from '../../src/errors.ts'
import { createMetrics } from '../../src/metrics.ts'
import { EffectRefusedError } from '../../src/shard/effect-runner.ts'
import { PENDING_EFFECTS_MAX } from '../../src/shard/pending-effects.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { quest, stage } from '../support/definitions.ts'
import { destroy, effectStepper, FakeMonsters } from '../support/fake-monsters.ts'
import type { ReplicaOptions } from '../support/replica.ts'
import { INTERNAL, ShardHarness } from '../support/shard-harness.ts'

const definitions = [quest({ startRequirements: [], stages: [stage(0), stage(1), stage(2)] })]

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

async function scene(options: ReplicaOptions = {}) {
  const monsters = new FakeMonsters()
  const metrics = createMetrics({ commandTypes: [] })
  const h = ShardHarness.withoutReplica({
    definitions,
    monsterClient: monsters,
    stepper: effectStepper(),
    telemetry: metrics.telemetry,
    ...options,
  })
  harness = h
  const replica = await h.takeOver()
  const counted = async () =>
    (await metrics.exposition()).split('\n').filter(line => line.startsWith('party_quest_effects_total{'))
  return { h, replica, monsters, counted }
}

/** It starts at once, and its first stage asks for a spawn on map 100. */
async function started(h: ShardHarness, characterId: number): Promise<void> {
  await h.register(characterId)
  h.seen()
}

const waiting = (h: ShardHarness) => [...h.state().keys()].filter(key => key.startsWith('effect/')).length
const warnings = (log: { readonly lines: readonly { level: string; fields: object; message: string }[] }) =>
  log.lines.filter(({ level }) => level === 'warn')

describe('an effect', () => {
  test('is a state record of its commit, asked for after it, and gone when it is known to be done', async () => {
    const { h, monsters, counted } = await scene()
    await started(h, 1001)
    expect([monsters.asked, waiting(h)]).toEqual([['spawn 100'], 1])
    expect(monsters.requests[0]).toMatchObject({ instanceId: h.id(1), worldId: 0, channelId: 1 })
    monsters.done()
    await h.clock.settle()
    expect([monsters.asked, waiting(h)]).toEqual([['spawn 100'], 0])
    expect(await counted()).toEqual(['party_quest_effects_total{kind="spawnMonster",outcome="done"} 1'])
  })

  test('whose commit fails is never asked for', async () => {
    const { h, monsters } = await scene()
    let isDown = true
    h.intercept(({ operation, phase }) => {
      if (isDown && operation === 'sink.end' && phase === 'before') throw new CommitUnknownError('lost')
    })
    await h.register(1001)
    await h.clock.advance(2000)
    expect(monsters.asked).toEqual([])
    isDown = false
    monsters.isPrompt = true
    await h.clock.advance(10_000)
    expect(monsters.asked).toEqual(['spawn 100'])
  })

  test('waits for those of its instance that were decided earlier, and for no other instance', async () => {
    const { h, monsters } = await scene()
    await started(h, 1001)
    await h.command('STAGE_ADVANCE', 1)
    await started(h, 1002)
    expect(monsters.asked).toEqual(['spawn 100', 'spawn 100'])
    monsters.done()
    await h.clock.settle()
    expect(monsters.asked.slice(2)).toEqual(['destroy 100'])
    monsters.done()
    monsters.done()
    await h.clock.settle()
    expect(monsters.asked.slice(3)).toEqual(['spawn 110'])
  })

  test('that takes long holds up no command', async () => {
    const { h, monsters } = await scene()
    await started(h, 1001)
    h.seen()
    await h.command('STAGE_ADVANCE', 1)
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen().events).toHaveLength(2)
    expect(monsters.asked).toEqual(['spawn 100'])
  })

  test('that fails is tried again, at most 5 s a try, and counts once', async () => {
    const { h, monsters, counted } = await scene()
    await started(h, 1001)
    monsters.fail(new Error('503'))
    await h.clock.advance(199)
    expect(monsters.asked).toHaveLength(1)
    await h.clock.advance(1)
    expect(monsters.asked).toHaveLength(2)
    await h.clock.advance(5000 + 400)
    expect([monsters.asked.length, monsters.open]).toEqual([3, 1])
    monsters.done()
    await h.clock.settle()
    expect([waiting(h), await counted()]).toEqual([
      0,
      ['party_quest_effects_total{kind="spawnMonster",outcome="done"} 1'],
    ])
  })

  test('that the service refuses is given up at once, with a warning that says why', async () => {
    const { h, replica, monsters, counted } = await scene()
    await started(h, 1001)
    monsters.fail(new EffectRefusedError('POST … answered 400'))
    await h.clock.settle()
    expect([monsters.asked.length, waiting(h)]).toEqual([1, 0])
    expect(warnings(replica.log)).toMatchObject([{ fields: { kind: 'spawnMonster', reason: 'POST … answered 400' } }])
    expect(await counted()).toEqual(['party_quest_effects_total{kind="spawnMonster",outcome="refused"} 1'])
  })

  test('is given up a minute after it was decided, and so are those that waited behind it', async () => {
    const { h, replica, monsters, counted } = await scene()
    await started(h, 1001)
    await h.command('STAGE_ADVANCE', 1)
    await h.clock.advance(50_000)
    expect(waiting(h)).toBe(3)
    await h.clock.advance(15_000)
    expect([waiting(h), monsters.asked.includes('spawn 110')]).toEqual([0, false])
    expect(await counted()).toEqual([
      'party_quest_effects_total{kind="spawnMonster",outcome="given_up"} 2',
      'party_quest_effects_total{kind="destroyMonsters",outcome="given_up"} 1',
    ])
    expect(warnings(replica.log)[0]?.fields).toMatchObject({
      reason: expect.stringContaining('not done within 60000 ms: no answer within 5000 ms'),
    })
  })

  test('of an instance that has ended is done all the same', async () => {
    const { h, monsters } = await scene()
    await started(h, 1001)
    await h.command('FORFEIT', 1)
    expect(h.stateKinds()).toEqual(['effect', 'effect', 'position'])
    monsters.isPrompt = true
    monsters.done()
    await h.clock.settle()
    expect([monsters.asked, h.stateKinds()]).toEqual([['spawn 100', 'destroy 900'], ['position']])
  })

  test('is not kept where no monster service is named', async () => {
    const { h } = await scene()
    const without = ShardHarness.withoutReplica({ definitions, stepper: effectStepper() })
    await without.takeOver()
    await started(without, 1001)
    expect([waiting(without), waiting(h)]).toEqual([0, 0])
    expect(without.stateKinds()).toContain('instance')
    await without.stop()
  })

  test('beyond 10,000 of a shard is dropped with a warning, and the shard goes on', async () => {
    const flood = Array.from({ length: PENDING_EFFECTS_MAX + 3 }, () => destroy(100))
    const isStart = effectStepper(messages => (messages.some(({ type }) => type === 'STARTED') ? flood : []))
    const { h, replica, counted } = await scene({ stepper: isStart })
    await started(h, 1001)
    expect(waiting(h)).toBe(PENDING_EFFECTS_MAX)
    expect(await counted()).toEqual(['party_quest_effects_total{kind="destroyMonsters",outcome="dropped"} 3'])
    expect(warnings(replica.log)).toMatchObject([{ fields: { shard: 0, dropped: 3, waitingMax: PENDING_EFFECTS_MAX } }])
    h.seen()
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen().events).toHaveLength(1)
  })
})

describe('after a crash', () => {
  test('between the commit and the effect, the next owner does it', async () => {
    const { h, replica, monsters } = await scene()
    await started(h, 1001)
    replica.kill()
    await h.clock.settle()
    expect(monsters.open).toBe(0)
    const later = new FakeMonsters()
    await h.takeOver({ monsterClient: later })
    expect([later.asked, waiting(h)]).toEqual([['spawn 100'], 1])
    later.done()
    await h.clock.settle()
    expect(waiting(h)).toBe(0)
  })

  test('between the effect and the word that it is done, the next owner does it again, and all behind it in order', async () => {
    const { h, replica, monsters } = await scene()
    await started(h, 1001)
    await h.command('STAGE_ADVANCE', 1)
    h.intercept(({ operation, replica: name, phase }) => {
      if (operation === 'appender.append' && name === replica.name && phase === 'before') throw new Error('away')
    })
    monsters.done()
    await h.clock.settle()
    expect([monsters.asked, waiting(h)]).toEqual([['spawn 100'], 3])
    replica.kill()
    h.intercept(() => {})
    const later = new FakeMonsters()
    later.isPrompt = true
    await h.takeOver({ monsterClient: later })
    await h.clock.settle()
    expect([later.asked, waiting(h)]).toEqual([['spawn 100', 'destroy 100', 'spawn 110'], 0])
  })

  test('behind the word that it is done, nobody does it again, applied or not', async () => {
    const { h, replica, monsters } = await scene()
    await started(h, 1001)
    h.intercept(({ operation, phase }) => {
      if (operation === 'sink.write' && phase === 'before') throw new CommitUnknownError('lost')
    })
    monsters.done()
    await h.clock.settle()
    expect(waiting(h)).toBe(1)
    replica.kill()
    h.intercept(() => {})
    const later = new FakeMonsters()
    await h.takeOver({ monsterClient: later })
    expect([later.asked, waiting(h)]).toEqual([[], 0])
    await h.command('STAGE_ADVANCE', 1)
    expect(later.asked).toEqual(['destroy 100'])
  })

  test('of its instance, a destroy that was left is done, though the instance is no more', async () => {
    const { h, replica } = await scene()
    await started(h, 1001)
    await h.command('FORFEIT', 1)
    replica.kill()
    const later = new FakeMonsters()
    later.isPrompt = true
    await h.takeOver({ monsterClient: later })
    await h.clock.settle()
    expect([later.asked, h.stateKinds()]).toEqual([['spawn 100', 'destroy 900'], ['position']])
  })

  test('an orderly stop breaks off what is under way, and the next owner begins again', async () => {
    const { h, monsters } = await scene()
    await started(h, 1001)
    const later = new FakeMonsters()
    await h.restart({ monsterClient: later })
    expect([monsters.open, later.asked]).toEqual([0, ['spawn 100']])
  })

  test('what waits is given up where there is no monster service any more', async () => {
    const { h, replica } = await scene()
    await started(h, 1001)
    replica.kill()
    const { log } = await h.takeOver({ monsterClient: undefined })
    expect(waiting(h)).toBe(0)
    expect(warnings(log)).toMatchObject([{ fields: { reason: 'MONSTERS_SERVICE_URL is not set any more' } }])
  })
})

test('a shard that is rebuilt breaks off the effects of its life before: nothing is asked for twice at once', async () => {
  const { h, monsters } = await scene()
  await started(h, 1001)
  h.loseNextCommitAnswer(new CommitUnknownError('lost'))
  await h.command('STAGE_ADVANCE', 1)
  await h.clock.advance(10_000)
  expect(monsters.asked.filter(line => line === 'spawn 100').length).toBeGreaterThan(1)
  expect(monsters.open).toBe(1)
})

describe('the word that an effect is done', () => {
  const tell = async (h: ShardHarness, settled: object) => {
    const appender = createMemoryTransport(h.log, { name: 'again', advertisedUrl: '' }).openAppender('again')
    await appender.append([internalCommand(0, INTERNAL.shardCommands, settled)])
    await h.clock.settle()
  }

  test('that comes twice changes nothing, nor does that of an older effect of the same name', async () => {
    const { h, monsters } = await scene()
    await started(h, 1001)
    const [pending] = monsters.requests
    const effect = `${pending?.instanceId}/${pending?.number}`
    await tell(h, { effect, traceparent: '00-older' })
    expect(waiting(h)).toBe(1)
    monsters.done()
    await h.clock.settle()
    await tell(h, { effect, traceparent: pending?.traceparent })
    expect(waiting(h)).toBe(0)
    h.seen()
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen().events).toHaveLength(1)
  })

  test('that cannot be appended is appended later', async () => {
    const { h, replica, monsters } = await scene()
    await started(h, 1001)
    let failures = 2
    h.intercept(({ operation, replica: name, phase }) => {
      if (name !== replica.name || operation !== 'appender.append' || phase !== 'before' || failures-- <= 0) return
      throw new Error('away')
    })
    monsters.done()
    await h.clock.settle()
    expect(waiting(h)).toBe(1)
    await h.clock.advance(1000)
    expect([waiting(h), monsters.asked]).toEqual([0, ['spawn 100']])
  })
})
