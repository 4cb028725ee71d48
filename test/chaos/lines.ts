/**
 * Messages as lines of text that are equal where the messages are: value and headers of what goes out, key, value and
 * headers of a dead letter. One half writes them as they must be, by messages.md; the other as they are in the log.
 * The traceparent is another each time and is held to its own rules (trace-parent.ts).
 */
import type { JavaHeaders, JavaRecord } from '../support/kafka/independent-client.ts'
import type { ExpectedDeadLetter } from '../support/oracle.ts'
import { parentOf } from './trace-parent.ts'

const NIL = '00000000-0000-0000-0000-000000000000'
const OURS = ['error-code', 'error-message', 'origin-topic', 'origin-partition', 'origin-offset', 'origin-timestamp']
const ERROR_MESSAGE = 'error-message=(text)'

/** What must go out. Without a command a timer is its cause, and nothing is passed on. */
export function expectedLine(value: string, tenantHeaders: JavaHeaders, command?: JavaRecord): string {
  const given = command?.headers ?? []
  const hasParent = command !== undefined && parentOf(command) !== undefined
  const tracestate = hasParent ? given.filter(([name]) => name === 'tracestate') : []
  const baggage = given.filter(([name]) => name === 'baggage')
  const headers = [...tenantHeaders.map(headerText), 'traceparent', ...[...tracestate, ...baggage].map(headerText)]
  return `${value} ${headers.join(' ')}`
}

/** What went out. */
export function outgoingLine({ value, headers }: JavaRecord): string {
  const texts = headers.map(header => (header[0] === 'traceparent' ? 'traceparent' : headerText(header)))
  return `${value} ${texts.join(' ')}`
}

export function expectedDeadLetterLine({ command, code }: ExpectedDeadLetter): string {
  const { topic, partition, offset, timestamp, key, value, headers } = command
  const place = Object.entries({ topic, partition, offset, timestamp })
  const texts = [
    ...headers.filter(([name]) => !OURS.includes(name)).map(headerText),
    ...[headerText(['error-code', Buffer.from(code)]), ERROR_MESSAGE],
    ...place.map(([name, content]) => headerText([`origin-${name}`, Buffer.from(String(content))])),
  ]
  return `${bytesText(key)} ${bytesText(value)} ${texts.join(' ')}`
}

/** The text of `error-message` is for people, and not held to anything but that it is there. */
export function deadLetterLine({ key, value, headers }: JavaRecord): string {
  const texts = headers.map(([name, content]) =>
    name === 'error-message' && content && content.length > 0 ? ERROR_MESSAGE : headerText([name, content]),
  )
  return `${bytesText(key)} ${bytesText(value)} ${texts.join(' ')}`
}

/** The place of the command that a dead letter says it is of. */
export function originOf({ headers }: JavaRecord): string {
  const last = (name: string) => headers.findLast(([header]) => header === name)?.[1]
  return `${last('origin-topic')}/${last('origin-partition')}@${last('origin-offset')}`
}

/** Commands to one character of one tenant have one order. */
export function characterLane(key: Buffer | null, headers: JavaHeaders): string {
  return `commands to ${key?.toString('hex')} of ${tenantLine(headers)}`
}

/** What a screen is told has one order; of what the maps are told, that to one map of an instance. */
export function elsewhereLane(key: Buffer | null, value: string, headers: JavaHeaders): string {
  const { type, instance } = JSON.parse(value)
  const whose = instance === undefined ? `of ${tenantLine(headers)}` : `in ${instance}`
  return `${type} to ${key?.toString('hex')} ${whose}`
}

/** The tenant's headers, which are the first four of whatever he sends or is sent. */
export function tenantLine(headers: JavaHeaders): string {
  return headers.slice(0, 4).map(headerText).join(' ')
}

/** From the map of a stage, when the quest is over. */
export function reactorsGone(changeMap: string, mapId: number): string {
  const { worldId, body } = JSON.parse(changeMap)
  const { channelId, instance } = body
  return JSON.stringify({ worldId, channelId, mapId, instance, type: 'DESTROY_IN_FIELD', body: {} })
}

/** The id of a character or a map as little-endian uint32, and four zero bytes. */
export function idKey(id: number): Buffer {
  const key = Buffer.alloc(8)
  key.writeUInt32LE(id)
  return key
}

/** A CHANGE_MAP of the same character that leads to the exit, out of every instance. */
export function changeMapOut(changeMap: string, exit: number): string {
  const { worldId, characterId, type, body } = JSON.parse(changeMap)
  return JSON.stringify({ worldId, characterId, type, body: { ...body, mapId: exit, instance: NIL } })
}

export function statusOf(value: string): {
  readonly type: string
  readonly worldId: number
  readonly instanceId: string
  readonly questId: string
} {
  return JSON.parse(value)
}

function headerText([name, value]: JavaHeaders[number]): string {
  return `${name}=${bytesText(value)}`
}

/** Readable where it is text, and different where the bytes are. */
function bytesText(bytes: Buffer | null): string {
  if (bytes === null) return '(null)'
  const text = bytes.toString('latin1')
  return /^[ -~]*$/.test(text) ? `"${text}"` : `0x${bytes.toString('hex')}`
}
