/**
 * The body of another replica's answer as text, read with a bound. Judges nothing that stands in it.
 */

/** All of it; undefined where it is larger than `bytesMax`: then no more of it is read. @throws what the body throws. */
export async function bodyText(body: AsyncIterable<Uint8Array> | null, bytesMax: number): Promise<string | undefined> {
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
