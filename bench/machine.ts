/**
 * The machine that figures were made on, and what its processes take of it. Reads /proc, so CPU shares are known on
 * Linux only and 0 elsewhere.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { parseProcess, TICKS_PER_SECOND } from './other-load.ts'

/** One line for the head of a report. */
export function machineLine(): string {
  const [cpu] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const load = loadavg()[0]?.toFixed(1) ?? '?'
  const model = cpu?.model.trim() || process.arch
  return `${availableParallelism()} cores (${model}), ${gigabytes} GiB, Node ${process.version}, load at the start ${load}`
}

/** CPU seconds that the processes have taken until now, all threads, user and system. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0)
}

function cpuSecondsOf(pid: number): number {
  try {
    return parseProcess(readFileSync(`/proc/${pid}/stat`, 'utf8')).own / TICKS_PER_SECOND
  } catch {
    return 0
  }
}

/**
 * The same to the nanosecond, for short slices, of the threads that live: only for a process that ends none between
 * two readings, as ours end none.
 */
export function exactCpuSeconds(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanos = threads.map(thread =>
      Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'), 10),
    )
    return nanos.reduce((sum, one) => sum + one, 0) / 1e9
  } catch {
    return cpuSeconds([pid])
  }
}

/**
 * Gives `pids` the last core, and all others of this measurement the rest: what these do is then nothing that makes
 * those slower. Threads that are begun later inherit it. False where that cannot be (`taskset` is Linux's).
 */
export function setApart(pids: readonly number[], others: readonly number[]): boolean {
  const last = availableParallelism() - 1
  if (last === 0) return false
  const pin = (cores: string, pid: number) => execFileSync('taskset', ['-acp', cores, String(pid)], { stdio: 'pipe' })
  try {
    for (const pid of others) pin(last === 1 ? '0' : `0-${last - 1}`, pid)
    for (const pid of pids) pin(String(last), pid)
    return true
  } catch {
    return false
  }
}
