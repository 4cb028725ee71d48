/**
 * One replica under full load for minutes: is its memory flat? Parties are born and end all the time, commands for those
 * that live are always waiting, and at the beginning and then each minute the replica collects its garbage and tells what
 * is left. The beginning is when as many end as are born, and every bounded buffer has had time to fill.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCluster } from '../../scripts/kafka-broker/cluster.ts'
import { LIVELY, loadOf } from '../commands.ts'
import type { Result, Row } from '../figures.ts'
import { LoadClient } from '../load-client.ts'
import { QUEST_ID, questFile } from '../quest.ts'
import { LivingParties } from './living-parties.ts'
import { ProbedReplica } from './probed-replica.ts'

const PARTY_SIZE = 3
const LIFE_SECONDS = 60
const BIRTHS_A_SECOND = 100
/** From the first birth to the beginning. */
const WARM_UP_SECONDS = 90
const SAMPLE_SECONDS = 60
const SEND_COMMANDS = 2000
/** Sent and not dealt with: more than any replica takes in the time between two looks. */
const WAITING_COMMANDS_MAX = 20_000
const LOOK_MS = 50
const MEBIBYTE = 2 ** 20
/** What is read once need not fill the disk of who soaks for hours. */
const BROKER = {
  'log.retention.bytes': String(64 * MEBIBYTE),
  'log.segment.bytes': String(16 * MEBIBYTE),
  'log.retention.check.interval.ms': '10000',
}

interface Sample {
  /** Since the beginning. */
  readonly seconds: number
  /** Dealt with, since the first. */
  readonly commands: number
  readonly living: number
  readonly ended: number
  readonly memory: NodeJS.MemoryUsage
}

export interface SoakOptions {
  /** From the beginning on. */
  readonly minutes: number
  readonly onSample: (row: Row) => void
}

export async function soak({ minutes, onSample }: SoakOptions): Promise<Result> {
  const definitionsDir = await mkdtemp(join(tmpdir(), 'party-quests-soak-'))
  const cluster = await startCluster({ version: '4.2.0', properties: BROKER })
  const { bootstrap } = cluster
  const client = new LoadClient(bootstrap)
  try {
    await writeFile(
      join(definitionsDir, `${QUEST_ID}.json`),
      JSON.stringify({ ...questFile(PARTY_SIZE), duration: LIFE_SECONDS }),
    )
    const replica = await ProbedReplica.start({ bootstrap, prefix: 'soak', definitionsDir })
    const parties = new LivingParties({
      bootstrap,
      statusTopic: replica.fleet.topics.status,
      partySize: PARTY_SIZE,
      births: BIRTHS_A_SECOND,
    })
    try {
      await Promise.all([client.connect(), parties.listen()])
      const samples = await load({ client, replica, parties }, minutes, onSample)
      return resultOf(samples)
    } finally {
      await Promise.all([client.close(), parties.close()])
      await replica.fleet.stop()
    }
  } finally {
    await cluster.close()
    await rm(definitionsDir, { recursive: true })
  }
}

interface Ground {
  readonly client: LoadClient
  readonly replica: ProbedReplica
  readonly parties: LivingParties
}

async function load(
  { client, replica, parties }: Ground,
  minutes: number,
  onSample: (row: Row) => void,
): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  const startedAt = performance.now()
  const since = () => (performance.now() - startedAt) / 1000
  let sent = 0
  for (let seed = 1; ; seed += 1) {
    const births = parties.births(since())
    const { commands } = loadOf(LIVELY, parties.ids, parties.ids.length === 0 ? 0 : SEND_COMMANDS, seed)
    const all = [...births, ...commands]
    if (all.length === 0) await sleep(LOOK_MS)
    await client.send(replica.fleet, all)
    sent += all.length
    let done = await client.progress(replica.fleet)
    while (sent - done > WAITING_COMMANDS_MAX) {
      await sleep(LOOK_MS)
      replica.fleet.check()
      done = await client.progress(replica.fleet)
    }
    const seconds = since() - WARM_UP_SECONDS
    if (seconds < samples.length * SAMPLE_SECONDS) continue
    const memory = await replica.memory()
    const sample = { seconds, commands: done, living: parties.ids.length, ended: parties.ended, memory }
    onSample(rowOf(sample, samples.at(-1)))
    samples.push(sample)
    if (seconds >= minutes * 60) return samples
  }
}

function rowOf({ seconds, commands, living, ended, memory }: Sample, before: Sample | undefined): Row {
  const took = before === undefined ? seconds + WARM_UP_SECONDS : seconds - before.seconds
  return {
    minute: Math.round(seconds / 60),
    'RSS, MiB': Math.round(memory.rss / MEBIBYTE),
    'heap used, MiB': Math.round(memory.heapUsed / MEBIBYTE),
    'buffers, MiB': Math.round(memory.external / MEBIBYTE),
    'commands a second': Math.round((commands - (before?.commands ?? 0)) / took),
    'instances alive': living,
    'ended so far': ended,
  }
}

function resultOf(samples: readonly Sample[]): Result {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined) throw new Error('the soak took no sample')
  const hours = (last.seconds - first.seconds) / 3600
  const row = (what: string, of: (memory: NodeJS.MemoryUsage) => number): Row => {
    const values = samples.map(({ memory }) => of(memory) / MEBIBYTE)
    return {
      'MiB, behind a collection': what,
      'at the beginning': Math.round(of(first.memory) / MEBIBYTE),
      'at the end': Math.round(of(last.memory) / MEBIBYTE),
      least: Math.round(Math.min(...values)),
      most: Math.round(Math.max(...values)),
      'slope, MiB an hour': Math.round(
        slope(
          samples.map(({ seconds }) => seconds / 3600),
          values,
        ),
      ),
    }
  }
  return {
    compares:
      `One replica under full load (${LIVELY.name}: ${LIVELY.advanceShare * 100} % STAGE_ADVANCE) for ${Math.round(hours * 60)} minutes behind a warm-up ` +
      `of ${WARM_UP_SECONDS} s; ${BIRTHS_A_SECOND} parties of ${PARTY_SIZE} are born each second and end after ${LIFE_SECONDS} s. ` +
      `${last.commands} commands in all, ${last.ended} instances ended.`,
    tables: [
      {
        title: 'Memory of the replica over time',
        rows: [
          row('RSS', ({ rss }) => rss),
          row('heap used', ({ heapUsed }) => heapUsed),
          row('buffers', ({ external }) => external),
        ],
      },
    ],
  }
}

/** Of the straight line with the least squares. */
function slope(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(xs), mean(ys)]
  const squares = xs.reduce((sum, value) => sum + (value - x) ** 2, 0)
  return squares === 0 ? 0 : xs.reduce((sum, value, at) => sum + (value - x) * ((ys[at] ?? y) - y), 0) / squares
}
