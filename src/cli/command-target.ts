/**
 * Where `send` puts commands: the command topic, or a running service that puts them there. One interface for both.
 */
import type { Clock, Random } from '../clock.ts'
import type { Config } from '../config.ts'
import { createCommandSender } from '../http/command-sender.ts'
import type { Submission } from '../http/submission.ts'
import { silentLog } from '../log.ts'
import { commandRecord, type OutgoingCommand } from './command-value.ts'
import { openTransport } from './open-transport.ts'
import { askService } from './service-url.ts'

export interface CommandTarget {
  /** Resolves when all are on the log. @throws TransportUnavailableError, RecordTooLargeError */
  send(commands: readonly OutgoingCommand[]): Promise<void>
  close(): Promise<void>
}

/** `url` is undefined for Kafka. @throws TransportUnavailableError */
export async function openCommandTarget(
  config: Config,
  url: string | undefined,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<CommandTarget> {
  if (url !== undefined) {
    return { send: commands => post(url, config.http.consoleToken, commands), close: async () => {} }
  }
  const transport = await openTransport({ config, clock, random, log: silentLog })
  await transport.connect()
  const sender = createCommandSender({ transport, topic: config.topics.commands, random })
  return {
    send: commands => sender.send(commands.map(commandRecord)),
    close: async () => {
      await sender.close()
      await transport.close()
    },
  }
}

async function post(url: string, token: string | undefined, commands: readonly OutgoingCommand[]): Promise<void> {
  const body: Submission = {
    records: commands.map(({ value, key, tenant, traceparent }) => ({
      value,
      key,
      tenant,
      headers: { traceparent },
    })),
  }
  await askService(url, token, '/api/commands', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
