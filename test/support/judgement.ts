/**
 * Holds what came out to what must come out, byte for byte: keys, values, header names, values and order, the order
 * within an instance and within a character's commands, one dead letter for each refused record, and nothing else.
 * Says what differs in lines for people. Decides nothing about what is right: the oracle does.
 */
import type { JavaHeaders, JavaRecord } from './kafka/independent-client.ts'
import type { Expectation, ExpectedDeadLetter, ExpectedOperation } from './oracle.ts'
import type { Observed } from './quest-client.ts'

const SHOWN_MAX = 20
const SHOWN_CHARACTERS = 700

type Lines = Map<string, string[]>

/** One line a difference, the first twenty; empty: all is as it must be. */
export function differences(expected: Expectation, observed: Observed): readonly string[] {
  const traces = new Set(expected.operations.flatMap(({ command }) => parentOf(command)?.traceId ?? []))
  const wanted = {
    status: new Map() as Lines,
    character: new Map() as Lines,
    elsewhere: new Map() as Lines,
    deadLetters: new Map() as Lines,
  }
  for (const operation of expected.operations) {
    const headers = headersOf(operation)
    for (const value of operation.status) add(wanted.status, operation.instanceId, `${value} ${headers}`)
    for (const { characterId, value } of operation.character) {
      add(wanted.character, characterName(characterId, operation.tenantHeaders), `${value} ${headers}`)
    }
    for (const { id, value } of operation.elsewhere) {
      const name = `${elsewhereName(value)} ${characterName(id, operation.tenantHeaders)}`
      add(wanted.elsewhere, name, `${value} ${headers}`)
    }
  }
  for (const letter of expected.deadLetters) add(wanted.deadLetters, originOf(letter.command), letterLine(letter))

  const faults = [
    ...compare('status events of', wanted.status, linesBy(observed.status, statusName, traces)),
    ...compare('commands to', wanted.character, linesBy(observed.character, keyName, traces)),
    ...(observed.elsewhere === undefined
      ? []
      : compare('messages to', wanted.elsewhere, linesBy(observed.elsewhere, elsewhereLane, traces))),
    ...compare('dead letters of', wanted.deadLetters, letterLines(observed.deadLetters)),
    ...spanFaults([...observed.status, ...observed.character, ...(observed.elsewhere ?? [])], expected.operations),
  ]
  return faults.length <= SHOWN_MAX ? faults : [...faults.slice(0, SHOWN_MAX), `and ${faults.length - SHOWN_MAX} more`]
}

/** What the messages of one operation carry; the span is new each time. */
function headersOf({ command, tenantHeaders }: ExpectedOperation): string {
  const parent = parentOf(command)
  const passedOn = command.headers.filter(([name]) => name === 'baggage' || (parent && name === 'tracestate'))
  passedOn.sort(([a], [b]) => (a === b ? 0 : a === 'tracestate' ? -1 : b === 'tracestate' ? 1 : 0))
  const traceparent = `traceparent=00-${parent?.traceId ?? '(new)'}-(span)-${parent?.flags ?? '01'}`
  return [...tenantHeaders.map(headerText), traceparent, ...passedOn.map(headerText)].join(' ')
}

function headersText(headers: JavaHeaders, traces: ReadonlySet<string>): string {
  const texts = headers.map(([name, value]) => {
    const found = name === 'traceparent' ? TRACEPARENT.exec(String(value)) : null
    if (!found) return headerText([name, value])
    const [, traceId = '', , flags] = found
    return `traceparent=00-${traces.has(traceId) ? traceId : '(new)'}-(span)-${flags}`
  })
  return texts.join(' ')
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

function parentOf({ headers }: JavaRecord) {
  const given = headers.filter(([name]) => name === 'traceparent')
  const [, traceId, spanId, flags] = (given.length === 1 && TRACEPARENT.exec(String(given[0]?.[1]))) || []
  return traceId === undefined ? undefined : { traceId, spanId, flags }
}

function headerText([name, value]: JavaHeaders[number]): string {
  return `${name}=${bytesText(value)}`
}

/** Readable where it is text, short where it is long, and different where the bytes are. */
function bytesText(bytes: Buffer | null): string {
  if (bytes === null) return '(null)'
  const text = bytes.toString('latin1')
  const readable = /^[ -~]*$/.test(text) ? text : `0x${bytes.toString('hex')}`
  return readable.length <= SHOWN_CHARACTERS ? readable : `${readable.slice(0, 80)}… ${hashOf(bytes)}`
}

function hashOf(bytes: Buffer): string {
  let hash = 17
  for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) | 0
  return `(${bytes.length} bytes, hash ${hash})`
}

function statusName({ key }: JavaRecord): string {
  return bytesText(key)
}

