/**
 * A panel with an optional heading and what stands at its right. Holds no state.
 */
import type { ComponentChildren } from 'preact'

interface CardProps {
  readonly title?: string
  /** Beside the title, fainter. */
  readonly subtitle?: ComponentChildren
  /** At the right of the heading. */
  readonly aside?: ComponentChildren
  readonly class?: string
  /** No padding: for tables and charts that reach the edge. */
  readonly isFlush?: boolean
  readonly children?: ComponentChildren
}

export function Card({ title, subtitle, aside, isFlush = false, children, ...others }: CardProps) {
  return (
    <section class={`card ${others.class ?? ''}`} aria-label={title}>
      {title === undefined ? null : (
        <div class="card-head">
          <h2>{title}</h2>
          {subtitle === undefined ? null : <span class="faint">{subtitle}</span>}
          {aside === undefined ? null : <div class="card-aside">{aside}</div>}
        </div>
      )}
      {isFlush ? children : <div class="card-body">{children}</div>}
    </section>
  )
}
