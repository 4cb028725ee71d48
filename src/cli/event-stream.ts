/**
 * Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from a response body, as
 * far as our own server writes them: `event` and `data`. Comments are passed over.
 */
export interface ServerSentEvent {
  /** `message` where the server names none. */
  readonly event: string
  readonly data: string
}

/** Ends when the server does. @throws what the body throws, such as an abort. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parse(block)
      if (event !== undefined) yield event
    }
  }
}

function parse(block: string): ServerSentEvent | undefined {
  const lines = block.split('\n')
  const valuesOf = (field: string) =>
    lines.filter(line => line.startsWith(`${field}:`)).map(line => line.slice(field.length + 1).replace(/^ /, ''))
  const data = valuesOf('data')
  if (data.length === 0) return undefined
  return { event: valuesOf('event').at(-1) ?? 'message', data: data.join('\n') }
}
