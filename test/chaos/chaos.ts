/**
 * One run: a load, the faults of a plan beside it, the wait until all is done, and the verdict. Everything is drawn
 * from one seed but the moments at which processes come to run. Says what was found; decides nothing about it.
 */
import type { KafkaVersion } from '../../scripts/kafka-broker/jars.ts'
import { Load } from '../integrity/load.ts'
import { eventually } from '../support/eventually.ts'
import { Director } from './director.ts'
import { Hunts } from './hunts.ts'
import { type Fault, planFaults } from './plan.ts'
import { CHAOS_QUESTS, HUNT, VISIT } from './quests.ts'
import { LATER, PARTITIONS, SHARDS, Stage, TOPICS } from './stage.ts'
import type { Verdict } from './verification.ts'
import { verify } from './verifier-process.ts'

const REPLICAS = 3
/** In a step of the load; each plays by some twenty-five commands over a few steps. */
const PARTIES_PER_STEP = 45
/** While the faults are behind, so that there is always something under way. */
const PARTIES_PER_PAUSE = 3
/** For one hunt, of which the game tells some twenty events, and one visitor. */
const COMMANDS_PER_HUNT = 200
const HUNTS_MIN = 30
/** Records that were accepted and not yet done, beyond which the load waits. */
const BACKLOG_MAX = 4_000
const BACKLOG_LIMIT_MS = 180_000
const IDLE_LIMIT_MS = 180_000

export interface ChaosOptions {
  readonly version: KafkaVersion
  readonly nodes: 1 | 3
  /** At least. */
  readonly commands: number
  /** SIGKILLs, of replicas and brokers; other faults come on top. */
  readonly kills: number
  readonly seed: number
  /** Also when all went well. */
  readonly keepLogs?: boolean
  readonly say: (line: string) => void
}

export interface ChaosReport {
  readonly sent: number
  readonly kills: number
  readonly faults: number
  /** From the first command until all had had their effects. */
  readonly seconds: number
  readonly verdict: Verdict
  /** Processes that ended by themselves or wrongly, fatal log lines; empty: none. */
  readonly mishaps: readonly string[]
  /** While the stage is open, for those who look closer. */
  readonly stage: Stage
}

/**
 * @param look is given the report while all still runs
 * @throws Error where the service does not heal, or `look` does; names seed and folder of the logs, which are kept
 */
export async function chaos(options: ChaosOptions, look: (report: ChaosReport) => Promise<void>): Promise<void> {
  const { version, nodes, kills, seed, say } = options
  const plan = planFaults({ seed, kills, replicas: REPLICAS, nodes })
  const stage = await Stage.open({ version, nodes, replicas: REPLICAS, quests: [...CHAOS_QUESTS, HUNT, VISIT] })
  say(`seed ${seed}, Kafka ${version}, ${nodes === 1 ? 'one broker' : 'three brokers'}, logs in ${stage.dir}`)
  try {
    await look(await run(stage, plan, options))
  } catch (error) {
    await stage.close()
    throw new Error(`chaos with seed ${seed}, logs in ${stage.dir}: ${error}`, { cause: error })
  }
  await stage.close()
  if (options.keepLogs !== true) await stage.dropLogs()
}

async function run(stage: Stage, plan: readonly Fault[], options: ChaosOptions): Promise<ChaosReport> {
  const { commands, seed, say } = options
  const { client } = stage
  const load = new Load({ seed, client, partitions: PARTITIONS, quests: CHAOS_QUESTS })
  const hunts = new Hunts({
    ...{ seed, client, partitions: PARTITIONS },
    hunts: Math.max(HUNTS_MIN, Math.ceil(commands / COMMANDS_PER_HUNT)),
  })
  await hunts.begin()
  await client.untilEventsAreRead()
  await untilBacklogIsBelow(stage, 1)
  const director = new Director({ stage, plan, say })
  const since = performance.now()
  let isOver = false
  const faults = director
    .run(() => load.sent / commands)
    .finally(() => {
      isOver = true
    })
  faults.catch(() => {})
  while (load.sent < commands || !isOver) {
    await untilBacklogIsBelow(stage, BACKLOG_MAX)
    const isAhead = load.sent / commands > director.progress + 1 / (plan.length + 1)
    await load.advance(isAhead ? PARTIES_PER_PAUSE : PARTIES_PER_STEP)
    await hunts.advance(Math.min(load.sent / commands, director.progress))
    if (isOver) await faults
  }
  await load.finish()
  await hunts.advance(1)
  await faults
  say(`${load.sent} commands sent, ${director.kills} kills; waiting until all is done`)
  await untilBacklogIsBelow(stage, 1, IDLE_LIMIT_MS)
  await hunts.end()
  await untilBacklogIsBelow(stage, 1, IDLE_LIMIT_MS)
  const seconds = (performance.now() - since) / 1000
  await untilNobodyPlays(stage)
  // Timers may have fired after the last command was done; nothing is left to do, and everybody is well.
  await untilBacklogIsBelow(stage, 1, IDLE_LIMIT_MS)
  for (const replica of stage.replicas) await replica.untilReady()
  const verdict = await verify({
    bootstrap: stage.cluster.bootstrap,
    topics: { ...TOPICS, ...LATER },
    definitionsDir: stage.definitionsDir,
    clusterId: client.clusterId,
    shards: SHARDS,
  })
  const mishaps = [...stage.mishaps, ...stage.fatalLines()]
  return { sent: load.sent + hunts.sent, kills: director.kills, faults: plan.length, seconds, verdict, mishaps, stage }
}

/**
 * Brokers that are away are waited for, and so is whatever becomes less: one that was killed a hundred times has been
 * seen to come back with the group's offsets of a quarter of an hour before, and all since then was forwarded again.
 */
async function untilBacklogIsBelow({ client }: Stage, max: number, limitMs = BACKLOG_LIMIT_MS): Promise<void> {
  let undone = Number.POSITIVE_INFINITY
  while (undone >= max) {
    await eventually(
      async () => {
        const before = undone
        undone = await client.undone()
        if (undone < before || undone < max) return true
        throw new Error(`${undone} records have had no effect yet`)
      },
      { limitMs, pollMs: 50 },
    )
  }
}

/** Every script ends its instance, and so do the timers of those that are left alone. */
async function untilNobodyPlays({ replicas }: Stage): Promise<void> {
  await eventually(
    async () => {
      let live = 0
      for (const replica of replicas) live += await replica.instances()
      if (live === 0) return true
      const shown = await Promise.all(replicas.map(replica => replica.shownInstances()))
      throw new Error(`${live} instances are still live: ${shown.join('; ')}`)
    },
    { limitMs: IDLE_LIMIT_MS, pollMs: 200 },
  )
}
