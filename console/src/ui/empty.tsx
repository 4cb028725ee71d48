/**
 * What a page says when it has nothing to show, and what to do about it.
 */
import type { ComponentChildren } from 'preact'

interface EmptyProps {
  readonly title: string
  /** Whether it is all that there is on the page: then its title is the page's. */
  readonly isPage?: boolean
  readonly children?: ComponentChildren
}

export function Empty({ title, isPage = false, children }: EmptyProps) {
  const Title = isPage ? 'h1' : 'h2'
  return (
    <div class={isPage ? 'empty card' : 'empty'}>
      <Title>{title}</Title>
      {children}
    </div>
  )
}
