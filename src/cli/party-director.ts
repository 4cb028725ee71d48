/**
 * Sends parties through quests, a few at a time: gives each a definition and a plan, hands it its events, and sends
 * what the player decides, one command after a pause. Knows neither log nor terminal. A party that hears nothing for
 * long is given up, so that one lost quest never stops the show.
 */
import { Alarm } from '../alarm.ts'
import type { Clock, Random } from '../clock.ts'
import type { Advance, QuestDefinition } from '../contract/definition.ts'
import type { StatusEvent } from '../contract/message-schemas.ts'
import type { CommandValue } from './command-value.ts'
import { beginPlaying, nextCommands, type PartyPlan, type PlayerMove, partySizeFor } from './player.ts'

export type PartyOutcome = 'completed' | 'failed' | 'given up'

export interface PartyDirectorOptions {
  /** Played in turn. Those that nobody can start are left out. */
  readonly definitions: readonly QuestDefinition[]
  /** The deployment's ADVANCE. */
  readonly advance: Advance
  readonly partiesAtATimeMax: number
  /** How many quests to begin; `undefined`: until the signal. */
  readonly questsMax: number | undefined
  /** Before each command, on average. */
  readonly pauseMs: number
  /** Without any event for this long, beside the pauses, a party is given up. */
  readonly patienceMs: number
  /** Each n-th party forfeits somewhere; 0 = none. */
  readonly forfeitEvery: number
  readonly clock: Clock
  readonly random: Random
  /** Resolves when the command is on the log. */
  readonly send: (command: CommandValue) => Promise<void>
  readonly onEnded: (quest: QuestDefinition, outcome: PartyOutcome) => void
}

const WORLD_ID = 0
/** More than there are parties at a time: no two that play the same quest share a channel. */
const CHANNELS = 20
const UPDATES_PER_STAGE_MAX = 3
/** More than any party has, so that no two parties share a character. */
const CHARACTERS_PER_PARTY = 100

export class PartyDirector {
  readonly #options: PartyDirectorOptions
  readonly #quests: readonly { readonly definition: QuestDefinition; readonly size: number }[]
  readonly #parties = new Set<Party>()
  /** Another in each run, so that a run on the same log finds none of its characters in a quest. */
  readonly #firstCharacter: number
  #begun = 0
  #isOver = false

  /** @throws RangeError there is no quest to play. */
  constructor(options: PartyDirectorOptions) {
    this.#options = options
    this.#quests = options.definitions.flatMap(definition => {
      const size = partySizeFor(definition)
      return size === undefined || definition.stages.length === 0 ? [] : [{ definition, size }]
    })
    if (this.#quests.length === 0) throw new RangeError('no definition can be played: none has stages and a party size')
    this.#firstCharacter = 1_000_000 + Math.floor(options.random.fraction() * 1_000_000) * 1000
  }

  /** Of any instance; each party picks its own. */
  hear(event: StatusEvent): void {
    for (const party of this.#parties) party.hear(event)
  }

  /** Until all quests have ended, or the signal. @throws what `send` throws */
  async run(signal: AbortSignal): Promise<void> {
    const leave = () => {
      for (const party of this.#parties) party.leave()
    }
    signal.addEventListener('abort', leave)
    try {
      const lanes = Array.from({ length: this.#options.partiesAtATimeMax }, () => this.#runLane(signal))
      await Promise.all(lanes)
    } finally {
      signal.removeEventListener('abort', leave)
      // For the other parties, when one could not send.
      this.#isOver = true
      leave()
    }
  }

  async #runLane(signal: AbortSignal): Promise<void> {
    const { questsMax, onEnded } = this.#options
    while (!signal.aborted && !this.#isOver && (questsMax === undefined || this.#begun < questsMax)) {
      const turn = this.#begun
      this.#begun += 1
      const quest = this.#quests[turn % this.#quests.length]
      if (quest === undefined) return
      const party = new Party(this.#options, quest.definition, this.#plan(turn, quest))
      this.#parties.add(party)
      const outcome = await party.play()
      this.#parties.delete(party)
      if (outcome !== undefined) onEnded(quest.definition, outcome)
    }
  }

  #plan(turn: number, { definition, size }: { definition: QuestDefinition; size: number }): PartyPlan {
    const { forfeitEvery, random, advance } = this.#options
    const plan: PartyPlan = {
      worldId: WORLD_ID,
      channelId: turn % CHANNELS,
      partyId: 1 + turn,
      characters: Array.from({ length: size }, (_, at) => this.#firstCharacter + turn * CHARACTERS_PER_PARTY + at),
      advance,
      updatesPerStageMax: UPDATES_PER_STAGE_MAX,
    }
    if (forfeitEvery === 0 || (turn + 1) % forfeitEvery !== 0) return plan
    return { ...plan, forfeitAtStage: Math.floor(random.fraction() * definition.stages.length) }
  }
}

class Party {
  readonly #options: PartyDirectorOptions
  readonly #definition: QuestDefinition
  readonly #heard: StatusEvent[] = []
  readonly #left = new AbortController()
  readonly #news: Alarm
  #move: PlayerMove

  constructor(options: PartyDirectorOptions, definition: QuestDefinition, plan: PartyPlan) {
    this.#options = options
    this.#definition = definition
    this.#news = new Alarm(options.clock)
    this.#move = beginPlaying(definition, plan)
  }

  hear(event: StatusEvent): void {
    const { instanceId } = this.#move.state
    // Before it knows its instance it hears all: INSTANCE_CREATED may be behind other parties' events.
    if (instanceId !== undefined && event.instanceId !== instanceId) return
    this.#heard.push(event)
    this.#news.ring()
  }

  /** Stops playing where it is. */
  leave(): void {
    this.#left.abort()
    this.#news.ring()
  }

  /** How the quest ended; `undefined`: the party left before. */
  async play(): Promise<PartyOutcome | undefined> {
    const { clock, patienceMs } = this.#options
    const { signal } = this.#left
    await this.#sendAll(signal)
    let heardAt = clock.elapsed()
    while (!signal.aborted) {
      const event = this.#heard.shift()
      if (event !== undefined) {
        this.#move = nextCommands(this.#definition, this.#move.state, event)
        if (this.#move.state.phase === 'over') return this.#move.state.won ? 'completed' : 'failed'
        await this.#sendAll(signal)
        heardAt = clock.elapsed()
        continue
      }
      const left = heardAt + patienceMs - clock.elapsed()
      if (left <= 0) return 'given up'
      await this.#news.wait(left)
    }
    return undefined
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    const { clock, random, pauseMs, send } = this.#options
    for (const command of this.#move.commands) {
      await clock.sleep(pauseMs * (0.5 + random.fraction()), signal)
      if (signal.aborted) return
      await send(command)
    }
  }
}
