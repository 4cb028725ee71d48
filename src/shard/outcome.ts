/** What one operation comes to, before anything of it is kept: a value that can be forgotten. */
import type { Instance } from '../actor/instance.ts'
import type { Effect } from '../contract/effects.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { Lookup } from '../contract/lookup.ts'
import type { InstanceIdentity, Message } from '../contract/messages.ts'
import type { Refusal } from '../contract/refusal.ts'
import type { ClaimReader } from './claims.ts'

export type Outcome =
  | {
      readonly kind: 'changed'
      readonly identity: InstanceIdentity
      readonly before: Instance | undefined
      /** `undefined`: the instance is destroyed. */
      readonly after: Instance | undefined
      readonly messages: readonly Message[]
      /** To be done after the commit, in this order. */
      readonly effects: readonly Effect[]
    }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'waits'; readonly lookup: Lookup }

/** The instances as the operations before this one left them. */
export interface InstanceView {
  readonly claims: ClaimReader
  instance(id: InstanceId): Instance | undefined
}

/** When and under which span an operation runs. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly now: number
  readonly traceparent: string
}
