/**
 * `npm run kafka`: a real single-node Kafka on 127.0.0.1 for trying things, with the public topics made, and with
 * those of the services beside ours. In a container where a Docker engine answers, else by Java and Maven. Its data
 * goes when it stops; never for production.
 */

import { startCluster } from './kafka-broker/cluster.ts'
import { makeTopics } from './kafka-broker/cluster-admin.ts'
import { dockerAnswers, startDockerBroker } from './kafka-broker/docker-broker.ts'
import { isFree } from './kafka-broker/free-ports.ts'
import { DEFAULT_KAFKA_VERSION, jarsAreHere } from './kafka-broker/jars.ts'
import { ToolMissingError } from './kafka-broker/java.ts'

const DEFAULT_PORT = 9092
const PUBLIC_PARTITIONS = 12
const DEAD_LETTERS = 'DEAD_LETTER_TOPIC_PARTY_QUEST'
/** Twice Kafka's default: a refused command of any size fits, with the headers that say why. */
const DEAD_LETTER_BYTES_MAX = '2097176'
const PUBLIC_TOPIC_VARIABLES = [
  'COMMAND_TOPIC_PARTY_QUEST',
  'EVENT_TOPIC_PARTY_QUEST_STATUS',
  'COMMAND_TOPIC_CHARACTER',
  DEAD_LETTERS,
]
/** Of the services beside it; `-` where theirs is not wanted, as for the service. */
const NEIGHBOUR_TOPIC_VARIABLES = [
  'COMMAND_TOPIC_REACTOR',
  'COMMAND_TOPIC_SYSTEM_MESSAGE',
  'COMMAND_TOPIC_MAP',
  'EVENT_TOPIC_CHARACTER_STATUS',
  'EVENT_TOPIC_MONSTER_STATUS',
]
/** As everywhere in the service: wrong usage or configuration. */
const EXIT_USAGE = 2

/** What the one who typed the command can mend. One line. */
class UsageError extends Error {}

async function main(): Promise<void> {
  const stopped = untilInterrupted()
  const port = portFrom(process.env.KAFKA_PORT)
  if (!(await isFree(port)))
    throw new UsageError(`127.0.0.1:${port} is taken: stop what listens there, or choose another port by KAFKA_PORT`)
  const broker = await Promise.race([start(port), stopped])
  if (broker === undefined) return // the watchdog ends what was begun
  const variables = [
    ...PUBLIC_TOPIC_VARIABLES,
    ...NEIGHBOUR_TOPIC_VARIABLES.filter(variable => process.env[variable] !== '-'),
  ]
  try {
    await makeTopics(
      broker.bootstrap,
      variables.map(variable => ({
        topic: nameOf(variable),
        partitions: PUBLIC_PARTITIONS,
        ...(variable === DEAD_LETTERS && { config: { 'max.message.bytes': DEAD_LETTER_BYTES_MAX } }),
      })),
    )
    say(`Kafka ${broker.version} answers on ${broker.bootstrap}, with ${PUBLIC_PARTITIONS} partitions each of:`)
    for (const variable of variables) say(`  ${nameOf(variable)}`)
    say('')
    say('In another terminal:')
    say(`  BOOTSTRAP_SERVERS=${broker.bootstrap} npm start`)
    say(`  BOOTSTRAP_SERVERS=${broker.bootstrap} npx party-quests tail`)
    say(`  BOOTSTRAP_SERVERS=${broker.bootstrap} npx party-quests send --help`)
    say('')
    say('Ctrl-C stops it and removes its data.')
    await stopped
    say('Stopping.')
  } finally {
    await broker.close()
  }
}

/** As the service finds it. */
function nameOf(variable: string): string {
  return process.env[variable] || variable
}

async function start(port: number) {
  if (await dockerAnswers()) {
    say(`Starting Kafka ${DEFAULT_KAFKA_VERSION} in Docker (the image apache/kafka).`)
    return startDockerBroker({ port })
  }
  const fetching = jarsAreHere(DEFAULT_KAFKA_VERSION) ? '' : ', and fetching its jars with Maven first (43 MB, once)'
  say(`No Docker engine answers: starting Kafka ${DEFAULT_KAFKA_VERSION} with Java${fetching}.`)
  return startCluster({ port })
}

function portFrom(value: string | undefined): number {
  if (value === undefined || value === '') return DEFAULT_PORT
  const port = Number(value)
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535)
    throw new UsageError(`KAFKA_PORT is "${value}": it must be a port from 1 to 65535`)
  return port
}

/** Keeps the process alive until then; a second signal ends it at once, and the watchdog cleans up. */
function untilInterrupted(): Promise<undefined> {
  return new Promise(resolve => {
    const alive = setInterval(() => {}, 1 << 30)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => {
        clearInterval(alive)
        resolve(undefined)
      })
  })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

try {
  await main()
  process.exit(0)
} catch (error) {
  const mendable = error instanceof UsageError || error instanceof ToolMissingError
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(mendable ? EXIT_USAGE : 1)
}
