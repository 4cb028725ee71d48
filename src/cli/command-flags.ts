/**
 * From the flags of `send` to a command and a tenant. Every fault names its flag. What the service would refuse for
 * its state only (an unknown quest, a stage that is over) is not judged here.
 */
import { COMMAND_TYPES, type CommandType, decodeCommand } from '../contract/commands.ts'
import { type TenantId, UINT8_MAX, UINT16_MAX, UINT32_MAX } from '../contract/ids.ts'
import type { Tenant } from '../contract/tenant.ts'
import { isDashedUuid, parseUuid } from '../contract/uuid-text.ts'
import type { CommandValue } from './command-value.ts'
import { UsageError } from './usage-error.ts'

/** As commander gives them. */
export interface CommandFlags {
  readonly world: string
  readonly character?: string
  readonly quest?: string
  readonly party: string
  readonly channel: string
  readonly map: string
  readonly instance?: string
  /** `id=count` */
  readonly item: readonly string[]
  readonly kill: readonly string[]
  /** `key=text` */
  readonly data: readonly string[]
  readonly increment: readonly string[]
  readonly messageType?: string
  readonly message?: string
}

/** Flags that mean nothing to most types: given to another one they are a slip. */
const OWN_FLAG_NAMES = ['quest', 'instance', 'item', 'kill', 'data', 'increment', 'messageType', 'message'] as const
type OwnFlag = (typeof OWN_FLAG_NAMES)[number]

const OWN_FLAGS: Readonly<Record<OwnFlag, string>> = {
  quest: '--quest',
  instance: '--instance',
  item: '--item',
  kill: '--kill',
  data: '--data',
  increment: '--increment',
  messageType: '--message-type',
  message: '--message',
}

export interface TenantFlags {
  readonly tenant: string
  readonly region: string
  readonly major: string
  readonly minor: string
}

/** Whom `send` acts for unless told. */
export const DEMO_TENANT_ID = '00000000-0000-4000-8000-000000000001'

/** What a client shows in the colour of notices. */
export const DEFAULT_MESSAGE_TYPE = 'PINK_TEXT'

/** @throws UsageError */
export function readTenant({ tenant, region, major, minor }: TenantFlags): Tenant {
  if (!isDashedUuid(tenant) || /^[0-]+$/.test(tenant)) {
    throw new UsageError(`--tenant ${tenant}: must be a UUID of 36 characters that is not nil`)
  }
  if (!/^[\x21-\x7e]+$/.test(region))
    throw new UsageError(`--region ${JSON.stringify(region)}: must be ASCII, e.g. GMS`)
  return {
    id: tenant.toLowerCase() as TenantId,
    region,
    majorVersion: uint('--major', major, UINT16_MAX),
    minorVersion: uint('--minor', minor, UINT16_MAX),
  }
}

/** @throws UsageError */
export function readType(text: string): CommandType {
  const type = COMMAND_TYPES.find(known => known === text.toUpperCase().replaceAll('-', '_'))
  if (type === undefined) throw new UsageError(`${text}: must be one of ${COMMAND_TYPES.join(', ')}`)
  return type
}

