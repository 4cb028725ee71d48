/**
 * The body of another replica's answer, read with a bound: as text, or as server-sent events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as our own server writes them). Judges
 * nothing that stands in it.
 */
export interface ServerSentEvent {
  /** `message` where none is named. */
  readonly event: string
  readonly data: string
}

type Body = AsyncIterable<Uint8Array> | null

/** All of it; undefined where it is larger than `bytesMax`: then no more of it is read. @throws what the body throws. */
export async function bodyText(body: Body, bytesMax: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop early cancels the body, and with it the connection.
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > bytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/**
 * Ends when the body does. `onBytes` is called for whatever comes, comments included.
 * @throws Error an event is larger than `bytesMax`; what the body throws.
 */
export async function* readEvents(body: Body, bytesMax: number, onBytes: () => void): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder()
  let lines: string[] = []
  let rest = ''
  let size = 0
  for await (const chunk of body ?? []) {
    onBytes()
    const parts = decoder.decode(chunk, { stream: true }).split('\n')
    for (const [index, part] of parts.entries()) {
      rest += part
      size += part.length
      if (size > bytesMax) throw new Error(`an event is larger than ${bytesMax} bytes`)
      if (index === parts.length - 1) break
      if (rest !== '') lines.push(rest)
      else {
        const event = eventOf(lines)
        if (event !== undefined) yield event
        lines = []
        size = 0
      }
      rest = ''
    }
  }
}

function eventOf(lines: readonly string[]): ServerSentEvent | undefined {
  const valuesOf = (field: string) =>
    lines.filter(line => line.startsWith(`${field}:`)).map(line => line.slice(field.length + 1).replace(/^ /, ''))
  const data = valuesOf('data')
  if (data.length === 0) return undefined
  return { event: valuesOf('event').at(-1) ?? 'message', data: data.join('\n') }
}
