/**
 * The laws of an instance's life where they matter: in a real shard, by what readers of the topics see. Random quests,
 * commands over the public topic, deadlines approached to the millisecond, restarts and time without anybody. Slower
 * than properties.test.ts and so with fewer lives; for more, MACHINE_LIVES=2000 npx vitest run
 * test/machines/properties-shard.test.ts. A failure prints seed and path; MACHINE_SEED replays it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Rules, Run } from '../../machines/context.ts'
import { earliestDeadline } from '../../machines/deadlines.ts'
import type { QuestDefinition } from '../../src/contract/definition.ts'
import { type InstanceId, NIL_INSTANCE } from '../../src/contract/ids.ts'
import { unreachable } from '../../src/errors.ts'
import type { Replica } from '../support/replica.ts'
import { ShardHarness, TOPICS, textOf } from '../support/shard-harness.ts'
import { aCount, aDefinition, COUNTED_IDS, compiled } from './arbitraries.ts'
import { someRules } from './arbitraries-life.ts'
import { SPEECH_LAWS, type Speech, type Warp } from './properties-speech.ts'

const LIVES = Number(process.env.MACHINE_LIVES ?? 100)
const SEED = Number(process.env.MACHINE_SEED ?? 20_261_123)
const LIMIT_MS = 60_000 + LIVES * 1_000
/** Deadlines beyond are not waited for: the clock stops at each of the shard's own wakings on the way. */
const WAIT_MS_MAX = 30_000

type Move =
  | { readonly move: 'register'; readonly id: number; readonly partyId: number }
  | { readonly move: 'command'; readonly type: string; readonly which: number }
  | { readonly move: 'count'; readonly item: number; readonly count: number; readonly which: number }
  /** Up to the next deadline, and no further. */
  | { readonly move: 'deadline' }
  | { readonly move: 'wait'; readonly ms: number }
  /** The shard is restored from its log, after that time without anybody. */
  | { readonly move: 'restart'; readonly ms: number; readonly isKilled: boolean }

/** Instances back from the newest: 0 is the one that is most likely alive. */
const which = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 3 }) })
const aMove: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      move: fc.constant('register'),
      id: fc.integer({ min: 1001, max: 1006 }),
      partyId: fc.constantFrom(88, 88, 89, 0),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      move: fc.constant('command'),
      type: fc.constantFrom(
        ...['START', 'STAGE_CLEAR_ATTEMPT', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'STAGE_ADVANCE', 'FORFEIT'],
      ),
      which,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ move: fc.constant('count'), item: fc.constantFrom(...COUNTED_IDS), count: aCount, which }),
  },
  { weight: 5, arbitrary: fc.constant({ move: 'deadline' }) },
  { weight: 1, arbitrary: fc.record({ move: fc.constant('wait'), ms: fc.integer({ min: 1, max: 5_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      move: fc.constant('restart'),
      ms: fc.constantFrom(0, 3_000, 60_000),
      isKilled: fc.boolean(),
    }),
  },
)

interface Plan {
  readonly definition: object
  readonly rules: Omit<Rules, 'definition'>
  readonly moves: readonly Move[]
}

const aPlan: fc.Arbitrary<Plan> = fc.record({
  definition: aDefinition,
  rules: someRules,
  moves: fc.array(aMove, { maxLength: 30, size: 'max' }),
})

const seen = new Map<string, number>()
const see = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)

/** One quest in one shard, and what is known of its instances from the outside. */
class ShardLife {
  readonly #harness: ShardHarness
  readonly #definition: QuestDefinition
  /** By instance, in the order in which they were made; those who were in it when it was last seen. */
  readonly #members = new Map<string, readonly number[]>()
  readonly #warps = new Map<string, Warp[]>()
  #replica: Replica
  #warpsRead = 0

  constructor(harness: ShardHarness, replica: Replica, definition: QuestDefinition) {
    this.#harness = harness
    this.#replica = replica
    this.#definition = definition
  }

