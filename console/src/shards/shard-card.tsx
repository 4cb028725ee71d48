/**
 * One shard: who owns it, how busy it is, and the numbers that tell whether it keeps up.
 */
import type { ComponentChildren } from 'preact'
import type { Shard } from '../../../src/api/documents.ts'
import { hashOf } from '../route.ts'
import { Badge, type Tone } from '../ui/badge.tsx'
import { Ghost } from '../ui/ghost.tsx'
import { Ago } from '../ui/time.tsx'
import { latency, number, rate } from '../ui/words.ts'
import { Sparkline } from './sparkline.tsx'
import { verdictOf } from './trouble.ts'

const TONES: Readonly<Record<'bad' | 'moving' | 'fine', Tone>> = { bad: 'red', moving: 'amber', fine: 'teal' }

export function ShardCard({ shard, highest }: { readonly shard: Shard; readonly highest: number }) {
  const { owner, phase, lag, commitMs, batchRecords, timerLatenessMs, instances, resident, ownedSince } = shard
  const { severity, words, isLagBad, isLatenessBad } = verdictOf(shard)
  const isBehind = phase === 'running' && isLagBad
  return (
    <li class="card shard" data-severity={severity}>
      <div class="shard-head">
        <h2>shard {shard.shard}</h2>
        <span class="faint mono owner" title={owner?.url}>
          {owner?.name ?? 'no owner'}
        </span>
        <Badge tone={TONES[severity]}>{isBehind ? 'behind' : phase}</Badge>
      </div>
      <Sparkline
        history={shard.history}
        highest={highest}
        label={`${rate(shard.recordsPerSecond)} records a second now; the line is the last minute`}
      />
      <p class="verdict" title={words}>
        {severity === 'fine' ? `${rate(shard.recordsPerSecond)} records a second` : words}
      </p>
      <dl>
        <Fact name="lag" isBad={isLagBad}>
          {number(lag)}
        </Fact>
        <Fact name="timer lateness p99" isBad={isLatenessBad}>
          {timerLatenessMs === null ? '–' : latency(timerLatenessMs.p99)}
        </Fact>
        <Fact name="commit p50 / p99">
          {commitMs === null ? '–' : `${latency(commitMs.p50)} / ${latency(commitMs.p99)}`}
        </Fact>
        <Fact name="batch p50 / p99">
          {batchRecords === null
            ? '–'
            : `${number(Math.round(batchRecords.p50))} / ${number(Math.round(batchRecords.p99))}`}
        </Fact>
        <Fact name="instances">
          <a
            href={hashOf({ page: 'instances', search: `shard:${shard.shard}` })}
            title={`${number(resident)} as snapshots`}
          >
            {number(instances)}
          </a>
        </Fact>
        <Fact name="taken over">{ownedSince === null ? '–' : <Ago at={ownedSince} />}</Fact>
      </dl>
    </li>
  )
}

interface FactProps {
  readonly name: string
  readonly isBad?: boolean
  readonly children: ComponentChildren
}

function Fact({ name, isBad = false, children }: FactProps) {
  return (
    <div data-bad={isBad}>
      <dt>{name}</dt>
      <dd class="number">{children}</dd>
    </div>
  )
}

const FACTS = 6

/** Of the same size. */
export function GhostShardCard() {
  return (
    <li class="card shard">
      <div class="shard-head">
        <h2>
          <Ghost width={56} />
        </h2>
      </div>
      <div class="sparkline" />
      <p class="verdict" />
      <dl>
        {Array.from({ length: FACTS }, (_, at) => (
          <Fact key={`fact ${at}`} name=" ">
            <Ghost width={40} />
          </Fact>
        ))}
      </dl>
    </li>
  )
}
