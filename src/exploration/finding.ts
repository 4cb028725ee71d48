/**
 * What is said about a definition: where, what is wrong, what cures it, and how bad it is. Finds nothing itself.
 */

/**
 * `fault`: the quest cannot be played as it is written. `warning`: it can, but hardly as its author meant it.
 * `note`: what this version does not do yet; nothing for the author to cure.
 */
export type Severity = 'fault' | 'warning' | 'note'

/** Stable names, for machines. */
export type FindingCode =
  | 'no-stages'
  | 'requirements-impossible'
  | 'party-too-large'
  | 'party-may-outgrow'
  | 'stage-never-cleared'
  | 'stage-needs-data'
  | 'stage-always-met'
  | 'count-too-far'
  | 'stage-unreachable'
  | 'never-completed'
  | 'no-way-out'
  | 'lasts-for-ever'
  | 'not-warped-out'
  | 'timer-never-fires'
  | 'no-effect'
  | 'bonus-without-duration'
  | 'map-zero'
  | 'weight-zero'
  | 'rewards-nothing'
  | 'reward-not-granted'
  | 'fails-at-first-leave'
  | 'never-fails'
  | 'kills-by-script'

export interface Finding {
  readonly severity: Severity
  readonly code: FindingCode
  /** Into the definition, stages by their index: `['stages', 2, 'duration']`. */
  readonly path: readonly (string | number)[]
  readonly reason: string
  readonly cure: string
}
