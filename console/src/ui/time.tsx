/**
 * Times that go on: a countdown, and how long ago. Only their text is drawn anew each second, by the server's clock.
 */
import { useComputed } from '@preact/signals'
import { now } from '../api/live.ts'
import { age, countdown, moment } from './words.ts'

const URGENT_SECONDS = 60

/** Red below a minute. `dueAt`: epoch milliseconds. */
export function Countdown({ dueAt }: { readonly dueAt: number }) {
  const left = dueAt - now.value
  return (
    <time
      class="number countdown"
      data-urgent={Math.ceil(left / 1000) < URGENT_SECONDS}
      dateTime={new Date(dueAt).toISOString()}
      title={`due ${moment(dueAt)}`}
    >
      {countdown(left)}
    </time>
  )
}

/** `12s ago`. `at`: epoch milliseconds. */
export function Ago({ at }: { readonly at: number }) {
  const text = useComputed(() => `${age(now.value - at)} ago`)
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      {text}
    </time>
  )
}
