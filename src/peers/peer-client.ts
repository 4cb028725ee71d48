/**
 * Asks one replica over HTTP, for its own shards only. Whatever goes wrong becomes a silence with its reason: it never
 * throws, never waits longer than its limit, never reads more than it may. Knows not who owns what, and merges nothing.
 */
import { setMaxListeners } from 'node:events'
import { DOCUMENTS, type Silence } from '../api/documents.ts'
import { LOCAL_ONLY, REPLICA_HEADER } from '../api/replica-header.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { Reminder } from '../reminder.ts'
import { readEvents, type ServerSentEvent } from '../server-sent-events.ts'
import { bodyText } from './answer-body.ts'
import type { Owner } from './owners.ts'
import type { Question } from './questions.ts'
import { Turns } from './turns.ts'

/** `absent` only where the question allows for it. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'silent'; readonly silence: Silence }

export interface PeerClientOptions {
  /** What a replica of that name must say that it is (api/replica-header.ts). */
  readonly identityOf: (name: string) => string
  /** CONSOLE_TOKEN, the same for all replicas. */
  readonly token?: string | undefined
  readonly clock: Clock
  readonly log: Log
  /** Of one question, the wait for a turn and the whole answer included. */
  readonly limitMs?: number
  /** How long `/api/live` may say nothing, its keep-alives (every 15 s) included. */
  readonly quietLimitMs?: number
}

const LIMIT_MS = 1500
const QUIET_LIMIT_MS = 40_000
const AT_ONCE_MAX = 8
const ANSWER_BYTES_MAX = 16 << 20
const ERROR_BYTES_MAX = 64 << 10
const EVENT_BYTES_MAX = 1 << 20
const REASON_LENGTH_MAX = 300
const OTHER_TOKEN = "it does not accept this replica's CONSOLE_TOKEN: give all replicas the same"
const NO_TOKEN = 'it asks for a CONSOLE_TOKEN, and this replica has none: give all replicas the same'

/** Why an answer is none, for people. */
class NoAnswer extends Error {}

export class PeerClient {
  readonly #options: PeerClientOptions
  readonly #limitMs: number
  readonly #reminder: Reminder
  readonly #underWay = new Set<AbortController>()
  /** By base address, while questions to it are under way. */
  readonly #turns = new Map<string, Turns>()
  #isClosed = false

  constructor(options: PeerClientOptions) {
    this.#options = options
    this.#limitMs = options.limitMs ?? LIMIT_MS
    this.#reminder = new Reminder(options.clock)
  }

  /** Asks `peer`. Never throws; when `signal` aborts it answers silence at once. */
  async ask<T>(peer: Owner, question: Question<T>, signal: AbortSignal): Promise<Answer<T>> {
    const { reach } = peer
    if (reach.kind !== 'http') return this.#silent(peer, reach.kind === 'none' ? reach.reason : 'it is this replica')
    const request = this.#begin(signal)
    const timer = new AbortController()
    void this.#endAfter(request, this.#limitMs, timer.signal)
    const turns = this.#turnsOf(reach.base)
    let giveBack: (() => void) | undefined
    try {
      giveBack = await turns.take(request.signal)
      return await this.#exchange(peer, reach.base, question, request.signal)
    } catch (error) {
      const reason = reasonOf(request.signal.aborted ? request.signal.reason : error)
      return this.#silent(peer, reason, signal.aborted || this.#isClosed)
    } finally {
      giveBack?.()
      if (turns.isIdle) this.#turns.delete(reach.base)
      timer.abort()
      this.#end(request)
    }
  }

  /**
   * Follows the live events of `peer` until it or `signal` ends them, or `onEvent` throws; resolves with why. Events
   * come as they are, unparsed.
   */
  async follow(peer: Owner, onEvent: (event: ServerSentEvent) => void, signal: AbortSignal): Promise<string> {
    const { reach } = peer
    if (reach.kind !== 'http') return reach.kind === 'none' ? reach.reason : 'it is this replica'
    const request = this.#begin(signal)
    const quiet = new QuietWatch(this.#options.clock, this.#options.quietLimitMs ?? QUIET_LIMIT_MS, request)
    const opening = new AbortController()
    void this.#endAfter(request, this.#limitMs, opening.signal)
    try {
      const response = await this.#open(peer, reach.base, '/api/live', undefined, request.signal)
      opening.abort()
      await refuseUnlike(response, /^text\/event-stream\b/i)
      void quiet.run()
      const events = readEvents(response.body, EVENT_BYTES_MAX, () => quiet.heard())
      for await (const event of events) onEvent(event)
      return 'it ended its live events'
    } catch (error) {
      return reasonOf(request.signal.aborted ? request.signal.reason : error)
    } finally {
      opening.abort()
      this.#end(request)
    }
  }

  /** Ends all that is under way; what is asked from now on is answered with silence. */
  close(): void {
    this.#isClosed = true
    for (const request of this.#underWay) request.abort(new NoAnswer('this replica is stopping'))
  }

  /** A request that ends with `signal`, or with us. */
  #begin(signal: AbortSignal): AbortController {
    const request = new AbortController()
    const dropped = () => request.abort(new NoAnswer('the question was dropped'))
    // One question goes to all replicas with one signal; Node takes more than ten listeners for a leak.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', dropped, { signal: request.signal })
    if (signal.aborted) dropped()
    else if (this.#isClosed) request.abort(new NoAnswer('this replica is stopping'))
    this.#underWay.add(request)
    return request
  }

  /** Lets go of what is left of its connection: all of it, where the answer was not read to its end. */
  #end(request: AbortController): void {
    this.#underWay.delete(request)
    request.abort()
  }

  async #endAfter(request: AbortController, ms: number, unless: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(ms, unless)
    if (!unless.aborted) request.abort(new NoAnswer(`it did not answer within ${ms} ms`))
  }

