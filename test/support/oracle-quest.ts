/** A quest as its file holds it, and what its requirements and conditions mean: the oracle's own telling of them. */

/** A definition as its file holds it; what the oracle needs of it. */
export interface OracleQuest {
  readonly questId: string
  readonly registration: {
    readonly type: string
    readonly mode: string
    readonly duration?: number
    readonly mapId?: number
  }
  readonly startRequirements?: readonly { readonly type: string; readonly operator: string; readonly value: number }[]
  readonly failRequirements?: readonly { readonly type: string; readonly operator: string; readonly value: number }[]
  readonly exit: number
  readonly rewards?: readonly OracleReward[]
  readonly bonus?: { readonly mapId: number; readonly entry: string; readonly completionMapId?: number }
  readonly stages: readonly OracleStage[]
  readonly advance?: string
}

export interface OracleReward {
  readonly type: string
  readonly amount?: number
}

export interface OracleStage {
  readonly mapIds: readonly number[]
  readonly rewards?: readonly OracleReward[]
  readonly properties?: {
    readonly weather?: { readonly itemId: number; readonly message: string; readonly duration: number }
    readonly friendlyMonster?: OracleFriendlyMonster
    readonly countKills?: boolean
  }
  readonly clearConditions?: readonly OracleCondition[]
  readonly warpType?: string
  /** Seconds, and what happens then. The oracle itself lets no time pass. */
  readonly duration?: number
  readonly onTimeout?: string
}

export interface OracleFriendlyMonster {
  readonly monsterId: number
  readonly spawnMessage?: string
  readonly onDamaged?: { readonly hitInterval: number; readonly message: string }
  readonly onDrop?: { readonly messageTemplate: string }
  readonly onKilled?: { readonly action?: string; readonly message?: string }
}

interface OracleCondition {
  readonly type: string
  readonly operator: string
  readonly value: number
  readonly referenceId?: number
  readonly referenceKey?: string
}

export interface Party {
  readonly quest: OracleQuest
  readonly members: readonly number[]
}

/** What a stage has counted. */
export interface Counted {
  readonly counts: ReadonlyMap<string, number>
  readonly data: ReadonlyMap<string, string>
}

/** That is played, or was last. */
export function stageOf({ quest, stage }: { readonly quest: OracleQuest; readonly stage: number }): OracleStage {
  const found = quest.stages[stage]
  if (found === undefined) throw new Error(`${quest.questId} has no stage ${stage}`)
  return found
}

/** Levels are not known here, and then not checked. */
export function requirementsHold({ quest, members }: Party): boolean {
  return (quest.startRequirements ?? []).every(
    ({ type, operator, value }) => type !== 'party_size' || compare(members.length, operator, value),
  )
}

/** Of levels nothing is known here. */
export function failRequirementHolds({ quest, members }: Party): boolean {
  return (quest.failRequirements ?? []).some(
    ({ type, operator, value }) => type === 'party_size' && compare(members.length, operator, value),
  )
}

/** Of custom data. */
export function numberOf(text = '0'): number {
  return /^\d+$/.test(text) ? Number(text) : 0
}

export function conditionsHold({ clearConditions }: OracleStage, { counts, data }: Counted): boolean {
  return (clearConditions ?? []).every(({ type, operator, value, referenceId, referenceKey = '' }) => {
    if (type === 'custom_data') return compare(numberOf(data.get(referenceKey)), operator, value)
    const kind = type === 'monster_kill' ? 'kill' : 'item'
    return compare(counts.get(`${kind}/${referenceId}`) ?? 0, operator, value)
  })
}

function compare(measured: number, operator: string, value: number): boolean {
  switch (operator) {
    case '=':
    case 'eq':
      return measured === value
    case '>=':
    case 'gte':
      return measured >= value
    case '<=':
    case 'lte':
      return measured <= value
    case '>':
    case 'gt':
      return measured > value
    case '<':
    case 'lt':
      return measured < value
    default:
      throw new Error(`no operator: ${operator}`)
  }
}
