/** The command line, or what came in with it, is wrong: one message for people, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
