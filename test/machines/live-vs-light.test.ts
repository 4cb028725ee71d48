/**
 * The light step that shards use against a live XState actor of the same machine: the same random events on random
 * quests, the same snapshots, the same messages, the same refusals; and at random moments either one is stored as bytes
 * and comes back, the live one also as XState itself would store it.
 *
 * 5,000 lives here; many more by hand: MACHINE_SEQUENCES=100000 npx vitest run test/machines/live-vs-light.test.ts
 * A failure prints seed and path; MACHINE_SEED=… begins with another seed.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import type { PartyQuestEmitted, PartyQuestEvent, PartyQuestInput } from '../../machines/party-quest.ts'
import { partyQuestMachine, RESTING_STATES } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../../src/actor/instance.ts'
import { decodeInstance, encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import { createStepper } from '../../src/actor/stepper.ts'
import { T0 } from '../support/playthrough.ts'
import { aLifePlan, birthOf, eventOf, type LifePlan } from './arbitraries-life.ts'

const SEQUENCES = Number(process.env.MACHINE_SEQUENCES ?? 5_000)
const SEED = Number(process.env.MACHINE_SEED ?? 20_261_123)
/** Only a machine that hangs comes near it. */
const LIMIT_MS = 20_000 + SEQUENCES * 20

const STORING = ['none', 'none', 'light', 'live', 'live as XState stores it', 'both'] as const

const stepper = createStepper('light')

interface Visible {
  readonly value: unknown
  readonly status: string
  readonly context: string
  readonly emitted: string
  /** Whether some transition was taken. */
  readonly handled: boolean
}

/** The rules are compared apart: they are the longest part, and nothing may ever copy them. */
function visible({ value, context, status }: InstanceSnapshot, emitted: readonly unknown[], handled: boolean): Visible {
  const { rules: _, ...changing } = context
  return { value, status, context: JSON.stringify(changing), emitted: JSON.stringify(emitted), handled }
}

/** A live actor, and what it says and does to one event. */
class LiveInstance {
  readonly #input: PartyQuestInput
  #actor: ReturnType<typeof createActor<typeof partyQuestMachine>>
  #messages: unknown[] = []
  #others: unknown[] = []
  #taken = 0

  constructor(input: PartyQuestInput) {
    this.#input = input
    this.#actor = this.#begin(undefined)
  }

  get visible(): Visible {
    return visible(this.#actor.getSnapshot(), [...this.#messages, ...this.#others], this.#taken > 0)
  }

  send(event: PartyQuestEvent): void {
    this.#messages = []
    this.#others = []
    this.#taken = 0
    this.#actor.send(event)
  }

  storeAndRestore(how: 'bytes' | 'xstate'): void {
    const snapshot = this.#actor.getSnapshot()
    const persisted = this.#actor.getPersistedSnapshot()
    this.#actor.stop()
    this.#actor = this.#begin(how === 'bytes' ? stored(snapshot, this.#input) : JSON.parse(JSON.stringify(persisted)))
  }

  stop(): void {
    this.#actor.stop()
  }

  #begin(snapshot: InstanceSnapshot | undefined) {
    const options = { input: this.#input, ...(snapshot === undefined ? {} : { snapshot }) }
    const actor = createActor(partyQuestMachine, {
      ...options,
      inspect: inspected => {
        if (inspected.type === '@xstate.microstep') this.#taken += inspected._transitions.length
      },
    })
    actor.on('*', (emitted: PartyQuestEmitted) => {
      if (emitted.type === 'messages') this.#messages.push(...emitted.messages)
      else this.#others.push(...(emitted.type === 'effects' ? emitted.effects : [emitted.refusal]))
    })
    return actor.start()
  }
}

function stored(snapshot: InstanceSnapshot, { rules }: PartyQuestInput): InstanceSnapshot {
  const bytes = encodeInstance({ snapshot, definition: 'quest@0', armedBy: {} })
  return decodeInstance(bytes, (_, advance) => ({ ...rules, advance })).snapshot
}

const seen = new Map<string, number>()
const see = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)

function playBoth(plan: LifePlan, storing: readonly (typeof STORING)[number][]): void {
  const input = birthOf(plan)
  const live = new LiveInstance(input)
  let light = stepper.spawn(input)
  // What happens at birth is no event's transition.
  expect(
    { ...visible(light.snapshot, [...light.messages, ...light.effects], light.handled), handled: undefined },
    'at birth',
  ).toEqual({
    ...live.visible,
    handled: undefined,
  })

  let now = T0
  for (const [index, move] of plan.moves.entries()) {
    if (light.snapshot.status !== 'active') break
    const store = storing[index % storing.length] ?? 'none'
    see(`stored: ${store}`)
    if (store === 'light' || store === 'both') light = { ...light, snapshot: stored(light.snapshot, input) }
    if (store === 'live' || store === 'both') live.storeAndRestore('bytes')
    if (store === 'live as XState stores it') live.storeAndRestore('xstate')

    const event = eventOf(move, light.snapshot, now)
    now = event.now
    live.send(event)
    light = stepper.deliver(light.snapshot, event)
    const said = [...light.messages, ...light.effects, ...(light.refusal === undefined ? [] : [light.refusal])]
    const place = `event ${index + 1}, ${event.type} ${now - T0} ms after birth`
    expect(visible(light.snapshot, said, light.handled), place).toEqual(live.visible)
    expect(light.snapshot.context.rules.definition, 'the definition is shared').toBe(input.rules.definition)
    see(light.refusal?.code ?? (light.handled ? 'taken' : 'not taken'))
    see(String(light.snapshot.value))
  }
  live.stop()
}

test(
  `${SEQUENCES} random lives are the same in a live actor and as data that is stored and restored`,
  () => {
    const storing = fc.array(fc.constantFrom(...STORING), { minLength: 1, maxLength: 7 })
    fc.assert(fc.property(aLifePlan, storing, playBoth), { seed: SEED, numRuns: SEQUENCES })
    for (const expected of [
      ...[...RESTING_STATES, 'destroyed', 'taken', 'not taken', 'INVALID_STATE', 'REQUIREMENTS_NOT_MET'],
      ...STORING.map(store => `stored: ${store}`),
    ]) {
      expect(seen.get(expected) ?? 0, `${expected}: ${JSON.stringify([...seen])}`).toBeGreaterThan(0)
    }
  },
  LIMIT_MS,
)
