/**
 * The places of the console and their hashes, both ways. Pure: navigation.ts reads and writes the address bar.
 */
export type Route =
  | { readonly page: 'instances'; readonly search: string }
  | { readonly page: 'instance'; readonly id: string }
  | { readonly page: 'definitions' }
  /** `ref` is `questId@hash`. */
  | { readonly page: 'definition'; readonly ref: string }
  | { readonly page: 'shards' }
  /** Empty code: all of them. */
  | { readonly page: 'dead-letters'; readonly code: string }
  | { readonly page: 'inspector' }
  | { readonly page: 'unknown'; readonly hash: string }

/** Of `#/instances?search=…` and the like; an empty hash is the list of instances. */
export function parseRoute(hash: string): Route {
  const unknown: Route = { page: 'unknown', hash }
  const [path = '', query = ''] = splitOnce(hash.replace(/^#?\/?/, ''), '?')
  const parts = path.split('/').filter(part => part !== '')
  const [page = 'instances', raw, ...rest] = parts
  if (rest.length > 0) return unknown
  const name = raw === undefined ? undefined : decoded(raw)
  if (raw !== undefined && name === undefined) return unknown
  if (name !== undefined) {
    if (page === 'instances') return { page: 'instance', id: name }
    return page === 'definitions' ? { page: 'definition', ref: name } : unknown
  }
  const asked = new URLSearchParams(query)
  switch (page) {
    case 'instances':
      return { page, search: asked.get('search') ?? '' }
    case 'dead-letters':
      return { page, code: asked.get('code') ?? '' }
    case 'definitions':
    case 'shards':
    case 'inspector':
      return { page }
    default:
      return unknown
  }
}

/** With its `#`: for `href`. */
export function hashOf(route: Route): string {
  switch (route.page) {
    case 'instances':
      return `#/instances${query('search', route.search)}`
    case 'instance':
      return `#/instances/${encodeURIComponent(route.id)}`
    case 'definition':
      return `#/definitions/${encodeURIComponent(route.ref)}`
    case 'dead-letters':
      return `#/dead-letters${query('code', route.code)}`
    case 'definitions':
    case 'shards':
    case 'inspector':
      return `#/${route.page}`
    case 'unknown':
      return route.hash
    default: {
      const missed: never = route
      return missed
    }
  }
}

function query(name: string, value: string): string {
  return value === '' ? '' : `?${name}=${encodeURIComponent(value)}`
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}

/** Undefined where the escapes are broken: somebody typed them. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
