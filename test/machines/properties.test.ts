/**
 * What holds in every life of every quest: random definitions, random commands and timers at awkward moments, on the
 * plain machine, 500 lives a law. A failure is shrunk and printed with its seed and path; to replay, MACHINE_SEED=…; for more lives,
 * MACHINE_LIVES=100000 npx vitest run test/machines/properties.test.ts
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { earliestDeadline, TIMER_NAMES } from '../../machines/deadlines.ts'
import type { PartyQuestEvent, PartyQuestInput } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../../src/actor/instance.ts'
import { encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import { createStepper, type Step } from '../../src/actor/stepper.ts'
import type { Stage } from '../../src/contract/definition.ts'
import { encodeMessage } from '../../src/contract/messages.ts'
import { T0 } from '../support/playthrough.ts'
import { aLifePlan, birthOf, eventOf, type LifePlan } from './arbitraries-life.ts'
import { conditionHolds, isDue, requirementHolds, sum, timerOf, timersOf } from './behaviour-rules.ts'
import { SPEECH_LAWS, type Speech } from './properties-speech.ts'

const LIVES = Number(process.env.MACHINE_LIVES ?? 500)
const SEED = Number(process.env.MACHINE_SEED ?? 20_261_123)
/** Only what hangs comes near it. */
const LIMIT_MS = 20_000 + LIVES * 20

const stepper = createStepper('properties')

interface Happened {
  readonly event: PartyQuestEvent
  readonly before: InstanceSnapshot
  /** Its bytes before the event. */
  readonly bytes: string
  readonly step: Step
}

interface Life {
  readonly input: PartyQuestInput
  readonly birth: Step
  /** Goes on when the instance is gone. */
  readonly happened: readonly Happened[]
}

function bytesOf(snapshot: InstanceSnapshot): string {
  return `${snapshot.status} ${encodeInstance({ snapshot, definition: 'quest@0', armedBy: {} })}`
}

function live(plan: LifePlan): Life {
  const input = birthOf(plan)
  const birth = stepper.spawn(input)
  const happened: Happened[] = []
  let { snapshot } = birth
  let now = T0
  for (const move of plan.moves) {
    const event = eventOf(move, snapshot, now)
    now = event.now
    const bytes = bytesOf(snapshot)
    const step = stepper.deliver(snapshot, event)
    happened.push({ event, before: snapshot, bytes, step })
    snapshot = step.snapshot
  }
  return { input, birth, happened }
}

function speechOf({ input, birth, happened }: Life): Speech {
  const messages = [birth, ...happened.map(({ step }) => step)].flatMap(step => step.messages)
  const { status } = happened.at(-1)?.step.snapshot ?? birth.snapshot
  return {
    definition: input.rules.definition,
    instanceId: input.identity.instanceId,
    members: [
      ...new Set([
        ...input.members.map(({ characterId }) => characterId),
        ...messages.flatMap(message => (message.type === 'CHARACTER_REGISTERED' ? [message.characterId] : [])),
      ]),
    ],
    isOver: status === 'done',
    events: messages.filter(message => encodeMessage(message, input.identity).destination === 'status'),
    warps: messages.flatMap(message => (message.type === 'CHANGE_MAP' ? [message] : [])),
  }
}

/** `holds` throws, or says how often the law had something to hold; one in ten lives must give it something. */
function everyLife(holds: (life: Life) => number): () => void {
  return () => {
    let held = 0
    const property = fc.property(aLifePlan, plan => {
      held += holds(live(plan))
    })
    fc.assert(property, { seed: SEED, numRuns: LIVES })
    expect(held, 'the law was hardly ever put to the test').toBeGreaterThan(LIVES / 10)
  }
}

/** The same for each event of each life; `undefined`: the law says nothing about it. */
function everyEvent(holds: (happened: Happened, life: Life) => undefined | true): () => void {
  return everyLife(life => {
    let held = 0
    for (const [index, happened] of life.happened.entries()) {
      try {
        if (holds(happened, life)) held++
      } catch (error) {
        const { event, before } = happened
        const place = `event ${index + 1}, ${event.type} ${event.now - T0} ms after birth, in ${before.value}`
        throw new Error(`${place}: ${error instanceof Error ? error.message : error}`)
      }
    }
    return held
  })
}

const unchanged = ({ bytes, step }: Happened) => {
  expect(bytesOf(step.snapshot)).toBe(bytes)
  expect(step.messages).toEqual([])
}
const said = ({ messages }: Step, type: string) => messages.some(message => message.type === type)
const isAlive = ({ before }: Pick<Happened, 'before'>) => before.status === 'active'

