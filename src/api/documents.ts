/**
 * What `/api` answers: JSON:API documents, each resource with its schema. The one source of the OpenAPI document, of
 * what the tests hold answers to, of what one replica believes of another, and of the console's types. Names are those
 * of the ecosystem's own resources where it has them. Makes no document and asks nobody.
 *
 * Times are epoch milliseconds by the clock of the replica that answers (`meta.now`), durations as their names say.
 */
import { z } from 'zod'
import { ECOSYSTEM_DOCUMENTS } from './ecosystem/ecosystem-documents.ts'

const id = z.string()
const milliseconds = z.number()
const uint = z.int().nonnegative()
/** By id as decimal text. */
const counts = z.record(z.string(), uint)

/** The five in which an instance rests, and the one that it ends in. */
export const STATES = ['registering', 'active', 'cleared', 'completed', 'bonus', 'destroyed'] as const
export const state = z.enum(STATES)
export type State = z.infer<typeof state>

export const tenant = z.object({ id, region: z.string(), majorVersion: uint, minorVersion: uint })

/** Where a replica can be reached, by its REPLICA_NAME and ADVERTISED_URL. */
export const replica = z.object({ name: z.string(), url: z.string() })
export type Replica = z.infer<typeof replica>

/** A running timer and what it will do. */
export const timer = z.object({
  name: z.enum(['registration', 'lobby', 'quest', 'stage', 'bonus', 'completion']),
  dueAt: milliseconds,
  /** How long it runs in all; null where nobody knows. */
  seconds: uint.nullable(),
  /** The state that it leads to: of a stage timer `advancing`, or `failed`. */
  target: z.enum(['active', 'failed', 'advancing', 'destroyed']),
})
export type Timer = z.infer<typeof timer>

/**
 * What set an operation off. `lookup` is the answer of a service to a REGISTER that waited for it;
 * `event` what the game told of a character or a monster.
 */
export const cause = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('command'), topic: z.string(), partition: uint, offset: uint }),
  z.object({ kind: z.literal('lookup'), topic: z.string(), partition: uint, offset: uint }),
  z.object({ kind: z.literal('event'), topic: z.string(), partition: uint, offset: uint }),
  z.object({ kind: z.literal('timer'), dueAt: milliseconds }),
])

/** One operation of one instance, as its journal keeps it. */
export const operation = z.object({
  /** Grows within an instance, without gaps while one replica owns it. */
  sequence: uint,
  at: milliseconds,
  /** How long the step took. */
  durationMs: z.number(),
  cause,
  /** What the machine was sent: `type` (a command's, or `timer.stage`), and what else it carried but `now`. */
  event: z.looseObject({ type: z.string() }),
  /** Null: the instance was made by it. */
  from: state.nullable(),
  to: state,
  /** Index of the stage after it. */
  stageIndex: uint,
  messages: z.array(z.looseObject({ type: z.string() })),
  /** Epoch milliseconds of every timer that runs after it, by name. */
  deadlines: z.record(z.string(), milliseconds),
})
export type Operation = z.infer<typeof operation>

const character = z.object({ characterId: uint, level: uint.optional() })

/** A row of the list. */
export const instanceRow = z.object({
  questId: z.string(),
  questName: z.string(),
  /** `questId@hash` of the definition that it was created with. */
  definition: z.string(),
  state,
  currentStageIndex: uint,
  stages: uint,
  tenant,
  worldId: uint,
  channelId: uint,
  /** 0: none */
  partyId: uint,
  characters: z.array(character),
  registeredAt: milliseconds,
  /** Null before its START. */
  startedAt: milliseconds.nullable(),
  /** The one that is due next. */
  nextTimer: timer.nullable(),
  /** Null where this owner has seen none: it took the shard over at `meta.ownedSince` of the shard. */
  lastOperation: z.object({ at: milliseconds, type: z.string(), cause }).nullable(),
  shard: uint,
})
export type InstanceRow = z.infer<typeof instanceRow>

