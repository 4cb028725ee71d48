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
  | 'the last one'
  | 'fails without him'
  | 'data within bounds'

export type Deed =
  | 'join'
  | 'first stage'
  | 'next stage'
  | 'count'
  | 'count the attempt'
  | 'let him go'
  | 'set data'
  | 'broadcast'
  | 'forget the stage'
  | 'show the stage'
  | `award ${'stage' | 'quest'}`
  | 'remove reactors'
  | 'warp him out'
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
  | 'CHARACTER_LEFT'
  | 'BONUS_ENTERED'
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
export type Passage =
  | 'opening'
  | 'filling'
  | 'start'
  | 'clearing'
  | 'failing'
  | 'leaving the stage'
  | 'completion'
  | 'bonus entry'
  | 'destruction'

type Cells = Readonly<Record<CommandName, readonly Row[]>> & Readonly<Partial<Record<Timer, readonly Row[]>>>

const unknown = (): readonly Row[] => [{ refuse: 'INSTANCE_NOT_FOUND' }]
const refused = (): readonly Row[] => [{ refuse: 'INVALID_STATE' }]
const late = (): readonly Row[] => [{ refuse: 'ALREADY_REGISTERED' }]
const failing = (reason: FailReason): readonly Row[] => [{ do: [`fail ${reason}`], go: 'failing' }]
/** No stage has begun, and nothing is to be removed. */
const neverBegun = (reason: FailReason): readonly Row[] => [{ do: [`fail ${reason}`], go: 'destruction' }]
const broadcast = (): readonly Row[] => [{ do: ['broadcast'] }]
const data = (): readonly Row[] => [{ when: ['data within bounds'], do: ['set data'] }, ...refused()]
const leavingPlay = (): readonly Row[] => [
  {
    when: ['the last one'],
    do: ['warp him out', 'let him go', 'say CHARACTER_LEFT', 'remove reactors'],
    go: 'destruction',
  },
  {
    when: ['fails without him'],
    do: ['warp him out', 'let him go', 'say CHARACTER_LEFT', 'fail requirements_not_met'],
    go: 'failing',
  },
  { do: ['warp him out', 'let him go', 'say CHARACTER_LEFT'] },
]
const leavingEnd = (): readonly Row[] => [
  { when: ['the last one'], do: ['warp him out', 'let him go', 'say CHARACTER_LEFT'], go: 'destruction' },
  { do: ['warp him out', 'let him go', 'say CHARACTER_LEFT'] },
]

