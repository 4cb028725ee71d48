/**
 * What a page says when it has nothing to show, and what to do about it.
 */
import type { ComponentChildren } from 'preact'

interface EmptyProps {
  readonly title: string
  readonly children?: ComponentChildren
}

export function Empty({ title, children }: EmptyProps) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}
