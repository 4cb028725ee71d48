/**
 * Ports of 127.0.0.1 that nobody listens on, for brokers and services. Taken below the range from which the system gives
 * outgoing connections theirs: a broker that is down for a moment would else find its port taken by some client's
 * connection. What was given out is not given out again while the process lives that asked, to no process: between the
 * asking and a broker's listening lie seconds.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

const FIRST = 23_000
const COUNT = 9_000
const TRIES = 200

/** A file for each port that was given out, with the id of the process that has it. */
const TAKEN = join(tmpdir(), `party-quests-ports-${userInfo().uid}`)

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('no free port on 127.0.0.1')
  return port
}

/** Distinct ports, free at the time of asking. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  for (let tries = 0; ports.size < count; tries++) {
    if (tries === TRIES + 2 * count)
      throw new Error(`no ${count} free ports from ${FIRST} to ${FIRST + COUNT - 1} on 127.0.0.1`)
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if ((await isFree(port)) && (await take(port))) ports.add(port)
  }
  return [...ports]
}

/** Whether a server could listen on `port` of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** False where a process that lives has it. */
async function take(port: number): Promise<boolean> {
  await mkdir(TAKEN, { recursive: true })
  const file = join(TAKEN, String(port))
  if (await wrote(file)) return true
  const owner = Number(await readFile(file, 'utf8').catch(() => process.pid))
  if (lives(owner)) return false
  await rm(file, { force: true })
  return wrote(file)
}

async function wrote(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
