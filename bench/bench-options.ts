/**
 * What the command line asks of every benchmark. Each chooses its own sizes by it; none reads the command line itself.
 */
export interface BenchOptions {
  /** More rounds and larger loads, for a machine that has the night. */
  readonly isLong: boolean
}
