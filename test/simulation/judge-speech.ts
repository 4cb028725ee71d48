/**
 * Holds the public messages to those that the model said: the same bytes and headers, in the same order for each key, and
 * each key on one partition for ever. A committed message may stay hidden for as long as somebody else's transaction
 * is open below it in its partition, and not for longer. The trace of a message is new each time: its form is checked.
 */
import type { Headers, LogRecord, NewRecord } from '../../src/contract/log-record.ts'
import { Violation } from './violation.ts'

/** What is about a map names its instance before its body. */
const ON_A_MAP = /^\{[^{]*"instance":("[0-9a-f-]{36}")/
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/

export class SpeechJudge {
  /** Said and not seen yet, by topic and key. */
  readonly #due = new Map<string, string[]>()
  readonly #partitions = new Map<string, number>()

  /** Committed now, in this order. */
  said(records: readonly NewRecord[]): void {
    for (const record of records) {
      const name = nameOf(record)
      const due = this.#due.get(name)
      if (due === undefined) this.#due.set(name, [textOf(record)])
      else due.push(textOf(record))
    }
  }

  /** @throws Violation */
  seen(record: LogRecord): void {
    const name = nameOf(record)
    const place = `${record.topic}/${record.partition}@${record.offset}`
    const due = this.#due.get(name) ?? []
    const wanted = due.shift()
    if (due.length === 0) this.#due.delete(name)
    const found = textOf(record)
    if (wanted !== found) {
      throw new Violation(`${place} of ${name}:\n  must be ${wanted ?? '(nothing)'}\n  is      ${found}`)
    }
    const partition = this.#partitions.get(name) ?? record.partition
    if (partition !== record.partition) throw new Violation(`${place}: ${name} is on partition ${partition} as well`)
    if (record.key !== null) this.#partitions.set(name, partition)
  }

  /** What is committed and hidden, a line each. */
  get hidden(): readonly string[] {
    return [...this.#due].flatMap(([name, lines]) => lines.map(line => `never seen: ${name} ${line}`))
  }
}

/**
 * A dead letter without a key goes anywhere, and is known by where it came from. Characters of two tenants may share a
 * key, and have nothing to do with one another: their shards write to one partition in no order. Nor have two instances
 * on one map.
 */
function nameOf({ topic, key, value, headers }: NewRecord): string {
  const tenant = headers.slice(0, 4).map(([, value]) => value?.toString('latin1'))
  const [, instance = ''] = ON_A_MAP.exec(value?.toString('latin1') ?? '') ?? []
  return `${topic} ${instance}${key === null ? `(origin ${originOf(headers)})` : `${key.toString('hex')} of ${tenant}`}`
}

function originOf(headers: Headers): string {
  const own = headers.filter(([name]) => name.startsWith('origin-')).map(([, value]) => String(value))
  return own.join('/')
}

function textOf({ value, headers }: NewRecord): string {
  const texts = headers.flatMap(([name, content]) => {
    if (name !== 'traceparent') return [`${name}=${content?.toString('latin1')}`]
    return TRACEPARENT.test(String(content)) ? [] : [`(no trace: ${content})`]
  })
  return `${value?.toString('latin1') ?? '(null)'} [${texts.join(' ')}]`
}
