/**
 * One instance as the oracle lives it: reads the table, and keeps what the instance would know. What it counts is in
 * stage-counts.ts, what it says is worded by oracle-voice.ts. A second telling of the contract; imports nothing of what
 * it judges.
 */
import type { Deployment, ModelQuest, ModelStage } from './model-quest.ts'
import { type CommandMove, TIMERS, type Timer } from './move.ts'
import {
  type Deed,
  type Guard,
  PASSAGES,
  type Passage,
  type Row,
  type Said,
  type State,
  TABLE,
} from './oracle-table.ts'
import { OracleVoice, type Place, type Told } from './oracle-voice.ts'
import { StageCounts, type StageKnowledge, sizeHolds } from './stage-counts.ts'

/** One operation: what it sends, in order, or why it was refused. */
export interface Effect {
  readonly told: readonly Told[]
  readonly refused: string | undefined
}

/** What an instance knows of itself; deadlines in epoch milliseconds. */
export interface Knowledge {
  readonly state: State
  readonly stage: number
  readonly members: readonly number[]
  readonly deadlines: Readonly<Record<string, number>>
  /** Of a stage that is played or just cleared. */
  readonly played: StageKnowledge | undefined
}

export const GONE: Knowledge = { state: 'gone', stage: 0, members: [], deadlines: {}, played: undefined }

const COMPLETION_SECONDS = 120

export class OracleLife {
  readonly #quest: ModelQuest
  readonly #deployment: Deployment
  readonly #place: Place
  readonly #used: (row: Row) => void
  #state: State = 'gone'
  #stage = 0
  #members: number[] = []
  #counts = new StageCounts()
  readonly #deadlines = new Map<Timer, number>()
  /** Of the operation that runs. */
  #now = 0
  #move: CommandMove | undefined
  readonly #voice: OracleVoice

  /** @param used hears of each row that was followed */
  constructor(quest: ModelQuest, deployment: Deployment, place: Place, used: (row: Row) => void) {
    this.#quest = quest
    this.#deployment = deployment
    this.#place = place
    this.#voice = new OracleVoice(quest.questId, place)
    this.#used = used
  }

  get state(): State {
    return this.#state
  }

