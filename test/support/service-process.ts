/**
 * The built service as an operator runs it: `node dist/src/main.js start`, a process of its own with an environment of
 * its own. Keeps its log, shows it when a test fails, and ends with the test file. Never looks inside the service.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach } from 'vitest'
import { eventually } from './eventually.ts'

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url))
const READY_LIMIT_MS = 30_000
const EXIT_LIMIT_MS = 20_000
/** Of each process's output, the end is kept. */
const OUTPUT_CHARACTERS = 2_000_000
const SHOWN_LINES = 60

export interface ServiceOptions {
  /** Shows in front of its log. */
  readonly name: string
  /** All that it sees: nothing of this process's own environment but PATH. REST_PORT must be there. */
  readonly env: Readonly<Record<string, string>> & { readonly REST_PORT: string }
}

export interface Exit {
  /** `null`: killed by `signal`. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Readiness {
  /** 0: nobody listens. */
  readonly status: number
  readonly missing: readonly string[]
}

/**
 * Starts services for the tests of a file: kills what still runs at the file's end, and shows the logs of all that
 * ran when a test fails.
 */
export function serviceProcesses(): (options: ServiceOptions) => ServiceProcess {
  const started: ServiceProcess[] = []
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') for (const service of started) process.stderr.write(service.lastLines())
  })
  afterAll(async () => {
    for (const service of started) await service.kill()
  })
  return options => {
    const service = new ServiceProcess(options)
    started.push(service)
    return service
  }
}

export class ServiceProcess {
  readonly name: string
  /** Where it answers, without a slash at the end. */
  readonly url: string
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  #exit: Exit | undefined
  #output = ''
  #errors = ''

  constructor({ name, env }: ServiceOptions) {
    this.name = name
    this.url = `http://127.0.0.1:${env.REST_PORT}`
    const child = spawn(process.execPath, [MAIN, 'start'], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    child.stdout.on('data', chunk => {
      this.#output = (this.#output + chunk).slice(-OUTPUT_CHARACTERS)
    })
    child.stderr.on('data', chunk => {
      this.#errors = (this.#errors + chunk).slice(-OUTPUT_CHARACTERS)
    })
    const killed = () => child.kill('SIGKILL')
    process.once('exit', killed)
    this.exited = new Promise(resolve => {
      child.once('close', (code, signal) => {
        process.removeListener('exit', killed)
        this.#exit = { code, signal }
        resolve(this.#exit)
      })
    })
  }

  /** JSON lines. */
  get output(): string {
    return this.#output
  }

  /** What went to stderr. */
  get errors(): string {
    return this.#errors
  }

  /** @throws Error when it has ended, or is not ready in time; with what is missing. */
  async untilReady(limitMs = READY_LIMIT_MS): Promise<void> {
    const readiness = await eventually(
      async () => {
        if (this.#exit !== undefined) return { status: 0, missing: [`it has ended: ${JSON.stringify(this.#exit)}`] }
        const now = await this.readiness()
        if (now.status !== 200) throw new Error(`${this.name} is not ready: ${now.missing.join('; ')}`)
        return now
      },
      { limitMs },
    )
    if (readiness.status !== 200) throw new Error(`${this.name}: ${readiness.missing.join()}\n${this.lastLines()}`)
  }

  /** What /readyz says. */
  async readiness(): Promise<Readiness> {
    try {
      const response = await fetch(`${this.url}/readyz`)
      const body: unknown = await response.json()
      return { status: response.status, missing: missingOf(body) }
    } catch (error) {
      return { status: 0, missing: [`/readyz does not answer: ${error}`] }
    }
  }

  /** kill -9. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  /** SIGSTOP: it stands still, and its connections stay open, until `resume`. */
  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  /** SIGTERM. Resolves with how it ended. */
  async terminate(limitMs = EXIT_LIMIT_MS): Promise<Exit> {
    this.#child.kill('SIGTERM')
    return this.untilExit(limitMs)
  }

  /** @throws Error when it still runs after the limit. */
  async untilExit(limitMs = EXIT_LIMIT_MS): Promise<Exit> {
    return eventually(() => this.#exit, { limitMs })
  }

  /** The end of its log, for people. */
  lastLines(): string {
    const lines = `${this.#output}${this.#errors}`.trimEnd().split('\n').slice(-SHOWN_LINES)
    return `${lines.map(line => `${this.name} | ${line.slice(0, 1000)}`).join('\n')}\n`
  }
}

function missingOf(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null || !('missing' in body) || !Array.isArray(body.missing)) return []
  return body.missing.map(String)
}