/** One command, and whether the state takes it at all. Conditions and requirements are the dry run's to tell. */
const acceptance = z.object({ type: z.string(), isAccepted: z.boolean() })

/** A clear condition of the present stage, in words, and how far it is. */
const condition = z.object({
  type: z.string(),
  operator: z.string(),
  value: z.number(),
  referenceId: uint,
  referenceKey: z.string(),
  current: z.number(),
  holds: z.boolean(),
})

/** What is played, and how far it is. */
export const stageNow = z.object({
  timers: z.array(timer),
  stageStartedAt: milliseconds,
  stageState: z.object({
    itemCounts: counts,
    monsterKills: counts,
    /** A count is its decimal digits. */
    customData: z.record(z.string(), z.string()),
    attempts: uint,
  }),
})
export type StageNow = z.infer<typeof stageNow>

/** As it is at the moment of the answer. */
const instanceNow = {
  ...instanceRow.shape,
  owner: replica,
  ...stageNow.shape,
  conditions: z.array(condition),
  rules: z.object({
    advance: z.enum(['command', 'automatic']),
    requirements: z.enum(['enforce', 'warn']),
    lobbyLimitSeconds: uint,
    bonusLimitSeconds: uint,
  }),
  commands: z.array(acceptance),
  /** Of the state record; null: it has none any more. */
  bytes: uint.nullable(),
  /** Oldest first. Empty where this owner has seen none. */
  journal: z.array(operation),
}

export const instance = z.object({
  ...instanceNow,
  isWhole: z.literal(true),
  /** The whole definition that it plays by. */
  quest: z.looseObject({ questId: z.string(), name: z.string() }),
})
export type Instance = z.infer<typeof instance>

/** For somebody who knows it up to an operation: without those before, and without the definition, which never changes. */
export const instanceSince = z.object({ ...instanceNow, isWhole: z.literal(false) })
export type InstanceSince = z.infer<typeof instanceSince>

/** A quest that this installation knows: loaded from a file, or kept because instances of it run. */
export const definition = z.object({
  questId: z.string(),
  name: z.string(),
  definition: z.string(),
  /** Whether new instances are made from it; an older one is only played to its end. */
  isCurrent: z.boolean(),
  quest: z.looseObject({ questId: z.string(), name: z.string() }),
  /** What `party-quests check` says of it. */
  findings: z.array(
    z.object({
      severity: z.enum(['fault', 'warning', 'note']),
      path: z.string(),
      reason: z.string(),
      cure: z.string(),
    }),
  ),
  /** Live instances by state. */
  instances: z.partialRecord(state, uint),
})
export type Definition = z.infer<typeof definition>

const percentiles = z.object({ p50: z.number(), p99: z.number() })

export const shard = z.object({
  shard: uint,
  /** Null: nobody owns it now. */
  owner: replica.nullable(),
  phase: z.enum(['fencing', 'restoring', 'running', 'draining', 'closed', 'dead', 'unowned', 'unknown']),
  /** Why it does not run, where that is known. */
  trouble: z.string().nullable(),
  instances: uint,
  resident: uint,
  /** Records of shard-commands that wait. */
  lag: uint,
  /** Of the last minute; null: there was none. */
  commitMs: percentiles.nullable(),
  batchRecords: percentiles.nullable(),
  timerLatenessMs: percentiles.nullable(),
  commitsPerSecond: z.number(),
  recordsPerSecond: z.number(),
  /** Records a second, oldest first, one number each second of the last minute. */
  history: z.array(z.number()),
  /** When the last assignment gave it to its owner. */
  ownedSince: milliseconds.nullable(),
})
export type Shard = z.infer<typeof shard>

