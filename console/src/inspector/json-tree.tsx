/**
 * Any JSON value as text that opens level by level. Draws only what is open, and of a long list the beginning, so that
 * a large value from outside costs what is looked at. Text only.
 */
import { useState } from 'preact/hooks'
import { cut, isRecord } from './frame-reader.ts'

const MEMBERS_MAX = 100
const TEXT_CHARS_MAX = 1_000
const PREVIEW_CHARS_MAX = 60

interface JsonTreeProps {
  readonly name: string
  readonly value: unknown
  readonly isOpen?: boolean
}

export function JsonTree({ name, value, isOpen = false }: JsonTreeProps) {
  const [open, setOpen] = useState(isOpen)
  const members = membersOf(value)
  if (members === undefined || members.length === 0) {
    return (
      <div class="json-row">
        <span class="json-name">{name}</span>
        <span class="json-value" data-kind={kindOf(value)}>
          {textOf(value)}
        </span>
      </div>
    )
  }
  return (
    <div>
      <button type="button" class="json-row json-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="json-name">{name}</span>
        <span class="json-preview">{open ? countText(value, members.length) : preview(value, members)}</span>
      </button>
      {open ? (
        <div class="json-members">
          {members.slice(0, MEMBERS_MAX).map(([key, member]) => (
            <JsonTree key={key} name={key} value={member} />
          ))}
          {members.length > MEMBERS_MAX ? <div class="faint">and {members.length - MEMBERS_MAX} more</div> : null}
        </div>
      ) : null}
    </div>
  )
}

function membersOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((member, place) => [String(place), member] as const)
  return isRecord(value) ? Object.entries(value) : undefined
}

function preview(value: unknown, members: readonly (readonly [string, unknown])[]): string {
  if (Array.isArray(value)) return countText(value, members.length)
  const some = members.slice(0, 6).map(([key, member]) => {
    return membersOf(member) === undefined ? `${key}: ${cut(textOf(member), 20)}` : key
  })
  return `{ ${cut(some.join(', '), PREVIEW_CHARS_MAX)}${members.length > some.length ? ', …' : ''} }`
}

function countText(value: unknown, count: number): string {
  return Array.isArray(value) ? `[${count}]` : `{${count}}`
}

function textOf(value: unknown): string {
  if (value === undefined) return 'not told'
  return cut(JSON.stringify(value), TEXT_CHARS_MAX)
}

function kindOf(value: unknown): string {
  return value === null || typeof value === 'object' ? 'nothing' : typeof value
}
