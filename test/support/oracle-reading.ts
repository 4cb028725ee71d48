/**
 * How the oracle reads a command: the plain reading of messages.md, by JSON.parse and a range for each field. It takes
 * field names only as they are written there; tests that send others expect by themselves.
 */
import type { JavaHeaders } from './kafka/independent-client.ts'

interface Addressed {
  readonly worldId: number
  readonly characterId: number
}

export type ReadCommand =
  | (Addressed & {
      readonly type: 'REGISTER'
      readonly questId: string
      readonly partyId: number
      readonly channelId: number
      readonly mapId: number
    })
  | (Addressed & {
      readonly type: 'START' | 'STAGE_CLEAR_ATTEMPT' | 'STAGE_ADVANCE' | 'FORFEIT' | 'ENTER_BONUS'
      readonly instanceId: string
    })
  | (Addressed & { readonly type: 'LEAVE' })
  | (Addressed & {
      readonly type: 'UPDATE_CUSTOM_DATA'
      readonly instanceId: string
      readonly updates: ReadonlyMap<string, string>
      readonly increments: readonly string[]
    })
  | (Addressed & {
      readonly type: 'BROADCAST_MESSAGE'
      readonly instanceId: string
      readonly messageType: string
      readonly message: string
    })
  | (Addressed & {
      readonly type: 'UPDATE_STAGE_STATE'
      readonly instanceId: string
      /** By `item/<id>` and `kill/<id>`. */
      readonly counts: ReadonlyMap<string, number>
    })

type Json = Record<string, unknown>

class MalformedError extends Error {}

export function readCommand(value: Buffer | null): ReadCommand | 'foreign' | 'malformed' {
  try {
    const outer = object(JSON.parse(String(value)))
    const { type } = outer
    if (typeof type !== 'string' || type === '') return 'malformed'
    const body = () => object(outer.body ?? {})
    const addressed = () => ({ worldId: uint(outer.worldId, 8), characterId: uint(outer.characterId, 32) })
    switch (type) {
      case 'REGISTER':
        return { ...addressed(), type, ...registration(body()) }
      case 'START':
      case 'STAGE_CLEAR_ATTEMPT':
      case 'STAGE_ADVANCE':
      case 'FORFEIT':
      case 'ENTER_BONUS':
        return { ...addressed(), type, instanceId: uuid(body().instanceId) }
      case 'LEAVE':
        body()
        return { ...addressed(), type }
      case 'UPDATE_CUSTOM_DATA': {
        const { instanceId, updates, increments } = body()
        const texts = Object.entries(object(updates ?? {})).map(([key, value]) => [key, text(value)] as const)
        return {
          ...addressed(),
          ...{ type, instanceId: uuid(instanceId) },
          ...{ updates: new Map(texts), increments: list(increments).map(text) },
        }
      }
      case 'BROADCAST_MESSAGE': {
        const { instanceId, messageType, message } = body()
        return {
          ...addressed(),
          type,
          instanceId: uuid(instanceId),
          messageType: text(messageType),
          message: text(message),
        }
      }
      case 'UPDATE_STAGE_STATE': {
        const { instanceId, itemCounts, monsterKills } = body()
        const counts = new Map([...countsOf('item', itemCounts), ...countsOf('kill', monsterKills)])
        return { ...addressed(), type, instanceId: uuid(instanceId), counts }
      }
      default:
        return 'foreign'
    }
  } catch (error) {
    if (error instanceof MalformedError || error instanceof SyntaxError) return 'malformed'
    throw error
  }
}

/** `undefined`: not all four headers are there and well. */
export function readTenant(headers: JavaHeaders) {
  const only = (name: string) => {
    const values = headers.filter(([header]) => header === name).map(([, value]) => value)
    return values.length === 1 ? values[0] : undefined
  }
  const id = only('TENANT_ID')?.toString('latin1').toLowerCase() ?? ''
  const region = only('REGION')
  const major = only('MAJOR_VERSION')
  const minor = only('MINOR_VERSION')
  if (!UUID.test(id) || id === NIL || !region || region.length === 0) return undefined
  if (major?.length !== 2 || minor?.length !== 2) return undefined
  const outgoing: JavaHeaders = [
    ['TENANT_ID', Buffer.from(id)],
    ['REGION', region],
    ['MAJOR_VERSION', major],
    ['MINOR_VERSION', minor],
  ]
  return { id, name: `${id}/${region}/${major.toString('hex')}/${minor.toString('hex')}`, headers: outgoing }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const NIL = '00000000-0000-0000-0000-000000000000'

function registration({ questId = '', partyId, channelId, mapId }: Json) {
  if (typeof questId !== 'string') throw new MalformedError()
  return { questId, partyId: uint(partyId, 32), channelId: uint(channelId, 8), mapId: uint(mapId, 32) }
}

function object(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedError()
  return value as Json
}

function text(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new MalformedError()
  return value
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new MalformedError()
  return value
}

function uint(value: unknown, bits: 8 | 32): number {
  if (value === undefined || value === null) return 0
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new MalformedError()
  }
  return value
}

function uuid(value: unknown): string {
  if (value === undefined || value === null) return NIL
  const id = typeof value === 'string' ? value.toLowerCase() : ''
  if (!UUID.test(id)) throw new MalformedError()
  return id
}

function countsOf(kind: string, value: unknown): (readonly [string, number])[] {
  return Object.entries(object(value ?? {})).map(([id, count]) => {
    if (!/^\d+$/.test(id) || Number(id) >= 2 ** 32) throw new MalformedError()
    return [`${kind}/${Number(id)}`, uint(count, 32)]
  })
}
