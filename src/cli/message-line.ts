/**
 * One message of a public topic as one line for people: time, topic, type, instance, quest, and what its body says.
 * Colours only where it is told to.
 */
import { styleText } from 'node:util'
import { isObject, type JsonObject } from '../contract/json.ts'
import type { MessageView, TopicKind } from '../http/message-view.ts'

type Style = Parameters<typeof styleText>[0]

const TYPE_WIDTH = 'REGISTRATION_OPENED'.length
const KIND_WIDTH = 'dead-letter'.length
const QUEST_WIDTH = 'abandoned_subway_pq'.length
/** Enough to tell instances apart, and the end is the same for all of a channel. */
const INSTANCE_CHARACTERS = 8
const DETAIL_CHARACTERS_MAX = 200

const KIND_STYLES: Readonly<Record<TopicKind, Style>> = {
  command: 'cyan',
  status: 'green',
  character: 'gray',
  'dead-letter': 'red',
}

export interface LineStyle {
  readonly colours: boolean
}

export function messageLine(message: MessageView, { colours }: LineStyle): string {
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text)
  const { kind, value, timestamp } = message
  const style = KIND_STYLES[kind]
  const type = typeOf(message)
  const weight: Style = type === 'COMPLETED' || type === 'FAILED' ? 'bold' : 'reset'
  return [
    paint('dim', new Date(timestamp).toISOString().slice(11, 23)),
    paint(style, kind.padEnd(KIND_WIDTH)),
    paint(weight, type.padEnd(TYPE_WIDTH)),
    (instanceOf(message) ?? '-').slice(0, INSTANCE_CHARACTERS).padEnd(INSTANCE_CHARACTERS),
    (questOf(value) ?? '-').padEnd(QUEST_WIDTH),
    paint('dim', detail(message)),
  ]
    .join('  ')
    .trimEnd()
}

/** The instance that a message is about; `undefined` where it names none. */
export function instanceOf({ value }: MessageView): string | undefined {
  const body = bodyOf(value)
  for (const id of [value?.instanceId, body.instanceId, body.instance]) if (typeof id === 'string') return id
  return undefined
}

function typeOf({ kind, value, headers }: MessageView): string {
  if (kind === 'dead-letter') return printable(headers['error-code'] ?? '?')
  return typeof value?.type === 'string' ? printable(value.type) : '?'
}

function questOf(value: JsonObject | null): string | undefined {
  const quest = value?.questId ?? bodyOf(value).questId
  return typeof quest === 'string' && quest !== '' ? printable(quest) : undefined
}

function detail({ kind, value, headers, raw }: MessageView): string {
  if (kind === 'dead-letter') {
    const origin = `${headers['origin-topic']}/${headers['origin-partition']}@${headers['origin-offset']}`
    return printable(`${headers['error-message'] ?? ''} (${origin})`)
  }
  if (value === null) return printable(raw ? `base64 ${raw}` : 'no value')
  const who = typeof value.characterId === 'number' ? [`characterId ${value.characterId}`] : []
  const fields = Object.entries(bodyOf(value)).filter(([name, field]) => !SHOWN_ELSEWHERE.has(name) && !isEmpty(field))
  return printable([...who, ...fields.map(([name, field]) => `${name} ${fieldText(field)}`)].join(', '))
}

const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set([
  'instanceId',
  'instance',
  'questId',
  'fieldInstances',
  'portalId',
])

function fieldText(field: unknown): string {
  if (Array.isArray(field)) return field.join(' ')
  if (!isObject(field)) return String(field)
  const counts = Object.entries(field)
  return counts.map(([name, count]) => `${name}×${String(count)}`).join(' ')
}

function isEmpty(field: unknown): boolean {
  return isObject(field) && Object.keys(field).length === 0
}

function bodyOf(value: JsonObject | null): JsonObject {
  const body = value?.body
  return isObject(body) ? body : {}
}

/** Whatever a sender wrote: nothing of it moves the cursor or sets colours, and a line stays a line. */
function printable(text: string): string {
  const plain = text.replace(/\p{Cc}|\p{Cf}|[\u2028\u2029]/gu, '\uFFFD')
  return plain.length <= DETAIL_CHARACTERS_MAX ? plain : `${plain.slice(0, DETAIL_CHARACTERS_MAX)}…`
}
