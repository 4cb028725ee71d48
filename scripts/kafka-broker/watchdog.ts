/**
 * Ends the brokers that we started and removes their data, also when we die by SIGKILL and can clean up nothing.
 * A shell of its own session reads a pipe that only we hold: when it closes, for whatever reason, the shell acts.
 * Knows process ids, container names and one folder, and touches nothing else.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'

// SIGKILL, because a broker that a test has put to sleep by SIGSTOP hears nothing else. The folder goes last, when
// nobody writes into it any more; bounded, because a dead process can stay in the table where no init reaps it.
const SCRIPT = `
trap '' INT TERM HUP
pids= containers=
while read -r word name; do
  case $word in
    process) pids="$pids $name" ;;
    gone) left=; for pid in $pids; do [ "$pid" = "$name" ] || left="$left $pid"; done; pids=$left ;;
    container) containers="$containers $name" ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done
for container in $containers; do docker rm -f "$container"; done
for pid in $pids; do
  tries=0
  while kill -0 "$pid" && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
done
[ -z "$1" ] || rm -rf -- "$1"
`

export class Watchdog {
  readonly #shell: ChildProcess

  /** `dir` is removed at the end. */
  constructor(dir?: string) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'kafka-watchdog', dir ?? ''], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.#shell.unref()
    if (this.#shell.stdin instanceof Socket) this.#shell.stdin.unref()
    // A shell that somebody killed shows up as EPIPE; what it guarded is then ended by `finish` callers alone.
    this.#shell.stdin?.on('error', () => {})
  }

  /** `pid` dies with us. */
  watch(pid: number): void {
    this.#say(`process ${pid}`)
  }

  /** `pid` has ended: the number may belong to another process soon. */
  forget(pid: number): void {
    this.#say(`gone ${pid}`)
  }

  /** The container is removed with us. */
  watchContainer(name: string): void {
    this.#say(`container ${name}`)
  }

  /** Ends what is watched and removes the folder. Resolves when that is done. */
  async finish(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return
    this.#shell.ref()
    const ended = once(this.#shell, 'exit')
    this.#shell.stdin?.end()
    await ended
  }

  #say(line: string): void {
    this.#shell.stdin?.write(`${line}\n`)
  }
}
