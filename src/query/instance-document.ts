/**
 * An instance as people read it (api/documents.ts): the row of a list, and all of it. Everything comes from its context,
 * its definition, the machine and the journal; nothing is guessed, and nothing of it is changed.
 */
import { conditionHolds, countOf } from '../../machines/conditions.ts'
import { DATA_PREFIX, ITEM_PREFIX, KILL_PREFIX, type PartyQuestContext } from '../../machines/context.ts'
import { contextOf, stateOf } from '../actor/instance.ts'
import { encodeInstance } from '../actor/snapshot-bytes.ts'
import { listsCommand } from '../actor/transition-target.ts'
import type { Instance, InstanceRow, InstanceSince, Replica, StageNow } from '../api/documents.ts'
import { COMMAND_TYPES } from '../contract/commands.ts'
import type { Entry } from '../journal/entry.ts'
import type { Recorded } from '../journal/journal.ts'
import { causeOf, eventType, operationDocument } from './operation-document.ts'
import type { Subject } from './subject.ts'
import { nextTimerDocument, timerDocuments } from './timer-document.ts'

/** REGISTER and LEAVE name no instance. */
const COMMANDS = COMMAND_TYPES.filter(type => type !== 'REGISTER' && type !== 'LEAVE')

export function rowDocument({ instance, shard, isEnded }: Subject, last: Entry | undefined): InstanceRow {
  const { identity, rules, run } = contextOf(instance)
  const { questId, tenant, worldId, channelId, partyId } = identity
  const { id, region, majorVersion, minorVersion } = tenant
  return {
    questId,
    questName: rules.definition.name,
    definition: instance.definition,
    state: isEnded ? 'destroyed' : stateOf(instance),
    currentStageIndex: run.stageIndex,
    stages: rules.definition.stages.length,
    tenant: { id, region, majorVersion, minorVersion },
    worldId,
    channelId,
    partyId,
    characters: run.members.map(member => ({ ...member })),
    registeredAt: run.registeredAt,
    startedAt: run.startedAt === 0 ? null : run.startedAt,
    nextTimer: isEnded ? null : nextTimerDocument(instance),
    lastOperation: last === undefined ? null : { at: last.at, type: eventType(last), cause: causeOf(last) },
    shard,
  }
}

export function stageDocument({ instance, isEnded }: Subject): StageNow {
  const { startedAt, attempts, items, kills, data } = contextOf(instance).stage
  return {
    timers: isEnded ? [] : timerDocuments(instance),
    stageStartedAt: startedAt,
    stageState: {
      itemCounts: withoutPrefix(items, ITEM_PREFIX),
      monsterKills: withoutPrefix(kills, KILL_PREFIX),
      customData: withoutPrefix(data, DATA_PREFIX),
      attempts,
    },
  }
}

export function instanceDocument(subject: Subject, journal: readonly Recorded[], owner: Replica): Instance {
  const { definition } = contextOf(subject.instance).rules
  return { ...now(subject, journal, journal.at(-1)?.entry, owner), isWhole: true, quest: { ...definition } }
}

/** `journal`: the operations that are new; `last`: the last one of all. */
export function instanceSinceDocument(
  subject: Subject,
  journal: readonly Recorded[],
  last: Entry | undefined,
  owner: Replica,
): InstanceSince {
  return { ...now(subject, journal, last, owner), isWhole: false }
}

function now(
  subject: Subject,
  journal: readonly Recorded[],
  last: Entry | undefined,
  owner: Replica,
): Omit<InstanceSince, 'isWhole'> {
  const { instance, isEnded } = subject
  const context = contextOf(instance)
  const { advance, requirements, lobbyLimitSeconds, bonusLimitSeconds } = context.rules
  return {
    ...rowDocument(subject, last),
    owner,
    ...stageDocument(subject),
    conditions: conditionDocuments(context),
    rules: { advance, requirements, lobbyLimitSeconds, bonusLimitSeconds },
    commands: COMMANDS.map(type => ({ type, isAccepted: !isEnded && listsCommand(instance, type) })),
    bytes: isEnded ? null : encodeInstance(instance).length,
    journal: journal.map(operationDocument),
  }
}

function conditionDocuments({ rules, run, stage }: PartyQuestContext): Instance['conditions'] {
  const conditions = rules.definition.stages[run.stageIndex]?.clearConditions ?? []
  return conditions.map(condition => ({
    ...condition,
    current: countOf(condition, stage),
    holds: conditionHolds(condition, stage),
  }))
}

/** fromEntries defines, so that a key like `__proto__` stays a key. */
function withoutPrefix<Kept>(kept: Readonly<Record<string, Kept>>, prefix: string): Record<string, Kept> {
  return Object.fromEntries(Object.entries(kept).map(([key, value]) => [key.slice(prefix.length), value]))
}
