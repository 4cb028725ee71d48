/**
 * A client of the cluster: one connection a broker, who leads and who coordinates what. kafkajs's own Cluster does the
 * same, but retries on its own account, fails for all topics when one is missing, and waits for dead brokers when it
 * ends. Here nothing is retried, and a connection that was in any trouble is replaced.
 */
import { partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { TransportUnavailableError } from '../../errors.ts'
import { BrokerNode } from './broker-node.ts'
import {
  type ClusterMetadata,
  type CoordinatorKind,
  findCoordinatorRequest,
  metadataRequest,
  type TopicMetadata,
} from './cluster-requests.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { CODE, check, ProtocolError } from './protocol.ts'

/** A broker that stands still takes connections but never answers: ask the next one after this. */
const METADATA_TIMEOUT_MS = 3000

interface Link {
  readonly node: BrokerNode
  readonly connected: Promise<BrokerNode>
}

export class Connections {
  readonly #options: KafkaOptions
  readonly #clientId: string
  readonly #onClose: () => void
  readonly #links = new Map<string, Link>()
  readonly #retired = new Map<string, BrokerNode>()
  readonly #topics = new Set<string>()
  readonly #forgotten = new Set<string>()
  readonly #coordinators = new Map<string, string>()
  /** Addresses that failed when last tried: asked last. */
  readonly #suspects = new Set<string>()
  /** Addresses lost since the metadata came: somebody else may lead by now. */
  readonly #lost = new Set<string>()
  #metadata: ClusterMetadata | undefined
  #refreshing: Promise<ClusterMetadata> | undefined
  #closed = false

  constructor(options: KafkaOptions, clientId: string, onClose: () => void = () => undefined) {
    this.#options = options
    this.#clientId = clientId
    this.#onClose = onClose
  }

  /** Asks for all that is known anew. @throws of the last broker asked, where none answers. */
  refresh(): Promise<ClusterMetadata> {
    this.#refreshing ??= this.#askForMetadata().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** Has every refresh from now on ask for this topic as well. */
  want(topic: string): void {
    this.#topics.add(topic)
  }

  /** What is believed of this topic's leaders was wrong: the next who needs them asks. */
  forget(topic: string): void {
    this.#forgotten.add(topic)
  }

  /** The node that leads, without asking; `undefined` where that is not known for certain. */
  knownLeader({ topic, partition }: TopicPartition): number | undefined {
    if (this.#forgotten.has(topic)) return undefined
    const leader = this.#metadata?.topics.get(topic)?.leaders.get(partition)
    const address = leader === undefined ? undefined : this.#metadata?.addresses.get(leader) // none for -1
    return address === undefined || this.#lost.has(address) ? undefined : leader
  }

  /** @throws ProtocolError the partition or its leader is not there. */
  async leader(partition: TopicPartition): Promise<number> {
    const known = this.knownLeader(partition)
    if (known !== undefined) return known
    const leader = (await this.topic(partition.topic, true)).leaders.get(partition.partition)
    if (leader !== undefined && leader !== -1) return leader
    this.forget(partition.topic)
    const code = leader === undefined ? CODE.unknownTopic : CODE.leaderNotAvailable
    throw new ProtocolError(code, partitionName(partition), partition.topic)
  }

  /** @throws ProtocolError the topic is not there. */
  async topic(name: string, anew = false): Promise<TopicMetadata> {
    this.want(name)
    const usable = !anew && !this.#forgotten.has(name)
    let found = usable ? this.#metadata?.topics.get(name) : undefined
    found ??= (await this.refresh()).topics.get(name)
    // A refresh that was on its way already may not have asked for this topic.
    found ??= (await this.refresh()).topics.get(name)
    const topic = found ?? { code: CODE.unknownTopic, id: '', leaders: new Map(), replicationFactor: 0 }
    if (topic.code !== 0) this.forget(name)
    check(topic.code, `topic ${name}`, name)
    return topic
  }

  async node(id: number): Promise<BrokerNode> {
    const address = this.#metadata?.addresses.get(id) ?? (await this.refresh()).addresses.get(id)
    if (address === undefined) throw new ProtocolError(CODE.leaderNotAvailable, `broker ${id}`)
    return this.#connect(address)
  }

  async controller(): Promise<BrokerNode> {
    return this.node((await this.refresh()).controllerId)
  }

  async coordinator(kind: CoordinatorKind, key: string): Promise<BrokerNode> {
    const name = `${kind} ${key}`
    let address = this.#coordinators.get(name)
    if (address === undefined) {
      const asked = await this.#anyNode()
      address = await asked.send(findCoordinatorRequest(kind, key))
      this.#coordinators.set(name, address)
    }
    try {
      return await this.#connect(address)
    } catch (error) {
      this.#coordinators.delete(name)
      throw error
    }
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind} ${key}`)
  }

  /** Ends all connections at once; what waits for an answer fails. */
  close(): void {
    this.#closed = true
    for (const { node } of this.#links.values()) node.end('closed')
    for (const node of this.#retired.values()) node.end('closed')
    this.#links.clear()
    this.#onClose()
  }

  async #anyNode(): Promise<BrokerNode> {
    const open = this.#openNode()
    if (open) return open
    await this.refresh()
    const opened = this.#openNode()
    if (opened) return opened
    throw new TransportUnavailableError('a connection to Kafka was lost as soon as it was open')
  }

  #openNode(): BrokerNode | undefined {
    for (const { node } of this.#links.values()) if (node.isOpen()) return node
    return undefined
  }

  async #askForMetadata(): Promise<ClusterMetadata> {
    let failure: unknown
    for (const address of this.#candidates()) {
      try {
        const node = await this.#connect(address)
        const metadata = await node.sendWithin(METADATA_TIMEOUT_MS, metadataRequest([...this.#topics]))
        this.#metadata = metadata
        this.#lost.clear()
        this.#forgotten.clear()
        return metadata
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  /** Whom to ask: open connections first, those who failed last; else in another order for each client. */
  #candidates(): readonly string[] {
    const known = [...(this.#metadata?.addresses.values() ?? []), ...this.#options.bootstrapServers]
    const open = [...this.#links].filter(([, { node }]) => node.isOpen()).map(([address]) => address)
    const others = known
      .map(address => ({ address, rank: this.#options.random.fraction() + (this.#suspects.has(address) ? 1 : 0) }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ address }) => address)
    return [...new Set([...open, ...others])]
  }

  #connect(address: string): Promise<BrokerNode> {
    const known = this.#links.get(address)
    if (known && !known.node.isSpent() && !known.node.isExpiring()) return known.connected
    if (known) this.#replace(address, known.node)
    if (this.#closed) {
      return Promise.reject(new TransportUnavailableError(`the client ${this.#clientId} of Kafka is closed`))
    }
    const node = new BrokerNode(address, this.#clientId, this.#options, () => this.#ended(address, node))
    const connected = node.connect().then(() => {
      this.#suspects.delete(address)
      return node
    })
    this.#links.set(address, { node, connected })
    return connected
  }

  /** Whoever holds a connection whose log-in is about to end may use it until the one after it is replaced as well. */
  #replace(address: string, node: BrokerNode): void {
    if (node.isSpent()) {
      node.end('closed by the broker')
      return
    }
    this.#links.delete(address)
    this.#retired.get(address)?.end('replaced')
    this.#retired.set(address, node)
  }

  #ended(address: string, node: BrokerNode): void {
    // Of one that was replaced, another has the place.
    if (this.#links.get(address)?.node !== node) return
    this.#links.delete(address)
    this.#suspects.add(address)
    this.#lost.add(address)
    for (const [name, at] of this.#coordinators) if (at === address) this.#coordinators.delete(name)
  }
}
