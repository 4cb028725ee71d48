/**
 * Asks the API of the replica that the console came from. Failures are values, each with a sentence for the reader;
 * only a 401 leaves the page, for the login. Types are the server's own (src/api/documents.ts); its answers are
 * believed, because they are of the same build.
 */
import type { Document, DryRun, Operation } from '../../../src/api/documents.ts'

export interface Failure {
  readonly kind: 'failed'
  /** 0: nobody answered. */
  readonly status: number
  readonly title: string
  /** One sentence each. */
  readonly details: readonly string[]
}

export type Answer<Value> = { readonly kind: 'ok'; readonly value: Value } | Failure

/** What `POST /api/commands` takes, one of its records. */
export interface CommandToSend {
  /** What is sent with one key stays in order. */
  readonly key?: string
  readonly value: unknown
  readonly tenant?: { id: string; region: string; majorVersion: number; minorVersion: number }
}

/** Where the hash waits for the reader to come back from the login. */
export const RETURN_KEY = 'party-quests.return'

/** `path` from `/api/`: `instances?page[size]=1`. Works behind a prefix. */
export function apiUrl(path: string): URL {
  return new URL(`../api/${path}`, document.baseURI)
}

export interface InstancesAsked {
  readonly search: string
  readonly size?: number
  readonly after?: string
}

export function getInstances(asked: InstancesAsked, signal?: AbortSignal): Promise<Answer<Document<'Instances'>>> {
  return get(
    `instances${queryOf({ search: asked.search, 'page[after]': asked.after, 'page[size]': asked.size })}`,
    signal,
  )
}

/** The page behind `links.next` of the one before. */
export function getNextInstances(next: string, signal?: AbortSignal): Promise<Answer<Document<'Instances'>>> {
  return get(`instances${next}`, signal)
}

/** What is new behind `after`, where the server knows that operation still; else all of it (`isWhole` tells). */
export function getInstance(
  id: string,
  after: Pick<Operation, 'sequence' | 'at'> | undefined,
  signal?: AbortSignal,
): Promise<Answer<Document<'Instance'>>> {
  const query =
    after === undefined ? '' : `?${new URLSearchParams({ 'journal[after]': `${after.sequence}@${after.at}` })}`
  return get(`instances/${encodeURIComponent(id)}${query}`, signal)
}

export function getDefinitions(signal?: AbortSignal): Promise<Answer<Document<'Definitions'>>> {
  return get('definitions', signal)
}

export function getDefinition(ref: string, signal?: AbortSignal): Promise<Answer<Document<'Definition'>>> {
  return get(`definitions/${encodeURIComponent(ref)}`, signal)
}

export function getShards(signal?: AbortSignal): Promise<Answer<Document<'Shards'>>> {
  return get('shards', signal)
}

export function getDeadLetters(
  next: string | undefined,
  signal?: AbortSignal,
): Promise<Answer<Document<'DeadLetters'>>> {
  return get(`dead-letters${next ?? '?page[size]=50'}`, signal)
}

export function getMachine(signal?: AbortSignal): Promise<Answer<Document<'Machine'>>> {
  return get('machine', signal)
}

/** What the command would do now. Writes nothing. */
export function dryRun(
  id: string,
  command: { readonly type: string; readonly body: object },
  signal?: AbortSignal,
): Promise<Answer<{ data: DryRun; meta: { now: number } }>> {
  return post(`instances/${encodeURIComponent(id)}/dry-run`, command, signal)
}

/** To the command topic, like anybody's. The server refuses it without CONSOLE_WRITES. */
export function sendCommands(records: readonly CommandToSend[]): Promise<Answer<{ accepted: number }>> {
  return post('commands', { records })
}

function get<Value>(path: string, signal?: AbortSignal): Promise<Answer<Value>> {
  return ask<Value>(path, { headers: { accept: 'application/json' } }, signal)
}

function post<Value>(path: string, body: object, signal?: AbortSignal): Promise<Answer<Value>> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  return ask<Value>(path, { method: 'POST', headers, body: JSON.stringify(body) }, signal)
}

async function ask<Value>(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Answer<Value>> {
  let response: Response
  try {
    response = await fetch(apiUrl(path), signal === undefined ? init : { ...init, signal })
  } catch (error) {
    if (signal?.aborted === true) return failure(0, 'Given up', ['a newer question took its place'])
    return failure(0, 'The replica does not answer', [error instanceof Error ? error.message : String(error)])
  }
  if (response.status === 401) leaveForLogin()
  let body: unknown
  try {
    body = await response.json()
  } catch {
    return failure(response.status, 'Not an answer of the API', [`${response.status} ${response.statusText}`.trim()])
  }
  if (response.ok) return { kind: 'ok', value: body as Value }
  const { errors } = body as Partial<Document<'Errors'>>
  const [first] = errors ?? []
  if (errors === undefined || first === undefined) return failure(response.status, 'The replica refused', [])
  return failure(
    response.status,
    first.title,
    errors.map(({ detail }) => detail),
  )
}

function failure(status: number, title: string, details: readonly string[]): Failure {
  return { kind: 'failed', status, title, details }
}

function leaveForLogin(): void {
  try {
    sessionStorage.setItem(RETURN_KEY, location.hash)
  } catch {
    // Then the reader begins at the list again.
  }
  location.assign(new URL('login', document.baseURI))
}

function queryOf(parts: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parts))
    if (value !== undefined && value !== '') query.set(name, `${value}`)
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}
