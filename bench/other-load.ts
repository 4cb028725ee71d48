/**
 * What others do with the machine while we measure: all CPU time that it spends, less that of this process and of all
 * that it has started. A figure that was made beside others says so. Reads /proc; elsewhere nothing is known of others.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { median } from './figures.ts'

/** Clock ticks of /proc a second: fixed on every Linux that Node runs on. */
export const TICKS_PER_SECOND = 100
/** Of one core. From here on a figure is not to be judged: what a quiet machine does by itself is a third of it. */
export const DISTURBED_SHARE = 0.1

/** CPU seconds since the machine started, and when they were read. */
export interface CpuReading {
  /** Seconds, monotonic. */
  readonly at: number
  readonly all: number
  readonly ours: number
}

/** A process as /proc/<pid>/stat tells of it. */
export interface ProcessTime {
  readonly pid: number
  readonly parent: number
  /** Ticks of all its threads, living and dead. */
  readonly own: number
  /** Ticks of its children that have ended and were waited for, and of theirs. */
  readonly ended: number
}

export interface Watched<T> {
  readonly value: T
  /** CPU that others took meanwhile, of one core. */
  readonly others: number
}

/** Runs it, and tells what others did meanwhile. */
export async function watched<T>(run: () => Promise<T>): Promise<Watched<T>> {
  const before = readCpu()
  const value = await run()
  return { value, others: othersShare(before, readCpu()) }
}

/** CPU of others between two readings, of one core. */
export function othersShare(before: CpuReading, after: CpuReading): number {
  const others = after.all - before.all - (after.ours - before.ours)
  return Math.max(0, others / (after.at - before.at))
}

/** As a cell of a table: the share, and in words where it was too much. */
export function othersCell(shares: readonly number[]): string {
  const percent = Math.round(100 * median(shares))
  const worst = Math.round(100 * Math.max(...shares))
  return worst <= 100 * DISTURBED_SHARE ? `${percent} %` : `the machine was busy: ${percent}–${worst} %`
}

export function readCpu(): CpuReading {
  const at = performance.now() / 1000
  try {
    const all = parseMachineTicks(readFileSync('/proc/stat', 'utf8')) / TICKS_PER_SECOND
    return { at, all, ours: familyTicks(readProcesses(), process.pid) / TICKS_PER_SECOND }
  } catch {
    return { at, all: 0, ours: 0 }
  }
}

/**
 * Ticks that programs took, or another machine on the same host: user, nice, system, steal. Interrupts are left out:
 * nobody is charged for them, and most are those of our own traffic.
 */
export function parseMachineTicks(stat: string): number {
  const [, user = 0, nice = 0, system = 0, , , , , steal = 0] = (/^cpu .*$/m.exec(stat)?.[0] ?? '')
    .split(/\s+/)
    .map(Number)
  return user + nice + system + steal
}

/** @throws Error not a line of /proc/<pid>/stat */
export function parseProcess(stat: string): ProcessTime {
  const name = stat.lastIndexOf(')')
  if (name === -1) throw new Error(`not a line of /proc/<pid>/stat: ${stat}`)
  // The program's name may hold anything, so fields are counted behind its closing bracket.
  const fields = stat
    .slice(name + 2)
    .split(' ')
    .map(Number)
  const sum = (first: number) => (fields[first] ?? 0) + (fields[first + 1] ?? 0)
  return { pid: Number.parseInt(stat, 10), parent: fields[1] ?? 0, own: sum(11), ended: sum(13) }
}

/** Ticks of a process and all below it, the dead included: their parents were charged with them. */
export function familyTicks(processes: readonly ProcessTime[], root: number): number {
  const children = new Map<number, ProcessTime[]>()
  for (const one of processes) children.set(one.parent, [...(children.get(one.parent) ?? []), one])
  const of = ({ pid, own, ended }: ProcessTime): number =>
    own + ended + (children.get(pid) ?? []).reduce((sum, child) => sum + of(child), 0)
  return processes.filter(({ pid }) => pid === root).reduce((sum, found) => sum + of(found), 0)
}

function readProcesses(): readonly ProcessTime[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        return [parseProcess(readFileSync(`/proc/${pid}/stat`, 'utf8'))]
      } catch {
        // It ended meanwhile.
        return []
      }
    })
}
