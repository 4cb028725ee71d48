/** The promises of the metrics: names and labels that dashboards know, bounded, and true after a shard is lost. */
import { describe, expect, it } from 'vitest'
import { createMetrics } from '../src/metrics.ts'

const COMMAND_TYPES = ['REGISTER', 'START']

/** The series of the text, without Node's own: `name{labels}` to value. */
async function series(metrics: ReturnType<typeof createMetrics>): Promise<Record<string, number>> {
  const lines = (await metrics.exposition()).split('\n').filter(line => line.startsWith('party_quest_'))
  return Object.fromEntries(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

describe('metrics', () => {
  it('have exactly the documented names and label names', async () => {
    const metrics = createMetrics({ commandTypes: COMMAND_TYPES })
    const { telemetry } = metrics
    telemetry.commandHandled('START', 'applied')
    telemetry.refused('MALFORMED')
    telemetry.messageSent('events', 'STARTED')
    telemetry.committed('committed', 0.004, 7)
    telemetry.shardPhase(3, 'running')
    telemetry.shardLag(3, 12)
    telemetry.restored(0.2, 500)
    telemetry.timerFired(0.01)
    telemetry.lookup('parties', 'answered', 0.03)
    telemetry.ingressRecords(4)
    telemetry.ingressLostRecords('commands', 3)
    telemetry.pendingRegistrations(3, 2)
    telemetry.effect('spawnMonster', 'done')
    telemetry.pendingEffects(3, 2)
    telemetry.rewardNotGranted('kerning_city_pq', 'item', 4)
    telemetry.instances(3, 'active', 'kerning_city_pq', 2)
    const names = Object.keys(await series(metrics)).map(name => {
      const [base = '', labels = ''] = name.replace('}', '').split('{')
      const labelNames = labels.split(/="[^"]*",?/).filter(label => label !== '' && label !== 'le')
      return `${base.replace(/_(bucket|sum|count)$/, '')}{${labelNames.join(',')}}`
    })
    expect([...new Set(names)].sort()).toEqual([
      'party_quest_commands_total{type,outcome}',
      'party_quest_commit_records{}',
      'party_quest_commit_seconds{}',
      'party_quest_commits_total{outcome}',
      'party_quest_effects_total{kind,outcome}',
      'party_quest_ingress_append_failures_total{}',
      'party_quest_ingress_lost_records_total{topic}',
      'party_quest_ingress_records_total{}',
      'party_quest_instances{state,quest}',
      'party_quest_lookup_seconds{service,outcome}',
      'party_quest_messages_total{topic,type}',
      'party_quest_pending_effects{shard}',
      'party_quest_pending_registrations{shard}',
      'party_quest_refusals_total{code}',
      'party_quest_restore_seconds{}',
      'party_quest_restored_records_total{}',
      'party_quest_rewards_not_granted_total{quest,type}',
      'party_quest_shard_lag_records{shard}',
      'party_quest_shards{phase}',
      'party_quest_timer_lateness_seconds{}',
    ])
  })

  it('tell what was reported, the same at every scrape', async () => {
    const metrics = createMetrics({ commandTypes: COMMAND_TYPES })
    const { telemetry } = metrics
    telemetry.commandHandled('REGISTER', 'applied')
    telemetry.commandHandled('REGISTER', 'applied')
    telemetry.commandHandled('REGISTER', 'refused')
    telemetry.messageSent('events', 'STARTED')
    telemetry.messageSent('characters', 'CHANGE_MAP')
    telemetry.committed('committed', 0.004, 7)
    telemetry.committed('unknown', 15, 9)
    telemetry.restored(0.2, 500)
    telemetry.restored(0.2, 20)
    telemetry.ingressRecords(4)
    telemetry.ingressRecords(5)
    telemetry.ingressAppendFailed()
    telemetry.ingressLostRecords('commands', 3)
    telemetry.rewardNotGranted('kerning_city_pq', 'item', 4)
    telemetry.rewardNotGranted('kerning_city_pq', 'item', 1)
    const first = await series(metrics)
    expect(first).toMatchObject({
      'party_quest_commands_total{type="REGISTER",outcome="applied"}': 2,
      'party_quest_commands_total{type="REGISTER",outcome="refused"}': 1,
      'party_quest_messages_total{topic="events",type="STARTED"}': 1,
      'party_quest_messages_total{topic="characters",type="CHANGE_MAP"}': 1,
      'party_quest_commits_total{outcome="committed"}': 1,
      'party_quest_commits_total{outcome="unknown"}': 1,
      party_quest_commit_records_sum: 7,
      'party_quest_commit_seconds_bucket{le="0.005"}': 1,
      party_quest_commit_seconds_count: 1,
      party_quest_restored_records_total: 520,
      party_quest_ingress_records_total: 9,
      party_quest_ingress_append_failures_total: 1,
      'party_quest_ingress_lost_records_total{topic="commands"}': 3,
      'party_quest_rewards_not_granted_total{quest="kerning_city_pq",type="item"}': 5,
    })
    expect(await series(metrics)).toEqual(first)
  })

  it('count every unknown type of command as "other", whatever strangers send', async () => {
    const metrics = createMetrics({ commandTypes: COMMAND_TYPES })
    for (const type of ['JUMP', '', 'constructor', 'a"b\nc']) metrics.telemetry.commandHandled(type, 'skipped')
    const commands = Object.entries(await series(metrics)).filter(([name]) => name.includes('commands_total'))
    expect(commands).toEqual([['party_quest_commands_total{type="other",outcome="skipped"}', 4]])
  })

  it('sum instances over shards, and take those of a lost shard away', async () => {
    const metrics = createMetrics({ commandTypes: COMMAND_TYPES })
    const { telemetry } = metrics
    telemetry.instances(1, 'active', 'a', 3)
    telemetry.instances(1, 'active', 'a', -1)
    telemetry.instances(2, 'active', 'a', 5)
    telemetry.instances(2, 'cleared', 'b', 1)
    expect(await series(metrics)).toMatchObject({
      'party_quest_instances{state="active",quest="a"}': 7,
      'party_quest_instances{state="cleared",quest="b"}': 1,
    })
    telemetry.shardForgotten(2)
    expect(await series(metrics)).toMatchObject({
      'party_quest_instances{state="active",quest="a"}': 2,
      'party_quest_instances{state="cleared",quest="b"}': 0,
    })
  })

  it('count each shard in the one phase that it is in', async () => {
    const metrics = createMetrics({ commandTypes: COMMAND_TYPES })
    const { telemetry } = metrics
    telemetry.shardPhase(1, 'fencing')
    telemetry.shardPhase(2, 'fencing')
    telemetry.shardPhase(1, 'running')
    telemetry.shardLag(1, 40)
    telemetry.pendingRegistrations(1, 7)
    telemetry.pendingEffects(1, 3)
    telemetry.shardLag(2, 5)
    expect(await series(metrics)).toMatchObject({
      'party_quest_shards{phase="fencing"}': 1,
      'party_quest_shards{phase="restoring"}': 0,
      'party_quest_shards{phase="running"}': 1,
      'party_quest_shards{phase="dead"}': 0,
      'party_quest_shard_lag_records{shard="1"}': 40,
      'party_quest_pending_registrations{shard="1"}': 7,
      'party_quest_pending_effects{shard="1"}': 3,
    })
    telemetry.shardForgotten(1)
    telemetry.shardPhase(2, undefined)
    const after = await series(metrics)
    expect(after).toMatchObject({
      'party_quest_shards{phase="fencing"}': 0,
      'party_quest_shards{phase="running"}': 0,
    })
    expect(Object.keys(after)).not.toContain('party_quest_shard_lag_records{shard="1"}')
    expect(Object.keys(after)).not.toContain('party_quest_pending_registrations{shard="1"}')
    expect(Object.keys(after)).not.toContain('party_quest_pending_effects{shard="1"}')
  })

  it('show what Node tells of itself, and two services in one process do not mix', async () => {
    const one = createMetrics({ commandTypes: COMMAND_TYPES })
    const two = createMetrics({ commandTypes: COMMAND_TYPES })
    one.telemetry.ingressRecords(1)
    expect(await series(two)).toMatchObject({ party_quest_ingress_records_total: 0 })
    const text = await one.exposition()
    expect(text).toContain('process_resident_memory_bytes')
    expect(text).toContain('nodejs_eventloop_lag_seconds')
    expect(one.contentType).toMatch(/^text\/plain/)
  })
})