  get knowledge(): Knowledge {
    if (this.#state === 'gone') return GONE
    const isPlayed = this.#state === 'active' || this.#state === 'cleared'
    return {
      state: this.#state,
      stage: this.#stage,
      members: [...this.#members],
      deadlines: Object.fromEntries(this.#deadlines),
      played: isPlayed ? this.#counts.knowledge : undefined,
    }
  }

  /** The timer that runs out first; of two at the same moment the first of TIMERS. */
  next(): { readonly timer: Timer; readonly at: number } | undefined {
    let next: { timer: Timer; at: number } | undefined
    for (const timer of TIMERS) {
      const at = this.#deadlines.get(timer)
      if (at !== undefined && (next === undefined || at < next.at)) next = { timer, at }
    }
    return next
  }

  take(move: CommandMove, now: number): Effect {
    this.#move = move
    return this.#operate(TABLE[this.#state][move.type], now)
  }

  /** The timer runs out now, if it is armed and its time has come. */
  fire(timer: Timer, now: number): Effect {
    const at = this.#deadlines.get(timer)
    if (at === undefined || at > now) return { told: [], refused: undefined }
    this.#deadlines.delete(timer)
    return this.#operate(TABLE[this.#state][timer] ?? [{}], now)
  }

  #operate(rows: readonly Row[], now: number): Effect {
    this.#now = now
    const refused = this.#follow(rows)
    return { told: this.#voice.take(), refused }
  }

  #follow(rows: readonly Row[]): string | undefined {
    const row = rows.find(({ when = [] }) => when.every(guard => this.#guards[guard]()))
    if (row === undefined) throw new Error(`the table says nothing of ${this.#state} here`)
    this.#used(row)
    for (const deed of row.do ?? []) this.#act(deed)
    if (row.go === undefined) return row.refuse
    if (isPassage(row.go)) return this.#follow(PASSAGES[row.go])
    this.#state = row.go
    return row.refuse
  }

  readonly #guards: Readonly<Record<Guard, () => boolean>> = {
    'in it already': () => this.#move?.type === 'REGISTER' && this.#members.includes(this.#move.characterId),
    timed: () => this.#quest.registration.mode === 'timed',
    'requirements hold': () => this.#requirementsHold(),
    'counts within bounds': () =>
      this.#move?.type === 'UPDATE_STAGE_STATE' && this.#counts.countsStayWithinBounds(this.#move),
    'conditions hold': () => (this.#played.clearConditions ?? []).every(condition => this.#counts.hold(condition)),
    automatic: () => (this.#quest.advance ?? this.#deployment.advance) === 'automatic',
    'last stage': () => this.#stage === this.#quest.stages.length - 1,
    'stage keeps them': () => this.#played.warpType === 'none',
    'timeout fails': () => this.#played.onTimeout === 'fail',
    'no bonus': () => this.#quest.bonus === undefined,
    'the last one': () => this.#members.length === 1,
    'fails without him': () =>
      this.#deployment.requirements === 'enforce' &&
      (this.#quest.failRequirements ?? []).some(requirement => sizeHolds(this.#members.length - 1, requirement)),
    'data within bounds': () =>
      this.#move?.type !== 'UPDATE_CUSTOM_DATA' || this.#counts.dataStaysWithinBounds(this.#move),
    'bonus at once': () => this.#quest.bonus?.entry === 'auto',
  }

  #act(deed: Deed): void {
    const [verb, ...rest] = deed.split(' ')
    const object = rest.join(' ')
    if (deed === 'warp him out') this.#warpHimOut()
    else if (verb === 'award') this.#award(object)
    else if (verb === 'arm') this.#arm(object)
    else if (verb === 'disarm') this.#disarm(object)
    else if (verb === 'warp') this.#warp(rest.slice(1).join(' '))
    else if (verb === 'say') this.#sayBody(object)
    else if (verb === 'fail') this.#voice.say('FAILED', { reason: object })
    else this.#change(deed)
  }

  #change(deed: Deed): void {
    switch (deed) {
      case 'join':
        if (this.#move?.type === 'REGISTER') this.#members.push(this.#move.characterId)
        break
      case 'first stage':
        this.#freshStage(0)
        break
      case 'next stage':
        this.#freshStage(this.#stage + 1)
        break
      case 'count the attempt':
        this.#counts.attempt()
        break
      case 'count':
        if (this.#move?.type === 'UPDATE_STAGE_STATE') this.#counts.count(this.#move)
        break
      case 'let him go': {
        const { characterId } = this.#leaver
        this.#members = this.#members.filter(member => member !== characterId)
        break
      }
      case 'set data':
        if (this.#move?.type === 'UPDATE_CUSTOM_DATA') this.#counts.setData(this.#move)
        break
      case 'broadcast':
        if (this.#move?.type === 'BROADCAST_MESSAGE') this.#toEach(this.#move.messageType, this.#move.message)
        break
      case 'forget the stage':
        this.#freshStage(this.#stage)
        break
      case 'show the stage':
        this.#showStage()
        break
      case 'remove reactors':
        for (const mapId of new Set(this.#played.mapIds)) this.#voice.removeReactors(mapId)
        break
      default:
        throw new Error(`nobody knows how to ${deed}`)
    }
  }

  #freshStage(stage: number): void {
    this.#stage = stage
    this.#counts = new StageCounts()
  }

  #arm(timer: string): void {
    const { quest, deployment } = { quest: this.#quest, deployment: this.#deployment }
    const seconds: Readonly<Record<Timer, number>> = {
      registration: quest.registration.duration ?? 0,
      lobby: deployment.lobbyLimitSeconds,
      quest: quest.duration ?? 0,
      stage: this.#played.duration ?? 0,
      bonus: quest.bonus?.duration || deployment.bonusLimitSeconds,
      completion: COMPLETION_SECONDS,
    }
    const known = TIMERS.find(name => name === timer)
    if (known === undefined) throw new Error(`there is no timer ${timer}`)
    if (seconds[known] > 0) this.#deadlines.set(known, this.#now + seconds[known] * 1000)
  }

  #disarm(which: string): void {
    if (which === 'all') this.#deadlines.clear()
    else this.#deadlines.delete('stage')
  }

  /** A bonus map or completion map of 0 means: stay. */
  #warp(to: string): void {
    const { bonus, exit } = this.#quest
    const maps: Readonly<Record<string, number | undefined>> = {
      stage: this.#played.mapIds[0],
      bonus: bonus?.mapId || undefined,
      'completion map': bonus?.completionMapId || undefined,
      exit,
    }
    const mapId = maps[to]
    if (mapId !== undefined) this.#voice.warp(this.#members, mapId, to === 'exit')
  }

  #warpHimOut(): void {
    this.#voice.warp([this.#leaver.characterId], this.#quest.exit, true)
  }

  get #leaver(): { readonly characterId: number } {
    if (this.#move?.type !== 'LEAVE') throw new Error('nobody leaves')
    return this.#move
  }

  #award(whose: string): void {
    const { rewards = [] } = whose === 'stage' ? this.#played : this.#quest
    this.#voice.award(this.#members, rewards)
  }

  #showStage(): void {
    const { properties, mapIds } = this.#played
    const { weather, friendlyMonster } = properties ?? {}
    const [mapId] = mapIds
    if (weather && mapId !== undefined) {
      const { itemId, message, duration } = weather
      this.#voice.weather(mapId, { itemId, message, durationMs: duration * 1000 })
    }
    if (friendlyMonster?.spawnMessage) this.#toEach('PINK_TEXT', friendlyMonster.spawnMessage)
  }

  #toEach(messageType: string, message: string): void {
    this.#voice.toEach(this.#members, messageType, message)
  }

  #sayBody(type: string): void {
    const { channelId, instanceId, partyId } = this.#place
    const stageIndex = this.#stage
    const { mapIds } = this.#played
    const isAlone = this.#quest.registration.type === 'individual'
    const bodies: Readonly<Record<Said, () => object>> = {
      INSTANCE_CREATED: () => ({ partyId: isAlone ? 0 : partyId, channelId }),
      REGISTRATION_OPENED: () => ({ duration: this.#quest.registration.duration }),
      CHARACTER_REGISTERED: () => ({ characterId: this.#members.at(-1) }),
      STARTED: () => ({ stageIndex, mapIds }),
      STAGE_CLEARED: () => ({ stageIndex, channelId, mapIds, fieldInstances: [instanceId] }),
      STAGE_ADVANCED: () => ({ stageIndex, mapIds }),
      COMPLETED: () => ({}),
      CHARACTER_LEFT: () => ({ characterId: this.#leaver.characterId, channelId, reason: 'voluntary' }),
      BONUS_ENTERED: () => ({ mapId: this.#quest.bonus?.mapId }),
      INSTANCE_DESTROYED: () => ({}),
    }
    for (const [name, body] of Object.entries(bodies)) if (name === type) this.#voice.say(type, body())
  }

  get #played(): ModelStage {
    const stage = this.#quest.stages[this.#stage]
    if (stage === undefined) throw new Error(`${this.#quest.questId} has no stage ${this.#stage}`)
    return stage
  }

  /** Levels are not known to anybody here, and hold. */
  #requirementsHold(): boolean {
    if (this.#deployment.requirements === 'warn') return true
    return (this.#quest.startRequirements ?? []).every(
      requirement => requirement.type !== 'party_size' || sizeHolds(this.#members.length, requirement),
    )
  }
}

function isPassage(go: State | Passage): go is Passage {
  return go in PASSAGES
}
