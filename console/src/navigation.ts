/**
 * Where the reader is: the route of the address bar as a signal, and how to go elsewhere. Parses nothing itself
 * (route.ts), and never leaves the page.
 */
import { type ReadonlySignal, signal } from '@preact/signals'
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
