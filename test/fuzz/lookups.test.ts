/**
 * Answers of the party and the guild service in any shape. An answer is taken only where it says what the service
 * promises, and what is taken comes back the same through the internal command that carries it to its shard.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Lookup, LookupAnswer } from '../../src/contract/lookup.ts'
import { readLookupAnswered } from '../../src/contract/lookup.ts'
import { internalCommand, readShardCommand } from '../../src/contract/shard-command.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import { createHttpLookupClient } from '../../src/lookups/http-lookup-client.ts'
import { character, TENANT } from '../support/tenants.ts'
import { bytesOf, harmed, textHarm, valueText } from './awkward.ts'
import { campaign, limitMs } from './campaign.ts'
import { anEdit, editedText } from './json-edit.ts'

const SHARE = 0.1
const QUESTIONS: readonly Lookup[] = [
  { kind: 'members', partyId: 88 },
  { kind: 'guild', characterId: character(1) },
  { kind: 'party', characterId: character(1) },
]
const SOUND = {
  data: [
    { type: 'members', id: '1001', attributes: { worldId: 0, channelId: 1, level: 25, name: 'x' } },
    { type: 'members', id: '1002', attributes: { worldId: 0, channelId: 2 }, relationships: {} },
  ],
  included: [],
}

interface AnswerCase {
  readonly which: number
  readonly status: number
  readonly bytes: string
}

const ends = { taken: 0, refused: 0 }

test(
  'an answer in any shape is taken for what it says, or is no answer',
  async () => {
    const played = await campaign<AnswerCase, undefined>({
      share: SHARE,
      aCase: answerCase(),
      chunkCasesMax: 100,
      open: () => undefined,
      play: async (_, cases) => {
        for (const one of cases) await playAnswer(one)
      },
      close: async () => {},
    })
    expect(ends.taken / played).toBeGreaterThan(0.1)
    expect(ends.refused / played).toBeGreaterThan(0.1)
  },
  limitMs(SHARE),
)

async function playAnswer({ which, status, bytes }: AnswerCase): Promise<void> {
  const body = Buffer.from(bytes, 'latin1')
  const client = createHttpLookupClient(
    { partiesServiceUrl: 'http://parties/', guildsServiceUrl: 'http://guilds/' },
    async () => new Response(body, { status }),
  )
  const question = QUESTIONS[which] ?? { kind: 'members', partyId: 1 }
  let answer: LookupAnswer
  try {
    answer = await client.ask(question, tenantHeaders(TENANT), new AbortController().signal)
  } catch (error) {
    if (!(error instanceof Error)) throw new Error(`thrown, and no error: ${String(error)}`)
    ends.refused += 1
    return
  }
  ends.taken += 1
  if (status !== 200) throw new Error(`taken with status ${status}`)
  // As HTTP reads a body: without the byte order mark.
  assertSaid(answer, JSON.parse(new TextDecoder().decode(body)))
  const sent = internalCommand(0, 'pq.shard-commands', { pending: 'commands/0@1', answer })
  const read = readShardCommand({ ...sent, offset: 0, timestamp: 0 })
  expect(read.kind === 'internal' && readLookupAnswered(read.value)).toEqual(JSON.parse(String(sent.value)))
}

/** Every id as it stands in the document: a number, or its decimal digits; nothing made of something else. */
function assertSaid(answer: LookupAnswer, document: { data: { id: unknown; attributes?: Attributes }[] }): void {
  const ids = document.data.map(({ id }) => uint32(id))
  if (answer.type === 'AFFINITY_RESOLVED') expect(answer.affinity).toBe(ids[0] ?? 0)
  if (answer.type !== 'MEMBERS_RESOLVED') return
  expect(answer.members.map(({ characterId }) => characterId)).toEqual(ids)
  for (const [index, { worldId, channelId, level }] of answer.members.entries()) {
    const said = document.data[index]?.attributes
    expect([worldId, channelId]).toEqual([said?.worldId, said?.channelId])
    expect(level).toBe(said?.level === undefined || said.level === null ? undefined : uint32(said.level))
  }
}

interface Attributes {
  readonly worldId?: unknown
  readonly channelId?: unknown
  readonly level?: unknown
}

function uint32(said: unknown): number {
  const isDecimal = typeof said === 'number' || (typeof said === 'string' && /^[0-9]+$/.test(said))
  if (!isDecimal || !(Number(said) >= 0 && Number(said) < 2 ** 32))
    throw new Error(`${JSON.stringify(said)} was taken for a number`)
  return Number(said)
}

function answerCase(): fc.Arbitrary<AnswerCase> {
  const text = fc.oneof(
    {
      weight: 10,
      arbitrary: fc.array(anEdit, { maxLength: 3 }).map(edits => edits.reduce(editedText, JSON.stringify(SOUND))),
    },
    { weight: 1, arbitrary: valueText },
  )
  return fc.record({
    which: fc.nat({ max: 2 }),
    status: fc.oneof(
      { weight: 20, arbitrary: fc.constant(200) },
      { weight: 1, arbitrary: fc.constantFrom(404, 500, 503) },
    ),
    bytes: fc.tuple(text, textHarm).map(([given, harm]) => harmed(bytesOf(given), harm)),
  })
}