  #turnsOf(base: string): Turns {
    const turns = this.#turns.get(base) ?? new Turns(AT_ONCE_MAX)
    this.#turns.set(base, turns)
    return turns
  }

  async #exchange<T>(peer: Owner, base: string, question: Question<T>, signal: AbortSignal): Promise<Answer<T>> {
    const response = await this.#open(peer, base, question.path, question.body, signal)
    if (response.status === 404 && question.mayBeAbsent) {
      await bodyText(response.body, ERROR_BYTES_MAX)
      return { kind: 'absent' }
    }
    await refuseUnlike(response, /^application\/(?:vnd\.api\+)?json\b/i)
    const text = await bodyText(response.body, ANSWER_BYTES_MAX)
    if (text === undefined) throw new NoAnswer(`its answer is larger than ${ANSWER_BYTES_MAX >> 20} MiB`)
    const json = parseJson(text)
    if (json === undefined) throw new NoAnswer('its answer is not JSON, or not all of it')
    const read = question.answer.safeParse(json)
    if (read.success) return { kind: 'answered', value: read.data }
    const [issue] = read.error.issues
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
    throw new NoAnswer(`its answer is none of this release${where}: ${issue?.message}`)
  }

  /** The head of an answer by who was asked. @throws NoAnswer, or what fetch throws. */
  async #open(
    peer: Owner,
    base: string,
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    const { token, identityOf } = this.#options
    const headers: Record<string, string> = { [REPLICA_HEADER]: LOCAL_ONLY, 'accept-encoding': 'identity' }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    const method = body === undefined ? 'GET' : 'POST'
    // The address comes from whoever joined the group: it must not lead us on, with our token, to another one.
    const response = await fetch(base + path, { method, headers, body: body ?? null, redirect: 'manual', signal })
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      throw new NoAnswer('it leads to another address, which is not followed: set ADVERTISED_URL there to its own')
    }
    if (response.headers.get(REPLICA_HEADER) !== identityOf(peer.replica.name)) {
      throw new NoAnswer(
        `what answers at its address does not say that it is this replica of this installation (status ${response.status}): set ADVERTISED_URL there to its own address`,
      )
    }
    if (response.status === 401) throw new NoAnswer(token === undefined ? NO_TOKEN : OTHER_TOKEN)
    return response
  }

  #silent<T>({ replica, shards }: Owner, text: string, isOurDoing = false): Answer<T> {
    const reason = text.slice(0, REASON_LENGTH_MAX)
    if (!isOurDoing) {
      this.#reminder.happened(times =>
        this.#options.log.warn({ peer: replica.name, url: replica.url, reason, times }, 'another replica is silent'),
      )
    }
    return { kind: 'silent', silence: { replica, shards: [...shards], reason } }
  }
}

/** Ends a request that has heard nothing for too long. */
class QuietWatch {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #request: AbortController
  #heardAt: number

  constructor(clock: Clock, limitMs: number, request: AbortController) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#request = request
    this.#heardAt = clock.elapsed()
  }

  heard(): void {
    this.#heardAt = this.#clock.elapsed()
  }

  /** Resolves when the request ends. */
  async run(): Promise<void> {
    this.heard()
    const { signal } = this.#request
    while (!signal.aborted) {
      const left = this.#heardAt + this.#limitMs - this.#clock.elapsed()
      if (left > 0) await this.#clock.sleep(left, signal)
      else this.#request.abort(new NoAnswer(`it said nothing for ${this.#limitMs} ms`))
    }
  }
}

/** @throws NoAnswer the answer is another than a good one of that type; says what its errors say. */
async function refuseUnlike(response: Response, contentType: RegExp): Promise<void> {
  if (response.status !== 200) {
    const errors = DOCUMENTS.Errors.safeParse(parseJson((await bodyText(response.body, ERROR_BYTES_MAX)) ?? ''))
    const detail = errors.success ? errors.data.errors.map(error => error.detail).join('; ') : ''
    throw new NoAnswer(`it answered ${response.status}${detail === '' ? '' : `: ${detail}`}`)
  }
  const type = response.headers.get('content-type') ?? ''
  if (!contentType.test(type)) throw new NoAnswer(`it answered with ${JSON.stringify(type.slice(0, 100))}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens at its address',
  ECONNRESET: 'it broke off the connection',
  UND_ERR_SOCKET: 'it broke off the connection',
  ENOTFOUND: 'its host name is not known here: set ADVERTISED_URL there to one that other replicas can resolve',
  EAI_AGAIN: 'its host name could not be resolved',
  EHOSTUNREACH: 'its address cannot be reached',
  ENETUNREACH: 'its address cannot be reached',
  ETIMEDOUT: 'its address cannot be reached',
}

/** fetch wraps the reason in one that says nothing. */
function reasonOf(error: unknown): string {
  if (error instanceof NoAnswer) return error.message
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return `asking it failed: ${error.message}`
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return CAUSES[code] ?? `asking it failed: ${cause.message}`
}
