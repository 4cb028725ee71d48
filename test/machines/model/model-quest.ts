/**
 * A quest and a deployment as the model is given them: what a definition's file and an operator say, as far as it decides
 * anything. Imports nothing of what is judged.
 */

/** A definition as its file holds it, what is left out left out; what of it decides anything. */
export interface ModelQuest {
  readonly questId: string
  readonly duration?: number
  readonly registration: { readonly type: string; readonly mode: string; readonly duration?: number }
  readonly startRequirements?: readonly { readonly type: string; readonly operator: string; readonly value: number }[]
  readonly failRequirements?: ModelQuest['startRequirements']
  readonly rewards?: readonly ModelReward[]
  readonly exit: number
  readonly bonus?: {
    readonly mapId: number
    readonly duration?: number
    readonly entry: string
    readonly completionMapId?: number
  }
  readonly stages: readonly ModelStage[]
  readonly advance?: string
}

export interface ModelReward {
  readonly type: string
  readonly amount?: number
}

export interface ModelStage {
  readonly rewards?: readonly ModelReward[]
  readonly properties?: {
    readonly weather?: { readonly itemId: number; readonly message: string; readonly duration: number }
    readonly friendlyMonster?: { readonly spawnMessage?: string }
  }
  readonly mapIds: readonly number[]
  readonly duration?: number
  readonly onTimeout?: string
  readonly clearConditions?: readonly ModelCondition[]
  readonly warpType?: string
}

export interface ModelCondition {
  readonly type: string
  readonly operator: string
  readonly value: number
  readonly referenceId?: number
  readonly referenceKey?: string
}

/** What the operator decided. Seconds, 0 = never. */
export interface Deployment {
  readonly advance: 'command' | 'automatic'
  readonly requirements: 'enforce' | 'warn'
  readonly lobbyLimitSeconds: number
  readonly bonusLimitSeconds: number
}
