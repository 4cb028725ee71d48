/**
 * The layout of a JSON value as lines, `context.run.members[].characterId: number`: what two values of one layout have
 * in common. Names that are data and not layout (counts by id, watermarks by partition) become `*`.
 */

export function shapeOf(value: unknown): readonly string[] {
  const lines = new Set<string>()
  collect(value, '', lines)
  return [...lines].sort()
}

/** What holds names that are data. */
const NAMED_BY_DATA = /(^|\.)(items|kills|data|watermarks|topicIds)$/
/** Kept for others as it came: what is in there is no layout of ours. */
const KEPT = /(^|\.)(properties|startEvents)$/

function collect(value: unknown, path: string, lines: Set<string>): void {
  if (KEPT.test(path)) lines.add(`${path}: kept`)
  else if (Array.isArray(value)) {
    lines.add(`${path}: array`)
    for (const inner of value) collect(inner, `${path}[]`, lines)
  } else if (typeof value === 'object' && value !== null) {
    if (path !== '') lines.add(`${path}: object`)
    for (const [name, inner] of Object.entries(value)) {
      const step = NAMED_BY_DATA.test(path) ? '*' : name
      collect(inner, path === '' ? step : `${path}.${step}`, lines)
    }
  } else lines.add(`${path}: ${value === null ? 'null' : typeof value}`)
}
