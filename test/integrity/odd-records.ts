/**
 * What must not be among the commands and comes all the same: one maker for each kind. All but the foreign type end as
 * dead letters; none may touch an instance.
 */
import type { JavaNewRecord } from '../support/kafka/independent-client.ts'
import { type tenantHeaderList as headersOf, newTraceparent } from '../support/quest-client.ts'

type NewRecord = Omit<JavaNewRecord, 'topic'>
type Headers = ReturnType<typeof headersOf>

/** A live instance that the odd record is about, headers of its tenant and of another one. */
export interface OddSubject {
  readonly partition: number
  readonly instanceId: string
  readonly tenant: Headers
  readonly otherTenant: Headers
}

function record({ partition, tenant }: OddSubject, value: NewRecord['value'], headers: Headers = tenant): NewRecord {
  return { partition, key: 'odd', value, headers: [...headers, ['traceparent', newTraceparent()]] }
}

function forfeit({ instanceId }: OddSubject): string {
  return JSON.stringify({ worldId: 0, characterId: 1, type: 'FORFEIT', body: { instanceId } })
}

export const ODD_RECORDS: Readonly<Record<string, (subject: OddSubject) => NewRecord>> = {
  'not JSON': subject => record(subject, `${forfeit(subject).slice(0, -1)}`),
  'not UTF-8': subject => record(subject, Buffer.from([0xff, 0xfe, 0x00])),
  'an array': subject => record(subject, `[${forfeit(subject)}]`),
  'a wrong type': subject => record(subject, forfeit(subject).replace('"characterId":1', '"characterId":"1"')),
  'a number out of range': subject => record(subject, forfeit(subject).replace('"worldId":0', '"worldId":256')),
  'a count out of range': subject =>
    record(
      subject,
      `{"worldId":0,"characterId":1,"type":"UPDATE_STAGE_STATE","body":{"instanceId":"${subject.instanceId}","itemCounts":{"4001008":4294967296}}}`,
    ),
  'a prototype for a count': subject =>
    record(
      subject,
      `{"worldId":0,"characterId":1,"type":"UPDATE_STAGE_STATE","body":{"instanceId":"${subject.instanceId}","itemCounts":{"4001008":1,"__proto__":1}}}`,
    ),
  'a type of nobody': subject => record(subject, forfeit(subject).replace('FORFEIT', '')),
  'a type of another service': subject => record(subject, forfeit(subject).replace('FORFEIT', 'LEAVE_GUILD')),
  'a missing header': subject => record(subject, forfeit(subject), subject.tenant.slice(0, 3)),
  'a header there twice': subject =>
    record(subject, forfeit(subject), [...subject.tenant, ...subject.tenant.slice(2, 3)]),
  'a version in text': subject =>
    record(subject, forfeit(subject), [...subject.tenant.slice(0, 3), ['MINOR_VERSION', '001']]),
  'an instance of another tenant': subject => record(subject, forfeit(subject), subject.otherTenant),
  'an instance of nobody': subject =>
    record(subject, forfeit(subject).replace(subject.instanceId, '6f1b2a38-5a4e-4d1c-9b7f-00a1b2c3d4e5')),
  'an instanceId that is none': subject => record(subject, forfeit(subject).replace(subject.instanceId, 'me')),
  'a quest of nobody': subject =>
    record(subject, '{"worldId":0,"characterId":1,"type":"REGISTER","body":{"questId":"nowhere_pq","channelId":1}}'),
  'a tombstone': subject => record(subject, null),
  'an empty value': subject => record(subject, ''),
}
