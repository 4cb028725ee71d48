/**
 * The verifier, a process of its own: reads the public topics by Kafka's own Java client, read_committed, judges them,
 * and writes its verdict as one line of JSON. Its only argument is what verifier-process.ts asks for.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OracleQuest } from '../support/oracle.ts'
import { eachJudged } from './read.ts'
import { Verification } from './verification.ts'
import type { VerifierRequest } from './verifier-process.ts'

const request: VerifierRequest = JSON.parse(process.argv[2] ?? '')
const { bootstrap, topics, definitionsDir, clusterId, shards } = request
const verification = new Verification({ topics, quests: questsOf(definitionsDir), clusterId, shards })
await eachJudged(bootstrap, topics, record => verification.take(record))
process.stdout.write(`${JSON.stringify(verification.end())}\n`, () => process.exit(0))

/** As the service was given them. */
function questsOf(dir: string): readonly OracleQuest[] {
  return readdirSync(dir).map(file => JSON.parse(readFileSync(join(dir, file), 'utf8')))
}
