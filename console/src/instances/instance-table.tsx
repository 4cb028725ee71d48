/**
 * The rows of the list that are near the window, between two empty rows as high as all others: any number of rows
 * scrolls alike. Moves the selection by keys.
 */
import type { Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { navigate } from '../navigation.ts'
import { Card } from '../ui/card.tsx'
import { number } from '../ui/words.ts'
import type { InstanceList } from './list.ts'
import { indexOf, lengthOf, slice } from './pages.ts'
import { GhostTableRow, InstanceTableRow } from './row.tsx'
import { useRowsSeen } from './view.ts'

interface InstanceTableProps {
  readonly list: InstanceList
  /** Id of an instance. */
  readonly selected: Signal<string | undefined>
}

const GHOSTS = 12
const COLUMNS = [
  ['c-id', 'instance'],
  ['c-quest', 'quest'],
  ['c-state', 'state'],
  ['c-progress', 'progress'],
  ['c-timer', 'next timer'],
  ['c-party', 'party'],
  ['c-last', 'last operation'],
  ['c-shard', 'shard'],
] as const
const PAGE_KEY_ROWS = 10
const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: PAGE_KEY_ROWS,
  PageUp: -PAGE_KEY_ROWS,
}

export function InstanceTable({ list, selected }: InstanceTableProps) {
  const body = useRef<HTMLTableSectionElement>(null)
  const seen = useRowsSeen(body)
  const { first, end, rowHeight } = seen.value
  useEffect(() => list.look(first, end), [list, first, end])
  useSelectionKeys(list, selected, body, rowHeight)
  const pages = list.pages.value
  const found = list.found.value
  const length = lengthOf(pages)
  const isMore = found === undefined || pages.next !== undefined
  const shownLength = isMore ? length + GHOSTS : length
  const rows = slice(pages, first, Math.min(end, length))
  const drawn = Math.min(shownLength, end) - Math.min(first, shownLength)
  const ghosts = Math.max(0, drawn - rows.length)
  return (
    <Card isFlush class="list">
      <table
        class="table instances"
        aria-rowcount={found === undefined ? -1 : found.total + 1}
        aria-busy={found === undefined}
      >
        <caption class="unseen">Instances, in the order of their ids</caption>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map(([name, title]) => (
              <th scope="col" class={name} key={name}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          <Gap height={Math.min(first, shownLength) * rowHeight} />
          {rows.map((row, at) =>
            row === undefined ? (
              <GhostTableRow key={`at ${first + at}`} />
            ) : (
              <InstanceTableRow key={row.id} row={row} index={first + at} isSelected={row.id === selected.value} />
            ),
          )}
          {Array.from({ length: ghosts }, (_, at) => (
            <GhostTableRow key={`at ${first + rows.length + at}`} />
          ))}
          <Gap height={Math.max(0, shownLength - end) * rowHeight} />
        </tbody>
      </table>
      <p class="list-foot faint">
        {found === undefined
          ? 'reading…'
          : isMore
            ? `${number(length)} of ${number(found.total)} read`
            : `all ${number(length)} read`}
      </p>
    </Card>
  )
}

function Gap({ height }: { readonly height: number }) {
  return (
    <tr class="gap">
      <td colSpan={COLUMNS.length} style={{ height: `${height}px` }} />
    </tr>
  )
}

function useSelectionKeys(
  list: InstanceList,
  selected: Signal<string | undefined>,
  body: { readonly current: HTMLElement | null },
  rowHeight: number,
): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      const step = STEPS[event.key]
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return
      if (event.key === 'Escape') {
        selected.value = undefined
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      }
      // Pressed before the row that was chosen has got the focus.
      if (event.key === 'Enter' && selected.value !== undefined && document.activeElement === document.body) {
        navigate({ page: 'instance', id: selected.value })
      }
      if (step === undefined) return
      const pages = list.pages.value
      const at = selected.value === undefined ? undefined : indexOf(pages, selected.value)
      const next = at === undefined ? firstSeen(body.current, rowHeight) : at + step
      const index = Math.max(0, Math.min(lengthOf(pages) - 1, next))
      const [row] = slice(pages, index, index + 1)
      event.preventDefault()
      if (row === undefined) return
      selected.value = row.id
      show(body.current, index, rowHeight)
      // After it is drawn: it may have come into view only now.
      requestAnimationFrame(() => requestAnimationFrame(() => focusRow(body.current, row.id)))
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [list, rowHeight])
}

/** Below the header that stays. */
const STICKY_PX = 48 + 36

function firstSeen(body: HTMLElement | null, rowHeight: number): number {
  const top = body?.getBoundingClientRect().top ?? 0
  return Math.max(0, Math.ceil((STICKY_PX - top) / rowHeight))
}

function show(body: HTMLElement | null, index: number, rowHeight: number): void {
  if (body === null) return
  const top = body.getBoundingClientRect().top + index * rowHeight
  if (top < STICKY_PX) scrollBy(0, top - STICKY_PX)
  else if (top + rowHeight > innerHeight) scrollBy(0, top + rowHeight - innerHeight + 8)
}

function focusRow(body: HTMLElement | null, id: string): void {
  body?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}
