/** Runs the verifier (verifier-main.ts) and hands on its verdict. Judges nothing itself. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { built } from './built.ts'
import type { JudgedTopics, Verdict } from './verification.ts'

export interface VerifierRequest {
  readonly bootstrap: string
  readonly topics: JudgedTopics
  /** The quests, as the service was given them. */
  readonly definitionsDir: string
  readonly clusterId: string
  readonly shards: number
}

const OUTPUT_BYTES_MAX = 64 << 20
/** Whatever waits for its counterpart is held in memory: some 500 bytes a message. */
const HEAP_MB = 6144

/** @throws Error when it did not come to a verdict, with what it printed. */
export async function verify(request: VerifierRequest): Promise<Verdict> {
  const program = built('test/chaos/verifier-main.js')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, program, JSON.stringify(request)],
    { maxBuffer: OUTPUT_BYTES_MAX },
  )
  return JSON.parse(stdout)
}
