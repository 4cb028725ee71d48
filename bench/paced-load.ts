/**
 * Commands at an even pace, whatever becomes of those before (an open loop): what the service is late for shows in the
 * latency, and never makes the load wait. At a high pace the commands of a tick go together, as a busy game server's do.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Appender } from '../src/transport/port.ts'
import { advanceCommand, updateCommand } from './commands.ts'
import { PARTITIONS } from './fleet.ts'
import { COMMAND_HEADERS } from './quest.ts'
import type { Stopwatch } from './stopwatch.ts'

/** From here on commands are sent a tick's worth at a time: more requests than this would measure requests. */
const SINGLY_PER_SECOND_MAX = 200
const TICK_MS = 5

export interface PacedLoadOptions {
  readonly appender: Appender
  readonly topic: string
  readonly instanceIds: readonly string[]
  readonly perSecond: number
  readonly seconds: number
  /** Which share of the commands is a STAGE_ADVANCE, and timed; the others are UPDATE_STAGE_STATE. */
  readonly advanceShare: number
  readonly watch: Stopwatch
}

/**
 * Resolves with how many commands were sent when all are acknowledged.
 * @throws Error every instance has a command under way: the fleet does not keep up with this pace
 */
export async function sendPaced(options: PacedLoadOptions): Promise<number> {
  const { appender, topic, perSecond, seconds } = options
  const tickMs = perSecond > SINGLY_PER_SECOND_MAX ? TICK_MS : 1000 / perSecond
  const startedAt = performance.now()
  const acknowledged: Promise<void>[] = []
  const next = commandsOf(options)
  let sent = 0
  for (let tick = 1; tick * tickMs <= seconds * 1000; tick++) {
    await sleep(Math.max(0, startedAt + tick * tickMs - performance.now()))
    const due = Math.round((tick * tickMs * perSecond) / 1000) - sent
    if (due <= 0) continue
    const records = Array.from({ length: due }, (_, at) => ({
      topic,
      partition: (sent + at) % PARTITIONS,
      key: null,
      value: next(),
      headers: COMMAND_HEADERS,
    }))
    sent += due
    acknowledged.push(appender.append(records))
  }
  await Promise.all(acknowledged)
  return sent
}

/** The commands, one by one; starts the watch of each that is timed, just before it is handed to the log. */
function commandsOf({ instanceIds, advanceShare, watch }: PacedLoadOptions): () => Buffer {
  let [made, advances, turn] = [0, 0, 0]
  const idle = (): string => {
    for (let tried = 0; tried < instanceIds.length; tried++) {
      const id = instanceIds[turn++ % instanceIds.length] ?? ''
      if (!watch.isOpen(id)) return id
    }
    throw new Error(`${instanceIds.length} instances have a command under way each: the pace is too high`)
  }
  return () => {
    made += 1
    if (advances + 1 > made * advanceShare) {
      return updateCommand(instanceIds[(made * 7919) % instanceIds.length] ?? '', made)
    }
    advances += 1
    const id = idle()
    watch.start(id, performance.now())
    return advanceCommand(id, made)
  }
}
