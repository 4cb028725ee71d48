/**
 * The running timers, the next first: how long still, of how much, when, and what each will do.
 */

import type { Instance, Timer } from '../../../src/api/documents.ts'
import { now } from '../api/live.ts'
import { Card } from '../ui/card.tsx'
import { Countdown } from '../ui/time.tsx'
import { countdown } from '../ui/words.ts'

export function TimersCard({ instance: { timers, owner, state } }: { readonly instance: Instance }) {
  const ordered = timers.toSorted((one, other) => one.dueAt - other.dueAt)
  return (
    <Card title="Timers" aside={ordered.length === 0 ? undefined : <span class="number">on {owner.name}</span>}>
      {ordered.length === 0 ? (
        <p class="dim">
          {state === 'destroyed' ? 'None runs any more.' : 'None runs: only a command can change anything.'}
        </p>
      ) : null}
      <ul class="timers">
        {ordered.map(timer => (
          <TimerRow timer={timer} key={timer.name} />
        ))}
      </ul>
    </Card>
  )
}

function TimerRow({ timer: { name, dueAt, seconds, target } }: { readonly timer: Timer }) {
  return (
    <li class="timer">
      <div class="timer-head">
        <span>
          <strong>{name}</strong> <span class={target === 'failed' ? 'timer-bad' : 'dim'}>→ {target}</span>
        </span>
        <Countdown dueAt={dueAt} />
      </div>
      {seconds === null || seconds === 0 ? null : <Remaining dueAt={dueAt} seconds={seconds} />}
      <div class="timer-foot number">
        <span>{seconds === null ? 'runs' : `of ${countdown(seconds * 1000)}`}</span>
        <span>due {new Date(dueAt).toLocaleTimeString([], { hour12: false })}</span>
      </div>
    </li>
  )
}

function Remaining({ dueAt, seconds }: { readonly dueAt: number; readonly seconds: number }) {
  const left = Math.min(1, Math.max(0, (dueAt - now.value) / (seconds * 1000)))
  return (
    <div class="meter">
      <span class="meter-fill amber" style={{ transform: `scaleX(${left})` }} />
    </div>
  )
}
