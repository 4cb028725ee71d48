/**
 * Telemetry as Prometheus metrics, named and labelled as dashboards know them. Counts in plain maps and builds the
 * series when somebody scrapes, because a record must not pay for label hashing. No label has more values than the
 * deployment has topics, quests, shards and types.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { ShardTallies } from './metrics/shard-tallies.ts'
import { type Row, Tally } from './metrics/tally.ts'
import type { Telemetry } from './telemetry.ts'

export interface Metrics {
  readonly telemetry: Telemetry
  /** Of what `exposition` gives. */
  readonly contentType: string
  /** All metrics as Prometheus text, Node's own included. */
  exposition(): Promise<string>
}

export interface MetricsOptions {
  /** The command types with a series of their own; every other one counts as "other". */
  readonly commandTypes: readonly string[]
}

// What a commit takes on a broker near by is 4-30 ms; 15 s is where the transaction runs out.
const COMMIT_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15]
const COMMIT_RECORDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000]
const RESTORE_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const TIMER_LATENESS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600]
const LOOKUP_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics({ commandTypes }: MetricsOptions): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  const known = new Set(commandTypes)
  const commands = new Tally('type', 'outcome')
  const refusals = new Tally('code')
  const messages = new Tally('topic', 'type')
  const dropped = new Tally('topic', 'type')
  const notGranted = new Tally('quest', 'type')
  const gameEvents = new Tally('topic', 'outcome')
  const commits = new Tally('outcome')
  const lost = new Tally('topic')
  const effects = new Tally('kind', 'outcome')
  const shards = new ShardTallies()
  let ingressRecords = 0
  let ingressAppendFailures = 0
  let restoredRecords = 0

  const counter = (name: string, help: string, labelNames: readonly string[], rows: () => Iterable<Row>) =>
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset()
        for (const { labels, value } of rows()) this.inc(labels, value)
      },
    })
  const gauge = (name: string, help: string, labelNames: readonly string[], rows: () => Iterable<Row>) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset()
        for (const { labels, value } of rows()) this.set(labels, value)
      },
    })
  const histogram = (name: string, help: string, buckets: number[], labelNames: readonly string[] = []) =>
    new Histogram({ name, help, buckets, labelNames, registers })

  counter('party_quest_commands_total', 'Records dealt with', commands.names, () => commands.rows())
  counter('party_quest_refusals_total', 'Commands refused, in dead letters', refusals.names, () => refusals.rows())
  counter('party_quest_messages_total', 'Messages committed', messages.names, () => messages.rows())
  counter('party_quest_messages_dropped_total', 'Messages whose topic is missing', dropped.names, () => dropped.rows())
  counter(
    'party_quest_rewards_not_granted_total',
    'Rewards that are items, one for each character: no service grants them',
    notGranted.names,
    () => notGranted.rows(),
  )
  counter('party_quest_game_events_total', 'Records of the topics of characters and monsters', gameEvents.names, () =>
    gameEvents.rows(),
  )
  counter('party_quest_commits_total', 'Transactions ended', commits.names, () => commits.rows())
  counter('party_quest_effects_total', 'Effects at the monster service that came to an end', effects.names, () =>
    effects.rows(),
  )
  counter('party_quest_ingress_records_total', 'Records forwarded to shards', [], () => [
    { labels: {}, value: ingressRecords },
  ])
  counter('party_quest_ingress_append_failures_total', 'Tries to forward records that failed', [], () => [
    { labels: {}, value: ingressAppendFailures },
  ])
  counter(
    'party_quest_ingress_lost_records_total',
    'Records that retention took before they were forwarded',
    lost.names,
    () => lost.rows(),
  )
  counter('party_quest_restored_records_total', 'State records read back', [], () => [
    { labels: {}, value: restoredRecords },
  ])
  gauge('party_quest_instances', 'Live instances of the shards of this replica', ['state', 'quest'], () =>
    shards.instances(),
  )
  gauge('party_quest_shards', 'Shards of this replica', ['phase'], () => shards.phases())
  gauge('party_quest_shard_lag_records', 'Records that wait for the shard', ['shard'], () => shards.lags())
  gauge('party_quest_pending_registrations', 'Registrations that wait for the answer to a look-up', ['shard'], () =>
    shards.pendings(),
  )
  gauge('party_quest_pending_effects', 'Effects that wait to be done at the monster service', ['shard'], () =>
    shards.pendingEffects(),
  )

  const commitSeconds = histogram('party_quest_commit_seconds', 'Time of a transaction', COMMIT_SECONDS)
  const commitRecords = histogram('party_quest_commit_records', 'Records in a transaction', COMMIT_RECORDS)
  const restoreSeconds = histogram('party_quest_restore_seconds', 'Time of restoring a shard', RESTORE_SECONDS)
  const timerLateness = histogram(
    'party_quest_timer_lateness_seconds',
    'How long after its deadline a timer ran',
    TIMER_LATENESS_SECONDS,
  )
  const lookupSeconds = histogram('party_quest_lookup_seconds', 'Time of a look-up, all attempts', LOOKUP_SECONDS, [
    'service',
    'outcome',
  ])

  const telemetry: Telemetry = {
    commandHandled: (type, outcome) => commands.add(1, known.has(type) ? type : 'other', outcome),
    refused: code => refusals.add(1, code),
    messageSent: (topic, type) => messages.add(1, topic, type),
    committed: (outcome, seconds, records) => {
      commits.add(1, outcome)
      // The histograms tell what a commit costs; one that ran into a time-out would only tell the time-out.
      if (outcome !== 'committed') return
      commitSeconds.observe(seconds)
      commitRecords.observe(records)
    },
    shardPhase: (shard, phase) => shards.move(shard, phase),
    shardLag: (shard, records) => shards.lag(shard, records),
    restored: (seconds, records) => {
      restoreSeconds.observe(seconds)
      restoredRecords += records
    },
    timerFired: latenessSeconds => timerLateness.observe(latenessSeconds),
    lookup: (service, outcome, seconds) => lookupSeconds.observe({ service, outcome }, seconds),
    pendingRegistrations: (shard, count) => shards.pending(shard, count),
    effect: (kind, outcome) => effects.add(1, kind, outcome),
    pendingEffects: (shard, count) => shards.effects(shard, count),
    ingressAppendFailed: () => {
      ingressAppendFailures += 1
    },
    messageDropped: (topic, type) => dropped.add(1, topic, type),
    rewardNotGranted: (quest, type, count) => notGranted.add(count, quest, type),
    gameEvents: (topic, outcome, count) => gameEvents.add(count, topic, outcome),
    ingressLostRecords: (topic, count) => lost.add(count, topic),
    ingressRecords: count => {
      ingressRecords += count
    },
    instances: (shard, state, quest, delta) => shards.count(shard, state, quest, delta),
    shardForgotten: shard => shards.forget(shard),
  }
  return { telemetry, contentType: registry.contentType, exposition: () => registry.metrics() }
}
