/**
 * Promise: every quest that ships can be played to its end on a real Kafka, of each version that we name, and what
 * comes out is, byte for byte and in order, what messages.md and behaviour.md say.
 */
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { CommandValue } from '../../src/cli/command-value.ts'
import { beginPlaying, nextCommands, type PartyPlan, type PlayerState, partySizeFor } from '../../src/cli/player.ts'
import type { QuestDefinition } from '../../src/contract/definition.ts'
import { statusEventSchema } from '../../src/contract/message-schemas.ts'
import { compileDefinition } from '../../src/definitions/catalogue.ts'
import { describeWithEachKafka } from '../support/brokers.ts'
import { differences } from '../support/judgement.ts'
import { type OracleQuest, recompute } from '../support/oracle.ts'
import { commandRecord } from '../support/quest-client.ts'
import { TENANT } from '../support/tenants.ts'
import { type Installation, installations, PARTITIONS } from './installation.ts'

const DEFINITIONS = fileURLToPath(new URL('../../definitions/', import.meta.url))
const PLAY_LIMIT_MS = 60_000

describeWithEachKafka('all shipped quests', kafka => {
  const install = installations()

  it.each([
    { advance: 'command', where: 'as they stand' },
    { advance: 'automatic', where: "in the original's place (ADVANCE=automatic)" },
  ] as const)(
    'are played to COMPLETED $where, and each message is the one that must come, at its place',
    async ({ advance }) => {
      const quests = (await shippedQuests()).map(quest => ({ ...quest, advance: quest.advance ?? advance }))
      const installation = await install({
        bootstrap: kafka.bootstrap,
        prefix: `${kafka.topicPrefix()}-whole-${advance}`,
        env: { ADVANCE: advance },
      })
      await (await installation.start('solo')).untilReady()

      const parties = quests.map((raw, index) => new Party(raw, index))
      await playToTheEnd(parties, installation)
      await installation.client.untilIdle()

      const observed = await installation.client.read()
      const expected = recompute(observed.commands, { quests, clusterId: installation.client.clusterId })
      expect(differences(expected, observed)).toEqual([])
      expect(parties.map(({ state }) => [state.phase, state.won])).toEqual(quests.map(() => ['over', true]))
      expect(expected.deadLetters).toEqual([])
      const completed = observed.status.filter(({ value }) => String(value).includes('"type":"COMPLETED"'))
      expect(completed).toHaveLength(7)
    },
    PLAY_LIMIT_MS,
  )
})

/** As the files hold them. */
async function shippedQuests(): Promise<readonly OracleQuest[]> {
  const files = (await readdir(DEFINITIONS)).filter(name => name.endsWith('.json')).sort()
  const texts = await Promise.all(files.map(file => readFile(`${DEFINITIONS}/${file}`, 'utf8')))
  return texts.map(text => {
    const file = JSON.parse(text)
    return file.data?.attributes ?? file
  })
}

/** A party in a channel and a partition of its own. */
class Party {
  readonly definition: QuestDefinition
  readonly partition: number
  state: PlayerState
  /** Commands to be sent next. */
  commands: readonly CommandValue[]
  /** Status events that it has heard. */
  #heard = 0

  constructor(raw: OracleQuest, index: number) {
    this.definition = compileDefinition(raw).definition
    this.partition = index % PARTITIONS
    const size = partySizeFor(this.definition)
    if (size === undefined) throw new Error(`${raw.questId}: no party is of the right size`)
    const plan: PartyPlan = {
      ...{ worldId: 0, channelId: index, partyId: 80 + index, advance: 'command', updatesPerStageMax: 3 },
      characters: Array.from({ length: size }, (_, member) => 1000 + 100 * index + member),
    }
    const { state, commands } = beginPlaying(this.definition, plan)
    this.state = state
    this.commands = commands
  }

  /** @param values every status event of the topic, an instance's in order; more at each call. */
  hear(values: readonly unknown[]): void {
    const known = values.map(value => statusEventSchema.parse(value))
    const own = known.filter(event => event.questId === this.definition.questId)
    const commands: CommandValue[] = []
    for (const event of own.slice(this.#heard)) {
      const move = nextCommands(this.definition, this.state, event)
      this.state = move.state
      commands.push(...move.commands)
    }
    this.#heard = own.length
    this.commands = commands
  }
}

async function playToTheEnd(parties: readonly Party[], { client }: Installation): Promise<void> {
  const deadline = performance.now() + PLAY_LIMIT_MS - 10_000
  while (parties.some(({ state }) => state.phase !== 'over')) {
    if (performance.now() > deadline) {
      const stuck = parties.filter(({ state }) => state.phase !== 'over').map(({ definition }) => definition.questId)
      throw new Error(`not played to the end in time: ${stuck.join(', ')}`)
    }
    const records = parties.flatMap(({ commands, partition }) =>
      commands.map(command => commandRecord(command, TENANT, partition)),
    )
    if (records.length > 0) await client.send(records)
    const values = (await client.readStatus()).map(({ value }): unknown => JSON.parse(String(value)))
    for (const party of parties) party.hear(values)
  }
}