/** @throws UsageError */
export function readCommand(type: CommandType, flags: CommandFlags): CommandValue {
  const worldId = uint('--world', flags.world, UINT8_MAX)
  const characterId = uint('--character', required(type, '--character', flags.character), UINT32_MAX)
  switch (type) {
    case 'REGISTER': {
      refuseOthers(type, flags, 'quest')
      const body = {
        questId: required(type, '--quest', flags.quest),
        partyId: uint('--party', flags.party, UINT32_MAX),
        channelId: uint('--channel', flags.channel, UINT8_MAX),
        mapId: uint('--map', flags.map, UINT32_MAX),
      }
      return { worldId, characterId, type, body }
    }
    case 'LEAVE':
      refuseOthers(type, flags)
      return { worldId, characterId, type, body: {} }
    case 'UPDATE_STAGE_STATE': {
      refuseOthers(type, flags, 'instance', 'item', 'kill')
      const itemCounts = counts('--item', flags.item)
      const monsterKills = counts('--kill', flags.kill)
      return { worldId, characterId, type, body: { instanceId: instance(type, flags), itemCounts, monsterKills } }
    }
    case 'UPDATE_CUSTOM_DATA': {
      refuseOthers(type, flags, 'instance', 'data', 'increment')
      const body = { instanceId: instance(type, flags), updates: texts(flags.data), increments: flags.increment }
      return { worldId, characterId, type, body }
    }
    case 'BROADCAST_MESSAGE': {
      refuseOthers(type, flags, 'instance', 'messageType', 'message')
      const messageType = flags.messageType ?? DEFAULT_MESSAGE_TYPE
      const message = required(type, '--message', flags.message)
      return { worldId, characterId, type, body: { instanceId: instance(type, flags), messageType, message } }
    }
    default:
      refuseOthers(type, flags, 'instance')
      return { worldId, characterId, type, body: { instanceId: instance(type, flags) } }
  }
}

/**
 * One line of JSON, taken as it is. The key is the instance, so that one instance's lines are read in order.
 * @throws UsageError a line that the service would write to the dead letters as malformed.
 */
export function readLine(text: string, lineNumber: number): { readonly value: string; readonly key: string | null } {
  const decoded = decodeCommand(Buffer.from(text))
  if (decoded.kind === 'malformed') throw new UsageError(`line ${lineNumber}: ${decoded.refusal.reason}`)
  const isOfInstance = decoded.kind === 'command' && 'instanceId' in decoded.command
  return { value: text, key: isOfInstance ? decoded.command.instanceId : null }
}

function instance(type: CommandType, flags: CommandFlags): string {
  const text = required(type, '--instance', flags.instance)
  const id = parseUuid(text)
  if (id === undefined) throw new UsageError(`--instance ${text}: must be a UUID`)
  return id
}

function required(type: CommandType, flag: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`${type} needs ${flag}`)
  return value
}

/** A flag that has no effect is a slip. */
function refuseOthers(type: CommandType, flags: CommandFlags, ...own: readonly OwnFlag[]): void {
  const names = OWN_FLAG_NAMES
  const given = names.filter(name => !own.includes(name) && (flags[name]?.length ?? 0) > 0)
  if (given.length > 0) throw new UsageError(`${type} takes no ${given.map(name => OWN_FLAGS[name]).join(', ')}`)
}

/** A text may hold a `=`, a key cannot. */
function texts(pairs: readonly string[]): Readonly<Record<string, string>> {
  const entries = pairs.map(pair => {
    const at = pair.indexOf('=')
    if (at < 1) throw new UsageError(`--data ${pair}: must be key=text, such as stage=3`)
    return [pair.slice(0, at), pair.slice(at + 1)] as const
  })
  refuseTwice('--data', entries)
  return Object.fromEntries(entries)
}

function counts(flag: string, pairs: readonly string[]): Readonly<Record<string, number>> {
  const entries = pairs.map(pair => {
    const [id, count, ...more] = pair.split('=')
    if (id === undefined || count === undefined || more.length > 0) {
      throw new UsageError(`${flag} ${pair}: must be id=count, such as 4001008=4`)
    }
    return [String(uint(flag, id, UINT32_MAX)), uint(flag, count, UINT32_MAX)] as const
  })
  refuseTwice(flag, entries)
  return Object.fromEntries(entries)
}

function refuseTwice(flag: string, entries: readonly (readonly [string, unknown])[]): void {
  const names = entries.map(([name]) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new UsageError(`${flag} ${twice}: is given twice`)
}

function uint(flag: string, text: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value <= max) return value
  throw new UsageError(`${flag} ${text}: must be a whole number from 0 to ${max}`)
}
