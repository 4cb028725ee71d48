/**
 * A true read of the public topics, made false in one place: each way in which a service could break its promises.
 * What a judge is worth shows in whether it sees them. Judges nothing.
 */
import type { Random } from '../../src/clock.ts'
import type { JavaHeaders, JavaRecord } from '../support/kafka/independent-client.ts'
import { statusOf, tenantLine } from './lines.ts'
import { FOE } from './quests.ts'
import type { JudgedTopics } from './verification.ts'

export type Tampering = (read: readonly JavaRecord[], topics: JudgedTopics, random: Random) => readonly JavaRecord[]

type TopicName = keyof JudgedTopics

/** Behind its last record, where order says nothing about it. */
const LATE_OFFSET = 1e9
const NO_PARTITION = 99

export const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  'a status event that is lost': without('status'),
  'a command to a character that is lost': without('character'),
  'a message to a screen that is lost': without('systemMessage'),
  'a message to a screen that is there twice': twice('systemMessage'),
  'a message to reactors that is lost': without('reactor'),
  'a message to reactors that is there twice': twice('reactor'),
  // One that was told, and counted by nobody.
  'a kill that did not count': (read, topics, random) =>
    replace(
      read,
      pick(read, random, record => isKill(record, read, topics)),
      record => [record, { ...record, offset: record.offset + 0.5 }],
    ),
  // Nobody told of it, and it counted.
  'a kill that counted twice': (read, topics, random) =>
    replace(
      read,
      pick(read, random, record => isKill(record, read, topics)),
      () => [],
    ),
  'a dead letter that is lost': without('deadLetters'),
  'a status event that is there twice': twice('status'),
  'a command to a character that is there twice': twice('character'),
  'a dead letter that is there twice': twice('deadLetters'),
  'an event of another tenant': changed('status', ofAnotherTenant),
  'a command to a character of another tenant': changed('character', ofAnotherTenant),
  'a dead letter of another tenant': changed('deadLetters', ofAnotherTenant),
  'an event on another partition': changed('status', record => ({ ...record, partition: NO_PARTITION })),
  'an event of another trace': (read, topics, random) => {
    // Its command had a trace, which was not sampled: a new one would be.
    const traced = pick(read, random, record => record.topic === topics.status && isUnsampled(record))
    return replace(read, traced, record => [withHeader('traceparent', () => Buffer.from(OTHER_TRACE))(record)])
  },
  'an event without a trace': changed('status', record => ({
    ...record,
    headers: record.headers.filter(([name]) => name !== 'traceparent'),
  })),
  'a dead letter with a byte more': changed('deadLetters', record => ({
    ...record,
    value: Buffer.concat([record.value ?? Buffer.alloc(0), Buffer.from(' ')]),
  })),
  'a dead letter for another reason': changed(
    'deadLetters',
    withHeader('error-code', () => Buffer.from('INSTANCE_FAULT')),
  ),
  'a character sent to another map': changed('character', record => ({
    ...record,
    value: Buffer.from(String(record.value).replace(/"mapId":\d+/, '"mapId":1')),
  })),
  'two events of an instance that are swapped': swapped,
  'a timer that is early': (read, topics, random) =>
    replace(
      read,
      pick(read, random, record => isTimedOut(record, topics)),
      record => [{ ...record, timestamp: record.timestamp - 60_000 }],
    ),
  'a command without an effect': (read, topics, random) => {
    // As if one more had been accepted: that of somebody who is not known yet.
    const register = pick(read, random, record => record.topic === topics.commands && isRegister(record))
    const value = Buffer.from(String(register.value).replace(/"characterId":\d+/, '"characterId":4000000000'))
    return [...read, { ...register, value, offset: LATE_OFFSET }]
  },
}

const OTHER_TRACE = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00`

function without(topic: TopicName): Tampering {
  return (read, topics, random) => replace(read, anyOf(read, topics[topic], random), () => [])
}

function twice(topic: TopicName): Tampering {
  return (read, topics, random) => {
    const record = anyOf(read, topics[topic], random)
    return [...read, { ...record, offset: LATE_OFFSET }]
  }
}

function changed(topic: TopicName, change: (record: JavaRecord) => JavaRecord): Tampering {
  return (read, topics, random) => replace(read, anyOf(read, topics[topic], random), record => [change(record)])
}

function ofAnotherTenant(record: JavaRecord): JavaRecord {
  return withHeader('REGION', () => Buffer.from('EMS'))(record)
}

function withHeader(name: string, content: () => Buffer): (record: JavaRecord) => JavaRecord {
  return record => {
    const headers: JavaHeaders = record.headers.map(header => (header[0] === name ? [name, content()] : header))
    return { ...record, headers: headers.some(([one]) => one === name) ? headers : [...headers, [name, content()]] }
  }
}

/** One event and the next of its instance, in each other's places. */
function swapped(read: readonly JavaRecord[], topics: JudgedTopics, random: Random): readonly JavaRecord[] {
  const nextOf = (record: JavaRecord) => {
    const at = read.indexOf(record)
    const key = String(record.key)
    return read.find((other, index) => index > at && other.topic === topics.status && String(other.key) === key)
  }
  const first = pick(read, random, record => record.topic === topics.status && nextOf(record) !== undefined)
  const second = nextOf(first)
  if (second === undefined) throw new Error('nothing to swap with')
  const inPlaceOf = ({ offset, timestamp }: JavaRecord, record: JavaRecord) => ({ ...record, offset, timestamp })
  const once = replace(read, first, () => [inPlaceOf(first, second)])
  return replace(once, second, () => [inPlaceOf(second, first)])
}

/** Of a hunt that was cleared, and of the monster that its condition counts. */
function isKill({ topic, value, headers }: JavaRecord, read: readonly JavaRecord[], topics: JudgedTopics): boolean {
  if (topic !== topics.monsterStatus || !String(value).includes('"KILLED"')) return false
  const told = String(value)
  if (!told.includes(`"monsterId":${FOE},`)) return false
  const instance = /"instance":"([^"]+)"/.exec(told)?.[1]
  return read.some(other => {
    const said = other.topic === topics.status ? String(other.value) : ''
    const isCleared = said.includes('STAGE_CLEARED') && said.includes(`"instanceId":"${instance}"`)
    return isCleared && tenantLine(other.headers) === tenantLine(headers)
  })
}

function isUnsampled({ headers }: JavaRecord): boolean {
  return headers.some(([name, value]) => name === 'traceparent' && String(value).endsWith('-00'))
}

function isTimedOut({ topic, value }: JavaRecord, topics: JudgedTopics): boolean {
  return topic === topics.status && String(value).includes('stage_time_expired')
}

function isRegister({ value }: JavaRecord): boolean {
  try {
    return statusOf(String(value)).type === 'REGISTER' && String(value).includes('alarm_pq')
  } catch {
    return false
  }
}

function anyOf(read: readonly JavaRecord[], topic: string, random: Random): JavaRecord {
  return pick(read, random, record => record.topic === topic)
}

function pick(read: readonly JavaRecord[], random: Random, fits: (record: JavaRecord) => boolean): JavaRecord {
  const from = Math.floor(random.fraction() * read.length)
  const found = read.slice(from).find(fits) ?? read.find(fits)
  if (found === undefined) throw new Error('the read holds nothing of this kind')
  return found
}

function replace(
  read: readonly JavaRecord[],
  record: JavaRecord,
  by: (record: JavaRecord) => readonly JavaRecord[],
): readonly JavaRecord[] {
  return read.flatMap(one => (one === record ? by(one) : [one]))
}
