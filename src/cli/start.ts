/**
 * `party-quests start`: one replica, until a signal ends it. Puts nothing together itself: run-service.ts does.
 */
import type { Command } from 'commander'
import { systemClock, systemRandom } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import { openLog } from '../log.ts'
import { dieOnFatal } from './fatal.ts'
import { runService } from './run-service.ts'
import { readSettings } from './settings.ts'
import { aborted, catchStopSignals } from './stop-signal.ts'

const HELP = `
Configured by environment variables; the README lists them. Without BOOTSTRAP_SERVERS it runs on an embedded log, in
the memory of this process, and makes its topics by itself.

SIGTERM or SIGINT stops it cleanly: no quest ends by that. A second signal ends it at once, with exit code 1.
Exit codes: 0 stopped cleanly, 1 failed, 2 wrong configuration (every fault on a line of its own).`

export function addStart(program: Command): void {
  program.command('start').description('run the service').addHelpText('after', HELP).action(start)
}

async function start(): Promise<void> {
  const { config, catalogue } = await readSettings(process.env)
  const log = openLog({
    level: config.logLevel,
    replicaName: config.replicaName,
    terminal: process.stdout.isTTY === true,
  })
  const onFatal = dieOnFatal(log)
  const stop = catchStopSignals()
  const running = await runService({ config, catalogue, clock: systemClock, random: systemRandom, log, onFatal })
  try {
    // What ends it is a signal, or a fault of the topics.
    await Promise.race([aborted(stop.signal), running.started.then(() => aborted(stop.signal))])
    log.info({}, 'stopping: no quest ends by that')
  } catch (error) {
    if (!(error instanceof ConfigError)) onFatal(error)
    throw error
  } finally {
    await running.stop()
  }
}
