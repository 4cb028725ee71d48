/**
 * What the Kafka adapter must be told, and its bounds that nobody needs to change. Reads no environment.
 */
import type { Clock, Random } from '../../clock.ts'

export interface KafkaOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly bootstrapServers: readonly string[]
  /** `REPLICA_NAME`: stable over restarts and unlike any other replica's, or two throw each other out of the group. */
  readonly clientId: string
  /** Where the other replicas' users find this one; told to the group. */
  readonly advertisedUrl: string
  /** `undefined`: no TLS. PEM texts; without `ca`, the authorities that Node ships. */
  readonly ssl?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
        readonly username: string
        readonly password: string
      }
    | undefined
  /** After how long without a heartbeat the group takes a member for dead. */
  readonly sessionTimeoutMs: number
  /** Also how long a member may take to learn of a rebalance, so the length of every one. */
  readonly heartbeatIntervalMs?: number
  /** How long a rebalance waits for members that do not rejoin. */
  readonly rebalanceTimeoutMs: number
  /** After how long the broker aborts a transaction whose owner is silent. */
  readonly transactionTimeoutMs: number
  readonly connectTimeoutMs?: number
  /** For any answer of a broker. */
  readonly requestTimeoutMs?: number
  readonly clock: Clock
  readonly random: Random
  /** For the log: what went wrong and was absorbed. Nothing is ever printed. */
  readonly onNotice: (level: 'debug' | 'warn', message: string, fields: Readonly<Record<string, unknown>>) => void
}

/** A handful of requests a second and replica, which a broker does not feel; takeovers do. */
export const HEARTBEAT_INTERVAL_MS = 100
export const CONNECT_TIMEOUT_MS = 3000
export const REQUEST_TIMEOUT_MS = 10_000
