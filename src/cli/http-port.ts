/**
 * The port to listen on. Several replicas on one machine (somebody tries what happens when one is killed) shall not
 * need a variable each: where nobody named a port and the usual one is taken, the next free one is used, and told.
 */
import { createServer } from 'node:net'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'

const PORTS_TRIED_MAX = 20

/** The configuration with a port that can be had, where the choice is ours; else as it is. */
export async function withFreePort(config: Config, log: Log): Promise<Config> {
  const { port, portIsDefault, host, advertisedUrl } = config.http
  if (!portIsDefault || (await isFree(port, host))) return config
  for (let other = port + 1; other < port + PORTS_TRIED_MAX; other++) {
    if (!(await isFree(other, host))) continue
    log.warn({ taken: port, port: other }, 'the usual port is taken: listening on the next; set REST_PORT to choose')
    // What we tell the other replicas names the port, unless somebody said what to tell them.
    const told = advertisedUrl.replace(new RegExp(`:${port}$`), `:${other}`)
    return { ...config, http: { ...config.http, port: other, advertisedUrl: told } }
  }
  return config
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
