/**
 * One operation of a play as one line for people, or as one line of JSON. Columns line up for all operations of one
 * play; nothing is coloured that is not asked to be.
 */
import { styleText } from 'node:util'
import type { PartyQuestEvent } from '../../machines/party-quest.ts'
import { type InstanceId, NIL_INSTANCE } from '../contract/ids.ts'
import type { Message } from '../contract/messages.ts'
import { unreachable } from '../errors.ts'
import { LIFE_BEGINS_MS } from '../exploration/explored-life.ts'
import { type Operation, REHEARSED_ID } from './rehearsal.ts'

type Style = Parameters<typeof styleText>[0]

/** Counts of one update that are shown: the others would push everything behind them off the screen. */
const COUNTS_SHOWN_MAX = 1

const TEXT_SHOWN_CHARS_MAX = 24

/** The lines of one play. */
export class OperationLines {
  readonly #colours: boolean
  readonly #eventWidth: number
  readonly #stateWidth: number

  constructor(operations: readonly Operation[], colours: boolean) {
    this.#colours = colours
    this.#eventWidth = Math.max(...operations.map(({ event }) => eventWords(event).length))
    this.#stateWidth = Math.max(...operations.map(operation => stateWords(operation).length))
  }

  /** `0:03:00  stage timer  active, stage 1  CHANGE_MAP ×4 to 910330200, STAGE_ADVANCED 1`, without a line feed. */
  line(operation: Operation): string {
    const { event, messages } = operation
    const isTimer = event.type.startsWith('timer.')
    return [
      this.#paint('dim', clockWords(event.now - LIFE_BEGINS_MS)),
      this.#paint(isTimer ? 'yellow' : 'cyan', eventWords(event).padEnd(this.#eventWidth)),
      this.#paint('bold', stateWords(operation).padEnd(this.#stateWidth)),
      this.#paint('green', messageWords(messages)),
    ]
      .join('  ')
      .trimEnd()
  }

  #paint(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text
  }
}

/** One object: `atMs` since the first REGISTER, `event`, `state`, `stageIndex`, `messages`, `instanceId`. */
export function operationJson({ event, messages, snapshot }: Operation, instanceId: InstanceId): string {
  const { now, ...happened } = event
  const atMs = now - LIFE_BEGINS_MS
  const named = (name: string, value: unknown) =>
    value instanceof Map
      ? Object.fromEntries(value)
      : name === 'instance' && value === REHEARSED_ID
        ? instanceId
        : value
  const { stageIndex } = snapshot.context.run
  return JSON.stringify({ atMs, event: happened, state: snapshot.value, stageIndex, messages, instanceId }, named)
}

/** `1:02:03`, of a play's own time. */
function clockWords(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const two = (count: number) => String(count).padStart(2, '0')
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

export function eventWords(event: PartyQuestEvent): string {
  switch (event.type) {
    case 'REGISTER':
      return `REGISTER character ${event.member.characterId}`
    case 'UPDATE_STAGE_STATE': {
      const counts = [
        ...[...event.itemCounts].map(([id, count]) => `item ${id} ×${count}`),
        ...[...event.monsterKills].map(([id, count]) => `kill ${id} ×${count}`),
      ]
      const more = counts.length - COUNTS_SHOWN_MAX
      return `UPDATE_STAGE_STATE ${counts.slice(0, COUNTS_SHOWN_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
    }
    case 'UPDATE_CUSTOM_DATA': {
      const texts = [...[...event.updates].map(([key, text]) => `${key} = ${text}`), ...event.increments]
      return `UPDATE_CUSTOM_DATA ${texts.join(', ')}`
    }
    case 'LEAVE':
      return `LEAVE character ${event.characterId}`
    case 'BROADCAST_MESSAGE':
      return `BROADCAST_MESSAGE ${event.messageType}`
    case 'START':
    case 'STAGE_CLEAR_ATTEMPT':
    case 'STAGE_ADVANCE':
    case 'ENTER_BONUS':
    case 'FORFEIT':
      return event.type
    case 'monster.damaged':
      return `monster ${event.monsterId} is hit`
    case 'monster.killed':
      return `monster ${event.monsterId} is killed`
    case 'monster.drop':
      return `monster ${event.monsterId} drops ${event.itemCount}`
    default:
      return `${event.type.slice('timer.'.length)} timer`
  }
}

function stateWords({ snapshot: { value, context } }: Operation): string {
  const { members, stageIndex } = context.run
  if (value === 'registering') return `registering, ${members.length} there`
  return value === 'active' || value === 'cleared' ? `${value}, stage ${stageIndex}` : String(value)
}

/** Where a whole party is sent somewhere, once. */
function messageWords(messages: readonly Message[]): string {
  const words: { text: string; times: number }[] = []
  for (const text of messages.map(oneMessage)) {
    const last = words.at(-1)
    if (last?.text === text) last.times += 1
    else words.push({ text, times: 1 })
  }
  return words.map(({ text, times }) => (times === 1 ? text : text.replace(' ', ` ×${times} `))).join(', ')
}

/** What players read may be long, and this is one line. */
function cut(text: string): string {
  return text.length <= TEXT_SHOWN_CHARS_MAX ? text : `${text.slice(0, TEXT_SHOWN_CHARS_MAX)}…`
}

function oneMessage(message: Message): string {
  switch (message.type) {
    case 'CHANGE_MAP':
      return `CHANGE_MAP to ${message.mapId}${message.instance === NIL_INSTANCE ? ' (out)' : ''}`
    case 'AWARD_EXPERIENCE':
      return `AWARD_EXPERIENCE of ${message.amount}`
    case 'SEND_MESSAGE':
      return `SEND_MESSAGE ${JSON.stringify(cut(message.message))}`
    case 'WEATHER_START':
      return `WEATHER_START ${message.itemId} on ${message.mapId}`
    case 'DESTROY_IN_FIELD':
      return `DESTROY_IN_FIELD ${message.mapId}`
    case 'CHARACTER_REGISTERED':
      return `CHARACTER_REGISTERED ${message.characterId}`
    case 'CHARACTER_LEFT':
      return `CHARACTER_LEFT ${message.characterId}`
    case 'BONUS_ENTERED':
      return `BONUS_ENTERED ${message.mapId}`
    case 'FAILED':
      return `FAILED ${message.reason}`
    case 'REGISTRATION_OPENED':
      return `REGISTRATION_OPENED for ${message.duration} s`
    case 'STARTED':
    case 'STAGE_CLEARED':
    case 'STAGE_ADVANCED':
      return `${message.type} ${message.stageIndex}`
    case 'INSTANCE_CREATED':
    case 'COMPLETED':
    case 'INSTANCE_DESTROYED':
      return message.type
    default:
      return unreachable(message)
  }
}
