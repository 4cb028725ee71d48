/**
 * What an instance costs in memory, all in: snapshot or bytes, claims of its characters, deadline, maps. Each sample is
 * a process of its own that holds nothing else (memory-sample.ts).
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { interleaved, median, type Result, rounded } from './figures.ts'

const run = promisify(execFile)

const SAMPLES = 3
export const MEMORY_INSTANCES = 50_000
export const MEMORY_PARTY_SIZE = 4

export const RESIDENCES = ['resident', 'resident again', 'passivated', 'restored'] as const
export type Residence = (typeof RESIDENCES)[number]

/** Bytes an instance. */
export interface MemorySample {
  readonly heap: number
  /** Buffers. */
  readonly external: number
  /** Of the state record. */
  readonly record: number
}

/** In the shards of one replica, of which so many are resident: the default of RESIDENT_INSTANCES. */
export const CROWD_INSTANCES = 1_000_000
export const CROWD_RESIDENTS = 100_000

/** Bytes of the whole process. */
export interface CrowdSample {
  readonly instances: number
  readonly residents: number
  readonly heap: number
  readonly external: number
  readonly rss: number
  /** While they were made, with all the garbage of that. */
  readonly peak: number
}

const MEBIBYTE = 2 ** 20

export async function benchMemory(): Promise<Result> {
  const samples = await interleaved(SAMPLES, RESIDENCES, sampleOf)
  const rows = RESIDENCES.map(residence => {
    const all = samples.get(residence) ?? []
    const totals = all.map(({ heap, external }) => heap + external)
    return {
      instance: residence,
      'bytes, all in': Math.round(median(totals)),
      min: Math.round(Math.min(...totals)),
      max: Math.round(Math.max(...totals)),
      'of it heap': Math.round(median(all.map(({ heap }) => heap))),
      'of it buffers': Math.round(median(all.map(({ external }) => external))),
      'state record bytes': rounded(median(all.map(({ record }) => record))),
    }
  })
  const { instances, residents, heap, external, rss, peak } = await sampled<CrowdSample>('crowd')
  const mebibytes = (bytes: number) => Math.round(bytes / MEBIBYTE)
  return {
    compares:
      `Bytes of a resident instance (a snapshot: born here, or restored and then touched) and of a passive one (its packed ` +
      `record: passivated by a running shard, or restored from the log), parties of ${MEMORY_PARTY_SIZE}: growth of heap and buffers after a collection, over ${MEMORY_INSTANCES} instances in one ` +
      `ShardState with their claims and deadlines; ${SAMPLES} processes each.`,
    tables: [
      { title: 'Memory of an instance', rows },
      {
        title: 'Memory of a process with many of them',
        rows: [
          {
            instances,
            resident: residents,
            'RSS, MiB': mebibytes(rss),
            'heap used, MiB': mebibytes(heap),
            'buffers, MiB': mebibytes(external),
            'peak while they were made, MiB': mebibytes(peak),
          },
        ],
      },
    ],
  }
}

function sampleOf(residence: Residence): Promise<MemorySample> {
  return sampled(residence)
}

async function sampled<Sample>(of: Residence | 'crowd'): Promise<Sample> {
  const script = fileURLToPath(new URL('./memory-sample.js', import.meta.url))
  const { stdout } = await run(process.execPath, ['--expose-gc', script, of])
  return JSON.parse(stdout)
}
