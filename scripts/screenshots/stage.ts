/**
 * The service that is photographed: the built executable on the embedded log, a party service beside it that knows the
 * scene's parties, and how commands reach it. Starts and ends all of it; knows no page.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DOCUMENTS, type Document } from '../../src/api/documents.ts'
import { type CommandValue, commandKey } from '../../src/cli/command-value.ts'
import { CLOCK_QUEST } from './scene.ts'

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const LIMIT_MS = 20_000
const POLL_MS = 100
const TENANT = { id: '7b1f4a52-0c6e-4d83-9a7e-2f5d1c8b6e90', region: 'GMS', majorVersion: 83, minorVersion: 1 }

export interface Member {
  readonly id: number
  readonly level: number
}

export interface StageOptions {
  readonly port: string
  /** `undefined`: there is no such party. */
  readonly membersOf: (partyId: number) => readonly Member[] | undefined
  readonly env?: Readonly<Record<string, string>>
}

export class Stage {
  readonly url: string
  readonly #service: ChildProcess
  readonly #parties: Server
  readonly #definitions: string
  #output = ''

  private constructor(options: StageOptions, parties: Server, definitions: string) {
    const { port: partiesPort } = parties.address() as AddressInfo
    this.url = `http://127.0.0.1:${options.port}`
    this.#parties = parties
    this.#definitions = definitions
    this.#service = spawn(process.execPath, [MAIN, 'start'], {
      env: {
        PATH: process.env.PATH,
        REST_PORT: options.port,
        REPLICA_NAME: 'quests-0',
        DEFINITIONS_DIR: definitions,
        PARTIES_SERVICE_URL: `http://127.0.0.1:${partiesPort}/`,
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const keep = (chunk: unknown) => {
      this.#output = (this.#output + String(chunk)).slice(-20_000)
    }
    this.#service.stdout?.on('data', keep)
    this.#service.stderr?.on('data', keep)
  }

  /** @throws Error it is not ready in time; with its log. */
  static async open(options: StageOptions): Promise<Stage> {
    const definitions = await mkdtemp(join(tmpdir(), 'screenshots-'))
    await cp('definitions', definitions, { recursive: true })
    await writeFile(join(definitions, 'clockmaker_pq.json'), JSON.stringify(CLOCK_QUEST))
    const stage = new Stage(options, await partyService(options.membersOf), definitions)
    try {
      await until('the service to be ready', async () => (await fetch(`${stage.url}/readyz`)).ok || undefined)
    } catch (error) {
      await stage.close()
      throw new Error(`the service does not start:\n${stage.#output}`, { cause: error })
    }
    return stage
  }

  /** @throws Error the service takes none. */
  async send(values: readonly (CommandValue | string)[]): Promise<void> {
    if (values.length === 0) return
    const answer = await fetch(`${this.url}/api/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records: values.map(value => ({ value, tenant: TENANT, key: keyOf(value) })) }),
    })
    if (!answer.ok) throw new Error(`POST /api/commands answered ${answer.status}: ${await answer.text()}`)
  }

  /** The id of each party's instance, once all of them have one. */
  async instancesOf(partyIds: readonly number[]): Promise<ReadonlyMap<number, string>> {
    return await until(`the instances of ${partyIds.length} parties`, async () => {
      const rows = await this.rows()
      const found = new Map(rows.map(({ id, attributes }) => [attributes.partyId, id]))
      const without = partyIds.filter(partyId => !found.has(partyId))
      if (without.length === 0) return found
      throw new Error(`${without.join(', ')} have none; refused was: ${(await this.#refusals()).join('; ')}`)
    })
  }

  async rows(): Promise<readonly Row[]> {
    const answer = await fetch(`${this.url}/api/instances?page[size]=250`)
    return DOCUMENTS.Instances.parse(await answer.json()).data
  }

  /** Until nothing waits and `count` commands were refused. */
  async settled(count: number): Promise<void> {
    await until(`${count} dead letters`, async () => {
      const refusals = await this.#refusals()
      if (refusals.length >= count) return true
      throw new Error(`there are ${refusals.length}: ${refusals.join('; ')}`)
    })
  }

  async #refusals(): Promise<readonly string[]> {
    const answer = await fetch(`${this.url}/api/dead-letters`)
    return DOCUMENTS.DeadLetters.parse(await answer.json()).data.map(
      ({ attributes: { code, reason } }) => `${code}, ${reason}`,
    )
  }

  async close(): Promise<void> {
    this.#service.kill('SIGKILL')
    this.#parties.closeAllConnections()
    this.#parties.close()
    await rm(this.#definitions, { recursive: true, force: true })
  }
}

export type Row = Document<'Instances'>['data'][number]

/** Asks again until there is something. @throws Error with the last one, when nothing came in time. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  let last: unknown = 'not yet'
  for (let waited = 0; waited < LIMIT_MS; waited += POLL_MS) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      last = error
    }
    await sleep(POLL_MS)
  }
  throw new Error(`waited in vain for ${what}: ${String(last)}`, { cause: last })
}

/** What is of one instance stays in order. */
function keyOf(value: CommandValue | string): string | null {
  return typeof value === 'string' ? null : commandKey(value)
}

async function partyService(membersOf: StageOptions['membersOf']): Promise<Server> {
  const server = createServer((request, answer) => {
    const [, partyId] = /^\/parties\/(\d+)\/members$/.exec(request.url ?? '') ?? []
    const members = membersOf(Number(partyId))
    if (members === undefined) {
      answer.writeHead(404).end()
      return
    }
    const data = members.map(({ id, level }) => ({
      type: 'members',
      id: String(id),
      attributes: { worldId: 0, channelId: channelOf(Number(partyId)), level },
    }))
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** Quests that lock a field want a channel each. */
export function channelOf(partyId: number): number {
  return partyId % 20
}
