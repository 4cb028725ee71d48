/**
 * Which faults a run has, drawn from its seed: the same again for the same seed. What a small run has room for is every
 * kind in its turn, so that none is left to chance; order, victims and moments are drawn. Carries nothing out.
 */
import { seededRandom } from '../../src/cli/seeded-random.ts'
import type { Random } from '../../src/clock.ts'

export type BrokerTarget = (typeof BROKER_TARGETS)[number]

/** Of three brokers, the one that leads or coordinates this. */
const BROKER_TARGETS = [
  'leader of shard-commands',
  'group coordinator',
  'leader of shard-state',
  'transaction coordinator',
] as const

/** `delayMs`: before it, so that it hits at any moment. */
export type Fault = { readonly delayMs: number } & (
  | { readonly kind: 'replica-kill'; readonly replica: number; readonly restart: 'at once' | 'after the session' }
  /** Again while it takes its shards back. */
  | { readonly kind: 'replica-kill-twice'; readonly replica: number; readonly betweenMs: number }
  | { readonly kind: 'replica-stop'; readonly replica: number }
  /** SIGSTOP, then SIGCONT so much later than that has run out. */
  | {
      readonly kind: 'replica-freeze'
      readonly replica: number
      readonly past: 'session' | 'transaction'
      readonly byMs: number
    }
  | {
      readonly kind: 'broker-kill' | 'broker-freeze'
      readonly target: BrokerTarget
      /** Which shard, as a fraction of them. */
      readonly shard: number
      /** How long it is away. */
      readonly ms: number
    }
)

export interface PlanOptions {
  readonly seed: number
  /** SIGKILLs of replicas and brokers. */
  readonly kills: number
  readonly replicas: number
  readonly nodes: 1 | 3
}

type Kind = 'kill now' | 'kill late' | 'kill twice' | 'kill broker' | 'stop' | 'zombie' | 'sleeper' | 'freeze broker'

const KILLS: Readonly<Record<1 | 3, readonly Kind[]>> = {
  1: ['kill broker', 'kill now', 'kill late', 'kill twice', 'kill now'],
  3: ['kill broker', 'kill now', 'kill broker', 'kill late', 'kill broker', 'kill twice'],
}
const OTHERS: readonly Kind[] = ['zombie', 'freeze broker', 'stop', 'sleeper']
const OTHERS_MIN = 3
const DELAY_MS_MAX = 900

export function planFaults({ seed, kills, replicas, nodes }: PlanOptions): readonly Fault[] {
  const random = seededRandom(seed)
  const kinds: Kind[] = []
  for (let killed = 0, turn = 0; killed < kills; turn++) {
    const kind = nth(KILLS[nodes], turn)
    const fits = killsOf(kind) <= kills - killed
    kinds.push(fits ? kind : 'kill now')
    killed += fits ? killsOf(kind) : 1
  }
  const others = Math.max(OTHERS_MIN, Math.ceil(kills / 3))
  for (let turn = 0; turn < others; turn++) kinds.push(nth(OTHERS, turn))
  shuffle(kinds, random)
  let targets = Math.floor(random.fraction() * BROKER_TARGETS.length)
  return kinds.map(kind => draw(kind, random, replicas, () => nth(BROKER_TARGETS, targets++)))
}

/** SIGKILLs that it takes. */
export function killsIn(fault: Fault): number {
  if (fault.kind === 'replica-kill-twice') return 2
  return fault.kind === 'replica-kill' || fault.kind === 'broker-kill' ? 1 : 0
}

export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'replica-kill':
      return `SIGKILL of replica ${fault.replica}, again up ${fault.restart}`
    case 'replica-kill-twice':
      return `SIGKILL of replica ${fault.replica}, and of its successor after ${fault.betweenMs} ms`
    case 'replica-stop':
      return `SIGTERM of replica ${fault.replica}`
    case 'replica-freeze':
      return `SIGSTOP of replica ${fault.replica} past the ${fault.past} time-out by ${fault.byMs} ms`
    default:
      return `${fault.kind === 'broker-kill' ? 'SIGKILL' : 'SIGSTOP'} of a broker (${fault.target}) for ${fault.ms} ms`
  }
}

function killsOf(kind: Kind): number {
  return kind === 'kill twice' ? 2 : 1
}

function draw(kind: Kind, random: Random, replicas: number, nextTarget: () => BrokerTarget): Fault {
  const between = (min: number, max: number) => min + Math.floor(random.fraction() * (max - min))
  const delayMs = between(0, DELAY_MS_MAX)
  const replica = between(0, replicas)
  switch (kind) {
    case 'kill now':
      return { kind: 'replica-kill', delayMs, replica, restart: 'at once' }
    case 'kill late':
      return { kind: 'replica-kill', delayMs, replica, restart: 'after the session' }
    case 'kill twice':
      return { kind: 'replica-kill-twice', delayMs, replica, betweenMs: between(300, 2000) }
    case 'stop':
      return { kind: 'replica-stop', delayMs, replica }
    case 'zombie':
      return { kind: 'replica-freeze', delayMs, replica, past: 'transaction', byMs: between(500, 2500) }
    case 'sleeper':
      return { kind: 'replica-freeze', delayMs, replica, past: 'session', byMs: between(50, 800) }
    case 'kill broker':
      return { kind: 'broker-kill', delayMs, target: nextTarget(), shard: random.fraction(), ms: between(0, 4000) }
    case 'freeze broker':
      return { kind: 'broker-freeze', delayMs, target: nextTarget(), shard: random.fraction(), ms: between(1000, 6000) }
  }
}

function shuffle(kinds: Kind[], random: Random): void {
  for (let last = kinds.length - 1; last > 0; last--) {
    const other = Math.floor(random.fraction() * (last + 1))
    const [a, b] = [kinds[last], kinds[other]]
    if (a === undefined || b === undefined) continue
    kinds[last] = b
    kinds[other] = a
  }
}

function nth<Item>(items: readonly Item[], turn: number): Item {
  const item = items[turn % items.length]
  if (item === undefined) throw new Error('nothing to take turns with')
  return item
}
