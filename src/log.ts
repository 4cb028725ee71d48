/**
 * The log of the service: JSON lines on stdout, or something to read on a terminal. The rest of the code knows the
 * interface only, and never prints by itself. What is known to be secret never gets out.
 */
import { pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { LogLevel } from './config.ts'

/** Fields first, then a sentence that does not change, so that lines can be counted by it. Errors go under `err`. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  fatal(fields: LogFields, message: string): void
  /** A log whose every line carries these fields too. */
  child(fields: LogFields): Log
}

export type LogFields = Readonly<Record<string, unknown>>

export interface LogOptions {
  readonly level: LogLevel
  /** On every line. */
  readonly replicaName: string
  /** Whether somebody reads along: colours and short times instead of JSON. */
  readonly terminal: boolean
  /** Standard output unless told: where the lines go. Written to at once, so that a crash loses none. */
  readonly destination?: LineDestination
}

interface LineDestination {
  write(line: string): void
}

const SECRETS = ['password', 'sasl', 'ssl', 'authorization', 'secret', 'token']

export function openLog(options: LogOptions): Log {
  const { level, replicaName, terminal } = options
  const stdout = options.destination ?? pino.destination({ fd: 1, sync: true })
  return pino(
    {
      level,
      base: { replica: replicaName },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      // One level down as well: `{ kafka: { sasl } }`; deeper things are no business of a log line.
      redact: { paths: SECRETS.flatMap(name => [name, `*.${name}`]), censor: '[secret]' },
    },
    terminal ? prettyLines(stdout, options.destination === undefined) : stdout,
  )
}

/** Made in this thread: a worker of pino's would lose the last lines when the process ends. */
function prettyLines(destination: LineDestination, colorize: boolean): LineDestination {
  const pretty = prettyFactory({ colorize, ignore: 'replica', translateTime: 'SYS:HH:MM:ss.l', singleLine: true })
  return { write: line => destination.write(pretty(line)) }
}

/** For tests and for whoever must be given a log but has nobody to read it. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
  child: () => silentLog,
}
