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

export function recordedLog(): RecordedLog {
  const lines: LogLine[] = []
  const record = (level: LogLine['level']) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message })
  }
  const log: RecordedLog = {
    lines,
    at: level => lines.filter(line => line.level === level).map(({ message }) => message),
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    fatal: record('fatal'),
    child: () => log,
  }
  return log
}