describe('what an instance says', () => {
  test.each(SPEECH_LAWS)(
    '%s',
    (_, holds) => {
      everyLife(life => {
        const speech = speechOf(life)
        holds(speech)
        return speech.isOver ? 1 : 0
      })()
    },
    LIMIT_MS,
  )

  test(
    'after the end there is no message, no refusal and no change, whatever comes',
    everyEvent(happened => {
      if (isAlive(happened)) return undefined
      unchanged(happened)
      const { handled, refusal } = happened.step
      expect({ handled, refusal }).toEqual({ handled: false, refusal: undefined })
      return true
    }),
    LIMIT_MS,
  )
})

describe('what changes an instance', () => {
  test(
    'a refused command changes nothing: the bytes are the same, and nothing is said',
    () => {
      const codes = new Set<string>()
      everyEvent(happened => {
        const { handled, refusal } = happened.step
        if (handled && refusal === undefined) return undefined
        unchanged(happened)
        codes.add(refusal?.code ?? 'not taken')
        return true
      })()
      expect([...codes].sort()).toEqual(['INVALID_STATE', 'REQUIREMENTS_NOT_MET', 'not taken'])
    },
    LIMIT_MS,
  )

  test(
    'what an operation began from is left as it was, so that undoing is forgetting',
    everyEvent(({ before, bytes, step }) => {
      expect(bytesOf(before)).toBe(bytes)
      return step.snapshot !== before || undefined
    }),
    LIMIT_MS,
  )

  test(
    'counts are added and saturate, and a new stage begins without any',
    everyEvent(({ event, before, step }) => {
      const [was, is] = [before.context, step.snapshot.context]
      if (step.messages.some(({ type }) => type === 'STARTED' || type === 'STAGE_ADVANCED')) {
        expect(is.stage).toEqual({ startedAt: event.now, attempts: 0, items: {}, kills: {}, data: {} })
        return undefined
      }
      if (said(step, 'BONUS_ENTERED')) {
        expect(is.stage).toEqual({ startedAt: event.now, attempts: 0, items: {}, kills: {}, data: {} })
        return undefined
      }
      const counted = event.type === 'UPDATE_STAGE_STATE' && step.handled && step.refusal === undefined
      const items = counted ? sum(was.stage.items, 'i', event.itemCounts) : was.stage.items
      const killed = event.type === 'monster.killed' && step.snapshot !== before && is.stage.kills !== was.stage.kills
      const more = counted ? event.monsterKills : new Map(killed ? [[event.monsterId, 1]] : [])
      const kills = sum(was.stage.kills, 'm', more)
      expect({ ...is.stage, attempts: 0, data: {} }).toEqual({ ...was.stage, items, kills, attempts: 0, data: {} })
      const setsData = ['UPDATE_CUSTOM_DATA', 'monster.damaged', 'monster.drop'].includes(event.type)
      if (!setsData) expect(is.stage.data).toEqual(was.stage.data)
      expect(Object.keys(is.stage.items).length).toBeLessThanOrEqual(4096)
      return counted || undefined
    }),
    LIMIT_MS,
  )

  test(
    'nobody is a member twice, joins but by a REGISTER in the lobby, or leaves but by a LEAVE of his own',
    everyEvent(({ event, before, step }) => {
      const ids = (snapshot: InstanceSnapshot) => snapshot.context.run.members.map(({ characterId }) => characterId)
      const joins =
        event.type === 'REGISTER' && before.value === 'registering' && !ids(before).includes(event.member.characterId)
      const leaves = event.type === 'LEAVE' && isAlive({ before }) && ids(before).includes(event.characterId)
      const stay = ids(before).filter(id => !leaves || id !== event.characterId)
      expect(ids(step.snapshot)).toEqual(joins ? [...stay, event.member.characterId] : stay)
      expect([said(step, 'CHARACTER_REGISTERED'), said(step, 'CHARACTER_LEFT')]).toEqual([joins, leaves])
      return joins || leaves || undefined
    }),
    LIMIT_MS,
  )
})

