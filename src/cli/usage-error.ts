/**
 * The command line, or what came in with it, is wrong: one message for people, exit code 2. Never thrown by the
 * service itself, whose configuration has ConfigError. Caught in main.ts.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
