/**
 * Ports of 127.0.0.1 that nobody listens on, for brokers. Taken below the range from which the system gives outgoing
 * connections theirs: a broker that is down for a moment would else find its port taken by some client's connection.
 */
import { createServer } from 'node:net'

const FIRST = 23_000
const COUNT = 9_000
const TRIES = 200

/** Distinct ports, free at the time of asking. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  for (let tries = 0; ports.size < count; tries++) {
    if (tries === TRIES) throw new Error(`no ${count} free ports from ${FIRST} to ${FIRST + COUNT - 1} on 127.0.0.1`)
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (await isFree(port)) ports.add(port)
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
