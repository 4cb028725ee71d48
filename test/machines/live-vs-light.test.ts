/**
 * The light step that shards use against a live XState actor of the same machine: same random events, same
 * snapshots, same messages; and the light one falls back to its stored bytes and comes back at random moments.
 */
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import type { PartyQuestEmitted, PartyQuestEvent } from '../../machines/party-quest.ts'
import { partyQuestMachine } from '../../machines/party-quest.ts'
import type { Instance, InstanceSnapshot } from '../../src/actor/instance.ts'
import { decodeInstance, encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import { createStepper } from '../../src/actor/stepper.ts'
import type { CompiledDefinition } from '../../src/definitions/catalogue.ts'
import { FOUR_PASSES, quest, stage, TIMED } from '../support/definitions.ts'
import { inputOf, members, T0, update } from '../support/playthrough.ts'
import { character } from '../support/tenants.ts'

const SEQUENCES = 500
const EVENTS_PER_SEQUENCE = 40

const stages = [stage(0, { clearConditions: [FOUR_PASSES], duration: 120 }), stage(1, { warpType: 'none' }), stage(2)]
const QUESTS: readonly CompiledDefinition[] = [
  quest({ stages }),
  quest({ stages, duration: 600, advance: 'automatic', bonus: { mapId: 500, duration: 60, entry: 'auto' } }),
  quest({ stages, registration: TIMED, bonus: { mapId: 500, entry: 'manual', completionMapId: 450 } }),
  quest({ registration: TIMED, duration: 300, stages: [stage(0, { duration: 60, onTimeout: 'fail' }), stage(1)] }),
]

/** Mulberry32: the same sequence for the same seed everywhere, and neighbouring seeds have nothing in common. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

function randomEvent(random: (below: number) => number, now: number): PartyQuestEvent {
  const timers = ['registration', 'lobby', 'quest', 'stage', 'bonus', 'completion'] as const
  switch (random(10)) {
    case 0:
      return { type: 'REGISTER', member: { characterId: character(1001 + random(4)) }, now }
    case 1:
      return { type: 'START', now }
    case 2:
    case 3:
      return { ...update({ 4001008: random(4) }, { [random(3)]: 1 }), now }
    case 4:
    case 5:
      return { type: 'STAGE_CLEAR_ATTEMPT', now }
    case 6:
      return { type: 'STAGE_ADVANCE', now }
    case 7:
      return { type: random(8) === 0 ? 'FORFEIT' : 'STAGE_ADVANCE', now }
    default:
      return { type: `timer.${timers[random(timers.length)] ?? 'quest'}`, now }
  }
}

function visible({ value, context, status }: InstanceSnapshot, emitted: readonly unknown[]): string {
  return JSON.stringify({ value, status, context, emitted })
}

test(`${SEQUENCES} random lives are the same in a live actor and as data that is stored and restored`, () => {
  const stepper = createStepper('light')
  const seen = new Set<string>()
  for (let seed = 1; seed <= SEQUENCES; seed++) {
    const random = randomOf(seed)
    const compiled = QUESTS[random(QUESTS.length)] ?? quest()
    const input = inputOf(compiled, { members: members(1001, 1002).slice(0, 1 + random(2)) })

    let emitted: unknown[] = []
    const live = createActor(partyQuestMachine, { input })
    const listen = (event: PartyQuestEmitted) => {
      emitted.push(...(event.type === 'messages' ? event.messages : [event.refusal]))
    }
    live.on('messages', listen)
    live.on('refused', listen)
    live.start()
    let light = stepper.spawn(input)
    expect(visible(light.snapshot, light.messages), `seed ${seed}, at birth`).toBe(visible(live.getSnapshot(), emitted))

    let now = T0
    for (let count = 1; count <= EVENTS_PER_SEQUENCE && light.snapshot.status === 'active'; count++) {
      now += random(60_000)
      const event = randomEvent(random, now)
      if (random(3) === 0) {
        const instance: Instance = { snapshot: light.snapshot, definition: compiled.ref, armedBy: {} }
        const restored = decodeInstance(encodeInstance(instance), () => input.rules)
        light = { ...light, snapshot: restored.snapshot }
      }
      emitted = []
      live.send(event)
      light = stepper.deliver(light.snapshot, event)
      const said = light.refusal === undefined ? light.messages : [light.refusal]
      expect(visible(light.snapshot, said), `seed ${seed}, event ${count}: ${event.type}`).toBe(
        visible(live.getSnapshot(), emitted),
      )
      seen.add(String(light.snapshot.value))
    }
    live.stop()
  }
  expect([...seen].sort()).toEqual(['active', 'bonus', 'cleared', 'completed', 'destroyed', 'registering'])
})
