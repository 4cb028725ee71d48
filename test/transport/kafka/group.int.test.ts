/** What the group of a replica promises beyond the contract suite: the dead of its own name, and how it comes back. */
import { expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { ASSIGNER_PROTOCOL, assign, encodeClaim } from '../../../src/transport/kafka/assigner.ts'
import { Connections } from '../../../src/transport/kafka/connections.ts'
import { joinGroupRequest, syncGroupRequest } from '../../../src/transport/kafka/group-requests.ts'
import { createKafkaTransport } from '../../../src/transport/kafka/kafka-transport.ts'
import { describeWithKafka } from '../../support/brokers.ts'
import { eventually } from '../../support/eventually.ts'
import { kafkaOptions } from './kafka-scene.ts'

/** A session that no test would wait out. */
const LONG_MS = 30_000

describeWithKafka('a group on Kafka', kafka => {
  /** A member as a killed process leaves it: it owns all, and never says another word. */
  async function leaveGhost(clientId: string, groupId: string, topic: string): Promise<void> {
    const options = kafkaOptions(kafka.brokers, clientId)
    const connections = new Connections(options, clientId)
    const claim = { generation: 1, partitions: [], name: clientId, advertisedUrl: '' }
    const seat = { groupId, memberId: '', protocol: ASSIGNER_PROTOCOL, metadata: encodeClaim([topic], claim) }
    const timeouts = { sessionTimeoutMs: LONG_MS, rebalanceTimeoutMs: LONG_MS }
    // The first group of a broker finds its coordinator still at work on the offsets topic.
    await eventually(async () => {
      const coordinator = await connections.coordinator('group', groupId)
      const first = await coordinator.send(joinGroupRequest({ ...seat, ...timeouts }))
      if (!('comeAgainAs' in first)) throw new Error('a new member was let in without an id')
      const joined = await coordinator.send(joinGroupRequest({ ...seat, memberId: first.comeAgainAs, ...timeouts }))
      if ('comeAgainAs' in joined) throw new Error('the broker gave the ghost a second id')
      await coordinator.send(syncGroupRequest(joined, assign([{ topic, partition: 0 }], joined.members), LONG_MS))
      return true
    })
    connections.close()
  }

  async function given(clientId: string) {
    const notices: string[] = []
    const transport = createKafkaTransport(
      kafkaOptions(kafka.brokers, clientId, { onNotice: (_, message) => void notices.push(message) }),
    )
    await transport.connect()
    const topic = `${kafka.topicPrefix()}-${clientId}`
    await transport.admin.createTopics([{ topic, partitions: 1, replicationFactor: 1, config: {} }])
    return { transport, topic, groupId: topic, notices }
  }

  it('takes its own dead out at the start, so that nobody waits for their session', async () => {
    const { transport, topic, groupId, notices } = await given('restarted')
    await leaveGhost('restarted', groupId, topic)
    let assigned = 0
    const since = systemClock.elapsed()
    const group = transport.joinGroup({
      groupId,
      topics: [topic],
      onAssigned: ({ partitions }) => (assigned = partitions.length),
    })
    await eventually(() => assigned === 1)
    expect(systemClock.elapsed() - since).toBeLessThan(LONG_MS / 3)
    expect(await group.members()).toMatchObject([{ name: 'restarted', partitions: [{ topic, partition: 0 }] }])
    expect(notices.filter(notice => notice.includes('took a member of our own name'))).toHaveLength(1)
    await transport.close()
  })

  it('looks for its dead only once in a process, so that two of one name cannot throw each other out for ever', async () => {
    const { transport, topic, groupId, notices } = await given('twice')
    const join = async () => {
      let told = false
      const group = transport.joinGroup({ groupId, topics: [topic], onAssigned: () => (told = true) })
      await eventually(() => told)
      return group
    }
    const first = await join()
    const second = await join()
    await eventually(async () => (await second.members()).length === 2)
    expect(notices.filter(notice => notice.includes('took a member of our own name'))).toEqual([])
    await first.leave()
    await second.leave()
    await transport.close()
  })

  it('waits for topics that are not there yet, and joins when they are', async () => {
    const { transport, groupId, notices } = await given('early')
    const topic = `${groupId}-late`
    let assigned = 0
    transport.joinGroup({ groupId, topics: [topic], onAssigned: ({ partitions }) => (assigned = partitions.length) })
    await eventually(() => notices.some(notice => notice.includes('in trouble')))
    await transport.admin.createTopics([{ topic, partitions: 2, replicationFactor: 1, config: {} }])
    await eventually(() => assigned === 2)
    await transport.close()
  })

  it('takes members of an unknown kind for members without claims', async () => {
    const everything = [0, 1, 2].map(partition => ({ topic: 'topic', partition }))
    const strange = [Buffer.alloc(0), Buffer.from('nonsense'), Buffer.from([0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0x7b, 0x7d])]
    const shares = assign(
      everything,
      strange.map((metadata, index) => ({ memberId: `${index}`, metadata })),
    )
    expect(shares.map(({ memberId }) => memberId)).toEqual(['0', '1', '2'])
  })
})
