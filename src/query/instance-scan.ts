/**
 * Finds the instances that a search means, in slices beside the running shards. What is promised while they change:
 * an instance that is there, and in question, from the beginning of the scan to its end is found exactly once; one that
 * begins, ends, or changes what was asked for meanwhile is found or not; and of a shard that goes away nothing is told.
 */
import { RESTING_STATES } from '../../machines/party-quest.ts'
import { summaryOf } from '../actor/summary.ts'
import type { State } from '../api/documents.ts'
import { type InstancesAsked, SPREAD_DIGITS, SPREAD_PLACES } from '../api/view.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { Journal } from '../journal/journal.ts'
import type { ShardState } from '../shard/shard-state.ts'
import type { InstanceMatch } from './instance-match.ts'
import type { ScanPace } from './scan-pace.ts'
import { type RunningShard, summaryIn } from './shard-reader.ts'
import { SmallestIds } from './smallest-ids.ts'

/** Between two looks at the clock. */
const INSTANCES_A_LOOK = 16

export interface Scanned {
  /** In the order of their ids: one more than asked for, where there are more. */
  readonly ids: readonly { readonly id: InstanceId; readonly shard: number }[]
  readonly states: Partial<Record<State, number>>
  /** Where it was asked for: InstancesFound.spread. */
  readonly spread: readonly number[] | undefined
}

export interface ScanOptions {
  /** Asked again after each slice. */
  readonly running: () => readonly RunningShard[]
  readonly journal: Journal
  readonly pace: ScanPace
}

type Tally = Map<State, number>

/** What was found in one shard. */
interface Sum {
  readonly tally: Tally
  readonly spread: Uint32Array | undefined
}

/** @throws the signal's reason */
export async function scanInstances(
  { after, size, include }: InstancesAsked,
  match: InstanceMatch,
  options: ScanOptions,
  signal: AbortSignal,
): Promise<Scanned> {
  const first = new SmallestIds<number>(after, size + 1)
  const sums = new Map<number, Sum>()
  for (const { shard, state } of options.running()) {
    if (!match.includesShard(shard)) continue
    const isThere = () => options.running().some(running => running.shard === shard && running.state === state)
    const tally: Tally = match.isAll ? census(state) : new Map()
    const spread = include?.includes('spread') ? new Uint32Array(SPREAD_PLACES) : undefined
    const found = (id: InstanceId) => {
      first.add(id, shard)
      count(spread, id)
    }
    const scan = new ShardScan(state, match, found, tally)
    // Who is in question by a character is known by what characters hold: so few that they are no slice.
    if (match.character !== undefined) scan.lookAt(state.claims.holdersOf(match.character))
    while (!scan.isDone && isThere()) {
      signal.throwIfAborted()
      await options.pace.slice(isOver => isThere() && scan.goOn(isOver))
    }
    if (isThere()) sums.set(shard, { tally, spread })
  }
  signal.throwIfAborted()
  const present = new Set(options.running().map(({ shard }) => shard))
  if (match.includesEnded) addEnded(match, options.journal, first, sums)
  const told = [...sums].flatMap(([shard, sum]) => (present.has(shard) ? [sum] : []))
  return {
    ids: first.sorted().map(({ id, beside }) => ({ id, shard: beside })),
    states: sumOf(told.map(({ tally }) => tally)),
    spread: include?.includes('spread') ? addedUp(told) : undefined,
  }
}

function count(spread: Uint32Array | undefined, id: InstanceId): void {
  if (spread === undefined) return
  const place = Number.parseInt(id.slice(0, SPREAD_DIGITS), 16)
  spread[place] = (spread[place] ?? 0) + 1
}

function addedUp(sums: readonly Sum[]): readonly number[] {
  return Array.from({ length: SPREAD_PLACES }, (_, place) =>
    sums.reduce((sum, { spread }) => sum + (spread?.[place] ?? 0), 0),
  )
}

/** How many are in which state, as the shard counts them itself; of one definition, or of all. */
export function census(state: ShardState, ref?: string): Tally {
  const tally: Tally = new Map()
  for (const { compiled, states } of state.definitions.values()) {
    if (ref !== undefined && compiled.ref !== ref) continue
    for (const [place, resting] of RESTING_STATES.entries()) {
      const count = states[place] ?? 0
      if (count > 0) tally.set(resting, (tally.get(resting) ?? 0) + count)
    }
  }
  return tally
}

export function sumOf(tallies: readonly Tally[]): Partial<Record<State, number>> {
  const sum: Partial<Record<State, number>> = {}
  for (const tally of tallies) for (const [state, count] of tally) sum[state] = (sum[state] ?? 0) + count
  return sum
}

/** One shard, number after number: an instance keeps its own, resident or not, for as long as it lives. */
class ShardScan {
  readonly #state: ShardState
  readonly #match: InstanceMatch
  readonly #found: (id: InstanceId) => void
  readonly #tally: Tally
  #next = 0

  constructor(state: ShardState, match: InstanceMatch, found: (id: InstanceId) => void, tally: Tally) {
    this.#state = state
    this.#match = match
    this.#found = found
    this.#tally = tally
  }

  get isDone(): boolean {
    return this.#next >= this.#state.numbersEnd
  }

  /** At these alone, and no other is in question. */
  lookAt(numbers: readonly number[]): void {
    for (const number of numbers) this.#look(number)
    this.#next = this.#state.numbersEnd
  }

  goOn(isOver: () => boolean): void {
    while (!this.isDone) {
      this.#look(this.#next)
      this.#next += 1
      if (this.#next % INSTANCES_A_LOOK === 0 && isOver()) return
    }
  }

  #look(number: number): void {
    const present = this.#state.present(number)
    if (present === undefined || !this.#match.mayBe(present.id)) return
    if (this.#match.isAll) {
      this.#found(present.id)
      return
    }
    const summary = summaryIn(this.#state, present)
    const quest = summary && this.#state.definitions.get(summary.definition)?.compiled.definition
    if (summary === undefined || quest === undefined || !this.#match.matches(present.id, summary, quest)) return
    this.#found(present.id)
    this.#tally.set(summary.state, (this.#tally.get(summary.state) ?? 0) + 1)
  }
}

/** A thousand at most: no slices. */
function addEnded(
  match: InstanceMatch,
  journal: Journal,
  first: SmallestIds<number>,
  sums: ReadonlyMap<number, Sum>,
): void {
  for (const { id, last, shard } of journal.allEnded()) {
    const sum = sums.get(shard)
    if (sum === undefined || !match.mayBe(id)) continue
    const facts = { ...summaryOf(last), state: 'destroyed' as const, deadline: undefined }
    if (!match.matches(id, facts, last.snapshot.context.rules.definition)) continue
    first.add(id, shard)
    count(sum.spread, id)
    sum.tally.set('destroyed', (sum.tally.get('destroyed') ?? 0) + 1)
  }
}
