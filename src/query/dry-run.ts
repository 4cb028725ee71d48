/**
 * What a command would do to an instance now: the shard's own decoding and stepping, on the present snapshot, by a
 * supervisor of its own. Writes nothing and keeps nothing: no overlay, no outbox, no journal.
 */
import { contextOf } from '../actor/instance.ts'
import { createStepper } from '../actor/stepper.ts'
import type { DryRun } from '../api/documents.ts'
import type { Clock } from '../clock.ts'
import { decodeCommand } from '../contract/commands.ts'
import type { CharacterId, InstanceId } from '../contract/ids.ts'
import type { Origin } from '../contract/origin.ts'
import { type Refusal, refuse } from '../contract/refusal.ts'
import { entryOf } from '../journal/entry.ts'
import type { Outcome } from '../shard/outcome.ts'
import { type RoutedCommand, Supervisor } from '../shard/supervisor.ts'
import { rowDocument } from './instance-document.ts'
import { operationDocument } from './operation-document.ts'
import type { Subject } from './subject.ts'

/** Stands for the place of a record that was not written. */
const NOWHERE: Origin = { topic: 'dry-run', partition: 0, offset: 0, timestamp: -1 }
/** Seen by nobody: what is armed is forgotten with the outcome. */
const NO_TRACE = ''

export class DryRunner {
  readonly #supervisor = new Supervisor(createStepper('dry-runs'))
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `sequence`: what the operation would be numbered with. Never throws for what the command says. */
  run(subject: Subject, value: string, sequence: number): DryRun {
    const decoded = decodeCommand(Buffer.from(value))
    if (decoded.kind === 'malformed') return refused(decoded.refusal)
    if (decoded.kind === 'foreign') {
      return refused(refuse('MALFORMED', `${decoded.type} is no command of this service: it would be skipped`))
    }
    const { command } = decoded
    if (command.type === 'REGISTER') {
      return refused(refuse('MALFORMED', 'REGISTER names no instance: what it does depends on its whole channel'))
    }
    if (command.type === 'LEAVE') {
      return refused(refuse('MALFORMED', 'LEAVE names no instance: what it does depends on where the character is'))
    }
    const now = this.#clock.now()
    const since = this.#clock.elapsed()
    try {
      const outcome = this.#outcome(subject, command, now)
      if (outcome.kind === 'refused') return refused(outcome.refusal)
      if (outcome.kind !== 'changed') throw new TypeError(`a dry run came to ${outcome.kind}`)
      const trigger = { kind: 'command' as const, command, origin: NOWHERE, isAnswer: false }
      const entry = entryOf(subject.id, outcome, trigger, now, this.#clock.elapsed() - since)
      if (entry === undefined) throw new TypeError('a dry run came to nothing')
      const after = outcome.after && { ...subject, instance: outcome.after }
      return {
        outcome: 'applied',
        operation: operationDocument({ sequence, entry }),
        instance: after === undefined ? null : rowDocument(after, entry),
      }
    } catch (error) {
      return refused(refuse('INSTANCE_FAULT', error instanceof Error ? error.message : String(error)))
    }
  }

  #outcome({ id, instance, isEnded }: Subject, command: RoutedCommand, now: number): Outcome {
    const view = {
      instance: (asked: InstanceId) => (asked === id && !isEnded ? instance : undefined),
      claims: {
        instanceOf: (_channel: string, _character: CharacterId) => undefined,
        lobby: () => undefined,
        inTenant: () => [],
      },
    }
    const { tenant } = contextOf(instance).identity
    return this.#supervisor.command(view, command, tenant, { now, traceparent: NO_TRACE })
  }
}

function refused({ code, reason }: Refusal): DryRun {
  return { outcome: 'refused', code, reason }
}
