/**
 * What the routes of `/api` are given by whoever wires them, and which of the two views a request is for. Types and
 * one question; no route.
 */
import type { Context } from 'hono'
import type { RuleSettings } from '../../machines/context.ts'
import type { Clock } from '../clock.ts'
import type { Catalogue } from '../definitions/catalogue.ts'
import type { DefinitionFilesReading } from '../definitions/loading.ts'
import type { Log } from '../log.ts'
import type { Transport } from '../transport/port.ts'
import type { Replica } from './documents.ts'
import { LOCAL_ONLY, REPLICA_HEADER } from './replica-header.ts'
import type { View } from './view.ts'

export interface ApiOptions {
  /** Of all replicas. */
  readonly view: View
  /** Of this replica's shards: for the other replicas, which ask each of us for its own. */
  readonly localView: View
  readonly catalogue: Catalogue
  /** The files of the catalogue as they are now: it may be older. */
  readonly definitionFiles: () => Promise<DefinitionFilesReading>
  /** What a new instance would play by; findings depend on it. */
  readonly rules: RuleSettings
  readonly transport: Pick<Transport, 'admin' | 'openReader' | 'durable'>
  /** The topic. */
  readonly deadLetters: string
  readonly replica: Replica
  /** Of the package. */
  readonly version: string
  /** `CONSOLE_WRITES` */
  readonly writes: boolean
  readonly clock: Clock
  readonly log: Log
  /** Ends every stream at once. */
  readonly closing: AbortSignal
}

/** Another replica asks for what is ours alone: nobody else is to be asked. */
export function isLocal(context: Context): boolean {
  return context.req.header(REPLICA_HEADER) === LOCAL_ONLY
}

export function viewFor(context: Context, { view, localView }: Pick<ApiOptions, 'view' | 'localView'>): View {
  return isLocal(context) ? localView : view
}