export const TABLE: Readonly<Record<State, Cells>> = {
  gone: {
    REGISTER: [{ do: ['join', 'say INSTANCE_CREATED'], go: 'opening' }],
    START: unknown(),
    UPDATE_STAGE_STATE: unknown(),
    STAGE_CLEAR_ATTEMPT: unknown(),
    STAGE_ADVANCE: unknown(),
    LEAVE: [{}],
    ENTER_BONUS: unknown(),
    UPDATE_CUSTOM_DATA: unknown(),
    BROADCAST_MESSAGE: unknown(),
    FORFEIT: unknown(),
  },
  registering: {
    REGISTER: [{ when: ['in it already'] }, { do: ['join', 'say CHARACTER_REGISTERED'], go: 'filling' }],
    START: [{ when: ['requirements hold'], go: 'start' }, { refuse: 'REQUIREMENTS_NOT_MET' }],
    UPDATE_STAGE_STATE: refused(),
    STAGE_CLEAR_ATTEMPT: refused(),
    STAGE_ADVANCE: refused(),
    LEAVE: [
      { when: ['the last one'], do: ['let him go', 'say CHARACTER_LEFT'], go: 'destruction' },
      { do: ['let him go', 'say CHARACTER_LEFT'], go: 'filling' },
    ],
    ENTER_BONUS: refused(),
    UPDATE_CUSTOM_DATA: refused(),
    BROADCAST_MESSAGE: broadcast(),
    FORFEIT: neverBegun('forfeit'),
    registration: [{ when: ['requirements hold'], go: 'start' }, ...neverBegun('requirements_not_met')],
    lobby: neverBegun('registration_expired'),
  },
  active: {
    REGISTER: late(),
    START: refused(),
    UPDATE_STAGE_STATE: [{ when: ['counts within bounds'], do: ['count'] }, ...refused()],
    STAGE_CLEAR_ATTEMPT: [{ when: ['conditions hold'], go: 'clearing' }, { do: ['count the attempt'] }],
    STAGE_ADVANCE: [
      { when: ['automatic'], do: ['award stage', 'say STAGE_CLEARED'], go: 'leaving the stage' },
      { go: 'leaving the stage' },
    ],
    LEAVE: leavingPlay(),
    ENTER_BONUS: refused(),
    UPDATE_CUSTOM_DATA: data(),
    BROADCAST_MESSAGE: broadcast(),
    FORFEIT: failing('forfeit'),
    quest: failing('time_expired'),
    stage: [{ when: ['timeout fails'], do: ['fail stage_time_expired'], go: 'failing' }, { go: 'leaving the stage' }],
  },
  cleared: {
    REGISTER: late(),
    START: refused(),
    UPDATE_STAGE_STATE: refused(),
    STAGE_CLEAR_ATTEMPT: refused(),
    STAGE_ADVANCE: [{ go: 'leaving the stage' }],
    LEAVE: leavingPlay(),
    ENTER_BONUS: refused(),
    UPDATE_CUSTOM_DATA: refused(),
    BROADCAST_MESSAGE: broadcast(),
    FORFEIT: failing('forfeit'),
    quest: failing('time_expired'),
  },
  completed: {
    REGISTER: late(),
    START: refused(),
    UPDATE_STAGE_STATE: refused(),
    STAGE_CLEAR_ATTEMPT: refused(),
    STAGE_ADVANCE: refused(),
    LEAVE: leavingEnd(),
    ENTER_BONUS: [{ go: 'bonus entry' }],
    UPDATE_CUSTOM_DATA: data(),
    BROADCAST_MESSAGE: broadcast(),
    FORFEIT: [{ go: 'destruction' }],
    completion: [{ go: 'destruction' }],
  },
  bonus: {
    REGISTER: late(),
    START: refused(),
    UPDATE_STAGE_STATE: refused(),
    STAGE_CLEAR_ATTEMPT: refused(),
    STAGE_ADVANCE: refused(),
    LEAVE: leavingEnd(),
    ENTER_BONUS: refused(),
    UPDATE_CUSTOM_DATA: data(),
    BROADCAST_MESSAGE: broadcast(),
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
      do: ['disarm all', 'first stage', 'arm quest', 'arm stage', 'warp to stage', 'say STARTED', 'show the stage'],
      go: 'active',
    },
  ],
  clearing: [
    { when: ['automatic'], do: ['disarm stage', 'award stage', 'say STAGE_CLEARED'], go: 'leaving the stage' },
    { do: ['disarm stage', 'award stage', 'say STAGE_CLEARED'], go: 'cleared' },
  ],
  'leaving the stage': [
    { when: ['last stage'], do: ['disarm all', 'award quest', 'say COMPLETED', 'remove reactors'], go: 'completion' },
    {
      when: ['stage keeps them'],
      do: ['disarm stage', 'next stage', 'arm stage', 'say STAGE_ADVANCED', 'show the stage'],
      go: 'active',
    },
    {
      do: ['disarm stage', 'next stage', 'arm stage', 'warp to stage', 'say STAGE_ADVANCED', 'show the stage'],
      go: 'active',
    },
  ],
  completion: [
    { when: ['no bonus'], go: 'destruction' },
    { when: ['bonus at once'], go: 'bonus entry' },
    { do: ['arm completion', 'warp to completion map'], go: 'completed' },
  ],
  'bonus entry': [
    { do: ['disarm all', 'forget the stage', 'arm bonus', 'warp to bonus', 'say BONUS_ENTERED'], go: 'bonus' },
  ],
  failing: [{ do: ['remove reactors'], go: 'destruction' }],
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
