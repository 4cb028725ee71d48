/**
 * One party of a load: who it is, and everything that it will send after its first REGISTER, in order. Most play to the
 * end, some give up, some count once too often; all of them now and then send what is refused. Sends nothing itself.
 */
import type { Random } from '../../src/clock.ts'
import type { Tenant } from '../../src/contract/tenant.ts'
import type { OracleQuest } from '../support/oracle.ts'
import { ITEM, MONSTER, partySize } from './load-quests.ts'

export interface Party {
  readonly quest: OracleQuest
  readonly tenant: Tenant
  readonly worldId: number
  readonly channelId: number
  readonly partyId: number
  readonly characters: readonly number[]
  /** All of its commands go there. */
  readonly partition: number
}

export type Command = { readonly characterId: number; readonly type: string; readonly body: object }

export function register({ quest, partyId, channelId }: Party, characterId: number, mapId = 0): Command {
  return { characterId, type: 'REGISTER', body: { questId: quest.questId, partyId, channelId, mapId } }
}

/** What follows the first one's REGISTER, which made the instance. */
export function scriptOf(party: Party, instanceId: string, random: Random): Command[] {
  const { quest, characters } = party
  // Of a command that races a timer nobody can say what comes of it.
  if (quest.stages.some(({ duration = 0 }) => duration > 0)) return []
  const below = (count: number) => Math.floor(random.fraction() * count)
  const someone = () => characters[below(characters.length)] ?? 0
  const command = (type: string): Command => ({ characterId: someone(), type, body: { instanceId } })
  const update = (items: number, kills: number): Command => ({
    characterId: someone(),
    type: 'UPDATE_STAGE_STATE',
    body: {
      instanceId: random.fraction() < 0.1 ? instanceId.toUpperCase() : instanceId,
      ...(items > 0 ? { itemCounts: { [ITEM]: items } } : {}),
      ...(kills > 0 ? { monsterKills: { [MONSTER]: kills } } : {}),
    },
  })

  const script: Command[] = []
  // Refused or without effect, whatever the state.
  if (quest.registration.mode === 'timed') script.push(command('START'))
  for (const follower of characters.slice(1, partySize(quest))) script.push(register(party, follower))
  script.push(register(party, someone()))
  if (quest.registration.mode === 'timed') script.push(command('START'))
  const begun = script.length

  for (const stage of quest.stages) {
    const wanted = (type: string) => stage.clearConditions?.find(condition => condition.type === type)?.value ?? 0
    const updates = shares(wanted('item'), wanted('monster_kill'), below).map(([items, kills]) => update(items, kills))
    // Too early: it changes nothing, or else it clears what must not be cleared.
    updates.splice(below(updates.length), 0, command('STAGE_CLEAR_ATTEMPT'))
    script.push(...updates)
    const spoilt = random.fraction() < 0.1
    if (spoilt) script.push(update(1, 0))
    script.push(command('STAGE_CLEAR_ATTEMPT'))
    if (quest.advance === 'automatic') {
      if (spoilt) script.push(command('STAGE_ADVANCE'))
      continue
    }
    if (random.fraction() < 0.1) script.push(update(1, 1))
    script.push(command('STAGE_ADVANCE'))
  }
  if (quest.bonus?.entry === 'manual') script.push(command('ENTER_BONUS'))
  // Somebody goes, or all do; one who is gone and goes again concerns nobody. Who came back would make another instance.
  for (let leaves = below(4); leaves > 0; leaves--) {
    const leave: Command = { characterId: someone(), type: 'LEAVE', body: {} }
    script.splice(begun + below(script.length - begun + 1), 0, leave)
  }
  if (random.fraction() < 0.2) script.splice(below(script.length))
  // The end of a quest that was given up, of a bonus, or of nothing any more; and behind the end there is nobody.
  script.push(command('FORFEIT'), command('STAGE_CLEAR_ATTEMPT'))
  return script
}

/** Two to five updates that add up to exactly that; none is empty. */
function shares(items: number, kills: number, below: (count: number) => number): readonly [number, number][] {
  const count = 2 + below(4)
  const parts = Array.from({ length: count }, (): [number, number] => [0, 0])
  const give = (total: number, kind: 0 | 1) => {
    for (let given = 0; given < total; given++) {
      const part = parts[below(count)]
      if (part !== undefined) part[kind]++
    }
  }
  give(items, 0)
  give(kills, 1)
  return parts.filter(([ofItems, ofKills]) => ofItems + ofKills > 0)
}
