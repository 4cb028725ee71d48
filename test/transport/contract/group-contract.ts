/** What joinGroup and GroupMembership promise: each partition one owner, few moves, offsets for members only. */
import { describe, expect, it } from 'vitest'
import { partitionName } from '../../../src/contract/log-record.ts'
import type { Assignment, GroupMembership } from '../../../src/transport/port.ts'
import { eventually } from '../../support/eventually.ts'
import { type ContractReplica, type ContractScene, GROUP_LIMIT_MS, GROUP_TEST_MS } from './contract-scene.ts'

/** A hand-over that waited for a session to run out would take longer: brokers allow no session below six seconds. */
const HAND_OVER_LIMIT_MS = 5_000

interface Joined {
  readonly replica: ContractReplica
  readonly membership: GroupMembership
  readonly assignments: Assignment[]
}

function join(replica: ContractReplica, groupId: string, topics: readonly string[]): Joined {
  const assignments: Assignment[] = []
  const onAssigned = (assignment: Assignment) => void assignments.push(assignment)
  return { replica, membership: replica.transport.joinGroup({ groupId, topics, onAssigned }), assignments }
}

function owned({ assignments }: Joined): string[] {
  return (assignments.at(-1)?.partitions ?? []).map(partitionName).sort()
}

/** Resolves when the members hold all partitions, each once, as evenly as may be, in one generation. */
async function settled(members: readonly Joined[], all: readonly string[], limitMs = GROUP_LIMIT_MS): Promise<void> {
  await eventually(
    () => {
      expect(members.flatMap(owned).sort()).toEqual([...all].sort())
      const sizes = members.map(member => owned(member).length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      expect(new Set(members.map(({ assignments }) => assignments.at(-1)?.generation)).size).toBe(1)
      return true
    },
    { limitMs },
  )
}

export function groupContract(scene: ContractScene): void {
  describe('group', () => {
    scene.closeReplicasAfterEach()

    async function given(replicas: number, partitions: number) {
      const made = await scene.replicas(replicas)
      const [first] = made
      if (!first) throw new Error('a group needs a replica')
      const topic = await scene.topic(first.transport, partitions)
      const all = Array.from({ length: partitions }, (_, partition) => partitionName({ topic, partition }))
      return { replicas: made, topic, all, groupId: scene.name('group') }
    }

    it(
      'gives a lone member every partition of every topic, and tells when it was last heard',
      async () => {
        const { replicas, topic, all, groupId } = await given(1, 3)
        const [replica] = replicas
        if (!replica) throw new Error('no replica')
        const other = await scene.topic(replica.transport, 2)
        const member = join(replica, groupId, [topic, other])
        expect(member.membership.lastHeartbeatAt).toBe(0)
        expect(member.assignments).toEqual([])

        await settled([member], [...all, `${other}/0`, `${other}/1`])
        const heard = member.membership.lastHeartbeatAt
        expect(heard).toBeGreaterThan(0)
        await eventually(() => member.membership.lastHeartbeatAt > heard)
      },
      GROUP_TEST_MS,
    )

    it(
      'shares all partitions between two members, without overlap',
      async () => {
        const { replicas, topic, all, groupId } = await given(2, 5)
        await settled(
          replicas.map(replica => join(replica, groupId, [topic])),
          all,
        )
      },
      GROUP_TEST_MS,
    )

    it(
      'moves only what it must when a third joins, in a newer generation',
      async () => {
        const { replicas, topic, all, groupId } = await given(3, 6)
        const [last, ...first] = replicas
        if (!last) throw new Error('no replica')
        const members = first.map(replica => join(replica, groupId, [topic]))
        await settled(members, all)
        const before = members.map(owned)

        const third = join(last, groupId, [topic])
        await settled([...members, third], all)

        for (const [at, member] of members.entries()) {
          expect(owned(member)).toHaveLength(2)
          expect(before[at]).toEqual(expect.arrayContaining(owned(member)))
        }
        for (const { assignments } of [...members, third]) {
          const generations = assignments.map(({ generation }) => generation)
          expect(generations).toEqual([...new Set(generations)].sort((a, b) => a - b))
        }
      },
      GROUP_TEST_MS,
    )

    it(
      'hands the partitions of a member that leaves to the others without waiting for its session',
      async () => {
        const { replicas, topic, all, groupId } = await given(2, 4)
        const members = replicas.map(replica => join(replica, groupId, [topic]))
        const [leaving, staying] = members
        if (!leaving || !staying) throw new Error('no members')
        await settled(members, all)
        const kept = owned(staying)

        await leaving.membership.leave()
        const toldBefore = leaving.assignments.length
        await settled([staying], all, HAND_OVER_LIMIT_MS)

        expect(owned(staying)).toEqual(expect.arrayContaining(kept))
        expect(leaving.assignments).toHaveLength(toldBefore)
      },
      GROUP_TEST_MS,
    )

    it(
      'leaves with its transport',
      async () => {
        const { replicas, topic, all, groupId } = await given(2, 4)
        const members = replicas.map(replica => join(replica, groupId, [topic]))
        const [leaving, staying] = members
        if (!leaving || !staying) throw new Error('no members')
        await settled(members, all)
        await leaving.replica.transport.close()
        await settled([staying], all, HAND_OVER_LIMIT_MS)
      },
      GROUP_TEST_MS,
    )

    it(
      'remembers the offsets that its members commit, for whoever asks',
      async () => {
        const { replicas, topic, all, groupId } = await given(2, 3)
        const members = replicas.map(replica => join(replica, groupId, [topic]))
        await settled(members, all)
        const [one, other] = members
        if (!one || !other) throw new Error('no members')
        const places = [0, 1, 2].map(partition => ({ topic, partition }))
        expect(await one.membership.committed(places)).toEqual([undefined, undefined, undefined])

        await one.membership.commit([{ topic, partition: 2, next: 7 }])
        await one.membership.commit([
          { topic, partition: 2, next: 8 },
          { topic, partition: 0, next: 0 },
        ])

        for (const { membership } of members) expect(await membership.committed(places)).toEqual([0, undefined, 8])
      },
      GROUP_TEST_MS,
    )

    it(
      'keeps what a member writes beside an offset, and tells it to whoever asks without being a member',
      async () => {
        const { replicas, topic, all, groupId } = await given(1, 2)
        const [replica] = replicas
        if (!replica) throw new Error('no replica')
        const places = [0, 1].map(partition => ({ topic, partition }))
        const ask = () => replica.transport.admin.committed(groupId, places)
        expect(await ask()).toEqual([undefined, undefined])
        const member = join(replica, groupId, [topic])
        await settled([member], all)
        await member.membership.commit([{ topic, partition: 0, next: 3, note: 'as told' }])
        await member.membership.commit([{ topic, partition: 1, next: 4 }])
        expect(await ask()).toEqual([
          { next: 3, note: 'as told' },
          { next: 4, note: '' },
        ])
      },
      GROUP_TEST_MS,
    )

    it(
      'refuses the offsets of a member that is none any more',
      async () => {
        const { replicas, topic, all, groupId } = await given(2, 2)
        const members = replicas.map(replica => join(replica, groupId, [topic]))
        await settled(members, all)
        const [gone, staying] = members
        if (!gone || !staying) throw new Error('no members')
        const place = { topic, partition: 0 }
        await staying.membership.commit([{ ...place, next: 5 }])

        await gone.membership.leave()
        await settled([staying], all, HAND_OVER_LIMIT_MS)

        await expect(gone.membership.commit([{ ...place, next: 3 }])).rejects.toThrow()
        expect(await staying.membership.committed([place])).toEqual([5])
      },
      GROUP_TEST_MS,
    )

    it(
      'tells who its members are, where they can be reached and what they own',
      async () => {
        const { replicas, topic, all, groupId } = await given(2, 3)
        const members = replicas.map(replica => join(replica, groupId, [topic]))
        await settled(members, all)
        for (const { membership } of members) {
          const told = await eventually(
            async () => {
              const answer = await membership.members()
              expect(answer).toHaveLength(2)
              return answer
            },
            { limitMs: GROUP_LIMIT_MS },
          )
          for (const member of members) {
            const { name, advertisedUrl } = member.replica
            const found = told.find(each => each.name === name)
            expect(found?.advertisedUrl).toBe(advertisedUrl)
            expect((found?.partitions ?? []).map(partitionName).sort()).toEqual(owned(member))
          }
        }
      },
      GROUP_TEST_MS,
    )

    it(
      'keeps the offsets of a group while nobody is in it',
      async () => {
        const { replicas, topic, all, groupId } = await given(2, 1)
        const [first, second] = replicas
        if (!first || !second) throw new Error('no replicas')
        const one = join(first, groupId, [topic])
        await settled([one], all)
        await one.membership.commit([{ topic, partition: 0, next: 9 }])
        await one.membership.leave()

        const other = join(second, groupId, [topic])
        await settled([other], all)
        expect(await other.membership.committed([{ topic, partition: 0 }])).toEqual([9])
        expect(other.assignments[0]?.generation).toBeGreaterThan(one.assignments.at(-1)?.generation ?? 0)
      },
      GROUP_TEST_MS,
    )
  })
}
