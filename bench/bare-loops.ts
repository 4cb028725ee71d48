/**
 * A baseline's processes: as many bare loops as the service has replicas, on stock kafkajs (bare-two-hops.ts) or on the
 * service's own wire layer (same-codecs.ts). Ready when both hops' partitions are shared out evenly.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { makeTopics } from '../scripts/kafka-broker/cluster-admin.ts'
import { NODE_FLAGS } from '../scripts/node-flags.ts'
import { readConfig } from '../src/config.ts'
import type { BareAssignment } from './baselines/bare-work.ts'
import { Fleet, PARTITIONS, SHARDS, topicsOf, until } from './fleet.ts'

const READY_LIMIT_MS = 60_000

/** Files of baselines/. */
export type BareProgram = 'bare-two-hops' | 'same-codecs'

export interface BareLoopsOptions {
  readonly program: BareProgram
  readonly bootstrap: string
  readonly prefix: string
  readonly count: number
  /** Of a state record, as the service writes it for the same instances. */
  readonly stateBytes: number
  readonly partySize: number
}

export async function startBareLoops(options: BareLoopsOptions): Promise<Fleet> {
  const { bootstrap, prefix, count } = options
  const { commands, status, character, shardCommands, shardState } = topicsOf(prefix)
  const outside = [commands, status, character].map(topic => ({ topic, partitions: PARTITIONS }))
  const inside = { topic: shardCommands, partitions: SHARDS }
  const compacted = { topic: shardState, partitions: SHARDS, config: { 'cleanup.policy': 'compact' } }
  await makeTopics(bootstrap, [...outside, inside, compacted])

  const fleet = new Fleet(prefix)
  const assigned: Map<BareAssignment['hop'], number>[] = []
  try {
    for (let index = 0; index < count; index++) {
      const partitions = new Map<BareAssignment['hop'], number>()
      assigned.push(partitions)
      const child = startLoop(options)
      child.on('message', ({ hop, partitions: many }: BareAssignment) => partitions.set(hop, many))
      fleet.add(child)
    }
    await until(`bare loops of ${prefix} are ready`, READY_LIMIT_MS, 50, async () => {
      fleet.check()
      return assigned.every(hops => hops.get('ingress') === PARTITIONS / count && hops.get('shards') === SHARDS / count)
    })
    return fleet
  } catch (error) {
    await fleet.stop()
    throw error
  }
}

function startLoop({ program, bootstrap, prefix, stateBytes, partySize }: BareLoopsOptions): ChildProcess {
  const script = fileURLToPath(new URL(`./baselines/${program}.js`, import.meta.url))
  const { batchRecordsMax } = readConfig({}, { hostname: 'bench' })
  const env = {
    ...process.env,
    BARE_BOOTSTRAP: bootstrap,
    BARE_PREFIX: prefix,
    BARE_STATE_BYTES: String(stateBytes),
    BARE_PARTY_SIZE: String(partySize),
    BARE_BATCH_RECORDS: String(batchRecordsMax),
  }
  // With the same room for what dies young: it is not what the comparison is about.
  return fork(script, { env, execArgv: [...NODE_FLAGS], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}
