/**
 * What the chart writes: events, timers and guards in few words, and how wide they are at the most. The widths are of
 * a monospaced font, so that a box is never smaller than its text. Plain text only.
 */
import { type Branch, TIMER_PREFIX } from './graph.ts'

export type WordsKind = 'command' | 'timer' | 'guard' | 'self'

export interface Words {
  readonly kind: WordsKind
  readonly text: string
  /** The event that it is about; null: none. */
  readonly event: string | null
}

/** Pixels a letter at 11 px, the widest of the system's monospaced fonts. */
const LETTER = 6.75
/** Pixels a letter of a state's name at 13 px, bold, sans serif. */
const NAME_LETTER = 8
const ICON = 16
/** Room for a countdown behind a timer's name: ` 12:34:56`. */
const COUNTDOWN_LETTERS = 9

const GUARDS: Readonly<Record<string, string>> = {
  hasNextStage: 'next stage',
  requirementsMet: 'requirements met',
  startsByItself: 'starts at once',
  conditionsHold: 'conditions hold',
  advancesAutomatically: 'by itself',
  hasNoBonus: 'no bonus',
  bonusIsAutomatic: 'bonus at once',
  lastMemberLeaves: 'last one',
  memberLeavesAndFailRequirementHolds: 'too few',
}
const OPPOSITES: Readonly<Record<string, string>> = { hasNextStage: 'last stage' }

export function timerOf(event: string | null): string | null {
  return event?.startsWith(TIMER_PREFIX) ? event.slice(TIMER_PREFIX.length) : null
}

/** `conditionsHold` → `conditions hold`. */
export function guardWords(guard: string): string {
  return GUARDS[guard] ?? guard.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
}

/** One line for each thing that takes the edge, and below it one for its condition; what needs no event first. */
export function edgeWords(branches: readonly Branch[]): readonly Words[] {
  const lines: Words[] = []
  const add = (line: Words) => {
    if (!lines.some(({ kind, text }) => kind === line.kind && text === line.text)) lines.push(line)
  }
  const ordered = [...branches.filter(({ event }) => event === null), ...branches.filter(({ event }) => event !== null)]
  for (const { event, guard, unless } of ordered) {
    const timer = timerOf(event)
    if (timer !== null) {
      add({ kind: 'timer', text: timer, event })
      continue
    }
    if (event !== null) add({ kind: 'command', text: event, event })
    const condition = guard === null ? oppositeOf(unless, event) : guardWords(guard)
    if (condition !== null) add({ kind: 'guard', text: `[${condition}]`, event })
    else if (event === null) add({ kind: 'self', text: 'at once', event })
  }
  return lines
}

function oppositeOf(unless: string | null, event: string | null): string | null {
  if (unless === null) return null
  return OPPOSITES[unless] ?? (event === null ? 'otherwise' : null)
}

/** What stands in the box of the source: `FORFEIT → failed`, `quest → failed`, `UPDATE_STAGE_STATE`. */
export function rowWords({ event, guard, unless }: Branch): Words {
  const timer = timerOf(event)
  if (timer !== null) return { kind: 'timer', text: timer, event }
  if (event !== null) return { kind: 'command', text: event, event }
  const condition = guard === null ? oppositeOf(unless, event) : guardWords(guard)
  return condition === null
    ? { kind: 'self', text: 'at once', event }
    : { kind: 'guard', text: `[${condition}]`, event }
}

export const arrowWords = (target: string) => ` → ${target}`

export function wordsWidth({ kind, text }: Words, behind = ''): number {
  const letters = text.length + behind.length + (kind === 'timer' ? COUNTDOWN_LETTERS : 0)
  return Math.ceil(letters * LETTER) + (kind === 'timer' ? ICON : 0)
}

export function nameWidth(name: string): number {
  return Math.ceil(name.length * NAME_LETTER)
}

export const lettersWidth = (letters: number) => letters * LETTER
export const ICON_WIDTH = ICON
