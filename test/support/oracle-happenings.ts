/**
 * How the oracle reads what other services tell of characters and monsters: by JSON.parse, field names only as they are
 * written there. What it cannot read concerns nobody.
 */

export interface ToldOfMonster {
  readonly kind: 'monster'
  readonly type: string
  readonly mapId: number
  readonly instanceId: string
  readonly monsterId: number
  readonly itemCount: number
}

export interface ToldOfCharacter {
  readonly kind: 'gone'
  /** `world/channel that he left` and himself. */
  readonly place: string
  readonly characterId: number
}

export function readHappening(
  game: 'character' | 'monster',
  value: Buffer | null,
): ToldOfMonster | ToldOfCharacter | undefined {
  let told: Record<string, unknown>
  try {
    told = JSON.parse(String(value))
  } catch {
    return undefined
  }
  const { type, worldId, characterId, mapId, instance, monsterId } = told
  const body = Object(told.body)
  if (game === 'monster') {
    if (typeof instance !== 'string' || !['DAMAGED', 'KILLED', 'FRIENDLY_DROP'].includes(String(type))) return undefined
    const instanceId = instance.toLowerCase()
    const numbers = { mapId: Number(mapId), monsterId: Number(monsterId), itemCount: Number(body.itemCount ?? 0) }
    return { kind: 'monster', type: String(type), instanceId, ...numbers }
  }
  if (type !== 'LOGOUT' && type !== 'CHANNEL_CHANGED') return undefined
  const left = type === 'LOGOUT' ? body.channelId : body.oldChannelId
  return { kind: 'gone', place: `${worldId}/${left}/${characterId}`, characterId: Number(characterId) }
}