describe('what opens a gate', () => {
  test(
    'an attempt clears the stage exactly if its conditions hold, and is counted otherwise',
    everyEvent(({ event, before, step }) => {
      if (event.type !== 'STAGE_CLEAR_ATTEMPT' || before.value !== 'active') return undefined
      const { rules, run, stage } = before.context
      const { clearConditions } = rules.definition.stages[run.stageIndex] as Stage
      const holds = clearConditions.every(condition => conditionHolds(condition, stage))
      expect(said(step, 'STAGE_CLEARED')).toBe(holds)
      if (!holds) {
        expect(step.messages).toEqual([])
        expect(step.snapshot.context).toEqual({ ...before.context, stage: { ...stage, attempts: stage.attempts + 1 } })
      }
      return true
    }),
    LIMIT_MS,
  )

  test(
    'a quest starts exactly if its requirements hold: by START, by its timer, and an instant one by itself',
    everyLife(life => {
      const { definition, requirements } = life.input.rules
      const holdIn = ({ context }: InstanceSnapshot) =>
        requirements === 'warn' ||
        definition.startRequirements.every(requirement => requirementHolds(requirement, context.run.members))
      const isInstant = definition.registration.mode === 'instant'
      expect(said(life.birth, 'STARTED'), 'at birth').toBe(isInstant && holdIn(life.birth.snapshot))
      let started = 0
      for (const { event, before, step } of life.happened) {
        const opens =
          before.value === 'registering' &&
          (event.type === 'START' ||
            (event.type === 'timer.registration' && isDue('registration', before, event)) ||
            (event.type === 'REGISTER' && isInstant))
        expect(said(step, 'STARTED'), event.type).toBe(opens && holdIn(step.snapshot))
        if (opens && event.type === 'START' && !holdIn(before)) expect(step.refusal?.code).toBe('REQUIREMENTS_NOT_MET')
        if (opens) started++
      }
      return started
    }),
    LIMIT_MS,
  )
})

describe('timers', () => {
  test(
    'a timer that is unknown, not armed, or not due yet changes nothing, be it a millisecond early',
    everyEvent(happened => {
      const { event, before } = happened
      if (!event.type.startsWith('timer.') || isDue(timerOf(event), before, event)) return undefined
      unchanged(happened)
      expect(happened.step.refusal).toBeUndefined()
      return true
    }),
    LIMIT_MS,
  )

  test(
    'a timer that is due takes effect, and only once',
    everyEvent(happened => {
      const { event, before, bytes, step } = happened
      if (!event.type.startsWith('timer.') || !isDue(timerOf(event), before, event)) return undefined
      expect(bytesOf(step.snapshot)).not.toBe(bytes)
      expect(step.messages.length, 'and says so').toBeGreaterThan(0)
      const again = stepper.deliver(step.snapshot, event)
      unchanged({ ...happened, bytes: bytesOf(step.snapshot), step: again })
      return true
    }),
    LIMIT_MS,
  )

  // Values need not grow from stage to stage: a short stage may end before the one that it follows would have.
  test(
    'a deadline stands as long as its timer is armed; one that an operation arms lies ahead of that operation',
    everyEvent(({ event, before, step }) => {
      if (step.snapshot.status !== 'active') return undefined
      const [was, is] = [before.context.run, step.snapshot.context.run]
      let armed = false
      for (const timer of TIMER_NAMES) {
        const [old, next] = [was.deadlines[timer], is.deadlines[timer]]
        const isSame = timer !== 'stage' || was.stageIndex === is.stageIndex
        if (next === undefined) continue
        if (old !== undefined && isSame) expect(next, timer).toBe(old)
        else {
          expect(next, timer).toBeGreaterThan(event.now)
          armed = true
        }
      }
      return armed || undefined
    }),
    LIMIT_MS,
  )

  test(
    'armed are exactly the timers of the state, so many seconds after the operation that entered it',
    everyLife(life => {
      let at = T0
      const entered = { quest: 0, stage: 0, state: T0 }
      let value: unknown
      const steps = [
        { now: T0, step: life.birth },
        ...life.happened.map(({ event, step }) => ({ now: event.now, step })),
      ]
      let armed = 0
      for (const { now, step } of steps) {
        if (step.snapshot.status !== 'active') break
        expect(now, 'time goes on').toBeGreaterThanOrEqual(at)
        at = now
        if (said(step, 'STARTED')) entered.quest = now
        if (said(step, 'STARTED') || said(step, 'STAGE_ADVANCED')) entered.stage = now
        if (step.snapshot.value !== value) entered.state = now
        value = step.snapshot.value
        const { deadlines } = step.snapshot.context.run
        expect(deadlines, String(value)).toEqual(timersOf(step.snapshot, entered))
        if (earliestDeadline(deadlines) !== undefined) armed++
      }
      return armed
    }),
    LIMIT_MS,
  )
})
