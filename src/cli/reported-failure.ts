/**
 * A command did its work and found what it looks for to be wrong; all of it has been told already. Exit code 1.
 * Caught in main.ts.
 */
export class ReportedFailure extends Error {
  override readonly name = 'ReportedFailure'
}
