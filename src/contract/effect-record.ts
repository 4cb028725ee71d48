/**
 * An effect that waits to be done, as the state record `effect/<instanceId>/<number>`, and the internal command that
 * tells its shard that it is settled. The record outlives its instance: what was decided last is done too.
 */
import { z } from 'zod'
import type { Effect } from './effects.ts'
import type { InstanceId, TenantId } from './ids.ts'
import { UINT8_MAX, UINT16_MAX } from './ids.ts'
import { LAYOUTS, type RecordLayout } from './record-layout.ts'
import { checked } from './state-record.ts'
import type { Tenant } from './tenant.ts'

export interface PendingEffect {
  /** Grows within a shard: what was decided earlier has a lower one. */
  readonly number: number
  readonly instanceId: InstanceId
  readonly tenant: Tenant
  /** uint8 */
  readonly worldId: number
  /** uint8 */
  readonly channelId: number
  readonly effect: Effect
  /** Of the span of the operation that decided it; with it, a number that was given twice is still no mix-up. */
  readonly traceparent: string
}

/** `<instanceId>/<number>`: the record's key behind its kind. */
export function effectName({ instanceId, number }: Pick<PendingEffect, 'instanceId' | 'number'>): string {
  return `${instanceId}/${number}`
}

export const effectRecordKey = (name: string): Buffer => Buffer.from(`effect/${name}`)

export function encodePendingEffect(pending: PendingEffect): Buffer {
  const { number, instanceId, tenant, worldId, channelId, effect, traceparent } = pending
  const { id, region, majorVersion, minorVersion } = tenant
  return Buffer.from(
    JSON.stringify({
      version: LAYOUTS.effect.written,
      number,
      instanceId,
      tenant: { id, region, majorVersion, minorVersion },
      worldId,
      channelId,
      effect,
      traceparent,
    }),
  )
}

const uint8 = z.int().min(0).max(UINT8_MAX)
const uint16 = z.int().min(0).max(UINT16_MAX)
const storedEffect = z.object({
  number: z.int().min(1),
  instanceId: z.string().transform(id => id as InstanceId),
  tenant: z.object({
    id: z.string().transform(id => id as TenantId),
    region: z.string(),
    majorVersion: uint16,
    minorVersion: uint16,
  }),
  worldId: uint8,
  channelId: uint8,
  effect: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('destroyMonsters'), mapId: z.int() }),
    z.object({
      kind: z.literal('spawnMonster'),
      mapId: z.int(),
      monsterId: z.int(),
      x: z.int(),
      y: z.int(),
      fh: z.int(),
    }),
  ]),
  traceparent: z.string(),
})

/**
 * `layout`: of another release, for tests.
 * @throws UnrestorableError
 */
export function decodePendingEffect(value: Buffer, layout: RecordLayout = LAYOUTS.effect): PendingEffect {
  return checked(storedEffect, value, layout)
}

/** Done or given up, either way it waits no more. */
export interface EffectSettled {
  /** `effectName` of the effect. */
  readonly effect: string
  /** Its own: an older effect of that name is not this one. */
  readonly traceparent: string
}

const settled = z.object({ effect: z.string(), traceparent: z.string() })

/** `undefined` for an internal command that is none. */
export function readEffectSettled(payload: unknown): EffectSettled | undefined {
  return settled.safeParse(payload).data
}
