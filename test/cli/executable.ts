/**
 * The built executable as a shell runs it: arguments, an environment of its own, standard input, output and exit code.
 * Builds it where nobody has. Ends what still runs with the test file.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { freePort as anyFreePort } from '../../scripts/kafka-broker/free-ports.ts'
import { eventually } from '../support/eventually.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = `${ROOT}/dist/src/main.js`
const EXIT_LIMIT_MS = 15_000

export interface Execution {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Standard input; nothing, and at its end, without it. */
  readonly input?: string
}

export interface Running {
  readonly stdout: string
  readonly stderr: string
  kill(signal: NodeJS.Signals): void
  /** The exit code. @throws Error with its output when it does not end in time, or by a signal. */
  ended(): Promise<number>
}

/** For the tests of a file. */
export function executable(): (execution: Execution) => Running {
  const children = new Set<ChildProcess>()
  beforeAll(() => {
    if (!existsSync(MAIN)) execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT })
  })
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  return ({ args, env = {}, input = '' }) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env: { PATH: process.env.PATH, ...env } })
    children.add(child)
    const output = { stdout: '', stderr: '' }
    let code: number | string | undefined
    child.stdout.on('data', chunk => {
      output.stdout += chunk
    })
    child.stderr.on('data', chunk => {
      output.stderr += chunk
    })
    child.once('close', (exitCode, signal) => {
      children.delete(child)
      code = exitCode ?? signal ?? 'unknown'
    })
    child.stdin.end(input)
    return {
      get stdout() {
        return output.stdout
      },
      get stderr() {
        return output.stderr
      },
      kill: signal => void child.kill(signal),
      ended: () =>
        eventually(
          () => {
            if (typeof code === 'number') return { code }
            throw new Error(`${args.join(' ')} has not ended (${code}):\n${output.stdout}${output.stderr}`)
          },
          { limitMs: EXIT_LIMIT_MS },
        ).then(exit => exit.code),
    }
  }
}

/** As a variable holds it. */
export async function freePort(): Promise<string> {
  return String(await anyFreePort())
}
