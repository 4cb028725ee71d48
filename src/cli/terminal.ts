/**
 * What a command may do with its standard output: colours, and a reader that went away. Never writes to it.
 */
import type { WriteStream } from 'node:tty'

/** Only for somebody who sees them; NO_COLOR is respected (https://no-color.org). */
export function wantsColours(stream: WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR
}

/** `party-quests tail | head -3` ends without a word, as other tools do. */
export function endQuietlyOnClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}
