/**
 * The quest of all measurements, and the tenant that plays it: a party of so many starts at once, a stage is passed
 * by command at any time, and there are more stages than any run advances, so no instance ever ends in between.
 */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TenantId } from '../src/contract/ids.ts'
import type { Headers } from '../src/contract/log-record.ts'
import { type Tenant, tenantHeaders } from '../src/contract/tenant.ts'
import { type CompiledDefinition, compileDefinition } from '../src/definitions/catalogue.ts'

export const QUEST_ID = 'bench_pq'
const STAGES = 1000
const FIRST_MAP = 910_010_000
/** Ten years: instances that population.ts has born on a fixed day must not be overdue on any day that this is run. */
const FAR_SECONDS = 315_360_000

/** As a definition file holds it. Stages have a timer each, far in the future, so that the deadline index works too. */
export function questFile(partySize: number): object {
  return { ...timelessQuestFile(partySize), duration: 2 * FAR_SECONDS, stages: stagesOf(FAR_SECONDS) }
}

/** The same without a limit of any kind. */
export function timelessQuestFile(partySize: number): object {
  return {
    questId: QUEST_ID,
    name: 'A Quest That Never Ends',
    fieldLock: 'instance',
    duration: 0,
    registration: { type: 'party', mode: 'instant', duration: 0, mapId: 0, affinity: 'none' },
    startRequirements: [{ type: 'party_size', operator: 'gte', value: partySize }],
    exit: FIRST_MAP,
    stages: stagesOf(0),
  }
}

function stagesOf(duration: number): readonly object[] {
  return Array.from({ length: STAGES }, (_, index) => ({
    index,
    name: `stage ${index}`,
    mapIds: [FIRST_MAP + index],
    type: 'item_collection',
    duration,
    warpType: 'all',
  }))
}

export function compiledQuest(partySize: number): CompiledDefinition {
  return compileDefinition(questFile(partySize))
}

/** A new folder for DEFINITIONS_DIR that holds the quest; whoever asked for it removes it. */
export async function questDirectory(partySize: number): Promise<string> {
  return await definitionDirectory(questFile(partySize))
}

/** The same for any definition. */
export async function definitionDirectory(definition: object): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'party-quests-bench-'))
  await writeFile(join(dir, `${QUEST_ID}.json`), JSON.stringify(definition))
  return dir
}

export const TENANT: Tenant = {
  id: '083839c6-c47c-42a6-9585-76492795d123' as TenantId,
  region: 'GMS',
  majorVersion: 83,
  minorVersion: 1,
}

/** On every command: the four of the tenant, and the trace context that a traced game server sends. */
export const COMMAND_HEADERS: Headers = [
  ...tenantHeaders(TENANT),
  ['traceparent', Buffer.from('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')],
  ['tracestate', Buffer.from('vendor=00f067aa0ba902b7')],
]

/** Items and monsters that the commands count. */
export const ITEM_IDS = [4001008, 4001095, 4001096, 4001097, 4001098, 4001099, 4001100] as const
export const MONSTER_IDS = [9300002, 9300061, 9300062, 9300063, 9300064] as const
