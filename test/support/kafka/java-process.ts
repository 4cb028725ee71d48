/**
 * The Java process behind independent-client.ts: compiled once into the user's cache, started by the first request of
 * a test file and kept, for a start costs more than most requests. Ends with the test file, whose end closes its stdin.
 */
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { delimiter } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { jvmOptions } from '../../../scripts/kafka-broker/cluster.ts'
import { cached, DEFAULT_KAFKA_VERSION, kafkaJars } from '../../../scripts/kafka-broker/jars.ts'
import { findJava, jdkProgram } from '../../../scripts/kafka-broker/java.ts'

/** Java's source lies in test/ only, also for what was built into dist/. */
const HERE = new URL('.', import.meta.url).href.replace('/dist/test/', '/test/')
const SOURCE = fileURLToPath(new URL('IndependentClient.java', HERE))
const MAIN_CLASS = 'IndependentClient'
/** Of what Java last complained about, kept for the message when it dies. */
const COMPLAINTS_CHARACTERS = 4_000

let shared: Promise<JavaProcess> | undefined

/**
 * One request to IndependentClient.java; several are answered one after the other.
 * @throws Error with Java's reason, when the request failed there or the process died.
 */
export async function askJava<Item>(request: object, decode: (answer: unknown) => Item): Promise<readonly Item[]> {
  const answers: Item[] = []
  await tellOfEach(request, answer => answers.push(decode(answer)))
  return answers
}

/** As `askJava`, for more answers than memory should hold: `take` is given each as it comes. */
export async function tellOfEach(request: object, take: (answer: unknown) => void): Promise<void> {
  shared ??= JavaProcess.start()
  const java = await shared
  await java.ask(JSON.stringify(request), answer => take(JSON.parse(answer)))
}

interface Pending {
  readonly take: (answer: string) => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

class JavaProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #pending: Pending[] = []
  #complaints = ''

  static async start(): Promise<JavaProcess> {
    const [java, classPath] = await Promise.all([findJava(), compile()])
    const options = [...jvmOptions('512m'), '-cp', classPath, MAIN_CLASS]
    return new JavaProcess(spawn(java, options, { stdio: ['pipe', 'pipe', 'pipe'] }))
  }

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child
    child.stderr.on('data', chunk => {
      this.#complaints = (this.#complaints + chunk).slice(-COMPLAINTS_CHARACTERS)
    })
    createInterface({ input: child.stdout }).on('line', line => this.#take(line))
    // A write into a process that has died; its end says why.
    child.stdin.on('error', () => {})
    child.on('close', code => {
      shared = undefined
      for (const { reject } of this.#pending.splice(0))
        reject(new Error(`the Java client ended with code ${code}:\n${this.#complaints}`))
    })
    this.#holdOpen(false)
  }

  ask(request: string, take: (answer: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ take, resolve, reject })
      this.#holdOpen(true)
      this.#child.stdin.write(`${request}\n`)
    })
  }

  #take(line: string): void {
    const [current] = this.#pending
    const rest = line.slice(1)
    if (line.startsWith('+')) {
      try {
        current?.take(rest)
      } catch (error) {
        // The rest of its answers still comes, and is of no use to anybody.
        current?.reject(error)
      }
      return
    }
    this.#pending.shift()
    this.#holdOpen(this.#pending.length > 0)
    if (line === '.') current?.resolve()
    else current?.reject(new Error(`the Java client failed: ${rest}`))
  }

  /** An idle process must not keep the test's process from ending. */
  #holdOpen(open: boolean): void {
    for (const handle of [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr])
      if (handle === this.#child || handle instanceof Socket) open ? handle.ref() : handle.unref()
  }
}

/** The class path of the compiled client and Kafka's jars. */
async function compile(): Promise<string> {
  const [jars, source] = await Promise.all([kafkaJars(DEFAULT_KAFKA_VERSION), readFile(SOURCE)])
  const hash = createHash('sha256').update(DEFAULT_KAFKA_VERSION).update(source).digest('hex').slice(0, 12)
  const classes = await cached(`independent-client-${hash}`, async into => {
    try {
      await promisify(execFile)(jdkProgram('javac'), ['-d', into, '-cp', jars, SOURCE])
    } catch (cause) {
      throw new Error(`javac could not compile ${SOURCE}: is a whole JDK installed? ${String(cause)}`, { cause })
    }
  })
  return [classes, jars].join(delimiter)
}
