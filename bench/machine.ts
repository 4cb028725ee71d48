/**
 * The machine that figures were made on, and what its processes take of it. Reads /proc, so CPU shares are known on
 * Linux only and 0 elsewhere.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

/** Clock ticks of /proc a second: fixed on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

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
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return 0
  }
  // The program's name may hold anything, so fields are counted behind its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system] = [Number(fields[11]), Number(fields[12])]
  return (user + system) / TICKS_PER_SECOND
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
