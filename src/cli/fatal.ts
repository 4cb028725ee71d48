/**
 * What nobody caught while a service runs: said once in the log, then the process ends with exit code 1. Its shards
 * are fenced by whoever takes them next, so that leaving like this loses nothing.
 */
import type { Log } from '../log.ts'

/** Catches what falls through all else, and gives back the same reaction for whoever finds a broken promise. */
export function dieOnFatal(log: Log): (error: unknown) => void {
  const die = (error: unknown) => {
    log.fatal({ err: error }, 'a promise was broken: this process ends')
    process.exit(1)
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
  return die
}
