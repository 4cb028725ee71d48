/**
 * Whole quests a second: parties of four from REGISTER to COMPLETED, 8 commands and 53 messages each (whole-quest.ts),
 * beside the bare pipeline that writes as many messages and knows of no quest. Two backlogs a run, the registrations and
 * the clears, since nobody can name an instance before it is there.
 */
import { rm } from 'node:fs/promises'
import { type KafkaCluster, startCluster } from '../scripts/kafka-broker/cluster.ts'
import { newInstanceId } from '../src/contract/shard-key.ts'
import type { Transport } from '../src/transport/port.ts'
import { type Played, play, undoubled } from './backlog.ts'
import { startBareLoops } from './bare-loops.ts'
import type { BenchOptions } from './bench-options.ts'
import { interleaved, median, type Result, type Row, rounded, spread } from './figures.ts'
import type { Fleet } from './fleet.ts'
import type { LoadClient } from './load-client.ts'
import { othersCell } from './other-load.ts'
import { countMessages, openBenchTransport, startedInstances } from './output.ts'
import { definitionDirectory } from './quest.ts'
import { startReplicas } from './replicas.ts'
import { BARE, withFleet } from './side.ts'
import {
  WHOLE_COMMANDS,
  WHOLE_MESSAGES,
  WHOLE_PARTY_SIZE,
  wholeClears,
  wholeQuestFile,
  wholeRegistrations,
} from './whole-quest.ts'

const SIDES = ['same codecs', 'party-quests'] as const
type Side = (typeof SIDES)[number]

const ROUNDS = 3
const PROCESSES = 2
const WARM_UP_QUESTS = 1500
const QUESTS = 5000
const QUESTS_LONG = 20_000
/** Of a quest in its second stage, as the service writes it. */
const STATE_BYTES = 900

interface Ground {
  readonly cluster: KafkaCluster
  readonly transport: Transport
  readonly definitionsDir: string
  readonly quests: number
}

/** Of a whole quest. */
interface Sample {
  readonly perSecond: number
  readonly micros: number
  readonly brokerMicros: number
  readonly others: number
}

export async function benchQuests({ isLong }: BenchOptions): Promise<Result> {
  const quests = isLong ? QUESTS_LONG : QUESTS
  const cluster = await startCluster({ version: '4.2.0' })
  const definitionsDir = await definitionDirectory(wholeQuestFile())
  try {
    const transport = await openBenchTransport(cluster.bootstrap)
    const ground = { cluster, transport, definitionsDir, quests }
    const samples = await interleaved(ROUNDS, SIDES, side => undoubled(() => sampleOf(ground, side)))
    await transport.close()
    return { compares: compares(quests), tables: [{ title: 'Whole quests', rows: SIDES.map(rowOf(samples)) }] }
  } finally {
    await rm(definitionsDir, { recursive: true })
    await cluster.close()
  }
}

const compares = (quests: number) =>
  `Whole quests a second: parties of ${WHOLE_PARTY_SIZE} from the first REGISTER to COMPLETED and the end, ` +
  `${WHOLE_COMMANDS} commands and ${WHOLE_MESSAGES} messages each, ${PROCESSES} processes a side on Kafka 4.2.0 (one ` +
  `node, same cores); ${quests} quests a run, ${ROUNDS} interleaved runs in new processes after ${WARM_UP_QUESTS} quests ` +
  'of warm-up. All messages are counted by a read_committed reader, and not one is missing or there twice. Same codecs ' +
  'is the bare pipeline on our wire layer: as many messages, no quest.'

