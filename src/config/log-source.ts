/**
 * Which log the service runs on, and how it gets there: bootstrap servers, TLS, SASL. Reads certificate, key and
 * password files; connects to nothing.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Environment } from './environment.ts'
import * as variable from './variable.ts'

export type LogConfig = { readonly kind: 'embedded' } | KafkaConfig

export interface KafkaConfig {
  readonly kind: 'kafka'
  readonly bootstrapServers: readonly string[]
  /** `undefined`: no TLS. */
  readonly ssl?: SslConfig | undefined
  readonly sasl?: SaslConfig | undefined
}

/** The contents of the PEM files. Without `ca`, the authorities that Node ships are trusted. */
export interface SslConfig {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface SaslConfig {
  readonly mechanism: (typeof SASL_MECHANISMS)[number]
  readonly username: string
  readonly password: string
}

const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

/** Security settings are checked without BOOTSTRAP_SERVERS too: a slip in them shows before the day it matters. */
export function readLog(environment: Environment): LogConfig {
  const bootstrapServers = environment.optional('BOOTSTRAP_SERVERS', variable.servers)
  const ssl = readSsl(environment)
  const sasl = readSasl(environment)
  return bootstrapServers === undefined ? { kind: 'embedded' } : { kind: 'kafka', bootstrapServers, ssl, sasl }
}

function readSsl(environment: Environment): SslConfig | undefined {
  const enabled = environment.read('KAFKA_SSL', variable.flag, false)
  const files = ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'] as const
  const [ca, cert, key] = files.map(name => readPem(environment, name))
  if (!environment.sound('KAFKA_SSL', ...files)) return undefined
  if (!enabled) {
    const named = files.filter(name => environment.text(name) !== undefined)
    if (named.length > 0) environment.fault('KAFKA_SSL', `must be true where ${named.join(' or ')} is set`)
    return undefined
  }
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'KAFKA_SSL_CERT' : 'KAFKA_SSL_KEY'
    environment.fault(missing, 'must be set: a client certificate and its key go together')
    return undefined
  }
  const ssl: SslConfig = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
  const fault = tlsFault(ssl)
  if (fault !== undefined) environment.fault(key === undefined ? 'KAFKA_SSL_CA' : 'KAFKA_SSL_KEY', fault)
  return ssl
}

/** Better told at start than as a handshake that fails for ever. OpenSSL alone lets a key of another kind pass. */
function tlsFault({ ca, cert, key }: SslConfig): string | undefined {
  const cure = 'give a certificate and its own key, unencrypted, as PEM'
  try {
    createSecureContext({ ca, cert, key })
    if (cert === undefined || key === undefined) return undefined
    const own = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
    return own ? undefined : `is not the key of KAFKA_SSL_CERT: ${cure}`
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return `TLS does not take it (${code}): ${cure}`
  }
}

function readPem(environment: Environment, name: string): string | undefined {
  const content = environment.file(name)
  // Node passes over an authority that is no PEM, and then trusts its own list instead: the wrong one.
  if (content === undefined || content.includes('-----BEGIN ')) return content
  environment.fault(name, 'the file holds no PEM block (-----BEGIN …): convert it to PEM')
  return undefined
}

function readSasl(environment: Environment): SaslConfig | undefined {
  const mechanism = environment.optional('KAFKA_SASL_MECHANISM', variable.oneOf(...SASL_MECHANISMS))
  const username = environment.secret('KAFKA_SASL_USERNAME')
  const password = environment.secret('KAFKA_SASL_PASSWORD')
  if (!environment.sound('KAFKA_SASL_MECHANISM')) return undefined
  if (mechanism === undefined) {
    if (username === undefined && password === undefined) return undefined
    const allowed = SASL_MECHANISMS.join(', ')
    environment.fault('KAFKA_SASL_MECHANISM', `must be one of ${allowed} where a user name or password is set`)
    return undefined
  }
  for (const [name, value] of [
    ['KAFKA_SASL_USERNAME', username],
    ['KAFKA_SASL_PASSWORD', password],
  ] as const) {
    if (value !== undefined || !environment.sound(`${name}_FILE`)) continue
    environment.fault(name, `must be set, or ${name}_FILE, where KAFKA_SASL_MECHANISM is`)
  }
  return username === undefined || password === undefined ? undefined : { mechanism, username, password }
}
