/**
 * Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from the body of a response,
 * as far as our own server writes them: `event` and `data`, lines that end in LF. Passes over comments, opens nothing,
 * and judges nothing that stands in an event.
 */
export interface ServerSentEvent {
  /** `message` where none is named. */
  readonly event: string
  readonly data: string
}

/**
 * Ends when the body does; an event that it breaks off in is none. `onBytes` is called for whatever comes, comments
 * included.
 * @throws Error an event is larger than `bytesMax`; what the body throws, such as an abort.
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array> | null,
  bytesMax = Number.POSITIVE_INFINITY,
  onBytes: () => void = () => {},
): AsyncGenerator<ServerSentEvent> {
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