  async play(move: Move): Promise<void> {
    const harness = this.#harness
    switch (move.move) {
      case 'register': {
        const { questId } = this.#definition
        await this.#command(() => harness.register(move.id, { questId, partyId: move.partyId }))
        break
      }
      case 'command':
        await this.#command(() => harness.command(move.type, this.#id(move.which)))
        break
      case 'count': {
        const counts = { [move.item]: move.count }
        const body = { itemCounts: counts, monsterKills: counts }
        await this.#command(() => harness.command('UPDATE_STAGE_STATE', this.#id(move.which), body))
        break
      }
      case 'deadline':
        await this.#approachDeadline()
        break
      case 'wait':
        await harness.clock.advance(move.ms)
        break
      case 'restart':
        await this.#restart(move.ms, move.isKilled)
        break
      default:
        unreachable(move)
    }
    this.#look()
    const late = this.#deadlines().filter(({ at }) => at <= harness.clock.now())
    expect(late, 'a deadline that passed has fired').toEqual([])
    expect(this.#replica.fatal).toEqual([])
  }

  speeches(): readonly Speech[] {
    const live = this.#runs()
    const events = this.#events()
    return [...this.#members].map(([instanceId, members]) => ({
      definition: this.#definition,
      instanceId,
      members,
      isOver: !live.has(instanceId),
      events: events.filter(event => event.instanceId === instanceId).map(({ type, body }) => ({ type, ...body })),
      warps: this.#warps.get(instanceId) ?? [],
    }))
  }

  /** A refused command changes no byte of any instance and says nothing. */
  async #command(send: () => Promise<unknown>): Promise<void> {
    const before = this.#visible()
    const letters = this.#harness.deadLetters().length
    await send()
    const refused = this.#harness.deadLetters().slice(letters)
    for (const { headers } of refused) see(textOf(headers, 'error-code'))
    if (refused.length > 0) expect(this.#visible()).toEqual(before)
  }

  async #approachDeadline(): Promise<void> {
    const { clock } = this.#harness
    const [next] = this.#deadlines()
    if (next === undefined || next.at - clock.now() > WAIT_MS_MAX) return
    const before = this.#visible()
    await clock.advance(next.at - clock.now() - 1)
    expect(this.#visible(), `a millisecond before ${next.timer}`).toEqual(before)
    await clock.advance(1)
    expect(this.#visible(), `at ${next.timer}`).not.toEqual(before)
    see(next.timer)
  }

  async #restart(ms: number, isKilled: boolean): Promise<void> {
    const harness = this.#harness
    const before = this.#visible()
    const said = this.#events().length
    if (isKilled) this.#replica.kill()
    else await harness.stop()
    harness.clock.skip(ms)
    const late = this.#deadlines().filter(({ at }) => at <= harness.clock.now())
    this.#replica = await harness.takeOver()
    if (late.length === 0) expect(this.#visible(), 'restored as it was').toEqual(before)
    const spoke = [
      ...new Set(
        this.#events()
          .slice(said)
          .map(({ instanceId }) => instanceId),
      ),
    ]
    const moments = spoke.map(id => late.find(({ instanceId }) => instanceId === id)?.at ?? Number.NaN)
    expect(moments, 'late timers fire in the order of their deadlines').toEqual(moments.toSorted((a, b) => a - b))
    see(late.length === 0 ? 'restarted' : 'late')
  }

  /** Who is in which instance, and whose warp is whose: on the way out it names no instance. */
  #look(): void {
    const before = [...this.#members]
    for (const [id, { members }] of this.#runs()) {
      this.#members.set(
        id,
        members.map(({ characterId }) => characterId),
      )
    }
    const warps = this.#harness.records(TOPICS.characterCommands)
    for (const { value } of warps.slice(this.#warpsRead)) {
      const { characterId, type, body } = JSON.parse(String(value))
      if (type !== 'CHANGE_MAP') continue
      const { mapId, instance } = body
      const left = before.findLast(([, members]) => members.includes(characterId))
      const owner = instance === NIL_INSTANCE ? (left?.[0] ?? 'nobody') : instance
      this.#warps.set(owner, [...(this.#warps.get(owner) ?? []), { characterId, mapId, instance }])
    }
    this.#warpsRead = warps.length
    expect(
      [...this.#warps.keys()].filter(id => !this.#members.has(id)),
      'a warp of no instance',
    ).toEqual([])
  }

  #id(which: number): InstanceId {
    const ids = [...this.#members.keys()]
    return (ids.at(-1 - (which % ids.length)) ?? NIL_INSTANCE) as InstanceId
  }

  /** The committed state records of the instances, and all that was said. */
  #visible() {
    return {
      instances: [...this.#harness.state()].filter(([key]) => key.startsWith('instance/')),
      events: this.#harness.records(TOPICS.statusEvents).length,
      warps: this.#harness.records(TOPICS.characterCommands).length,
    }
  }

  #runs(): ReadonlyMap<string, Run> {
    return new Map(
      this.#visible().instances.map(([key, value]) => [key.slice('instance/'.length), JSON.parse(value).context.run]),
    )
  }

  /** The next one of each live instance, the earliest first. */
  #deadlines() {
    const next = [...this.#runs()].flatMap(([instanceId, { deadlines }]) => {
      const due = earliestDeadline(deadlines)
      return due === undefined ? [] : [{ ...due, instanceId }]
    })
    return next.sort((a, b) => a.at - b.at)
  }

  #events() {
    return this.#harness.records(TOPICS.statusEvents).map(({ value }): Told => JSON.parse(String(value)))
  }
}

interface Told {
  readonly instanceId: string
  readonly type: string
  readonly body: { readonly stageIndex?: number; readonly mapIds?: readonly number[] }
}

test(
  'in a shard, too, every life keeps the laws, whatever is sent to it, however it is restarted',
  async () => {
    const lives = fc.asyncProperty(aPlan, async ({ definition, rules, moves }) => {
      const quest = compiled(definition)
      const harness = ShardHarness.withoutReplica({ definitions: [quest], rules })
      const life = new ShardLife(harness, await harness.takeOver(), quest.definition)
      try {
        await life.play({ move: 'register', id: 1001, partyId: 88 })
        for (const move of moves) await life.play(move)
        for (const speech of life.speeches()) {
          for (const [law, holds] of SPEECH_LAWS) {
            try {
              holds(speech)
            } catch (error) {
              throw new Error(`${law}: ${JSON.stringify(speech.events)}`, { cause: error })
            }
          }
          see(speech.isOver ? 'over' : 'live')
        }
      } finally {
        await harness.stop()
      }
    })
    await fc.assert(lives, { seed: SEED, numRuns: LIVES })
    for (const expected of EXPECTED) {
      expect(seen.get(expected) ?? 0, `${expected}: ${JSON.stringify([...seen])}`).toBeGreaterThan(0)
    }
    expect(seen.has('INSTANCE_FAULT'), 'an operation threw').toBe(false)
  },
  LIMIT_MS,
)

/** Without these the test would be about nothing. */
const EXPECTED = [
  ...['over', 'live', 'restarted', 'late', 'registration', 'lobby', 'quest', 'stage', 'bonus'],
  ...['INVALID_STATE', 'INSTANCE_NOT_FOUND', 'ALREADY_REGISTERED', 'REQUIREMENTS_NOT_MET'],
]
