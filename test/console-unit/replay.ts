/**
 * Plays a file that the console exported (docs/console.md, "Export as a test fixture") on the plain machine, without a
 * log and without a clock, and says where what came of it differs from what the file expects.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ReplayFile, ReplayOperation } from '../../console/src/instance/replay-file.ts'
import type { PartyMember, Rules } from '../../machines/context.ts'
import type { PartyQuestEvent } from '../../machines/party-quest.ts'
import { createStepper, type Step } from '../../src/actor/stepper.ts'
import type { InstanceId, QuestId, TenantId } from '../../src/contract/ids.ts'
import { isObject } from '../../src/contract/json.ts'
import { compileDefinition } from '../../src/definitions/catalogue.ts'
import { character } from '../support/tenants.ts'

const FORMAT = 'party-quests/replay@1'

/** One sentence for each difference; none: the machine does today what it did then. */
export function replay(file: ReplayFile): readonly string[] {
  if (file.format !== FORMAT) return [`the format is ${file.format}: this plays ${FORMAT}`]
  const [birth, ...later] = file.operations
  if (!file.isWhole || birth === undefined)
    return ['the journal does not begin with the registration: not to be played']
  const { definition } = compileDefinition(file.definition)
  const rules: Rules = { ...file.rules, definition }
  const { tenant } = file.identity
  const stepper = createStepper('replay')
  let step = stepper.spawn({
    identity: {
      ...file.identity,
      instanceId: file.identity.instanceId as InstanceId,
      questId: file.identity.questId as QuestId,
      tenant: { ...tenant, id: tenant.id as TenantId },
      affinity: 0,
    },
    rules,
    members: file.members.map(memberOf),
    now: file.registeredAt,
  })
  const differences = [...differencesOf(0, birth, step)]
  for (const [place, operation] of later.entries()) {
    step = stepper.deliver(step.snapshot, eventOf(operation, file))
    differences.push(...differencesOf(place + 1, operation, step))
  }
  return differences
}

function differencesOf(place: number, operation: ReplayOperation, { snapshot, messages }: Step): readonly string[] {
  const { run } = snapshot.context
  const isOver = snapshot.status === 'done'
  const held: readonly (readonly [string, unknown, unknown])[] = [
    ['state', operation.to, snapshot.value],
    ['stage', operation.stageIndex, run.stageIndex],
    ['messages', operation.messages, messages],
    ...(isOver ? [] : [['deadlines', operation.deadlines, run.deadlines] as const]),
  ]
  return held
    .filter(([, expected, actual]) => !isDeepStrictEqual(expected, JSON.parse(JSON.stringify(actual))))
    .map(
      ([what, expected, actual]) =>
        `operation ${place} (${operation.event.type}): ${what} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`,
    )
}

function eventOf({ event, at }: ReplayOperation, { characters }: ReplayFile): PartyQuestEvent {
  const { type, member, itemCounts, monsterKills } = event
  const fields =
    type === 'REGISTER'
      ? { member: memberOf(characters.find(({ characterId }) => characterId === idOf(member)) ?? { characterId: 0 }) }
      : type === 'UPDATE_STAGE_STATE'
        ? { itemCounts: countsOf(itemCounts), monsterKills: countsOf(monsterKills) }
        : {}
  return { type, ...fields, now: at } as PartyQuestEvent
}

function memberOf({ characterId, level }: ReplayFile['members'][number]): PartyMember {
  return level === undefined ? { characterId: character(characterId) } : { characterId: character(characterId), level }
}

const idOf = (member: unknown) => (isObject(member) ? member.characterId : undefined)

function countsOf(given: unknown): ReadonlyMap<number, number> {
  return new Map(Object.entries(isObject(given) ? given : {}).map(([id, count]) => [Number(id), Number(count)]))
}
