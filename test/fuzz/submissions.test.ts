/**
 * Bodies of `POST /api/commands`, from almost right to not at all. Each is taken whole, with just its records on the
 * command topic, or refused with words and nothing written; none is the service's own failure.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { details, httpScene, TOPICS } from '../http/http-scene.ts'
import { bytesOf, harmed, textHarm, valueText } from './awkward.ts'
import { campaign, limitMs } from './campaign.ts'
import { anEdit, editedText } from './json-edit.ts'

const SHARE = 0.1
const TENANT = { id: '083839c6-c47c-42a6-9585-76492795d123', region: 'GMS', majorVersion: 83, minorVersion: 1 }
const COMMAND = { worldId: 0, characterId: 1, type: 'REGISTER', body: { questId: 'mill_pq', partyId: 1, channelId: 1 } }
const SOUND = JSON.stringify({
  records: [
    { value: COMMAND, tenant: TENANT, headers: { traceparent: '00-1' }, key: 'k' },
    { value: JSON.stringify(COMMAND), tenant: TENANT },
  ],
})
const REFUSALS = [400, 413]

type Scene = Awaited<ReturnType<typeof httpScene>>

const ends = { taken: 0, refused: 0 }

test(
  'a body is taken whole or refused in words, whatever it is',
  async () => {
    const played = await campaign<string, Scene>({
      share: SHARE,
      aCase: bodyBytes(),
      chunkCasesMax: 50,
      open: () => httpScene(),
      play: async (scene, bodies) => {
        for (const body of bodies) await post(scene, body)
      },
      close: async ({ app }) => app.close(),
    })
    expect(ends.taken / played).toBeGreaterThan(0.1)
    expect(ends.refused / played).toBeGreaterThan(0.1)
  },
  limitMs(SHARE),
)

async function post({ app, log }: Scene, body: string): Promise<void> {
  const before = ended(log)
  const headers = { 'content-type': 'application/json' }
  const answer = await app.request('/api/commands', { method: 'POST', headers, body: Buffer.from(body, 'latin1') })
  const written = ended(log) - before
  if (answer.status === 202) {
    ends.taken += 1
    expect(await answer.json()).toEqual({ accepted: written })
    // As HTTP reads a body: without the byte order mark.
    const { records } = JSON.parse(new TextDecoder().decode(Buffer.from(body, 'latin1')))
    const values = records.map(({ value }: { value: unknown }) =>
      typeof value === 'string' ? value : JSON.stringify(value),
    )
    // One record is in each partition, and keys spread them: their order over all is not told.
    expect(log.partitions(TOPICS.commands).flatMap(valuesOf).sort()).toEqual(values.map(wellFormed).sort())
  } else {
    ends.refused += 1
    if (!REFUSALS.includes(answer.status) || written > 0)
      throw new Error(`${answer.status}, ${written} records written`)
    expect((await details(answer)).join('')).not.toBe('')
  }
  for (const partition of log.partitions(TOPICS.commands)) partition.deleteBefore(partition.end)
}

function valuesOf(partition: ReturnType<Scene['log']['partition']>): readonly string[] {
  return partition.read(partition.earliest, Number.POSITIVE_INFINITY).records.map(({ value }) => String(value))
}

/** As UTF-8 keeps it. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

function ended(log: Scene['log']): number {
  return log.partitions(TOPICS.commands).reduce((sum, { end }) => sum + end, 0)
}

function bodyBytes(): fc.Arbitrary<string> {
  const text = fc.oneof(
    { weight: 10, arbitrary: fc.array(anEdit, { maxLength: 3 }).map(edits => edits.reduce(editedText, SOUND)) },
    { weight: 1, arbitrary: valueText },
  )
  return fc.tuple(text, textHarm).map(([given, harm]) => harmed(bytesOf(given), harm))
}
