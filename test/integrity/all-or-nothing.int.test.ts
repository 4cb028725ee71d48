/**
 * Promise: all that an operation does — its messages on every topic, the new state, the consumed offset — is one
 * transaction. Kafka shows a transaction partition by partition, so what a reader may hold on to is this: of one
 * partition it sees all of an operation or nothing at any moment, and what it saw anywhere becomes whole everywhere,
 * though the service died at that moment and stays dead.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { systemRandom } from '../../src/clock.ts'
import { describeWithKafkaAndJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { differences } from '../support/judgement.ts'
import { type JavaRecord, type LogBatch, readBatches } from '../support/kafka/independent-client.ts'
import { type Expectation, recompute } from '../support/oracle.ts'
import { commandRecord, type Observed } from '../support/quest-client.ts'
import { TENANT } from '../support/tenants.ts'
import { type Installation, installations, PARTITIONS } from './installation.ts'
import { Load } from './load.ts'
import { LOAD_QUESTS } from './load-quests.ts'

const OFFSETS_TOPIC = '__consumer_offsets'
const PARTIES_PER_STEP = 4
const DEATHS = 3
const LIMIT_MS = 90_000
/** TRANSACTION_TIMEOUT_MS and the broker's own interval: then the dead one's transaction is aborted. */
const OPEN_LIMIT_MS = 20_000

describeWithKafkaAndJava('all or nothing', kafka => {
  const install = installations()

  it('an operation is one transaction: messages on two topics, state and offset', async () => {
    const { installation, newBatches } = await quiet('one')
    const { client, topics, internalTopics } = installation
    await client.send([register(1001)])
    await client.untilIdle()

    // The second one makes the party complete: it joins, everybody is warped, and the quest starts.
    const { batches, transaction } = await newBatches(() => client.send([register(1002)]))

    expect(countsByTopic(batches)).toEqual({
      [topics.status]: [2],
      [topics.character]: expect.toSatisfy((counts: number[]) => sum(counts) === 2),
      [internalTopics.state]: [2],
      [OFFSETS_TOPIC]: [1],
    })
    expect(committedOnce(batches, transaction)).toEqual([])
  })

  it('a refusal is one transaction: dead letter, position and offset', async () => {
    const { installation, newBatches } = await quiet('refused')
    const { client, topics, internalTopics } = installation
    const { batches, transaction } = await newBatches(() => client.send([{ partition: 0, value: 'not JSON' }]))

    expect(countsByTopic(batches)).toEqual({
      [topics.deadLetters]: [1],
      [internalTopics.state]: [1],
      [OFFSETS_TOPIC]: [1],
    })
    expect(committedOnce(batches, transaction)).toEqual([])
  })

  it(
    'a reader sees whole operations only, whenever it looks and whenever the service dies',
    async () => {
      const seed = systemRandom.bytes(4).readUInt32LE(0)
      const { bootstrap } = kafka
      const prefix = `${kafka.topicPrefix()}-load`
      const installation = await install({ bootstrap, prefix, definitions: LOAD_QUESTS })
      const { client, start } = installation
      const load = new Load({ seed, client, partitions: PARTITIONS })
      const look = async (): Promise<{ observed: Observed; expected: Expectation }> => {
        const observed = await client.read()
        return {
          observed,
          expected: recompute(observed.commands, { quests: LOAD_QUESTS, clusterId: client.clusterId }),
        }
      }
      for (let death = 0; death < DEATHS; death++) {
        const service = await start('mortal')
        await load.until(service.untilReady(), 1)
        const dead = sleep(200 + systemRandom.fraction() * 600).then(() => service.kill())
        let isDead = false
        const noticed = dead.then(() => {
          isDead = true
        })
        while (!isDead) {
          await load.advance(PARTIES_PER_STEP)
          const { observed, expected } = await look()
          expect(tornInPartition(expected, observed), `seed ${seed}`).toEqual([])
        }
        await noticed
        // Nobody is there to finish anything.
        await eventually(
          async () => {
            const { observed, expected } = await look()
            expect(torn(expected, observed), `seed ${seed}`).toEqual([])
            return true
          },
          { limitMs: OPEN_LIMIT_MS, pollMs: 250 },
        )
      }
      const service = await start('mortal')
      await service.untilReady()
      await load.finish()
      await client.untilIdle()
      const { observed, expected } = await look()
      expect(differences(expected, observed), `seed ${seed}`).toEqual([])
      await expectOnlyTransactions(installation)
    },
    LIMIT_MS,
  )

  /** A running replica that has nothing to do, and what an action writes then. */
  async function quiet(name: string) {
    const { bootstrap } = kafka
    const installation = await install({
      bootstrap,
      prefix: `${kafka.topicPrefix()}-${name}`,
      definitions: LOAD_QUESTS,
    })
    await (await installation.start('solo')).untilReady()
    const { topics, internalTopics, client } = installation
    const written = () =>
      readBatches(bootstrap, [
        ...[topics.status, topics.character, topics.deadLetters, internalTopics.state, OFFSETS_TOPIC],
      ])
    const newBatches = async (action: () => Promise<unknown>) => {
      const before = new Set((await written()).map(placeOf))
      await action()
      await client.untilIdle()
      const later = (await written()).filter(batch => !before.has(placeOf(batch)))
      // Whoever wrote the state is the shard; others use the topic of the offsets too.
      const transaction = later.find(({ topic }) => topic === internalTopics.state)
      if (transaction === undefined) throw new Error('no state was written')
      const batches = later.filter(
        ({ topic, producerId }) => topic !== OFFSETS_TOPIC || producerId === transaction.producerId,
      )
      return { batches, transaction }
    }
    return { installation, newBatches }
  }

  async function expectOnlyTransactions({ topics, internalTopics }: Installation): Promise<void> {
    const out = [topics.status, topics.character, topics.deadLetters, internalTopics.state]
    const batches = await readBatches(kafka.bootstrap, out)
    expect(batches.length).toBeGreaterThan(100)
    expect(batches.filter(({ transactional }) => !transactional).map(placeOf)).toEqual([])
  }
})

