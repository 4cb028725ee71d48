/**
 * Asks the party and the guild service by JSON:API, one try at a time; how often and how long is the runner's
 * business (shard/lookup-runner.ts). It sends the tenant's headers as those services expect them in HTTP, and
 * believes nothing that its schema does not allow.
 */
import { z } from 'zod'
import { type CharacterId, UINT8_MAX, UINT32_MAX } from '../contract/ids.ts'
import type { Headers } from '../contract/log-record.ts'
import type { Lookup, LookupAnswer } from '../contract/lookup.ts'
import { decodeTenant, tenantText } from '../contract/tenant.ts'
import { givenTrace } from '../contract/trace-context.ts'
import { unreachable } from '../errors.ts'
import { type LookupClient, LookupNotFoundError } from '../shard/lookup-runner.ts'

export interface LookupServiceUrls {
  /** With the trailing slash. */
  readonly partiesServiceUrl?: string | undefined
  readonly guildsServiceUrl?: string | undefined
}

/** A guild of hundreds has some 100 KB; beyond this an answer is read no further, however long it goes on. */
const ANSWER_BYTES_MAX = 1 << 20

/** A number, or its digits as JSON:API writes ids. Not z.coerce, which makes the character 0 of a null. */
const uint32 = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^[0-9]+$/)
      .transform(Number),
  ])
  .pipe(z.number().int().min(0).max(UINT32_MAX))
const characterId = uint32.transform(id => id as CharacterId)
const uint8 = z.number().int().min(0).max(UINT8_MAX)

const membersDocument = z.object({
  data: z.array(
    z.object({
      id: characterId,
      attributes: z.object({
        worldId: uint8,
        channelId: uint8,
        level: uint32.nullish().transform(level => level ?? undefined),
      }),
    }),
  ),
})
const groupsDocument = z.object({ data: z.array(z.object({ id: uint32 })) })

export function createHttpLookupClient(urls: LookupServiceUrls, fetchUrl: typeof fetch = fetch): LookupClient {
  const get = async (url: string, headers: Headers, signal: AbortSignal): Promise<unknown> => {
    const response = await fetchUrl(url, { headers: httpHeaders(headers), signal })
    if (!response.ok) {
      // Unread, it would hold its connection for as long as the service likes to write.
      await response.body?.cancel()
      if (response.status === 404) throw new LookupNotFoundError(`GET ${url} answered 404`)
      throw new Error(`GET ${url} answered ${response.status}`)
    }
    return JSON.parse(await textOf(response, url))
  }

  const group = async (base: string, id: CharacterId, headers: Headers, signal: AbortSignal): Promise<LookupAnswer> => {
    const { data } = groupsDocument.parse(await get(`${base}?filter[members.id]=${id}`, headers, signal))
    return { type: 'AFFINITY_RESOLVED', affinity: data[0]?.id ?? 0 }
  }

  return {
    async ask(lookup: Lookup, headers: Headers, signal: AbortSignal): Promise<LookupAnswer> {
      switch (lookup.kind) {
        case 'members': {
          const url = `${urls.partiesServiceUrl}parties/${lookup.partyId}/members`
          const { data } = membersDocument.parse(await get(url, headers, signal))
          return {
            type: 'MEMBERS_RESOLVED',
            members: data.map(({ id, attributes }) => ({ characterId: id, ...attributes })),
          }
        }
        case 'guild':
          return await group(`${urls.guildsServiceUrl}guilds`, lookup.characterId, headers, signal)
        case 'party':
          return await group(`${urls.partiesServiceUrl}parties`, lookup.characterId, headers, signal)
        default:
          return unreachable(lookup)
      }
    },
  }
}

/** @throws Error the answer is larger than it may be; what is left of it is not read. */
async function textOf(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop early cancels the body, and with it the connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`GET ${url} answers with more than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The tenant of the REGISTER as text, and its trace context as it came, where it is a valid one. */
function httpHeaders(headers: Headers): Record<string, string> {
  const read = decodeTenant(headers)
  if ('refusal' in read) throw new TypeError(`a look-up for a record without a tenant: ${read.refusal.reason}`)
  return {
    accept: 'application/vnd.api+json, application/json',
    ...tenantText(read.tenant),
    ...traceHeaders(headers),
  }
}

/** A Kafka header holds any bytes; fetch throws on most that are not these, and servers refuse long ones. */
const HTTP_VALUE = /^[\x20-\x7e]{1,4096}$/

/** Nobody's registration may fail because of his trace: what HTTP cannot carry is left out. */
function traceHeaders(headers: Headers): Record<string, string> {
  const trace: Record<string, string> = {}
  for (const [name, value] of givenTrace(headers)) {
    const text = value?.toString('latin1') ?? ''
    const before = trace[name]
    trace[name] = before === undefined ? text : `${before},${text}`
  }
  return Object.fromEntries(Object.entries(trace).filter(([, text]) => HTTP_VALUE.test(text)))
}
