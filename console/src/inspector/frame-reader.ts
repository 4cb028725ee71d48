/**
 * Frames of Stately's inspector protocol as they come from any app: hostile until they were read here. What is not a
 * frame is told in words. Bounded by FRAME_CHARS_MAX; never runs, draws or keeps anything.
 */

/** Of a frame's JSON text. */
export const FRAME_CHARS_MAX = 256 * 1024
const ID_CHARS_MAX = 200
const TAGS_MAX = 50

export interface Snapshot {
  /** `active`, `done`, `error`, `stopped`; empty where the app did not say. */
  readonly status: string
  /** Of a machine: a name, or names nested. Undefined for actors of other kinds. */
  readonly value: unknown
  /** What else the snapshot holds is no business of this page. */
  readonly context: unknown
  readonly output: unknown
  readonly error: unknown
  readonly tags: readonly string[]
}

export interface ActorEvent {
  readonly type: string
  /** The whole event. */
  readonly json: unknown
}

interface FrameOf {
  readonly sessionId: string
  /** Epoch milliseconds; 0 where the frame does not say. */
  readonly at: number
}

export type Frame =
  | (FrameOf & {
      readonly kind: 'actor'
      readonly name: string
      readonly parentId: string | undefined
      /** The JSON text of a machine's config. */
      readonly definition: string | undefined
      readonly snapshot: Snapshot
    })
  | (FrameOf & { readonly kind: 'event'; readonly sourceId: string | undefined; readonly event: ActorEvent })
  | (FrameOf & { readonly kind: 'snapshot'; readonly event: ActorEvent; readonly snapshot: Snapshot })

/** `other`: fit to be left out without a word, as newer versions of XState may send more kinds. */
export type FrameRead = { readonly frame: Frame } | { readonly problem: string } | { readonly other: string }

/** A frame as a WebSocket brings it. */
export function readFrameText(text: string): FrameRead {
  if (text.length > FRAME_CHARS_MAX) {
    return { problem: `a frame of ${text.length} characters: at most ${FRAME_CHARS_MAX} are read` }
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { problem: `a frame that is no JSON: ${JSON.stringify(cut(text, 60))}` }
  }
  return readFrame(json)
}

/** A frame as `postMessage` brings it: any structure at all, so it goes through its text to become plain data. */
export function readFrameMessage(data: unknown): FrameRead {
  let text: string | undefined
  try {
    text = JSON.stringify(data)
  } catch (error) {
    return { problem: `a message that cannot be written as JSON: ${error instanceof Error ? error.message : error}` }
  }
  return text === undefined ? { problem: 'a message that holds nothing' } : readFrameText(text)
}

function readFrame(json: unknown): FrameRead {
  if (!isRecord(json)) return { problem: 'a frame that is no object' }
  const { type, sessionId } = json
  if (typeof type !== 'string' || !type.startsWith('@xstate.')) {
    return { problem: `a frame of the type ${shown(type)}: @xstate.actor, .event and .snapshot are read` }
  }
  if (type !== '@xstate.actor' && type !== '@xstate.event' && type !== '@xstate.snapshot') return { other: type }
  if (typeof sessionId !== 'string' || sessionId === '' || sessionId.length > ID_CHARS_MAX) {
    return { problem: `${type} with the sessionId ${shown(sessionId)}: a text of 1 to ${ID_CHARS_MAX} is wanted` }
  }
  const of = { sessionId, at: timeOf(json.createdAt) }
  if (type === '@xstate.actor') {
    const name = typeof json.name === 'string' && json.name !== '' ? json.name : sessionId
    return {
      frame: {
        kind: 'actor',
        ...of,
        name: cut(name, ID_CHARS_MAX),
        parentId: idOf(json.parentId),
        definition: typeof json.definition === 'string' ? json.definition : undefined,
        snapshot: snapshotOf(json.snapshot),
      },
    }
  }
  const event = eventOf(json.event)
  if (event === undefined) return { problem: `${type} of ${sessionId} without an event that has a type` }
  if (type === '@xstate.event') return { frame: { kind: 'event', ...of, sourceId: idOf(json.sourceId), event } }
  if (!isRecord(json.snapshot)) return { problem: `${type} of ${sessionId} without a snapshot` }
  return { frame: { kind: 'snapshot', ...of, event, snapshot: snapshotOf(json.snapshot) } }
}

function snapshotOf(json: unknown): Snapshot {
  const read = isRecord(json) ? json : {}
  const tags = Array.isArray(read.tags) ? read.tags.filter(tag => typeof tag === 'string') : []
  return {
    status: typeof read.status === 'string' ? cut(read.status, 40) : '',
    value: read.value,
    context: read.context,
    output: read.output,
    error: read.error,
    tags: tags.slice(0, TAGS_MAX).map(tag => cut(tag, ID_CHARS_MAX)),
  }
}

function eventOf(json: unknown): ActorEvent | undefined {
  if (!isRecord(json) || typeof json.type !== 'string') return undefined
  return { type: cut(json.type, ID_CHARS_MAX), json }
}

/** The adapters write it as text. */
function timeOf(createdAt: unknown): number {
  const at = Number(createdAt)
  return Number.isFinite(at) && at > 0 && at < 8.64e15 ? at : 0
}

function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= ID_CHARS_MAX ? value : undefined
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** At most so many characters, and never half of one. */
export function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : cut(JSON.stringify(value), 60)
}
