/**
 * What can happen to one quest instance, in the words of the contract: a command that names it, or time that passes
 * until its next timer. Shared by those who generate lives, those who run them and the oracle; imports nothing.
 */

export const COMMANDS = [
  'REGISTER',
  'START',
  'UPDATE_STAGE_STATE',
  'STAGE_CLEAR_ATTEMPT',
  'STAGE_ADVANCE',
  'LEAVE',
  'ENTER_BONUS',
  'UPDATE_CUSTOM_DATA',
  'BROADCAST_MESSAGE',
  'FORFEIT',
] as const
export type CommandName = (typeof COMMANDS)[number]

/** Of two at the same moment the quest's goes first: none of the others can be armed beside another. */
export const TIMERS = ['registration', 'lobby', 'quest', 'stage', 'bonus', 'completion'] as const
export type Timer = (typeof TIMERS)[number]

export type CommandMove =
  | { readonly type: 'REGISTER'; readonly characterId: number }
  | { readonly type: 'START' | 'STAGE_CLEAR_ATTEMPT' | 'STAGE_ADVANCE' | 'ENTER_BONUS' | 'FORFEIT' }
  | { readonly type: 'LEAVE'; readonly characterId: number }
  | {
      readonly type: 'UPDATE_CUSTOM_DATA'
      readonly step: 'some' | 'beyond the bound'
      readonly updates: Readonly<Record<string, string>>
      readonly increments: readonly string[]
    }
  | { readonly type: 'BROADCAST_MESSAGE'; readonly messageType: string; readonly message: string }
  /** Counts by id. `step`: which of the stage's updates it is, for whoever generates lives. */
  | {
      readonly type: 'UPDATE_STAGE_STATE'
      readonly step: 'one short' | 'the rest' | 'too many' | 'unasked' | 'unasked again' | 'beyond the bound'
      readonly items: Readonly<Record<string, number>>
      readonly kills: Readonly<Record<string, number>>
    }

export type Move =
  | CommandMove
  /** Until this timer, which must be the next one, runs out. */
  | { readonly type: 'wait'; readonly timer: Timer }

/** Between a command and what was before it. */
export const COMMAND_AFTER_MS = 10

/** `REGISTER 1001`, `UPDATE_STAGE_STATE one short`, `wait quest`. */
export function moveLine(move: Move): string {
  switch (move.type) {
    case 'REGISTER':
      return `REGISTER ${move.characterId}`
    case 'LEAVE':
      return `LEAVE ${move.characterId}`
    case 'UPDATE_CUSTOM_DATA':
      return `UPDATE_CUSTOM_DATA ${move.step}`
    case 'UPDATE_STAGE_STATE':
      return `UPDATE_STAGE_STATE ${move.step}`
    case 'wait':
      return `wait ${move.timer}`
    default:
      return move.type
  }
}
