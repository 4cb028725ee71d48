/**
 * The timeline: one row an operation, newest first. Follows live until the reader scrolls down or opens a row; then
 * what comes is counted, and shown when asked for.
 */
import { useMemo, useRef, useState } from 'preact/hooks'
import type { Instance } from '../../../src/api/documents.ts'
import { Badge, STATE_TONES } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { moment } from '../ui/words.ts'
import { type Filter, ROWS_MAX, type TimelineRow, timelineOf } from './timeline.ts'

const FILTERS: readonly Filter[] = ['commands', 'timers', 'outbound']
const COLUMNS = ['t+', '', 'event', 'payload', 'transition', 'outbound', 'place']

export function TimelineCard({ instance: { journal, registeredAt } }: { readonly instance: Instance }) {
  const [hidden, setHidden] = useState<ReadonlySet<Filter>>(new Set())
  const [open, setOpen] = useState<number | null>(null)
  /** The sequence up to which it is shown; null: all, as it comes. */
  const [heldAt, setHeldAt] = useState<number | null>(null)
  const scroll = useRef<HTMLElement>(null)
  const shown = heldAt === null ? journal : journal.filter(({ sequence }) => sequence <= heldAt)
  const waiting = journal.length - shown.length
  const newest = journal.at(-1)?.sequence ?? 0
  const rows = useMemo(() => timelineOf(shown, registeredAt, hidden), [journal, heldAt, registeredAt, hidden])
  const follow = () => {
    setHeldAt(null)
    scroll.current?.scrollTo({ top: 0 })
  }
  const onScroll = () => {
    const isDown = (scroll.current?.scrollTop ?? 0) > 4
    if (isDown && heldAt === null) setHeldAt(newest)
    else if (!isDown && open === null) setHeldAt(null)
  }
  const toggle = (filter: Filter) => {
    const next = new Set(hidden)
    if (!next.delete(filter)) next.add(filter)
    setHidden(next)
  }
  const hasOutbound = !hidden.has('outbound')
  return (
    <Card
      title="Timeline"
      subtitle={journal.length > ROWS_MAX ? `last ${ROWS_MAX}` : undefined}
      isFlush
      class="timeline"
      aside={
        <>
          {FILTERS.map(filter => (
            <Button key={filter} size="small" kind="quiet" pressed={!hidden.has(filter)} onClick={() => toggle(filter)}>
              {filter}
            </Button>
          ))}
          <Button size="small" pressed={heldAt === null} onClick={heldAt === null ? () => setHeldAt(newest) : follow}>
            {heldAt === null ? 'following live' : waiting > 0 ? `${waiting} new` : 'paused'}
          </Button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <section class="timeline-scroll" ref={scroll} onScroll={onScroll} tabIndex={0} aria-label="Operations">
        <table class="table timeline-table">
          <caption class="unseen">What happened to this instance, newest first</caption>
          <thead>
            <tr>
              {COLUMNS.filter(name => name !== 'outbound' || hasOutbound).map(name => (
                <th scope="col" key={name}>
                  {name === '' ? <span class="unseen">cause</span> : name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <Row
                key={row.sequence}
                row={row}
                hasOutbound={hasOutbound}
                isOpen={open === row.sequence}
                onOpen={() => {
                  setOpen(open === row.sequence ? null : row.sequence)
                  if (heldAt === null && open !== row.sequence) setHeldAt(newest)
                }}
              />
            ))}
          </tbody>
        </table>
        {rows.length > 0 ? null : (
          <p class="timeline-empty dim">
            {journal.length > 0
              ? 'Every row is filtered out.'
              : 'Nothing happened since its shard came to this owner. The next operation shows here at once.'}
          </p>
        )}
      </section>
    </Card>
  )
}

interface RowProps {
  readonly row: TimelineRow
  readonly hasOutbound: boolean
  readonly isOpen: boolean
  readonly onOpen: () => void
}

function Row({ row, hasOutbound, isOpen, onOpen }: RowProps) {
  return (
    <>
      <tr data-kind={row.kind}>
        <th scope="row" class="number" title={moment(row.at)}>
          {row.after}
        </th>
        <td>
          <Kind kind={row.kind} />
        </td>
        <td class="timeline-event">{row.event}</td>
        <td class="timeline-payload mono" title={row.payload}>
          <span>{row.payload}</span>
        </td>
        <td class="timeline-transition">
          <Transition row={row} />
        </td>
        {hasOutbound ? (
          <td>
            {row.sent.length === 0 ? (
              <span class="faint">–</span>
            ) : (
              <button type="button" class="timeline-sent mono" aria-expanded={isOpen} onClick={onOpen}>
                {row.sent[0]}
                {row.sent.length > 1 ? <span class="faint"> +{row.sent.length - 1}</span> : null}
              </button>
            )}
          </td>
        ) : null}
        <td class="mono faint" title={row.placeHint}>
          <span aria-hidden="true">{row.place}</span>
          <span class="unseen">{row.placeHint}</span>
        </td>
      </tr>
      {isOpen && hasOutbound ? (
        <tr class="timeline-open">
          <td colSpan={COLUMNS.length}>
            <pre class="snippet">{row.messages.map(message => JSON.stringify(message)).join('\n')}</pre>
          </td>
        </tr>
      ) : null}
    </>
  )
}

function Transition({ row: { from, to, stage } }: { readonly row: TimelineRow }) {
  if (to === null) return <span class="mono faint">{from}</span>
  const tone = Object.entries(STATE_TONES).find(([state]) => state === to)?.[1] ?? 'plain'
  return (
    <span class="timeline-way">
      <span class="mono faint">{from}</span>
      <span class="faint" aria-hidden="true">
        →
      </span>
      <span class="unseen">to</span>
      <Badge tone={tone}>{stage === null ? to : `${to} · stage ${stage}`}</Badge>
    </span>
  )
}

const KIND_WORDS = {
  command: 'a command',
  timer: 'a timer',
  lookup: 'the answer of a look-up',
  event: 'something that the game told',
} as const

function Kind({ kind }: { readonly kind: TimelineRow['kind'] }) {
  return (
    <svg
      class="kind"
      data-kind={kind}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      role="img"
      aria-label={KIND_WORDS[kind]}
    >
      {kind === 'timer' ? (
        <path d="M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M8 5v3.2l2.2 1.4" />
      ) : kind === 'command' ? (
        <path d="M6 4l4.5 4L6 12" />
      ) : (
        <path d="M7 3a4 4 0 1 1 0 8a4 4 0 1 1 0-8M10 10l3.2 3.2" />
      )}
    </svg>
  )
}