function keyName({ key, headers }: JavaRecord): string {
  return `${key?.toString('hex')} of ${headers.slice(0, 4).map(headerText).join(' ')}`
}

function elsewhereLane(record: JavaRecord): string {
  return `${elsewhereName(String(record.value))} ${keyName(record)}`
}

/** A map has the instances of many parties, which have no order among them. */
function elsewhereName(value: string): string {
  const { type, instance = '' } = JSON.parse(value)
  return `${type} ${instance}`
}

function characterName(characterId: number, tenantHeaders: JavaHeaders): string {
  const key = Buffer.alloc(8)
  key.writeUInt32LE(characterId)
  return `${key.toString('hex')} of ${tenantHeaders.map(headerText).join(' ')}`
}

function linesBy(
  records: readonly JavaRecord[],
  nameOf: (record: JavaRecord) => string,
  traces: ReadonlySet<string>,
): Lines {
  const lines: Lines = new Map()
  const partitions = new Map<string, number>()
  for (const record of records) {
    const name = nameOf(record)
    const partition = partitions.get(name) ?? record.partition
    partitions.set(name, partition)
    if (record.partition !== partition) add(lines, name, `(on partition ${record.partition} and on ${partition})`)
    add(lines, name, `${bytesText(record.value)} ${headersText(record.headers, traces)}`)
  }
  return lines
}

const OURS = ['error-code', 'error-message', 'origin-topic', 'origin-partition', 'origin-offset', 'origin-timestamp']

function originOf({ topic, partition, offset }: JavaRecord): string {
  return `${topic}/${partition}@${offset}`
}

function letterLine({ command, code }: ExpectedDeadLetter): string {
  const { topic, partition, offset, timestamp } = command
  const headers = [
    ...command.headers.filter(([name]) => !OURS.includes(name)).map(headerText),
    ...[`error-code=${code}`, 'error-message=(text)', `origin-topic=${topic}`, `origin-partition=${partition}`],
    ...[`origin-offset=${offset}`, `origin-timestamp=${timestamp}`],
  ]
  return `${bytesText(command.key)} ${bytesText(command.value)} ${headers.join(' ')}`
}

function letterLines(records: readonly JavaRecord[]): Lines {
  const lines: Lines = new Map()
  for (const { key, value, headers } of records) {
    const last = (name: string) => headers.findLast(([header]) => header === name)?.[1]
    const origin = `${last('origin-topic')}/${last('origin-partition')}@${last('origin-offset')}`
    const texts = headers.map(([name, content]) =>
      name === 'error-message' && content && content.length > 0 ? 'error-message=(text)' : headerText([name, content]),
    )
    add(lines, origin, `${bytesText(key)} ${bytesText(value)} ${texts.join(' ')}`)
  }
  return lines
}

function add(lines: Lines, name: string, line: string): void {
  const list = lines.get(name)
  if (list === undefined) lines.set(name, [line])
  else list.push(line)
}

function compare(what: string, wanted: Lines, found: Lines): readonly string[] {
  const faults: string[] = []
  for (const name of new Set([...wanted.keys(), ...found.keys()])) {
    const want = wanted.get(name) ?? []
    const got = found.get(name) ?? []
    const at = Array.from({ length: Math.max(want.length, got.length) }).findIndex((_, i) => want[i] !== got[i])
    if (at === -1) continue
    const counts = `${got.length} instead of ${want.length}`
    faults.push(
      `${what} ${name} (${counts}), the first that differs is number ${at + 1}:\n` +
        `  must be ${want[at] ?? '(nothing)'}\n  is      ${got[at] ?? '(nothing)'}`,
    )
  }
  return faults
}

/** An operation has one span, its own: neither its command's nor another operation's. */
function spanFaults(messages: readonly JavaRecord[], operations: readonly ExpectedOperation[]): readonly string[] {
  const parents = new Map(operations.map(({ command }) => [parentOf(command)?.traceId, parentOf(command)?.spanId]))
  const spans = new Map<string, string>()
  const faults: string[] = []
  for (const message of messages) {
    const { traceId = '', spanId = '' } = parentOf(message) ?? {}
    const place = originOf(message)
    const other = spans.get(spanId)
    if (parents.get(traceId) === spanId) faults.push(`${place} carries its command's own span ${spanId}`)
    if (other !== undefined && other !== traceId) faults.push(`${place}: span ${spanId} is of two traces`)
    spans.set(spanId, traceId)
  }
  const perTrace = new Map<string, number>()
  for (const traceId of spans.values()) perTrace.set(traceId, (perTrace.get(traceId) ?? 0) + 1)
  for (const [traceId, count] of perTrace) {
    if (count > 1 && parents.has(traceId)) faults.push(`trace ${traceId} has ${count} spans for one operation`)
  }
  return faults
}
