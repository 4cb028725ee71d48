/**
 * Where the reader is: the route of the address bar as a signal, and how to go elsewhere. Parses nothing itself
 * (route.ts), and never leaves the page.
 */
import { effect, type ReadonlySignal, signal } from '@preact/signals'
import { hashOf, parseRoute, type Route } from './route.ts'

const current = signal<Route>(parseRoute(location.hash))
addEventListener('hashchange', () => {
  current.value = parseRoute(location.hash)
})

export const route: ReadonlySignal<Route> = current

/** `replace`: without a new entry in the history, for what is typed. */
export function navigate(to: Route, options: { readonly replace?: boolean } = {}): void {
  if (options.replace === true) history.replaceState(null, '', hashOf(to))
  else history.pushState(null, '', hashOf(to))
  current.value = to
}

/** The last list that was looked at, as it was searched. */
let lastList: Route = { page: 'instances', search: '' }
effect(() => {
  if (current.value.page === 'instances') lastList = current.value
})

/** From one thing to the list that it is in; nowhere from a page that is in none. */
export function leave(): void {
  const { page } = current.value
  if (page === 'instance') navigate(lastList)
  if (page === 'definition') navigate({ page: 'definitions' })
}
