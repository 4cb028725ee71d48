/**
 * What is known of the apps that are inspected: their actors, how each is now, and the last events of each. Bounded in
 * every direction; what is beyond is left out and counted. Draws nothing and knows no socket.
 */
import { type ActorEvent, cut, type Frame, type FrameRead, type Snapshot } from './frame-reader.ts'
import { type MachineRead, readMachine } from './machine-tree.ts'
import { valueText } from './state-value.ts'

export const ACTORS_MAX = 200
/** Of one actor. */
export const ENTRIES_MAX = 500
const EVENT_CHARS_MAX = 400

/** An event and what became of it. */
export interface Entry {
  /** Grows within an actor. */
  readonly number: number
  readonly at: number
  readonly type: string
  /** What the event carried, as JSON, cut. */
  readonly payload: string
  readonly sourceId: string | undefined
  /** The state after it; undefined until its snapshot comes. */
  readonly after: string | undefined
}

export interface Actor {
  readonly sessionId: string
  readonly name: string
  readonly parentId: string | undefined
  readonly machine: MachineRead
  readonly snapshot: Snapshot
  /** Oldest first. */
  readonly entries: readonly Entry[]
  /** The last event, whole. */
  readonly lastEvent: ActorEvent | undefined
}

export interface ActorBranch {
  readonly actor: Actor
  readonly children: readonly ActorBranch[]
}

export interface Problem {
  readonly text: string
  /** How often something was wrong so far. */
  readonly count: number
}

const NOTHING: Snapshot = {
  status: '',
  value: undefined,
  context: undefined,
  output: undefined,
  error: undefined,
  tags: [],
}

export class Inspected {
  readonly #actors = new Map<string, Actor>()
  #problem: Problem | undefined
  #frames = 0
  #entries = 0

  /** In the order in which they came. */
  get actors(): readonly Actor[] {
    return [...this.#actors.values()]
  }

  get frames(): number {
    return this.#frames
  }

  /** The last one. */
  get problem(): Problem | undefined {
    return this.#problem
  }

  take(read: FrameRead): void {
    if ('problem' in read) this.#complain(read.problem)
    if (!('frame' in read)) return
    const { frame } = read
    if (this.#actors.has(frame.sessionId) || this.#actors.size < ACTORS_MAX) {
      this.#frames += 1
      this.#actors.set(frame.sessionId, this.#after(frame))
    } else {
      this.#complain(`a frame of ${frame.sessionId}, left out: ${ACTORS_MAX} actors are shown at most`)
    }
  }

  clear(): void {
    this.#actors.clear()
    this.#problem = undefined
    this.#frames = 0
  }

  #after(frame: Frame): Actor {
    const { sessionId } = frame
    if (frame.kind === 'actor') {
      // One that is known begins anew: the app was started again, or another app uses the same names.
      const { name, parentId, definition, snapshot } = frame
      return { ...fresh(sessionId), name, parentId, machine: readMachine(definition), snapshot }
    }
    const actor = this.#actors.get(sessionId) ?? fresh(sessionId)
    if (frame.kind === 'event') return this.#append(actor, frame, frame.sourceId, undefined)
    const { snapshot, event } = frame
    const after = snapshot.value === undefined ? snapshot.status : valueText(snapshot.value)
    const last = actor.entries.at(-1)
    if (last === undefined || last.after !== undefined || last.type !== event.type) {
      return { ...this.#append(actor, frame, undefined, after), snapshot }
    }
    return { ...actor, snapshot, entries: [...actor.entries.slice(0, -1), { ...last, after }] }
  }

  #append(
    actor: Actor,
    { at, event }: Extract<Frame, { kind: 'event' | 'snapshot' }>,
    sourceId: string | undefined,
    after: string | undefined,
  ): Actor {
    this.#entries += 1
    const entry = { number: this.#entries, at, type: event.type, payload: payloadOf(event), sourceId, after }
    return { ...actor, lastEvent: event, entries: [...actor.entries.slice(1 - ENTRIES_MAX), entry] }
  }

  #complain(text: string): void {
    this.#problem = { text, count: (this.#problem?.count ?? 0) + 1 }
  }
}

/** Each below the one that made it; one whose maker is not known, or is below itself, is a root. */
export function treeOf(actors: readonly Actor[]): readonly ActorBranch[] {
  const known = new Set(actors.map(({ sessionId }) => sessionId))
  const below = new Map<string | undefined, Actor[]>()
  for (const actor of actors) below.set(actor.parentId, [...(below.get(actor.parentId) ?? []), actor])
  const placed = new Set<string>()
  const branch = (actor: Actor): ActorBranch => {
    placed.add(actor.sessionId)
    const children = (below.get(actor.sessionId) ?? []).filter(({ sessionId }) => !placed.has(sessionId))
    return { actor, children: children.map(branch) }
  }
  const roots = actors.filter(({ parentId }) => parentId === undefined || !known.has(parentId)).map(branch)
  const circles = actors.flatMap(actor => (placed.has(actor.sessionId) ? [] : [branch(actor)]))
  return [...roots, ...circles]
}

/** Without a frame of its own yet: apps send only their last events to one that connects late. */
function fresh(sessionId: string): Actor {
  return {
    sessionId,
    name: sessionId,
    parentId: undefined,
    machine: { problem: 'the app has not sent the definition of this actor' },
    snapshot: NOTHING,
    entries: [],
    lastEvent: undefined,
  }
}

function payloadOf({ json }: ActorEvent): string {
  const { type: _, ...rest } = json as Readonly<Record<string, unknown>>
  return Object.keys(rest).length === 0 ? '' : cut(JSON.stringify(rest), EVENT_CHARS_MAX)
}
