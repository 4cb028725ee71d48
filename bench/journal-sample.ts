/**
 * One sample of journal.ts: a shard without a log applies commands in batches as a running one does, a thousand that its
 * journal is told of, a thousand that it is not, in turns. Prints what a command took of each as JSON.
 */
import { systemClock } from '../src/clock.ts'
import type { LogRecord } from '../src/contract/log-record.ts'
import { forward } from '../src/contract/shard-command.ts'
import { Journal } from '../src/journal/journal.ts'
import { Batch } from '../src/shard/batch.ts'
import { loadOf } from './commands.ts'
import {
  JOURNAL_BLOCKS,
  JOURNAL_INSTANCES,
  JOURNAL_MIX,
  JOURNAL_SIDES,
  type JournalSample,
  type JournalSide,
} from './journal.ts'
import { BATCH, createLoneShard, SHARD_COMMANDS } from './lone-shard.ts'
import { COMMAND_HEADERS } from './quest.ts'

const BLOCK_COMMANDS = 1000
const WARM_UP_BLOCKS = 120

const journal = new Journal()
/** The same shard on both sides: two of a kind differ by more than a journal costs. */
const recorder = { isSilent: true, record: journal.record.bind(journal), forget: journal.forget.bind(journal) }
const shard = createLoneShard(JOURNAL_INSTANCES, recorder)
let offset = 0

// So that all is compiled, and the journal is full.
play(WARM_UP_BLOCKS, 1)
const spent = play(JOURNAL_BLOCKS, 2)
const perCommand = (micros: number) => micros / (JOURNAL_BLOCKS * BLOCK_COMMANDS)
const sample: JournalSample = { silent: perCommand(spent.silent), journal: perCommand(spent.journal) }
process.stdout.write(`${JSON.stringify(sample)}\n`)

/** CPU microseconds of each side, all threads. */
function play(blocks: number, seed: number): Record<JournalSide, number> {
  const micros = { silent: 0, journal: 0 }
  for (let block = 0; block < blocks; block++) {
    // Each goes first as often as the other: what one leaves to the collector, the other may have to pay.
    for (const side of block % 2 === 0 ? JOURNAL_SIDES : JOURNAL_SIDES.toReversed()) {
      const records = recordsOf(1000 * seed + block)
      recorder.isSilent = side === 'silent'
      const before = process.cpuUsage()
      apply(records)
      const { user, system } = process.cpuUsage(before)
      micros[side] += user + system
    }
  }
  return micros
}

/** As the ingress would have appended them. */
function recordsOf(seed: number): readonly LogRecord[] {
  return loadOf(JOURNAL_MIX, shard.instanceIds, BLOCK_COMMANDS, seed).commands.map(value => {
    const place = { topic: 'commands', partition: 0, offset, timestamp: systemClock.now() }
    const { headers } = forward({ ...place, key: null, value, headers: COMMAND_HEADERS }, 0, SHARD_COMMANDS)
    offset += 1
    return { ...place, topic: SHARD_COMMANDS, key: null, value, headers }
  })
}

function apply(records: readonly LogRecord[]): void {
  const { state, dependencies } = shard
  for (let from = 0; from < records.length; from += BATCH) {
    const batch = new Batch(state, dependencies, Number.POSITIVE_INFINITY)
    for (const record of records.slice(from, from + BATCH)) batch.apply(record)
    if (batch.outbox.records.length + batch.overlay.records().length === 0) throw new Error('nothing to commit')
    batch.settle()
  }
}