async function sampleOf({ cluster, transport, definitionsDir, quests }: Ground, side: Side): Promise<Sample> {
  const { bootstrap } = cluster
  const brokers = cluster.nodes.map(({ pid }) => pid)
  const bare = { stateBytes: STATE_BYTES, partySize: WHOLE_PARTY_SIZE, count: PROCESSES }
  const start = (prefix: string) =>
    side === 'party-quests'
      ? startReplicas({ bootstrap, prefix, count: PROCESSES, definitionsDir })
      : startBareLoops({ program: BARE[side], bootstrap, prefix, ...bare })
  return await withFleet(bootstrap, start, async (fleet, client) => {
    const player = { fleet, client, brokers }
    const idsOf = (from: number, count: number) =>
      side === 'party-quests' ? bornSince(transport, fleet) : namesOf(from, count)
    await wave(player, idsOf, 0, WARM_UP_QUESTS)
    const sample = await wave(player, idsOf, WARM_UP_QUESTS, quests)
    await checkAll(transport, fleet, side, WARM_UP_QUESTS + quests)
    return sample
  })
}

interface Player {
  readonly fleet: Fleet
  readonly client: LoadClient
  readonly brokers: readonly number[]
}

type IdsOf = (firstParty: number, parties: number) => Promise<readonly string[]>

/** So many parties, born and played to the end. */
async function wave(player: Player, idsOf: IdsOf, firstParty: number, parties: number): Promise<Sample> {
  const before = firstParty * WHOLE_COMMANDS
  const registrations = wholeRegistrations(firstParty, parties)
  const born = await play(player, { commands: registrations, expected: before + registrations.length })
  const ids = await idsOf(firstParty, parties)
  if (ids.length !== parties) throw new Error(`${ids.length} of ${parties} parties started`)
  const clears = wholeClears(ids)
  const ended = await play(player, { commands: clears, expected: (firstParty + parties) * WHOLE_COMMANDS })
  return ofQuest(parties, [born, ended], [registrations.length, clears.length])
}

function ofQuest(parties: number, played: readonly Played[], commands: readonly number[]): Sample {
  const sum = (figure: (one: Played, at: number) => number) =>
    played.reduce((total, one, at) => total + figure(one, at), 0)
  const seconds = sum(one => one.seconds)
  return {
    perSecond: parties / seconds,
    micros: sum((one, at) => one.micros * (commands[at] ?? 0)) / parties,
    brokerMicros: sum((one, at) => one.brokerMicros * (commands[at] ?? 0)) / parties,
    others: sum(one => one.others * one.seconds) / seconds,
  }
}

/** The instances that started and have not completed. */
async function bornSince(transport: Transport, fleet: Fleet): Promise<readonly string[]> {
  const ended = new Set(await startedInstances(transport, fleet, 'COMPLETED'))
  return (await startedInstances(transport, fleet)).filter(id => !ended.has(id))
}

/** For a pipeline that has no instances. */
async function namesOf(firstParty: number, parties: number): Promise<readonly string[]> {
  return Array.from({ length: parties }, (_, party) => {
    const offset = firstParty + party
    return newInstanceId('bench', { topic: 'commands', partition: 0, offset, timestamp: 0 }, offset)
  })
}

/** @throws Error a message is missing, or one too many */
async function checkAll(transport: Transport, fleet: Fleet, side: Side, quests: number): Promise<void> {
  const counts = await countMessages(transport, fleet)
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const completed = counts.get('COMPLETED') ?? 0
  if (all === quests * WHOLE_MESSAGES && (side !== 'party-quests' || completed === quests)) return
  const found = JSON.stringify(Object.fromEntries(counts))
  throw new Error(
    `${fleet.prefix}: ${quests} quests of ${WHOLE_MESSAGES} messages were due, there are ${all}: ${found}`,
  )
}

function rowOf(samples: ReadonlyMap<Side, readonly Sample[]>): (side: Side) => Row {
  const of = (side: Side, figure: keyof Sample) => (samples.get(side) ?? []).map(sample => sample[figure])
  return side => ({
    side,
    ...spread(of(side, 'perSecond'), 'quests/s'),
    'messages/s': Math.round(median(of(side, 'perSecond')) * WHOLE_MESSAGES),
    '× same codecs': rounded(median(of(side, 'perSecond')) / median(of('same codecs', 'perSecond')), 2),
    'its CPU µs a quest': rounded(median(of(side, 'micros'))),
    'broker CPU µs': rounded(median(of(side, 'brokerMicros'))),
    'others, of a core': othersCell(of(side, 'others')),
  })
}
