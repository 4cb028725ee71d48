/**
 * Definition files with a little, or much, wrong with them. The reader answers each with faults that say file and
 * place, or takes it; and what it takes is played in real shards by everything that can happen to a quest, because a
 * definition that is accepted must not hurt an instance later.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LogRecord } from '../../src/contract/log-record.ts'
import { messageSchema } from '../../src/contract/message-schemas.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import type { CompiledDefinition } from '../../src/definitions/catalogue.ts'
import { readDefinitionFiles } from '../../src/definitions/loading.ts'
import { ShardHarness, TOPICS, textOf } from '../support/shard-harness.ts'
import { TENANT } from '../support/tenants.ts'
import { bytesOf, harmed, textHarm, valueText } from './awkward.ts'
import { campaign, limitMs } from './campaign.ts'
import { anEdit, editedText } from './json-edit.ts'

const SHARE = 0.1
/** One file each: line and column of what is no JSON, or a JSON path and what is wrong there. */
const FAULT = /^(line \d+, column \d+: is not JSON, expected .+|is not UTF-8, save it as UTF-8|\$\S*.*?: .+)$/s

interface FileCase {
  /** Latin1 characters. */
  readonly bytes: string
  readonly plan: readonly number[]
}

let dir = ''
const shipped: unknown[] = []
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'party-quests-fuzz-'))
  const folder = new URL('../../definitions/', import.meta.url)
  for (const name of await readdir(folder)) shipped.push(JSON.parse(await readFile(new URL(name, folder), 'utf8')))
})
afterAll(() => rm(dir, { recursive: true }))

const counted = { faulty: 0, sound: 0, refused: 0 }

test(
  'a definition file is read whole or refused with its place, and what was read can be played',
  async () => {
    const played = await campaign<FileCase, undefined>({
      share: SHARE,
      aCase: fc.record({ bytes: fileBytes(), plan: fc.array(fc.nat({ max: 999 }), { maxLength: 12 }) }),
      chunkCasesMax: 20,
      open: () => undefined,
      play: (_, cases) => playFiles(cases),
      close: async () => {},
    })
    expect(counted.sound / played, JSON.stringify(counted)).toBeGreaterThan(0.1)
    expect(counted.faulty / played, JSON.stringify(counted)).toBeGreaterThan(0.1)
  },
  limitMs(SHARE),
)

async function playFiles(cases: readonly FileCase[]): Promise<void> {
  const files = cases.map((_, index) => join(dir, `${index}.json`))
  await Promise.all(cases.map(({ bytes }, index) => writeFile(files[index] ?? '', Buffer.from(bytes, 'latin1'))))
  const { catalogue, faults } = await readDefinitionFiles(files)
  const faulty = new Set<string>()
  for (const fault of faults) {
    const file = files.find(name => fault.startsWith(`${name}: `))
    if (file === undefined) throw new Error(`a fault of no file: ${fault}`)
    if (!FAULT.test(fault.slice(file.length + 2))) throw new Error(`a fault without its place: ${fault}`)
    faulty.add(file)
  }
  const sound = catalogue.all()
  if (faulty.size + sound.length !== cases.length) {
    throw new Error(`${cases.length} files: ${faulty.size} at fault, ${sound.length} sound`)
  }
  counted.faulty += faulty.size
  counted.sound += sound.length
  if (sound.length > 0)
    await playQuests(
      sound,
      cases.flatMap(({ plan }) => plan),
    )
}

/** Between them time passes. */
const STEPS_AT_ONCE = 4
const TYPES = ['START', 'UPDATE_STAGE_STATE', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'FORFEIT'] as const

