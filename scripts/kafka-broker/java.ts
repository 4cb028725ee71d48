/**
 * Finds Java and Maven on this machine, or says in one line what is missing and how to get it.
 * Never installs anything.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Kafka 4 does not start on less. */
const JAVA_MAJOR_MIN = 17

/** What a broker of our own needs is not on this machine. One line; it says what to install. */
export class ToolMissingError extends Error {
  override readonly name = 'ToolMissingError'
}

/** The path of a program of the JDK: that of JAVA_HOME where it is set, else whatever the PATH has. */
export function jdkProgram(name: 'java' | 'javac'): string {
  const home = process.env.JAVA_HOME
  return home === undefined || home === '' ? name : join(home, 'bin', name)
}

let java: Promise<string> | undefined

/**
 * The `java` to run, checked once.
 * @throws ToolMissingError there is none, or it is too old.
 */
export function findJava(): Promise<string> {
  java ??= checkJava()
  return java
}

async function checkJava(): Promise<string> {
  const program = jdkProgram('java')
  const cure = `install a JDK of ${JAVA_MAJOR_MIN} or newer (Debian: apt-get install openjdk-17-jdk-headless)`
  // `java -version` writes to stderr.
  const version = await run(program, ['-version']).then(
    ({ stderr }) => stderr,
    (error: Error) => {
      throw new ToolMissingError(`Kafka needs Java, and ${program} does not run: ${cure}`, { cause: error })
    },
  )
  const major = Number(/version "(?:1\.)?(\d+)/.exec(version)?.[1] ?? 0)
  if (major < JAVA_MAJOR_MIN)
    throw new ToolMissingError(
      `Kafka needs Java ${JAVA_MAJOR_MIN}, and ${program} is ${version.split('\n')[0]}: ${cure}`,
    )
  return program
}

/**
 * The `mvn` to run.
 * @throws ToolMissingError there is none.
 */
export async function findMaven(): Promise<string> {
  try {
    await run('mvn', ['--version'])
  } catch (cause) {
    throw new ToolMissingError(
      "Kafka's jars are fetched by Maven, and mvn does not run: install Maven (Debian: apt-get install maven)",
      { cause },
    )
  }
  return 'mvn'
}
