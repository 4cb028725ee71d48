/**
 * One reading of the environment: every variable by its name, every fault kept until all were looked at.
 * A fault names variable, value and what is allowed; what a secret or a file holds never gets into one.
 */
import { readFileSync } from 'node:fs'
import { ConfigError } from '../errors.ts'
import type { Variable } from './variable.ts'

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>

const SHOWN_CHARACTERS = 120

export class Environment {
  readonly #variables: EnvironmentVariables
  readonly #faults: string[] = []
  readonly #faulty = new Set<string>()

  constructor(variables: EnvironmentVariables) {
    this.#variables = variables
  }

  /** The empty string counts as unset: compose files and charts write `NAME=` for "none". */
  text(name: string): string | undefined {
    return this.#variables[name] || undefined
  }

  /** After a fault the fallback is given back, so that the checks behind it still run. */
  read<Value>(name: string, variable: Variable<Value>, fallback: Value): Value {
    return this.optional(name, variable) ?? fallback
  }

  optional<Value>(name: string, variable: Variable<Value>): Value | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const parsed = variable.safeParse(text)
    if (parsed.success) return parsed.data
    this.#faulty.add(name)
    // A value that fails two bounds of one kind is told once.
    for (const allowed of new Set(parsed.error.issues.map(issue => issue.message))) {
      this.#faults.push(`${name}=${shown(text)}: ${allowed}`)
    }
    return undefined
  }

  /** `NAME`, or the content of the file that `NAME_FILE` names, without the line break that editors add. */
  secret(name: string): string | undefined {
    const direct = this.text(name)
    const fileName = `${name}_FILE`
    if (direct === undefined) return this.file(fileName)?.replace(/\r?\n$/, '')
    if (this.text(fileName) !== undefined) {
      this.fault(name, `${fileName} is set as well: unset one of the two`)
    }
    return direct
  }

  /** The content of the file whose path the variable holds. */
  file(name: string): string | undefined {
    const path = this.text(name)
    if (path === undefined) return undefined
    try {
      const content = readFileSync(path, 'utf8')
      if (content.trim() !== '') return content
      this.fault(name, `${shownPath(path)}: the file is empty`)
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      this.fault(
        name,
        `${shownPath(path)}: the file cannot be read (${reason}): it must be the path of a file that can be read`,
      )
    }
    return undefined
  }

  /** A fault between variables. `name` is the one to change; `what` must not hold a secret. */
  fault(name: string, what: string): void {
    this.#faulty.add(name)
    this.#faults.push(`${name}: ${what}`)
  }

  /** Whether there is no fault of any of these yet: a check between variables makes sense only then. */
  sound(...names: readonly string[]): boolean {
    return !names.some(name => this.#faulty.has(name))
  }

  /** @throws ConfigError with every fault that was found */
  close(): void {
    if (this.#faults.length > 0) throw new ConfigError(this.#faults)
  }
}

/** As the operator wrote it, but short, and without what may be a password in a URL or a server list. */
function shown(text: string): string {
  const safe = text.replace(/^(.*:\/\/)?.*@/s, '$1***@')
  return JSON.stringify(safe.length > SHOWN_CHARACTERS ? `${safe.slice(0, SHOWN_CHARACTERS)}…` : safe)
}

/** Now and then somebody puts the key or the password itself where its path belongs. */
function shownPath(path: string): string {
  return /^\.{0,2}\/[^\n]*$/.test(path) ? JSON.stringify(path) : '(a path without / at its start, not shown)'
}
