/**
 * The life of an instance as a table, written from the contract's page on behaviour and from nothing else: which
 * command and which timer does what in which state. Data only; oracle-life.ts reads it. Imports nothing of what it
 * judges: no machine, no service.
 */
import type { CommandName, Timer } from './move.ts'

/** `gone` is before the first REGISTER and after the end: there is no such instance. */
export const STATES = ['gone', 'registering', 'active', 'cleared', 'completed', 'bonus'] as const
export type State = (typeof STATES)[number]

export type Guard =
  | 'in it already'
  | 'timed'
  | 'requirements hold'
  | 'counts within bounds'
  | 'conditions hold'
  | 'automatic'
  | 'last stage'
  | 'stage keeps them'
  | 'timeout fails'
  | 'no bonus'
  | 'bonus at once'

export type Deed =
  | 'join'
  | 'first stage'
  | 'next stage'
  | 'count'
  | 'count the attempt'
  | `arm ${Timer}`
  | `disarm ${'stage' | 'all'}`
  | `warp to ${'stage' | 'bonus' | 'completion map' | 'exit'}`
  | `say ${Said}`
  | `fail ${FailReason}`

export type Said =
  | 'INSTANCE_CREATED'
  | 'REGISTRATION_OPENED'
  | 'CHARACTER_REGISTERED'
  | 'STARTED'
  | 'STAGE_CLEARED'
  | 'STAGE_ADVANCED'
  | 'COMPLETED'
  | 'INSTANCE_DESTROYED'

export type FailReason =
  | 'forfeit'
  | 'time_expired'
  | 'stage_time_expired'
  | 'requirements_not_met'
  | 'registration_expired'

export type Refused = 'INSTANCE_NOT_FOUND' | 'INVALID_STATE' | 'ALREADY_REGISTERED' | 'REQUIREMENTS_NOT_MET'

/** The first row whose guards all hold is followed: its deeds in order, then on to a state or another passage. */
export interface Row {
  readonly when?: readonly Guard[]
  readonly do?: readonly Deed[]
  /** Left out: the state stays. */
  readonly go?: State | Passage
  readonly refuse?: Refused
}

/** What several commands and timers have in common. */
export type Passage = 'opening' | 'filling' | 'start' | 'clearing' | 'leaving the stage' | 'completion' | 'destruction'

type Cells = Readonly<Record<CommandName, readonly Row[]>> & Readonly<Partial<Record<Timer, readonly Row[]>>>

const unknown = (): readonly Row[] => [{ refuse: 'INSTANCE_NOT_FOUND' }]
const refused = (): readonly Row[] => [{ refuse: 'INVALID_STATE' }]
const late = (): readonly Row[] => [{ refuse: 'ALREADY_REGISTERED' }]
const failing = (reason: FailReason): readonly Row[] => [{ do: [`fail ${reason}`], go: 'destruction' }]

