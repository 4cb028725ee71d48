/** The promises of `send`'s flags: they make the command that messages.md shows, and each slip names its flag. */
import { describe, expect, it } from 'vitest'
import { type CommandFlags, readCommand, readLine, readTenant, readType } from '../../src/cli/command-flags.ts'
import { commandKey, commandRecord, outgoing } from '../../src/cli/command-value.ts'
import { UsageError } from '../../src/cli/usage-error.ts'
import { systemRandom } from '../../src/clock.ts'
import { decodeTenant } from '../../src/contract/tenant.ts'
import { continueTrace } from '../../src/contract/trace-context.ts'

const INSTANCE = '0a0b0c0d-0000-8000-8000-000000000001'
const TENANT = { tenant: '00000000-0000-4000-8000-000000000001', region: 'GMS', major: '83', minor: '1' }

function flags(more: Partial<CommandFlags> = {}): CommandFlags {
  const lists = { item: [], kill: [], data: [], increment: [] }
  return { world: '0', character: '1001', party: '0', channel: '0', map: '0', ...lists, ...more }
}

describe('the flags of send', () => {
  it('make a REGISTER', () => {
    const given = flags({ quest: 'kerning_city_pq', party: '88', channel: '1', map: '103000000' })
    expect(JSON.stringify(readCommand('REGISTER', given))).toBe(
      '{"worldId":0,"characterId":1001,"type":"REGISTER","body":{"questId":"kerning_city_pq","partyId":88,"channelId":1,"mapId":103000000}}',
    )
  })

  it('make an UPDATE_STAGE_STATE of any number of counts', () => {
    const given = flags({ instance: INSTANCE, item: ['4001008=4', '7=1'], kill: ['9300002=2'] })
    expect(readCommand('UPDATE_STAGE_STATE', given).body).toEqual({
      instanceId: INSTANCE,
      itemCounts: { '4001008': 4, '7': 1 },
      monsterKills: { '9300002': 2 },
    })
  })

  it('make an UPDATE_CUSTOM_DATA of texts and increments, whatever the texts hold', () => {
    const given = flags({
      instance: INSTANCE,
      data: ['rope=3', 'word=a=b', '__proto__='],
      increment: ['stage', 'stage'],
    })
    expect(JSON.stringify(readCommand('UPDATE_CUSTOM_DATA', given).body)).toBe(
      `{"instanceId":"${INSTANCE}","updates":{"rope":"3","word":"a=b","__proto__":""},"increments":["stage","stage"]}`,
    )
  })

  it('make a BROADCAST_MESSAGE, pink where nothing is said of it', () => {
    const given = flags({ instance: INSTANCE, message: 'The gate is open.' })
    expect(readCommand('BROADCAST_MESSAGE', given).body).toEqual({
      instanceId: INSTANCE,
      messageType: 'PINK_TEXT',
      message: 'The gate is open.',
    })
    expect(readCommand('BROADCAST_MESSAGE', { ...given, messageType: 'NOTICE' }).body).toMatchObject({
      messageType: 'NOTICE',
    })
  })

  it('make a LEAVE, which names no instance and is keyed by who leaves', () => {
    const command = readCommand('LEAVE', flags())
    expect(JSON.stringify(command)).toBe('{"worldId":0,"characterId":1001,"type":"LEAVE","body":{}}')
    expect(commandKey(command)).toBe('0/1001')
  })

  it.each(['START', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'FORFEIT', 'ENTER_BONUS'] as const)('make a %s', type => {
    const command = readCommand(type, flags({ instance: INSTANCE.toUpperCase() }))
    expect(command).toEqual({ worldId: 0, characterId: 1001, type, body: { instanceId: INSTANCE } })
    expect(commandKey(command)).toBe(INSTANCE)
  })

  it('take a type in any case and with dashes', () => {
    expect(readType('stage-clear-attempt')).toBe('STAGE_CLEAR_ATTEMPT')
    expect(() => readType('DANCE')).toThrow(/DANCE.*REGISTER/)
  })

  it.each([
    ['REGISTER', {}, /--quest/],
    ['REGISTER', { quest: 'q', instance: INSTANCE }, /takes no --instance/],
    ['REGISTER', { quest: 'q', party: '-1' }, /--party -1/],
    ['REGISTER', { quest: 'q', channel: '256' }, /--channel 256.*255/],
    ['REGISTER', { quest: 'q', map: '4294967296' }, /--map/],
    ['START', {}, /--instance/],
    ['START', { instance: 'x' }, /--instance x/],
    ['START', { instance: INSTANCE, item: ['1=1'] }, /takes no --item/],
    ['UPDATE_STAGE_STATE', { instance: INSTANCE, item: ['1'] }, /--item 1.*id=count/],
    ['UPDATE_STAGE_STATE', { instance: INSTANCE, kill: ['1=1', '01=2'] }, /--kill 1.*twice/],
    ['UPDATE_STAGE_STATE', { instance: INSTANCE, data: ['a=1'] }, /takes no --data/],
    ['UPDATE_CUSTOM_DATA', { instance: INSTANCE, data: ['stage'] }, /--data stage.*key=text/],
    ['UPDATE_CUSTOM_DATA', { instance: INSTANCE, data: ['a=1', 'a=2'] }, /--data a.*twice/],
    ['BROADCAST_MESSAGE', { instance: INSTANCE }, /--message/],
    ['START', { instance: INSTANCE, messageType: 'NOTICE' }, /takes no --message-type/],
    ['LEAVE', { instance: INSTANCE }, /takes no --instance/],
  ] as const)('of a %s refuse %j and name the flag', (type, more, message) => {
    const read = () => readCommand(type, flags(more))
    expect(read).toThrow(UsageError)
    expect(read).toThrow(message)
  })

  it('refuse a tenant that the service would not take', () => {
    expect(() => readTenant({ ...TENANT, tenant: '00000000-0000-0000-0000-000000000000' })).toThrow(/--tenant/)
    expect(() => readTenant({ ...TENANT, region: 'Ü' })).toThrow(/--region/)
    expect(() => readTenant({ ...TENANT, major: '65536' })).toThrow(/--major/)
  })
})

describe('a line of JSON', () => {
  it('is taken as it is, keyed by its instance', () => {
    const text = `{"Type":"START","body":{"instanceId":"${INSTANCE.toUpperCase()}"},"more":1}`
    expect(readLine(text, 1)).toEqual({ value: text, key: INSTANCE })
    expect(readLine('{"type":"OF_ANOTHER_SERVICE"}', 2)).toMatchObject({ key: null })
  })

  it('that is malformed is refused with its number', () => {
    expect(() => readLine('{"type":"START","worldId":256}', 7)).toThrow(/^line 7: .*worldId/)
  })
})

describe('a command on its way out', () => {
  it('carries the headers of its tenant and a trace of its own', () => {
    const tenant = readTenant(TENANT)
    const command = readCommand('START', flags({ instance: INSTANCE }))
    const [one, two] = [
      commandRecord(outgoing(command, tenant, systemRandom)),
      commandRecord(outgoing(command, tenant, systemRandom)),
    ]
    expect(decodeTenant(one.headers)).toEqual({ tenant })
    const traces = [one, two].map(({ headers }) => continueTrace(headers, systemRandom))
    expect(traces.every(({ parentSpanId }) => parentSpanId !== undefined)).toBe(true)
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(2)
  })
})
