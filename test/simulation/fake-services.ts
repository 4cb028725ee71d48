/** A party, a guild and a monster service as bad as real ones: slow, failing, silent, and now and then of another opinion. */
import type { CharacterId } from '../../src/contract/ids.ts'
import type { LookupAnswer } from '../../src/contract/lookup.ts'
import { EffectRefusedError, type MonsterClient } from '../../src/shard/effect-runner.ts'
import { type LookupClient, LookupNotFoundError } from '../../src/shard/lookup-runner.ts'
import type { Dice } from './dice.ts'
import type { EffectJudge } from './judge-effects.ts'
import type { SimulatedLife } from './simulated-life.ts'
import type { SimulatedTime } from './simulated-time.ts'

/** How a service takes a request, and how often. */
const MOODS = [
  ['answers', 12],
  ['fails', 3],
  ['knows nothing', 1],
  ['is silent', 1],
] as const

export function fakeServices(time: SimulatedTime, life: SimulatedLife, dice: Dice): LookupClient {
  return {
    ask: (lookup, _headers, signal) =>
      new Promise((resolve, reject) => {
        const mood = dice.weighted(MOODS)
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
        if (mood === 'is silent') return
        time.after(dice.between(1, 400), () =>
          life.perform(() => {
            if (mood === 'fails') reject(new Error('500'))
            else if (mood === 'knows nothing') reject(new LookupNotFoundError('404'))
            else resolve(lookup.kind === 'members' ? membersOf(lookup.partyId, dice) : affinity(lookup.characterId))
          }),
        )
      }),
  }
}

/** A request takes its time on the way there and on the way back; the answer may be lost, and its life end meanwhile. */
export function fakeMonsters(
  time: SimulatedTime,
  life: SimulatedLife,
  dice: Dice,
  judge: () => EffectJudge,
): MonsterClient {
  return {
    run: (pending, signal) =>
      new Promise((resolve, reject) => {
        const mood = dice.weighted(MOODS)
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
        time.after(dice.between(1, 200), () => {
          judge().asked(pending)
          if (mood === 'is silent') return
          if (mood !== 'fails') judge().answered(pending)
          time.after(dice.between(1, 200), () =>
            life.perform(() => {
              if (mood === 'fails') reject(new Error('503'))
              else if (mood === 'knows nothing') reject(new EffectRefusedError('400'))
              else resolve()
            }),
          )
        })
      }),
  }
}

/** Characters 10 to 13 are party 1, and so on; one may be away or on another channel. */
function membersOf(partyId: number, dice: Dice): LookupAnswer {
  const members = [0, 1, 2, 3].map(number => ({
    characterId: (partyId * 10 + number) as CharacterId,
    worldId: 0,
    channelId: dice.chance(0.9) ? channelOf(partyId) : 9,
    level: 20 + number,
  }))
  return { type: 'MEMBERS_RESOLVED', members: members.slice(0, dice.int(1, 4)) }
}

export function channelOf(partyId: number): number {
  return partyId % 3
}

function affinity(characterId: number): LookupAnswer {
  return { type: 'AFFINITY_RESOLVED', affinity: characterId % 4 }
}
