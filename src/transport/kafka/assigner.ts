/**
 * What the members of a group tell each other: each what it owned, the leader who owns what from now on, by the pure
 * src/transport/sticky-assignment.ts. In the consumer protocol's bytes (kafkajs's codec of them), our own words as JSON
 * in its user data, so that whoever describes the group can read them as well.
 */
import { AssignerProtocol } from 'kafkajs'
import { z } from 'zod'
import type { TopicPartition } from '../../contract/log-record.ts'
import type { Member } from '../port.ts'
import { assignSticky } from '../sticky-assignment.ts'
import type { GroupMemberDescription } from './group-requests.ts'

const { MemberMetadata, MemberAssignment } = AssignerProtocol

/** All members of a group must offer it: to change the name, the group must be empty. */
export const ASSIGNER_PROTOCOL = 'party-quest-sticky'
const VERSION = 1

const claimSchema = z.object({
  /** The group's, of the assignment that gave the partitions: the newest claim wins. */
  generation: z.number().int().nonnegative(),
  partitions: z.array(z.object({ topic: z.string(), partition: z.number().int().nonnegative() })),
  name: z.string(),
  advertisedUrl: z.string(),
})

/** What a member says when it joins. */
export type Claim = Readonly<z.infer<typeof claimSchema>>

const NO_CLAIM: Claim = { generation: 0, partitions: [], name: '', advertisedUrl: '' }

export function encodeClaim(topics: readonly string[], claim: Claim): Buffer {
  const userData = Buffer.from(JSON.stringify(claim))
  return MemberMetadata.encode({ version: VERSION, topics: [...topics], userData })
}

/** The leader's work: each member's assignment, for the broker to hand out. */
export function assign(
  partitions: readonly TopicPartition[],
  members: readonly { readonly memberId: string; readonly metadata: Buffer }[],
): readonly { readonly memberId: string; readonly assignment: Buffer }[] {
  const claiming = members.map(({ memberId, metadata }) => {
    const { generation, partitions: owned } = decodeClaim(metadata)
    return { id: memberId, generation, owned }
  })
  return [...assignSticky(partitions, claiming)].map(([memberId, owned]) => ({
    memberId,
    assignment: MemberAssignment.encode({
      version: VERSION,
      assignment: numbersByTopic(owned),
      userData: Buffer.alloc(0),
    }),
  }))
}

export function decodeAssignment(assignment: Buffer): readonly TopicPartition[] {
  if (assignment.length === 0) return []
  const decoded = MemberAssignment.decode(assignment)
  return Object.entries(decoded?.assignment ?? {}).flatMap(([topic, numbers]) =>
    numbers.map(partition => ({ topic, partition })),
  )
}

/** A member of a described group. Without words of ours, its client id is all that is known of it. */
export function decodeMember({ clientId, metadata, assignment }: GroupMemberDescription): Member {
  const { name, advertisedUrl } = decodeClaim(metadata)
  return { name: name === '' ? clientId : name, advertisedUrl, partitions: decodeAssignment(assignment) }
}

/** Whoever cannot be understood claims nothing. */
function decodeClaim(metadata: Buffer): Claim {
  if (metadata.length === 0) return NO_CLAIM
  try {
    const userData = MemberMetadata.decode(metadata)?.userData
    return userData ? claimSchema.parse(JSON.parse(userData.toString())) : NO_CLAIM
  } catch {
    return NO_CLAIM
  }
}

function numbersByTopic(partitions: readonly TopicPartition[]): Record<string, number[]> {
  const topics: Record<string, number[]> = {}
  for (const { topic, partition } of partitions) {
    const numbers = topics[topic] ?? []
    numbers.push(partition)
    topics[topic] = numbers
  }
  return topics
}