/** Everybody registers, then the plan: commands, time, and a restart in which all is restored. */
async function playQuests(definitions: readonly CompiledDefinition[], plan: readonly number[]): Promise<void> {
  const harness = await ShardHarness.start({ definitions })
  await send(
    harness,
    definitions.flatMap(({ definition: { questId } }, channelId) =>
      [1000, 1001, 1002].map(characterId => {
        return { type: 'REGISTER', characterId, body: { questId, partyId: channelId + 1, channelId } }
      }),
    ),
  )
  const ids = harness.records(TOPICS.statusEvents).flatMap(({ value }) => {
    const { type, instanceId } = JSON.parse(String(value))
    return type === 'INSTANCE_CREATED' ? [instanceId] : []
  })
  const playable = definitions.filter(({ definition }) => definition.stages.length > 0).length
  if (ids.length < playable) throw new Error(`${ids.length} instances of ${playable} quests`)
  await harness.restart()
  for (let step = 0; step < plan.length; step += STEPS_AT_ONCE) {
    const choices = plan.slice(step, step + STEPS_AT_ONCE)
    await send(
      harness,
      choices.map(choice => {
        const type = TYPES[choice % TYPES.length] ?? 'START'
        const condition = definitions[choice % definitions.length]?.definition.stages[0]?.clearConditions[0]
        const counts = { [condition?.referenceId ?? 1]: condition?.value ?? 1 }
        const more = type === 'UPDATE_STAGE_STATE' ? { itemCounts: counts, monsterKills: counts } : {}
        return { type, body: { instanceId: ids[choice % ids.length], ...more } }
      }),
    )
    await harness.clock.advance((choices[0] ?? 0) * 4_000)
  }
  const replica = await harness.restart()
  const phases = [...replica.shards.phases().values()].join()
  if (replica.fatal.length > 0 || phases !== 'running')
    throw new Error(`shards: ${phases}`, { cause: replica.fatal[0] })
  // What a stage without maps or an odd number would do shows in what readers get.
  for (const topic of [TOPICS.statusEvents, TOPICS.characterCommands]) {
    for (const { value } of harness.records(topic)) messageSchema.parse(JSON.parse(String(value)))
  }
  const codes = harness.deadLetters().map(({ headers }) => textOf(headers, 'error-code'))
  counted.refused += codes.length
  for (const letter of harness.deadLetters()) {
    if (textOf(letter.headers, 'error-code') !== 'INSTANCE_FAULT') continue
    throw new Error(`an accepted definition threw: ${textOf(letter.headers, 'error-message')}: ${letter.value}`)
  }
  await harness.stop()
}

async function send(harness: ShardHarness, commands: readonly object[]): Promise<void> {
  const headers = tenantHeaders(TENANT)
  const records: LogRecord[] = []
  for (const command of commands) records.push(await harness.publish(JSON.stringify(command), headers))
  await harness.forward(...records)
}

// -- files

function fileBytes(): fc.Arbitrary<string> {
  const rewrittenFile = fc
    .record({
      which: fc.nat({ max: 6 }),
      id: fc.uuid(),
      asDocument: fc.boolean(),
      edits: fc.array(anEdit, { maxLength: 3 }),
    })
    .map(({ which, id, asDocument, edits }) => {
      const base = Object.assign({}, shipped[which % shipped.length], { questId: id })
      const text = edits.reduce((json, one) => editedText(json, one), JSON.stringify(base))
      return bytesOf(asDocument ? `{"data":{"type":"quests","attributes":${text}}}` : text)
    })
  return fc.oneof(
    { weight: 30, arbitrary: fc.tuple(rewrittenFile, textHarm).map(([bytes, harm]) => harmed(bytes, harm)) },
    { weight: 1, arbitrary: valueText.map(bytesOf) },
    { weight: 1, arbitrary: deep },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes).toString('latin1')) },
  )
}

/** Deeper than a reader that calls itself can go; closed and left open. */
const deep = fc
  .tuple(fc.constantFrom('[', '{"a":', '{"questId":"deep_pq","properties":', '{"data":{"attributes":'), fc.boolean())
  .map(([open, isClosed]) => {
    const close = open.replaceAll(/[^{[]/g, '').replaceAll('[', ']').replaceAll('{', '}')
    return open.repeat(20_000) + (isClosed ? `1${close.repeat(20_000)}` : '')
  })