export const TABLE: Readonly<Record<State, Cells>> = {
  gone: {
    REGISTER: [{ do: ['join', 'say INSTANCE_CREATED'], go: 'opening' }],
    START: unknown(),
    UPDATE_STAGE_STATE: unknown(),
    STAGE_CLEAR_ATTEMPT: unknown(),
    STAGE_ADVANCE: unknown(),
    FORFEIT: unknown(),
  },
  registering: {
    REGISTER: [{ when: ['in it already'] }, { do: ['join', 'say CHARACTER_REGISTERED'], go: 'filling' }],
    START: [{ when: ['requirements hold'], go: 'start' }, { refuse: 'REQUIREMENTS_NOT_MET' }],
    UPDATE_STAGE_STATE: refused(),
    STAGE_CLEAR_ATTEMPT: refused(),
    STAGE_ADVANCE: refused(),
    FORFEIT: failing('forfeit'),
    registration: [{ when: ['requirements hold'], go: 'start' }, ...failing('requirements_not_met')],
    lobby: failing('registration_expired'),
  },
  active: {
    REGISTER: late(),
    START: refused(),
    UPDATE_STAGE_STATE: [{ when: ['counts within bounds'], do: ['count'] }, ...refused()],
    STAGE_CLEAR_ATTEMPT: [{ when: ['conditions hold'], go: 'clearing' }, { do: ['count the attempt'] }],
    STAGE_ADVANCE: [
      { when: ['automatic'], do: ['say STAGE_CLEARED'], go: 'leaving the stage' },
      { go: 'leaving the stage' },
    ],
    FORFEIT: failing('forfeit'),
    quest: failing('time_expired'),
    stage: [
      { when: ['timeout fails'], do: ['fail stage_time_expired'], go: 'destruction' },
      { go: 'leaving the stage' },
    ],
  },
  cleared: {
    REGISTER: late(),
    START: refused(),
    UPDATE_STAGE_STATE: refused(),
    STAGE_CLEAR_ATTEMPT: refused(),
    STAGE_ADVANCE: [{ go: 'leaving the stage' }],
    FORFEIT: failing('forfeit'),
    quest: failing('time_expired'),
  },
  completed: {
    REGISTER: late(),
    START: refused(),
    UPDATE_STAGE_STATE: refused(),
    STAGE_CLEAR_ATTEMPT: refused(),
    STAGE_ADVANCE: refused(),
    FORFEIT: [{ go: 'destruction' }],
    completion: [{ go: 'destruction' }],
  },
  bonus: {
    REGISTER: late(),
    START: refused(),
    UPDATE_STAGE_STATE: refused(),
    STAGE_CLEAR_ATTEMPT: refused(),
    STAGE_ADVANCE: refused(),
    FORFEIT: [{ go: 'destruction' }],
    bonus: [{ go: 'destruction' }],
  },
}

export const PASSAGES: Readonly<Record<Passage, readonly Row[]>> = {
  opening: [
    { when: ['timed'], do: ['say REGISTRATION_OPENED', 'arm registration'], go: 'registering' },
    { when: ['requirements hold'], go: 'start' },
    { do: ['arm lobby'], go: 'registering' },
  ],
  filling: [{ when: ['timed'] }, { when: ['requirements hold'], go: 'start' }, {}],
  start: [
    {
      do: ['disarm all', 'first stage', 'arm quest', 'arm stage', 'warp to stage', 'say STARTED'],
      go: 'active',
    },
  ],
  clearing: [
    { when: ['automatic'], do: ['disarm stage', 'say STAGE_CLEARED'], go: 'leaving the stage' },
    { do: ['disarm stage', 'say STAGE_CLEARED'], go: 'cleared' },
  ],
  'leaving the stage': [
    { when: ['last stage'], do: ['disarm all', 'say COMPLETED'], go: 'completion' },
    {
      when: ['stage keeps them'],
      do: ['disarm stage', 'next stage', 'arm stage', 'say STAGE_ADVANCED'],
      go: 'active',
    },
    { do: ['disarm stage', 'next stage', 'arm stage', 'warp to stage', 'say STAGE_ADVANCED'], go: 'active' },
  ],
  completion: [
    { when: ['no bonus'], go: 'destruction' },
    { when: ['bonus at once'], do: ['arm bonus', 'warp to bonus'], go: 'bonus' },
    { do: ['arm completion', 'warp to completion map'], go: 'completed' },
  ],
  destruction: [{ do: ['disarm all', 'warp to exit', 'say INSTANCE_DESTROYED'], go: 'gone' }],
}

/** Every row with where it stands: `active STAGE_CLEAR_ATTEMPT 1`, `completion 2`. */
export function namedRows(): ReadonlyMap<Row, string> {
  const names = new Map<Row, string>()
  const add = (place: string, rows: readonly Row[]) => {
    rows.forEach((row, index) => {
      names.set(row, `${place} ${index + 1}`)
    })
  }
  for (const state of STATES) {
    for (const [event, rows] of Object.entries(TABLE[state])) add(`${state} ${event}`, rows)
  }
  for (const [passage, rows] of Object.entries(PASSAGES)) add(passage, rows)
  return names
}
