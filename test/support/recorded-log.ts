/** A log that keeps its lines, for tests of what is loud and what is not. */
import type { Log, LogFields } from '../../src/log.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  readonly fields: LogFields
  readonly message: string
}

export interface RecordedLog extends Log {
  readonly lines: readonly LogLine[]
  /** Messages of that level, in order. */
  at(level: LogLine['level']): readonly string[]
}

/** A log whose lines go through `line`, whoever's child writes them. */
export function logOf(line: (level: LogLine['level']) => (fields: LogFields, message: string) => void): Log {
  const log: Log = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    fatal: line('fatal'),
    child: () => log,
  }
  return log
}

export function recordedLog(): RecordedLog {
  const lines: LogLine[] = []
  const log = logOf(level => (fields, message) => {
    lines.push({ level, fields, message })
  })
  const at = (level: LogLine['level']) => lines.filter(line => line.level === level).map(({ message }) => message)
  return { ...log, lines, at }
}
