/**
 * One life of the sample on its way through a real Kafka: what is to be sent next, how much must have come before that,
 * and what came that should not have. Each life has a channel of its own, by which what came is told apart.
 */
import type { CommandValue } from '../../../src/cli/command-value.ts'
import type { Tenant } from '../../../src/contract/tenant.ts'
import type { JavaRecord } from '../../support/kafka/independent-client.ts'
import type { Observed } from '../../support/quest-client.ts'
import { TENANT } from '../../support/tenants.ts'
import { type ExpectedStep, expectedOf, type SampleLife } from './kafka-sample.ts'
import { FIRST } from './lives.ts'
import { type CommandMove, type Move, moveLine } from './move.ts'
import type { Effect } from './oracle-life.ts'
import type { Row } from './oracle-table.ts'
import type { Told } from './oracle-voice.ts'
import { PARTY_ID } from './run.ts'

export class KafkaLife {
  readonly sample: SampleLife
  readonly channelId: number
  readonly #instanceId: string
  readonly #steps: readonly ExpectedStep[]
  /** Steps that were sent or waited for. The first REGISTER was sent before there was an id. */
  #done = 1

  constructor(sample: SampleLife, channelId: number, instanceId: string, used: (row: Row) => void) {
    this.sample = sample
    this.channelId = channelId
    this.#instanceId = instanceId
    const place = { instanceId, worldId: 0, channelId, partyId: PARTY_ID }
    this.#steps = expectedOf(sample, place, used)
  }

  get isOver(): boolean {
    return this.#done === this.#steps.length
  }

  /** The commands until the next timer, once all has come that must come before them. Each is given once. */
  next(observed: Observed): readonly CommandValue[] {
    while (this.#steps[this.#done]?.move.type === 'wait' && this.#hasCome(observed, this.#done)) this.#done += 1
    const commands: CommandValue[] = []
    for (let step = this.#steps[this.#done]; step !== undefined && step.move.type !== 'wait'; ) {
      commands.push(this.#command(step.move))
      this.#done += 1
      step = this.#steps[this.#done]
    }
    return commands
  }

  /** What came and what must have come, where they differ; for people. */
  difference(observed: Observed): string | undefined {
    const expected = this.#visible(this.#steps)
    const found = this.#found(observed)
    if (JSON.stringify(found) === JSON.stringify(expected)) return undefined
    const lived = this.#steps.map(({ move }) => moveLine(move)).join(', ')
    return `${lived}\nexpected ${JSON.stringify(expected, null, 1)}\nfound ${JSON.stringify(found, null, 1)}`
  }

  /** Whether everything is there that the steps up to this one must bring. */
  #hasCome(observed: Observed, step: number): boolean {
    const size = ({ status, characters, refused }: Visible) => status.length + characters.length + refused.length
    return size(this.#found(observed)) >= size(this.#visible(this.#steps.slice(0, step + 1)))
  }

  #visible(steps: readonly ExpectedStep[]): Visible {
    const told = steps.flatMap(({ effect }) => effect.told)
    const of = (topic: Told['topic']) =>
      told.filter(message => message.topic === topic).map(({ key, value }) => `${key} ${value}`)
    const refused = steps.flatMap(({ move, effect }) => refusal(move, effect))
    return { status: of('status'), characters: byCharacter(of('character')), refused: refused.sort() }
  }

  #found({ status, character, deadLetters }: Observed): Visible {
    const line = ({ key, value }: JavaRecord) => `${key?.toString('hex')} ${value}`
    const characters = character.filter(({ value }) => JSON.parse(String(value)).body.channelId === this.channelId)
    const refused = deadLetters.filter(({ value }) => {
      const { channelId, instanceId } = JSON.parse(String(value)).body
      return channelId === this.channelId || instanceId === this.#instanceId
    })
    return {
      status: status.filter(({ key }) => String(key) === this.#instanceId).map(line),
      characters: byCharacter(characters.map(line)),
      refused: refused.map(refusedLine).sort(),
    }
  }

  #command(move: CommandMove): CommandValue {
    if (move.type === 'REGISTER') return registerCommand(this.sample, this.channelId, move.characterId)
    const common = { worldId: 0, characterId: FIRST }
    const instanceId = this.#instanceId
    if (move.type === 'UPDATE_CUSTOM_DATA')
      return { ...common, type: move.type, body: { instanceId, updates: move.updates, increments: move.increments } }
    if (move.type === 'BROADCAST_MESSAGE')
      return { ...common, type: move.type, body: { instanceId, messageType: move.messageType, message: move.message } }
    if (move.type === 'LEAVE') return { ...common, characterId: move.characterId, type: move.type, body: {} }
    if (move.type !== 'UPDATE_STAGE_STATE') return { ...common, type: move.type, body: { instanceId } }
    return { ...common, type: move.type, body: { instanceId, itemCounts: move.items, monsterKills: move.kills } }
  }
}

interface Visible {
  readonly status: readonly string[]
  /** Each character's in order; there is no order between two. */
  readonly characters: readonly string[]
  /** `START INVALID_STATE`, sorted. */
  readonly refused: readonly string[]
}

/** Of the life in this channel: the lives have the same characters, and who leaves, leaves all quests of his tenant. */
export function lifeTenant(channelId: number): Tenant {
  return { ...TENANT, minorVersion: channelId }
}

export function registerCommand({ scene }: SampleLife, channelId: number, characterId = FIRST): CommandValue {
  const body = { questId: scene.quest.questId, partyId: PARTY_ID, channelId, mapId: 0 }
  return { worldId: 0, characterId, type: 'REGISTER', body }
}

function refusal(move: Move, { refused }: Effect): readonly string[] {
  return refused === undefined ? [] : [`${move.type} ${refused}`]
}

function refusedLine({ value, headers }: JavaRecord): string {
  const code = headers.find(([name]) => name === 'error-code')?.[1]
  return `${JSON.parse(String(value)).type} ${code}`
}

/** By key; JavaScript's sort keeps the order of equals. */
function byCharacter(lines: readonly string[]): readonly string[] {
  const key = (line: string) => line.slice(0, line.indexOf(' '))
  return lines.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}
