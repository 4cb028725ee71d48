/**
 * What the verifier counted: commands by what came of them, messages, tenants, and for how long a shard was silent.
 * Counts only; what is right is not its business.
 */
import type { JavaRecord } from '../support/kafka/independent-client.ts'
import type { Effect } from '../support/oracle.ts'
import { statusOf } from './lines.ts'
import { HUNT_WORLD } from './quests.ts'

export interface Silence {
  readonly ms: number
  readonly shard: number
  /** ISO 8601. */
  readonly since: string
}

export interface VerdictCounts {
  readonly commands: number
  /** Commands that caused messages. */
  readonly operations: number
  /** Accepted, without a message. */
  readonly silentCommands: number
  readonly refused: Readonly<Record<string, number>>
  readonly skipped: number
  readonly timers: number
  readonly statusEvents: number
  readonly characterCommands: number
  /** To reactors, screens and maps. */
  readonly elsewhere: number
  readonly deadLetters: number
  /** Events of characters and monsters that concern an instance; and those that look as if. */
  readonly happenings: number
  readonly idleHappenings: number
  readonly instances: number
  readonly tenants: number
  /** The longest between two status events of one shard while commands came, and when it began. */
  readonly silence: Silence
  /** From a command to the last of its effects, and from a deadline to those of its timer. */
  readonly waitMsMax: number
  readonly timerLatenessMsMax: number
  /** From the first command to the last, by their timestamps. */
  readonly loadMs: number
}

export class Tally {
  readonly #shards: number
  readonly #refused = new Map<string, number>()
  readonly #tenants = new Set<string>()
  /** Timestamps of its status events, by shard, in the order in which they were read. */
  readonly #times = new Map<number, number[]>()
  #commands = 0
  #operations = 0
  #silentCommands = 0
  #skipped = 0
  #timers = 0
  #statusEvents = 0
  #characterCommands = 0
  #elsewhere = 0
  #deadLetters = 0
  #happenings = 0
  #idleHappenings = 0
  #instances = 0
  #waitMsMax = 0
  #timerLatenessMsMax = 0
  #firstCommandAt = Number.POSITIVE_INFINITY
  #lastCommandAt = 0

  constructor(shards: number) {
    this.#shards = shards
  }

  command({ timestamp, value, headers }: JavaRecord, effect: Effect): void {
    this.#commands++
    // Hunts begin before the load and end behind it: in between it is waited for.
    if (!String(value).includes(`"worldId":${HUNT_WORLD},`)) {
      this.#firstCommandAt = Math.min(this.#firstCommandAt, timestamp)
      this.#lastCommandAt = Math.max(this.#lastCommandAt, timestamp)
    }
    if (effect === 'skipped') this.#skipped++
    else if (effect === 'nothing') this.#silentCommands++
    else if ('code' in effect) this.#refused.set(effect.code, (this.#refused.get(effect.code) ?? 0) + 1)
    else {
      this.#operations++
      this.#tenants.add(
        headers
          .slice(0, 4)
          .map(([, value]) => value?.toString('hex'))
          .join('/'),
      )
    }
  }

  timer(): void {
    this.#timers++
  }

  /** A message came so long after its command, or after the deadline of its timer. */
  waited(ms: number, cause: 'command' | 'timer'): void {
    if (cause === 'command') this.#waitMsMax = Math.max(this.#waitMsMax, ms)
    else this.#timerLatenessMsMax = Math.max(this.#timerLatenessMsMax, ms)
  }

  status({ value, timestamp }: JavaRecord): void {
    this.#statusEvents++
    const { type, instanceId } = statusOf(String(value))
    if (type === 'INSTANCE_CREATED') this.#instances++
    // The last four bytes of an id are the hash that its shard is found by.
    const shard = Number.parseInt(instanceId.slice(-8), 16) % this.#shards
    const times = this.#times.get(shard)
    if (times === undefined) this.#times.set(shard, [timestamp])
    else times.push(timestamp)
  }

  character(): void {
    this.#characterCommands++
  }

  elsewhere(): void {
    this.#elsewhere++
  }

  happening(effect: Effect): void {
    if (effect === 'skipped') this.#idleHappenings++
    else this.#happenings++
  }

  deadLetter(): void {
    this.#deadLetters++
  }

  counts(): VerdictCounts {
    return {
      commands: this.#commands,
      operations: this.#operations,
      silentCommands: this.#silentCommands,
      refused: Object.fromEntries([...this.#refused].sort()),
      skipped: this.#skipped,
      timers: this.#timers,
      statusEvents: this.#statusEvents,
      characterCommands: this.#characterCommands,
      elsewhere: this.#elsewhere,
      deadLetters: this.#deadLetters,
      happenings: this.#happenings,
      idleHappenings: this.#idleHappenings,
      instances: this.#instances,
      tenants: this.#tenants.size,
      silence: this.#longestSilence(),
      waitMsMax: this.#waitMsMax,
      timerLatenessMsMax: this.#timerLatenessMsMax,
      loadMs: Math.max(0, this.#lastCommandAt - this.#firstCommandAt),
    }
  }

  #longestSilence(): Silence {
    let longest = { ms: 0, shard: -1, since: '' }
    for (const [shard, times] of this.#times) {
      const during = times
        .filter(time => time >= this.#firstCommandAt && time <= this.#lastCommandAt)
        .sort((a, b) => a - b)
      let last = during[0] ?? 0
      for (const time of during) {
        if (time - last > longest.ms) longest = { ms: time - last, shard, since: new Date(last).toISOString() }
        last = time
      }
    }
    return longest
  }
}
