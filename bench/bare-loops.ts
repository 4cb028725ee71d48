/**
 * The baseline's processes: as many bare kafkajs loops as the service has replicas (baselines/bare-two-hops.ts).
 * Ready when both hops' partitions are shared out evenly.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { makeTopics } from '../scripts/kafka-broker/cluster-admin.ts'
import { Fleet, PARTITIONS, SHARDS, topicsOf, until } from './fleet.ts'

const READY_LIMIT_MS = 60_000

export interface BareLoopsOptions {
  readonly bootstrap: string
  readonly prefix: string
  readonly count: number
  /** Of a state record, as the service writes it for the same instances. */
  readonly stateBytes: number
}

/** Told by each loop whenever it was given partitions. */
export interface BareAssignment {
  readonly hop: 'ingress' | 'shards'
  readonly partitions: number
}

export async function startBareLoops({ bootstrap, prefix, count, stateBytes }: BareLoopsOptions): Promise<Fleet> {
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
      const child = startLoop({ BARE_BOOTSTRAP: bootstrap, BARE_PREFIX: prefix, BARE_STATE_BYTES: String(stateBytes) })
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

function startLoop(env: Readonly<Record<string, string>>): ChildProcess {
  const script = fileURLToPath(new URL('./baselines/bare-two-hops.js', import.meta.url))
  return fork(script, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}
