/**
 * The order in which the judge is given the topics: first what the game told, as nothing says between which commands it
 * lay; then everything else. Each partition in its order.
 */
import { eachCommitted, type JavaRecord } from '../support/kafka/independent-client.ts'
import type { JudgedTopics } from './verification.ts'

export async function eachJudged(
  bootstrap: string,
  topics: JudgedTopics,
  take: (record: JavaRecord) => void,
): Promise<void> {
  const { characterStatus, monsterStatus, ...others } = topics
  await eachCommitted(bootstrap, [characterStatus, monsterStatus], take)
  await eachCommitted(bootstrap, Object.values(others), take)
}
