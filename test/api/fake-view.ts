/** A View that answers what a test puts into it, and keeps what it was asked. */
import { isDeepStrictEqual } from 'node:util'
import type { Instance, InstanceRow, Shard, Silence, StageNow } from '../../src/api/documents.ts'
import {
  type Change,
  type Counts,
  type DryRunAsked,
  type DryRunFound,
  type InstancesAsked,
  type InstancesFound,
  type JournalMark,
  type Row,
  SPREAD_DIGITS,
  SPREAD_PLACES,
  type View,
} from '../../src/api/view.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import type { Term } from '../../src/query/search.ts'

export const FIRST = '0a0b0c0d-0000-8000-8000-000000000001' as InstanceId
export const SECOND = '0a0b0c0d-0000-8000-8000-000000000002' as InstanceId
export const MISSING = '0a0b0c0d-0000-8000-8000-00000000dead' as InstanceId
export const SILENT = '0a0b0c0d-0000-8000-8000-00000000aaaa' as InstanceId
export const NOW = 1_750_000_000_000

export const SILENCE: Silence = {
  replica: { name: 'b', url: 'http://b:8080' },
  shards: [3, 7],
  reason: 'no answer within 1000 ms',
}

const OPERATION: Instance['journal'][number] = {
  sequence: 4,
  at: NOW - 2000,
  durationMs: 0.2,
  cause: { kind: 'command', topic: 'C', partition: 1, offset: 17 },
  event: { type: 'START' },
  from: 'registering',
  to: 'active',
  stageIndex: 0,
  messages: [{ type: 'STARTED' }],
  deadlines: { quest: NOW + 60_000 },
}

export const ROW: InstanceRow = {
  questId: 'mill_pq',
  questName: 'The Old Mill',
  definition: 'mill_pq@0123456789abcdef',
  state: 'active',
  currentStageIndex: 0,
  stages: 2,
  tenant: { id: '00000000-0000-4000-8000-000000000001', region: 'GMS', majorVersion: 83, minorVersion: 1 },
  worldId: 2,
  channelId: 1,
  partyId: 7,
  characters: [{ characterId: 1001, level: 30 }, { characterId: 1002 }],
  registeredAt: NOW - 5000,
  startedAt: NOW - 2000,
  nextTimer: { name: 'quest', dueAt: NOW + 60_000, seconds: 62, target: 'failed' },
  lastOperation: { at: NOW - 2000, type: 'START', cause: { kind: 'timer', dueAt: NOW - 2000 } },
  shard: 3,
}

export const STAGE: StageNow = {
  timers: [{ name: 'quest', dueAt: NOW + 60_000, seconds: 62, target: 'failed' }],
  stageStartedAt: NOW - 2000,
  stageState: { itemCounts: { '4001008': 2 }, monsterKills: {}, customData: {}, attempts: 0 },
}

export const INSTANCE: Instance = {
  ...ROW,
  owner: { name: 'a', url: 'http://a:8080' },
  ...STAGE,
  conditions: [
    { type: 'item', operator: '>=', value: 4, referenceId: 4001008, referenceKey: '', current: 2, holds: false },
  ],
  rules: { advance: 'command', requirements: 'enforce', lobbyLimitSeconds: 3600, bonusLimitSeconds: 1800 },
  commands: [{ type: 'STAGE_ADVANCE', isAccepted: true }],
  bytes: 812,
  journal: [OPERATION],
  isWhole: true,
  quest: { questId: 'mill_pq', name: 'The Old Mill', duration: 62 },
}

const SHARD: Shard = {
  shard: 3,
  owner: { name: 'a', url: 'http://a:8080' },
  phase: 'running',
  trouble: null,
  instances: 2,
  resident: 1,
  lag: 0,
  commitMs: { p50: 3.1, p99: 8 },
  batchRecords: { p50: 1, p99: 4 },
  timerLatenessMs: null,
  commitsPerSecond: 1.5,
  recordsPerSecond: 2,
  history: [0, 2, 3],
  ownedSince: NOW - 9000,
}

function isOf({ tenant }: InstanceRow, { id, whole }: Extract<Term, { kind: 'tenant' }>): boolean {
  const { id: _, ...others } = tenant
  return tenant.id === id && (whole === undefined || isDeepStrictEqual({ ...whole }, others))
}

export class FakeView implements View {
  readonly asked: InstancesAsked[] = []
  readonly dryRuns: DryRunAsked[] = []
  /** How often one instance was asked for. */
  instanceAsks = 0
  /** Of who asked for one instance and knew something of it. */
  readonly marks: JournalMark[] = []
  readonly watchers: { readonly ids: readonly InstanceId[] | undefined; readonly changed: (change: Change) => void }[] =
    []
  counted: Counts = { quests: [], silent: [] }
  dryRunFound: DryRunFound = {
    kind: 'ran',
    result: { outcome: 'applied', operation: OPERATION, instance: ROW },
  }

  /** What there is, in the order of the ids. */
  rows: readonly Required<Row>[] = [FIRST, SECOND].map(id => ({ id, row: ROW, stage: STAGE }))
  silent: readonly Silence[] = [SILENCE]

  /** Of a search it knows who the tenant and the character are. */
  async instances(asked: InstancesAsked, _signal: AbortSignal): Promise<InstancesFound> {
    this.asked.push(asked)
    const found = this.rows.filter(({ row }) =>
      asked.search.terms.every(term => {
        if (term.kind === 'tenant') return isOf(row, term)
        if (term.kind === 'character') return row.characters.some(({ characterId }) => characterId === term.number)
        return true
      }),
    )
    const rest = found.filter(({ id }) => asked.after === undefined || id > asked.after)
    const spread = Array.from({ length: SPREAD_PLACES }, () => 0)
    for (const { id } of found) {
      const place = Number.parseInt(id.slice(0, SPREAD_DIGITS), 16)
      spread[place] = (spread[place] ?? 0) + 1
    }
    return {
      rows: rest
        .slice(0, asked.size)
        .map(({ id, row, stage }) => (asked.include?.includes('stage') ? { id, row, stage } : { id, row })),
      hasMore: rest.length > asked.size,
      total: found.length,
      states: { active: found.length },
      ...(asked.include?.includes('spread') ? { spread } : {}),
      silent: this.silent,
    }
  }

  async instanceSince(id: InstanceId, mark: JournalMark) {
    this.marks.push(mark)
    return await this.instance(id)
  }

  async instance(id: InstanceId) {
    this.instanceAsks += 1
    if (id === SILENT) return { kind: 'silent', silence: SILENCE } as const
    return id === FIRST ? ({ kind: 'found', instance: INSTANCE } as const) : ({ kind: 'absent' } as const)
  }

  async dryRun(asked: DryRunAsked) {
    this.dryRuns.push(asked)
    return this.dryRunFound
  }

  async counts() {
    return this.counted
  }

  async shards() {
    return { shards: [SHARD], silent: [SILENCE] }
  }

  watch(ids: readonly InstanceId[] | undefined, changed: (change: Change) => void) {
    const watcher = { ids, changed }
    this.watchers.push(watcher)
    return () => void this.watchers.splice(this.watchers.indexOf(watcher), 1)
  }

  tell(ids: readonly InstanceId[], more: Partial<Change> = {}) {
    const change = { ids, isMore: false, isPopulation: false, operationsPerSecond: 5, ...more }
    for (const watcher of [...this.watchers]) watcher.changed(change)
  }
}
