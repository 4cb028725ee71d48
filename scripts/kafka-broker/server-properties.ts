/**
 * The settings of a KRaft node that is broker and controller in one: small, quick to elect, nothing made by itself.
 * Only values: writes no file. The same map serves a process (as a properties file) and a container (as variables).
 */

export interface Listen {
  /** Of the node in the cluster, from 1. */
  readonly nodeId: number
  /** Where clients connect, always on 127.0.0.1 as seen by them. */
  readonly clientPort: number
  readonly controllerPort: number
}

export type Properties = Readonly<Record<string, string | number | boolean>>

/** @param bindHost the address to listen on: 127.0.0.1, or 0.0.0.0 in a container whose port is published. */
export function serverProperties(node: Listen, all: readonly Listen[], bindHost: string): Properties {
  const replicas = Math.min(3, all.length)
  const inSync = replicas >= 3 ? 2 : 1
  return {
    'process.roles': 'broker,controller',
    'node.id': node.nodeId,
    'controller.quorum.voters': all.map(voter => `${voter.nodeId}@127.0.0.1:${voter.controllerPort}`).join(','),
    listeners: `PLAINTEXT://${bindHost}:${node.clientPort},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.clientPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    // Until this has passed a killed broker keeps its leaders, and cannot register again when it is back (9 s by default).
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'group.coordinator.append.linger.ms': 0,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    'num.network.threads': 2,
    'num.io.threads': 4,
  }
}

/** As the text of a `server.properties`. */
export function propertiesText(properties: Properties): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${String(value).replaceAll('\\', '\\\\')}\n`)
    .join('')
}

/** As the variables that the `apache/kafka` image turns into its properties. */
export function containerVariables(properties: Properties): readonly string[] {
  return Object.entries(properties).map(
    ([name, value]) => `KAFKA_${name.toUpperCase().replaceAll('.', '_')}=${String(value)}`,
  )
}
