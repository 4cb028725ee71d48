/**
 * The built service on the embedded log with two small quests, for pages to look at: started and stopped with the test
 * that asks, commanded over HTTP as any tool would. Nothing here knows a page.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from '../cli/executable.ts'
import { eventually } from '../support/eventually.ts'
import { type ServiceProcess, serviceProcesses } from '../support/service-process.ts'

/** Two stages; the first needs four passes and has two minutes. Whatever a name holds is text. */
export const MILL_NAME = 'The <img src=x onerror="document.title=1"> Mill'
const MILL = {
  questId: 'mill_pq',
  name: MILL_NAME,
  duration: 600,
  registration: { type: 'individual', mode: 'timed', duration: 90 },
  exit: 900,
  stages: [
    {
      index: 0,
      name: 'The <b>Gate</b>',
      mapIds: [100],
      type: 'item_collection',
      duration: 120,
      clearConditions: [{ type: 'item', operator: '>=', value: 4, referenceId: 4001008 }],
    },
    { index: 1, name: 'The Loft', mapIds: [110, 111], type: 'boss' },
  ],
}

const TENANT = { id: '0e3a4f5c-6b7d-4c8e-9f10-213243546576', region: 'GMS', majorVersion: 83, minorVersion: 1 }

export interface WatchedService {
  readonly process: ServiceProcess
  readonly url: string
  readonly port: string
  /** A character registers for the mill; resolves with the id of its instance. */
  register(characterId: number): Promise<string>
  /** Any other command of the character who registered first. */
  command(type: string, instanceId: string, body?: Record<string, unknown>): Promise<void>
  /** Whatever it is, as a record. */
  send(value: string): Promise<void>
}

export interface WatchedOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly port?: string
}

/** For the tests of a file. */
export function watchedServices(): (options?: WatchedOptions) => Promise<WatchedService> {
  const start = serviceProcesses()
  return async ({ env = {}, port } = {}) => {
    const definitions = mkdtempSync(join(tmpdir(), 'console-'))
    onTestFinished(() => rmSync(definitions, { recursive: true, force: true }))
    writeFileSync(join(definitions, 'mill.json'), JSON.stringify(MILL))
    const REST_PORT = port ?? (await freePort())
    const process = start({ name: 'service', env: { REST_PORT, DEFINITIONS_DIR: definitions, ...env } })
    onTestFinished(() => process.kill())
    await process.untilReady()
    return new Watched(process, REST_PORT, env.CONSOLE_TOKEN)
  }
}

class Watched implements WatchedService {
  readonly process: ServiceProcess
  readonly port: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(process: ServiceProcess, port: string, token: string | undefined) {
    this.process = process
    this.port = port
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  get url(): string {
    return this.process.url
  }

  async register(characterId: number): Promise<string> {
    const body = { questId: 'mill_pq', partyId: 0, channelId: 1, mapId: 0 }
    await this.send(JSON.stringify({ worldId: 0, characterId, type: 'REGISTER', body }))
    return await eventually(async () => {
      const answer = await fetch(`${this.url}/api/instances?search=character:${characterId}`, {
        headers: this.#headers,
      })
      const { data }: { data: readonly { readonly id: string }[] } = await answer.json()
      return data[0]?.id
    })
  }

  async command(type: string, instanceId: string, body: Record<string, unknown> = {}): Promise<void> {
    await this.send(JSON.stringify({ worldId: 0, characterId: 30011, type, body: { instanceId, ...body } }))
  }

  async send(value: string): Promise<void> {
    const answer = await fetch(`${this.url}/api/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.#headers },
      body: JSON.stringify({ records: [{ value, tenant: TENANT }] }),
    })
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
  }
}