function register(characterId: number) {
  const body = { questId: 'ledger_pq', partyId: 7, channelId: 1, mapId: 0 }
  return commandRecord({ worldId: 0, characterId, type: 'REGISTER', body }, TENANT, 0)
}

function placeOf({ topic, partition, baseOffset }: LogBatch): string {
  return `${topic}/${partition}@${baseOffset}`
}

/** Records in the data batches of each topic, partition by partition. */
function countsByTopic(batches: readonly LogBatch[]): Record<string, number[]> {
  const counts: Record<string, number[]> = {}
  for (const { topic, control, count } of batches) {
    if (control !== null) continue
    counts[topic] ??= []
    counts[topic].push(count)
  }
  return counts
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** What speaks against each partition having one batch of that transaction, and behind it its one commit marker. */
function committedOnce(batches: readonly LogBatch[], { producerId, producerEpoch }: LogBatch): readonly string[] {
  const partitions = groupedBy(batches, ({ topic, partition }) => `${topic}/${partition}`)
  return [...partitions].flatMap(([name, inPartition]) => {
    const found = inPartition.map(batch => [batch.control ?? 'data', batch.producerId, batch.producerEpoch].join())
    const wanted = ['data', 'COMMIT'].map(kind => [kind, producerId, producerEpoch].join())
    return found.join(' ') === wanted.join(' ') ? [] : [`${name}: ${found.join(' ')} instead of ${wanted.join(' ')}`]
  })
}

/** Operations of which one partition shows a part. */
function tornInPartition(expected: Expectation, observed: Observed): readonly string[] {
  return parts(expected, observed).flatMap(({ name, seen, wanted }) => {
    // A status event's partition is that of all status events of its operation.
    const status = seen.filter(({ topic }) => topic === observed.status[0]?.topic).length
    return status === 0 || status === wanted.status ? [] : [`${name} shows ${status} of ${wanted.status} status events`]
  })
}

/** Operations that are there in part. */
function torn(expected: Expectation, observed: Observed): readonly string[] {
  return parts(expected, observed).flatMap(({ name, seen, wanted }) => {
    const all = wanted.status + wanted.character
    return seen.length === 0 || seen.length === all ? [] : [`${name} shows ${seen.length} of ${all} messages`]
  })
}

/** What is seen of each operation; one without a trace of its own cannot be told from others and is left out. */
function parts(expected: Expectation, { status, character }: Observed) {
  const seen = groupedBy([...status, ...character], traceOf)
  return expected.operations.flatMap(({ command, instanceId, status, character }) => {
    const trace = traceOf(command)
    if (trace === undefined) return []
    const name = `${instanceId}: ${command.topic}/${command.partition}@${command.offset}`
    return [{ name, seen: seen.get(trace) ?? [], wanted: { status: status.length, character: character.length } }]
  })
}

function traceOf({ headers }: JavaRecord): string | undefined {
  const traceparent = headers.find(([name]) => name === 'traceparent')?.[1]
  return /^00-([0-9a-f]{32})-/.exec(String(traceparent))?.[1]
}

function groupedBy<Item, Name>(items: readonly Item[], nameOf: (item: Item) => Name): ReadonlyMap<Name, Item[]> {
  const groups = new Map<Name, Item[]>()
  for (const item of items) {
    const group = groups.get(nameOf(item))
    if (group === undefined) groups.set(nameOf(item), [item])
    else group.push(item)
  }
  return groups
}
