/**
 * One timed run of a fleet through a backlog: the commands are written while its processes are frozen, and the clock
 * runs from letting them go until the transactions of hop 2 have dealt with the last one.
 */
import { median, type Row, rounded, spread } from './figures.ts'
import type { Fleet } from './fleet.ts'
import { ForwardedTwiceError, type LoadClient } from './load-client.ts'
import { cpuSeconds } from './machine.ts'
import { othersCell, watched } from './other-load.ts'

const ATTEMPTS_MAX = 4

export interface Backlog {
  readonly commands: readonly Buffer[]
  /** Commands that the fleet has dealt with in its life when this backlog is done. */
  readonly expected: number
}

export interface Played {
  readonly perSecond: number
  readonly seconds: number
  /** CPU microseconds of a command, all processes of the fleet together. */
  readonly micros: number
  /** The same of the brokers. */
  readonly brokerMicros: number
  /** CPU that others took meanwhile, of one core. */
  readonly others: number
}

export interface Player {
  readonly fleet: Fleet
  readonly client: LoadClient
  readonly brokers: readonly number[]
}

/** @throws ForwardedTwiceError */
export async function play({ fleet, client, brokers }: Player, { commands, expected }: Backlog): Promise<Played> {
  fleet.freeze()
  await client.send(fleet, commands)
  const before = { side: cpuSeconds(fleet.pids), broker: cpuSeconds(brokers), at: performance.now() }
  const { others } = await watched(async () => {
    fleet.thaw()
    await client.untilProgress(fleet, expected)
  })
  const seconds = (performance.now() - before.at) / 1000
  const microsOf = (cpu: number) => (cpu / commands.length) * 1e6
  return {
    perSecond: commands.length / seconds,
    seconds,
    micros: microsOf(cpuSeconds(fleet.pids) - before.side),
    brokerMicros: microsOf(cpuSeconds(brokers) - before.broker),
    others,
  }
}

/** Repeats a run in which something was forwarded twice. */
export async function undoubled<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof ForwardedTwiceError) || attempt === ATTEMPTS_MAX) throw error
      process.stderr.write(`${error.message}: the run does not count and is repeated\n`)
    }
  }
}

/** How fast, as columns. */
export function rateColumns(all: readonly Played[]): Row {
  return spread(
    all.map(({ perSecond }) => perSecond / 1000),
    'k/s',
  )
}

/** What it took, as columns. */
export function costColumns(all: readonly Played[]): Row {
  return {
    'its CPU µs a command': rounded(median(all.map(({ micros }) => micros))),
    'broker CPU µs': rounded(median(all.map(({ brokerMicros }) => brokerMicros))),
    'others, of a core': othersCell(all.map(({ others }) => others)),
  }
}
