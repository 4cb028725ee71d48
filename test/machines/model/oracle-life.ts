/**
 * One instance as the oracle lives it: reads the table, keeps what the instance would know, and writes the JSON text of
 * every message itself. A second telling of the contract; imports nothing of what it judges.
 */
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

export interface Place {
  readonly instanceId: string
  readonly worldId: number
  readonly channelId: number
  /** Of the REGISTER. */
  readonly partyId: number
}

export interface Told {
  readonly topic: 'status' | 'character' | 'reactor' | 'systemMessage' | 'map'
  /** Hex. */
  readonly key: string
  readonly value: string
}

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
  readonly played:
    | {
        readonly attempts: number
        readonly items: Counted
        readonly kills: Counted
        readonly data: Readonly<Record<string, string>>
      }
    | undefined
}
type Counted = Readonly<Record<string, number>>

export const GONE: Knowledge = { state: 'gone', stage: 0, members: [], deadlines: {}, played: undefined }

const NIL = '00000000-0000-0000-0000-000000000000'
const UINT32_MAX = 4_294_967_295
/** Different items, or monsters, of one stage. */
const DIFFERENT_IDS_MAX = 4096
/** Different keys, and the characters of all keys and texts: each key is kept with one character more. */
const DATA_CHARACTERS_MAX = 65_536
const COMPLETION_SECONDS = 120

const COMPARE: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
  '=': (left, right) => left === right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
}
const WORDS: Readonly<Record<string, string>> = { gte: '>=', lte: '<=', eq: '=', gt: '>', lt: '<' }

export class OracleLife {
  readonly #quest: ModelQuest
  readonly #deployment: Deployment
  readonly #place: Place
  readonly #used: (row: Row) => void
  #state: State = 'gone'
  #stage = 0
  #members: number[] = []
  #attempts = 0
  #items = new Map<string, number>()
  #kills = new Map<string, number>()
  #data = new Map<string, string>()
  readonly #deadlines = new Map<Timer, number>()
  /** Of the operation that runs. */
  #now = 0
  #move: CommandMove | undefined
  #told: Told[] = []