export const deadLetter = z.object({
  partition: uint,
  offset: uint,
  at: milliseconds,
  code: z.string(),
  reason: z.string(),
  origin: z.object({ topic: z.string(), partition: uint, offset: uint, at: milliseconds }).nullable(),
  tenant: tenant.nullable(),
  /** Text, or null where the original had none. Cut at 64 KiB, and then `isCut`. */
  value: z.string().nullable(),
  isCut: z.boolean(),
  headers: z.record(z.string(), z.string().nullable()),
})
export type DeadLetter = z.infer<typeof deadLetter>

/** The machine that every quest runs on, for pictures. */
export const machine = z.object({
  states: z.array(
    z.object({
      name: z.string(),
      isFinal: z.boolean(),
      transitions: z.array(
        z.object({
          event: z.string().nullable(),
          guard: z.string().nullable(),
          target: z.string().nullable(),
          actions: z.array(z.string()),
          isFallback: z.boolean(),
        }),
      ),
    }),
  ),
  /** What `createMachine` takes, functions by name. */
  config: z.looseObject({}),
})
export type Machine = z.infer<typeof machine>

/** What a command would do now; nothing was written. */
export const dryRun = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('applied'), operation, instance: instanceRow.nullable() }),
  z.object({ outcome: z.literal('refused'), code: z.string(), reason: z.string() }),
])
export type DryRun = z.infer<typeof dryRun>

/** Replicas that did not answer in time, and the shards that the answer is therefore without. */
export const silence = z.object({ replica, shards: z.array(uint), reason: z.string() })
export type Silence = z.infer<typeof silence>

const meta = { now: milliseconds, silent: z.array(silence) }

function one<Type extends string, Attributes extends z.ZodType>(type: Type, attributes: Attributes) {
  return z.object({ data: z.object({ type: z.literal(type), id, attributes }), meta: z.object(meta) })
}
function many<Type extends string, Attributes extends z.ZodType, Meta extends z.ZodRawShape>(
  type: Type,
  attributes: Attributes,
  more: Meta,
) {
  return z.object({
    data: z.array(z.object({ type: z.literal(type), id, attributes })),
    meta: z.object({ ...meta, ...more }),
    links: z.object({ next: z.string().nullable() }),
  })
}

/** Of what the search finds, on all its pages. */
const found = {
  total: uint,
  states: z.partialRecord(state, uint),
  /** Where it was asked for: how many there are by the first three hex digits of their ids. */
  spread: z.array(uint).optional(),
}

/** By the name that OpenAPI gives them. */
export const DOCUMENTS = {
  Instances: many('instances', z.object({ ...instanceRow.shape, stage: stageNow.optional() }), found),
  Instance: one('instances', z.discriminatedUnion('isWhole', [instance, instanceSince])),
  Definitions: many('definitions', definition, {}),
  Definition: one('definitions', definition),
  Shards: many('shards', shard, {}),
  DeadLetters: many('dead-letters', deadLetter, {}),
  Machine: one('machines', machine),
  DryRun: z.object({ data: dryRun, meta: z.object({ now: milliseconds }) }),
  ...ECOSYSTEM_DOCUMENTS,
  Errors: z.object({ errors: z.array(z.object({ status: z.string(), title: z.string(), detail: z.string() })) }),
} as const

export type Document<Name extends keyof typeof DOCUMENTS> = z.infer<(typeof DOCUMENTS)[Name]>

/** The first event of `GET /api/live`. */
export const hello = z.object({
  now: milliseconds,
  replica,
  /** CONSOLE_WRITES */
  writes: z.boolean(),
  /** False: on the embedded log, which ends with the process. */
  durable: z.boolean(),
  version: z.string(),
})
export type Hello = z.infer<typeof hello>

/** Every other event of it: fetch again what is shown of these. */
export const change = z.object({
  now: milliseconds,
  ids: z.array(id),
  /** Too many have changed to say which; then `ids` is empty. */
  isMore: z.boolean(),
  /** Whether an instance began or ended: lists and counts are another. */
  isPopulation: z.boolean(),
  operationsPerSecond: z.number(),
})
export type ChangeEvent = z.infer<typeof change>
