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

export const RESIDENCES = ['resident', 'passivated', 'restored'] as const
export type Residence = (typeof RESIDENCES)[number]

/** Bytes an instance. */
export interface MemorySample {
  readonly heap: number
  /** Buffers. */
  readonly external: number
  /** Of the state record. */
  readonly record: number
}

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
  return {
    compares:
      `Bytes of a resident instance (a snapshot) and of a passive one (its state record: passivated by a running ` +
      `shard, or restored from the log), parties of ${MEMORY_PARTY_SIZE}: growth of heap and buffers after a collection, over ${MEMORY_INSTANCES} instances in one ` +
      `ShardState with their claims and deadlines; ${SAMPLES} processes each.`,
    tables: [{ title: 'Memory of an instance', rows }],
  }
}

async function sampleOf(residence: Residence): Promise<MemorySample> {
  const script = fileURLToPath(new URL('./memory-sample.js', import.meta.url))
  const { stdout } = await run(process.execPath, ['--expose-gc', script, residence])
  return JSON.parse(stdout)
}
