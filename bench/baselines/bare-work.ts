/**
 * What a bare pipeline does with a command, whatever it talks to Kafka with: parse it with JSON.parse, and write as many
 * messages and state records as the service, of the same size. Knows nothing of quests: no check, no state, no rule.
 */
import { PARTITIONS, SHARDS, topicsOf } from '../fleet.ts'

export const bootstrap = (process.env.BARE_BOOTSTRAP ?? '').split(',')
export const prefix = process.env.BARE_PREFIX ?? ''
/** At most so many commands a transaction: as the service takes by default. */
export const batchRecords = Number(process.env.BARE_BATCH_RECORDS)
export const topics = topicsOf(prefix)

const partySize = Number(process.env.BARE_PARTY_SIZE)
const POSITION_BYTES = 500
const state = Buffer.alloc(Number(process.env.BARE_STATE_BYTES), 'x')
const position = Buffer.alloc(POSITION_BYTES, 'x')
/** characterIdOf of population.ts begins here: the last of a party to register makes the quest start. */
const CHARACTERS_FROM = 1_000_000

export interface BareCommand {
  readonly type: string
  readonly characterId: number
  readonly body: { readonly instanceId?: string; readonly partyId?: number }
}

export interface BareRecord {
  readonly topic: string
  readonly key: Buffer
  readonly value: Buffer
}

export function parse(value: Buffer | null): BareCommand {
  return JSON.parse(value?.toString() ?? '')
}

/** The shard of its instance, or of its party while it has none. */
export function shardOf({ body }: BareCommand): number {
  const hash = body.instanceId === undefined ? (body.partyId ?? 0) : Number.parseInt(body.instanceId.slice(-8), 16)
  return hash % SHARDS
}

/** The instance whose state it changes. */
export function subjectOf({ body }: BareCommand): string {
  return body.instanceId ?? `party-${body.partyId}`
}

/** As many messages as the service sends for it. */
export function messagesOf(command: BareCommand): readonly BareRecord[] {
  const { type, characterId } = command
  const warps = () => Array.from({ length: partySize }, (_, at) => warp(command, characterId + at))
  switch (type) {
    case 'STAGE_ADVANCE':
      return [...warps(), status(command, 'STAGE_ADVANCED')]
    case 'REGISTER': {
      const isLast = (characterId - CHARACTERS_FROM) % partySize === partySize - 1
      const registered = status(command, 'CHARACTER_REGISTERED')
      return isLast ? [registered, ...warps(), status(command, 'STARTED')] : [registered]
    }
    case 'STAGE_CLEAR_ATTEMPT':
      // Eleven in the mean of the four stages: experience, the stage, the way on or out, and what is cleared away.
      return [...warps(), ...warps(), ...Array.from({ length: 3 }, () => status(command, 'STAGE_CLEARED'))]
    default:
      return []
  }
}

/** Of the instances that a transaction has changed, once each, and how far the shard has come. */
export function stateRecords(subjects: Iterable<string>): readonly BareRecord[] {
  const topic = topics.shardState
  const states = Array.from(subjects, id => ({ topic, key: Buffer.from(`instance/${id}`), value: state }))
  return [...states, { topic, key: Buffer.from('position'), value: position }]
}

/** Told to the parent by each process whenever it was given partitions. */
export interface BareAssignment {
  readonly hop: 'ingress' | 'shards'
  readonly partitions: number
}

export function tellAssigned(assignment: BareAssignment): void {
  process.send?.(assignment)
}

/** Ends with its parent, and with the first error: a pipeline that lost something measures nothing. */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
  process.on('unhandledRejection', die)
}

export function die(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

function warp({ body }: BareCommand, characterId: number): BareRecord {
  const key = Buffer.alloc(8)
  key.writeUInt32LE(characterId)
  const to = { channelId: 1, mapId: 910_010_000, instance: body.instanceId, portalId: 0 }
  const value = { worldId: 0, characterId, type: 'CHANGE_MAP', body: to }
  return { topic: topics.character, key, value: Buffer.from(JSON.stringify(value)) }
}

function status(command: BareCommand, type: string): BareRecord {
  const instanceId = subjectOf(command)
  const body = { stageIndex: 1, mapIds: [910_010_001] }
  const value = { worldId: 0, instanceId, questId: 'bench_pq', type, body }
  return { topic: topics.status, key: Buffer.from(instanceId), value: Buffer.from(JSON.stringify(value)) }
}

/** For a group's members to be ready: all partitions shared out evenly. */
export const partitionsOf: Readonly<Record<BareAssignment['hop'], number>> = { ingress: PARTITIONS, shards: SHARDS }