  /** @param used hears of each row that was followed */
  constructor(quest: ModelQuest, deployment: Deployment, place: Place, used: (row: Row) => void) {
    this.#quest = quest
    this.#deployment = deployment
    this.#place = place
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
      played: isPlayed
        ? {
            attempts: this.#attempts,
            items: Object.fromEntries(this.#items),
            kills: Object.fromEntries(this.#kills),
            data: Object.fromEntries(this.#data),
          }
        : undefined,
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
    this.#told = []
    const refused = this.#follow(rows)
    return { told: this.#told, refused }
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
    'counts within bounds': () => this.#countsWithinBounds(),
    'conditions hold': () => (this.#played.clearConditions ?? []).every(condition => this.#holds(condition)),
    automatic: () => (this.#quest.advance ?? this.#deployment.advance) === 'automatic',
    'last stage': () => this.#stage === this.#quest.stages.length - 1,
    'stage keeps them': () => this.#played.warpType === 'none',
    'timeout fails': () => this.#played.onTimeout === 'fail',
    'no bonus': () => this.#quest.bonus === undefined,
    'the last one': () => this.#members.length === 1,
    'fails without him': () =>
      this.#deployment.requirements === 'enforce' &&
      (this.#quest.failRequirements ?? []).some(
        ({ type, operator, value }) =>
          type === 'party_size' && compare(this.#members.length - 1, WORDS[operator], value),
      ),
    'data within bounds': () => {
      const after = this.#dataAfter()
      const characters = [...after].reduce((sum, [key, text]) => sum + 1 + key.length + text.length, 0)
      return after.size <= DIFFERENT_IDS_MAX && characters <= DATA_CHARACTERS_MAX
    },
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
    else if (verb === 'fail') this.#say('FAILED', { reason: object })
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
        this.#attempts += 1
        break
      case 'count':
        if (this.#move?.type !== 'UPDATE_STAGE_STATE') break
        add(this.#items, this.#move.items)
        add(this.#kills, this.#move.kills)
        break
      case 'let him go': {
        const { characterId } = this.#leaver
        this.#members = this.#members.filter(member => member !== characterId)
        break
      }
      case 'set data':
        this.#data = this.#dataAfter()
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
        for (const mapId of new Set(this.#played.mapIds)) {
          this.#field('reactor', mapId, {}, 'DESTROY_IN_FIELD', {})
        }
        break
      default:
        throw new Error(`nobody knows how to ${deed}`)
    }
  }

  #freshStage(stage: number): void {
    this.#stage = stage
    this.#attempts = 0
    this.#items = new Map()
    this.#kills = new Map()
    this.#data = new Map()
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
    if (mapId === undefined) return
    const { worldId, channelId, instanceId } = this.#place
    const instance = to === 'exit' ? NIL : instanceId
    for (const characterId of this.#members) {
      const body = { channelId, mapId, instance, portalId: 0 }
      this.#tell('character', characterId, { worldId, characterId, type: 'CHANGE_MAP', body })
    }
  }

  #warpHimOut(): void {
    const { characterId } = this.#leaver
    const { worldId, channelId } = this.#place
    const body = { channelId, mapId: this.#quest.exit, instance: NIL, portalId: 0 }
    this.#tell('character', characterId, { worldId, characterId, type: 'CHANGE_MAP', body })
  }

  get #leaver(): { readonly characterId: number } {
    if (this.#move?.type !== 'LEAVE') throw new Error('nobody leaves')
    return this.#move
  }

  #award(whose: string): void {
    const { worldId, channelId } = this.#place
    const { rewards = [] } = whose === 'stage' ? this.#played : this.#quest
    for (const { type, amount = 0 } of rewards) {
      if (type !== 'experience' || amount === 0) continue
      for (const characterId of this.#members) {
        const body = { channelId, distributions: [{ experienceType: 'CHAT', amount, attr1: 0 }] }
        this.#tell('character', characterId, { worldId, characterId, type: 'AWARD_EXPERIENCE', body })
      }
    }
  }

  #showStage(): void {
    const { properties, mapIds } = this.#played
    const { weather, friendlyMonster } = properties ?? {}
    const [mapId] = mapIds
    if (weather && mapId !== undefined) {
      const { itemId, message, duration } = weather
      const body = { itemId, message, durationMs: duration * 1000 }
      this.#field('map', mapId, { transactionId: NIL }, 'WEATHER_START', body)
    }
    if (friendlyMonster?.spawnMessage) this.#toEach('PINK_TEXT', friendlyMonster.spawnMessage)
  }

  #toEach(messageType: string, message: string): void {
    const { worldId, channelId } = this.#place
    for (const characterId of this.#members) {
      const outer = { transactionId: NIL, worldId, channelId, characterId, type: 'SEND_MESSAGE' }
      this.#tell('systemMessage', characterId, { ...outer, body: { messageType, message } })
    }
  }

  #field(topic: Told['topic'], mapId: number, first: object, type: string, body: object): void {
    const { worldId, channelId, instanceId: instance } = this.#place
    this.#tell(topic, mapId, { ...first, worldId, channelId, mapId, instance, type, body })
  }

  /** Under an id as a key of eight bytes. */
  #tell(topic: Told['topic'], id: number, value: object): void {
    const key = Buffer.alloc(8)
    key.writeUInt32LE(id)
    this.#told.push({ topic, key: key.toString('hex'), value: goJson(value) })
  }

  #dataAfter(): Map<string, string> {
    const after = new Map(this.#data)
    if (this.#move?.type !== 'UPDATE_CUSTOM_DATA') return after
    for (const [key, text] of Object.entries(this.#move.updates)) after.set(key, text)
    for (const key of this.#move.increments) after.set(key, String(Number(after.get(key) ?? 0) + 1))
    return after
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
    for (const [name, body] of Object.entries(bodies)) if (name === type) this.#say(type, body())
  }

  #say(type: string, body: object): void {
    const { worldId, instanceId } = this.#place
    const value = goJson({ worldId, instanceId, questId: this.#quest.questId, type, body })
    this.#told.push({ topic: 'status', key: Buffer.from(instanceId).toString('hex'), value })
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
      ({ type, operator, value }) => type !== 'party_size' || compare(this.#members.length, WORDS[operator], value),
    )
  }

  #holds({ type, operator, value, referenceId, referenceKey = '' }: ModelCondition): boolean {
    const counts = type === 'monster_kill' ? this.#kills : this.#items
    const count =
      type === 'custom_data' ? Number(this.#data.get(referenceKey) ?? 0) : (counts.get(String(referenceId)) ?? 0)
    return compare(count, operator, value)
  }

  #countsWithinBounds(): boolean {
    if (this.#move?.type !== 'UPDATE_STAGE_STATE') return false
    const items = new Set([...this.#items.keys(), ...Object.keys(this.#move.items)])
    const kills = new Set([...this.#kills.keys(), ...Object.keys(this.#move.kills)])
    return items.size <= DIFFERENT_IDS_MAX && kills.size <= DIFFERENT_IDS_MAX
  }
}

function isPassage(go: State | Passage): go is Passage {
  return go in PASSAGES
}

function compare(left: number, operator: string | undefined, right: number): boolean {
  const holds = COMPARE[operator ?? '']
  if (holds === undefined) throw new Error(`nobody knows how to compare by ${operator}`)
  return holds(left, right)
}

/** Counts are added, and saturate. */
function add(counts: Map<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [id, count] of Object.entries(more)) {
    counts.set(id, Math.min((counts.get(id) ?? 0) + count, UINT32_MAX))
  }
}

/** As Go's encoder escapes. */
function goJson(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    symbol => `\\u${symbol.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
