/**
 * Stands between clients and one broker on 127.0.0.1, and does to single requests what networks do: hands them over
 * late, loses their answers, tears them in the middle. Brokers name themselves in their answers; they are made to name
 * the proxy, so that every connection comes through it. Knows frames, correlation ids and kinds of request, no more.
 */
import { once } from 'node:events'
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net'

const HOST = '127.0.0.1'

/** What happens to a request. `hold`: the broker gets it when `release` says so, even if its client is gone by then. */
export type Fate = 'pass' | 'hold' | 'lose-answer' | 'tear'

/** Kinds of request by their numbers in Kafka's protocol. */
export const API = {
  produce: 0,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const

export interface HeldRequest {
  readonly api: number
  /** Hands it over; resolves when the broker has answered, or has closed the connection. */
  release(): Promise<void>
}

export class KafkaProxy {
  /** Asked for each request, in order. */
  fateOf: (api: number) => Fate = () => 'pass'
  readonly held: HeldRequest[] = []
  readonly #server: Server
  readonly #brokerPort: number
  readonly #links = new Set<Link>()

  private constructor(server: Server, brokerPort: number) {
    this.#server = server
    this.#brokerPort = brokerPort
    server.on('connection', client => this.#links.add(new Link(client, this, brokerPort)))
  }

  /** @param broker `127.0.0.1:port` */
  static async before(broker: string): Promise<KafkaProxy> {
    const server = createServer()
    server.listen(0, HOST)
    await once(server, 'listening')
    return new KafkaProxy(server, Number(broker.split(':')[1]))
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return address.port
  }

  /** `host:port`, as bootstrap servers take it. */
  get address(): string {
    return `${HOST}:${this.port}`
  }

  /** The broker's own name for itself, made the proxy's: names are followed by ports wherever brokers are told of. */
  renamed(answer: Buffer): Buffer {
    const [theirs, ours] = [nameOf(this.#brokerPort), nameOf(this.port)]
    for (let at = answer.indexOf(theirs); at >= 0; at = answer.indexOf(theirs, at + 1)) ours.copy(answer, at)
    return answer
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.end()
    this.#server.close()
  }
}

function nameOf(port: number): Buffer {
  const bytes = Buffer.alloc(HOST.length + 4, HOST)
  bytes.writeInt32BE(port, HOST.length)
  return bytes
}

/** One connection of a client and its other half to the broker, which may outlive it. */
class Link {
  readonly #client: Socket
  readonly #broker: Socket
  readonly #proxy: KafkaProxy
  readonly #unanswered = new Map<number, () => void>()
  readonly #lost = new Set<number>()
  /** Behind a request that is held, nothing passes: a connection keeps its order. */
  #isHeld = false

  constructor(client: Socket, proxy: KafkaProxy, brokerPort: number) {
    this.#client = client
    this.#proxy = proxy
    this.#broker = connectTo({ host: HOST, port: brokerPort })
    for (const socket of [client, this.#broker]) socket.on('error', () => {})
    client.on(
      'data',
      framesTo(frame => this.#asked(frame)),
    )
    this.#broker.on(
      'data',
      framesTo(frame => this.#answered(frame)),
    )
    client.on('close', () => {
      if (!this.#isHeld && this.#lost.size === 0) this.#broker.end()
    })
    this.#broker.on('close', () => {
      client.destroy()
      for (const answered of this.#unanswered.values()) answered()
    })
  }

  end(): void {
    this.#client.destroy()
    this.#broker.destroy()
  }

  #asked(frame: Buffer): void {
    const api = frame.readInt16BE(4)
    const correlationId = frame.readInt32BE(8)
    const fate = this.#isHeld ? 'hold' : this.#proxy.fateOf(api)
    if (fate === 'tear') {
      this.#broker.end(frame.subarray(0, Math.floor(frame.length / 2)))
      this.#client.destroy()
    } else if (fate === 'hold') {
      this.#isHeld = true
      this.#proxy.held.push({ api, release: () => this.#release(frame, correlationId) })
    } else {
      if (fate === 'lose-answer') this.#lost.add(correlationId)
      this.#broker.write(frame)
    }
  }

  #answered(frame: Buffer): void {
    const correlationId = frame.readInt32BE(4)
    if (!this.#lost.has(correlationId)) this.#client.write(this.#proxy.renamed(frame))
    this.#unanswered.get(correlationId)?.()
  }

  async #release(frame: Buffer, correlationId: number): Promise<void> {
    if (this.#broker.destroyed) return
    const answered = new Promise<void>(resolve => this.#unanswered.set(correlationId, resolve))
    this.#isHeld = false
    this.#broker.write(frame)
    await answered
    if (this.#client.destroyed) this.#broker.end()
  }
}

/** Cuts a stream into frames, each with its four bytes of size. */
function framesTo(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return chunk => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      onFrame(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  }
}
