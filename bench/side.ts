/**
 * The sides of a comparison on Kafka, brought to the same starting line: processes up and settled, instances to
 * play with, code warm. The bare sides have no instances, so they are given names of some.
 */
import { rm } from 'node:fs/promises'
import { encodeInstance } from '../src/actor/snapshot-bytes.ts'
import { createStepper } from '../src/actor/stepper.ts'
import type { Transport } from '../src/transport/port.ts'
import { type BareProgram, startBareLoops } from './bare-loops.ts'
import { registerCommands } from './commands.ts'
import type { Fleet } from './fleet.ts'
import { LoadClient } from './load-client.ts'
import { startedInstances } from './output.ts'
import { Population } from './population.ts'
import { compiledQuest, questDirectory } from './quest.ts'
import { startReplicas } from './replicas.ts'

export const PARTY_SIZE = 3

export const SIDES = ['stock kafkajs', 'same codecs', 'party-quests'] as const
export type Side = (typeof SIDES)[number]

/** What the bare sides run. */
export const BARE: Readonly<Record<Exclude<Side, 'party-quests'>, BareProgram>> = {
  'stock kafkajs': 'bare-two-hops',
  'same codecs': 'same-codecs',
}

export interface SideOptions {
  readonly side: Side
  readonly bootstrap: string
  readonly transport: Transport
  /** Processes. */
  readonly count: number
  readonly instances: number
}

/** A side at its starting line. `sent` commands have been dealt with, all that were. */
export interface Standing {
  readonly fleet: Fleet
  readonly client: LoadClient
  readonly instanceIds: readonly string[]
  readonly sent: number
  /** CHANGE_MAP that were sent on the way here. */
  readonly warps: number
}

let fleets = 0

/** Runs `use` with the side's processes, ends them, and removes their topics. */
export async function withSide<T>(options: SideOptions, use: (standing: Standing) => Promise<T>): Promise<T> {
  const { side, bootstrap, count } = options
  const definitionsDir = await questDirectory(PARTY_SIZE)
  const population = populationOf()
  const stateBytes = encodeInstance(population.halfPlayed(0)).length
  const start = (prefix: string) =>
    side === 'party-quests'
      ? startReplicas({ bootstrap, prefix, count, definitionsDir })
      : startBareLoops({ program: BARE[side], bootstrap, prefix, count, stateBytes, partySize: PARTY_SIZE })
  try {
    return await withFleet(bootstrap, start, async (fleet, client) => {
      const ground = { ...options, fleet, client }
      return await use(side === 'party-quests' ? await registered(ground) : named(ground, population))
    })
  } finally {
    await rm(definitionsDir, { recursive: true })
  }
}

/** Runs `use` with the processes that `start` has started under a prefix of their own. */
export async function withFleet<T>(
  bootstrap: string,
  start: (prefix: string) => Promise<Fleet>,
  use: (fleet: Fleet, client: LoadClient) => Promise<T>,
): Promise<T> {
  fleets += 1
  const fleet = await start(`bench-${process.pid}-${fleets}`)
  // One a fleet: its connections end with what it wrote to.
  const client = new LoadClient(bootstrap)
  try {
    await client.connect()
    await client.untilWritable(fleet)
    return await use(fleet, client)
  } finally {
    await fleet.stop()
    await client.deleteTopics(fleet)
    await client.close()
  }
}

function populationOf(): Population {
  return new Population({ compiled: compiledQuest(PARTY_SIZE), stepper: createStepper('bench'), partySize: PARTY_SIZE })
}

interface Ground extends SideOptions {
  readonly fleet: Fleet
  readonly client: LoadClient
}

function named({ fleet, client, instances }: Ground, population: Population): Standing {
  const instanceIds = Array.from({ length: instances }, (_, index) => population.identity(index).instanceId)
  return { fleet, client, instanceIds, sent: 0, warps: 0 }
}

async function registered({ fleet, client, transport, instances }: Ground): Promise<Standing> {
  const commands = Array.from({ length: instances }, (_, index) => registerCommands(index, PARTY_SIZE)).flat()
  await client.send(fleet, commands)
  await client.untilProgress(fleet, commands.length)
  const instanceIds = await startedInstances(transport, fleet)
  if (instanceIds.length !== instances) throw new Error(`${instanceIds.length} of ${instances} parties started`)
  return { fleet, client, instanceIds, sent: commands.length, warps: instances * PARTY_SIZE }
}
