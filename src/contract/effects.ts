/**
 * What an operation wants done by another service beside its messages: after its commit, by REST, by whoever runs
 * effects. Plain data that survives JSON. Knows no service, no address and no retry.
 */

export type Effect =
  /** Every monster on this map of the instance is to go. */
  | { readonly kind: 'destroyMonsters'; readonly mapId: number }
  /** `x`, `y` are a place on the map, `fh` the foothold under it: integers, the first two of any sign. */
  | {
      readonly kind: 'spawnMonster'
      readonly mapId: number
      readonly monsterId: number
      readonly x: number
      readonly y: number
      readonly fh: number
    }

export type EffectKind = Effect['kind']
