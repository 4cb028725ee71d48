/**
 * A monster service that a test plays itself: it sees each request, and answers when and what it likes. And a stepper
 * that asks it for plain things at plain times, whatever the definition says: a spawn on the first map of a stage that
 * begins, a destroy on each map of one that is cleared or skipped, and on map 900 when the instance is destroyed.
 */
import { createStepper, type Step, type Stepper } from '../../src/actor/stepper.ts'
import type { PendingEffect } from '../../src/contract/effect-record.ts'
import type { Effect } from '../../src/contract/effects.ts'
import type { Message } from '../../src/contract/messages.ts'
import type { MonsterClient } from '../../src/shard/effect-runner.ts'

interface Request {
  readonly done: () => void
  readonly fail: (error: Error) => void
}

export class FakeMonsters implements MonsterClient {
  /** `spawn 100`, `destroy 100`: every request so far, tries again among them. */
  readonly asked: string[] = []
  readonly requests: PendingEffect[] = []
  readonly #open = new Map<number, Request>()
  /** Answers each request at once. */
  isPrompt = false

  run(pending: PendingEffect, signal: AbortSignal): Promise<void> {
    const number = this.asked.push(lineOf(pending.effect))
    this.requests.push(pending)
    if (this.isPrompt) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#open.set(number, { done: resolve, fail: reject })
      signal.addEventListener(
        'abort',
        () => {
          this.#open.delete(number)
          reject(new Error('aborted'))
        },
        { once: true },
      )
    })
  }

  /** Requests that wait. */
  get open(): number {
    return this.#open.size
  }

  /** The oldest request that waits. */
  done(): void {
    this.#next().done()
  }

  fail(error: Error): void {
    this.#next().fail(error)
  }

  #next(): Request {
    for (const [number, request] of this.#open) {
      this.#open.delete(number)
      return request
    }
    throw new Error('nobody asks for anything')
  }
}

function lineOf({ kind, mapId }: Effect): string {
  return `${kind === 'spawnMonster' ? 'spawn' : 'destroy'} ${mapId}`
}

/** The machine as it is, but for what it asks of the monster service. */
export function effectStepper(effectsOf: (messages: readonly Message[]) => readonly Effect[] = plainEffects): Stepper {
  const stepper = createStepper('effects')
  const asking = (step: Step): Step => ({ ...step, effects: effectsOf(step.messages) })
  return {
    spawn: input => asking(stepper.spawn(input)),
    deliver: (before, event) => asking(stepper.deliver(before, event)),
  }
}

export const spawn = (mapId: number): Effect => ({
  kind: 'spawnMonster',
  mapId,
  monsterId: 9300061,
  x: -7,
  y: 2,
  fh: 5,
})
export const destroy = (mapId: number): Effect => ({ kind: 'destroyMonsters', mapId })

function plainEffects(messages: readonly Message[]): readonly Effect[] {
  return messages.flatMap(message => {
    switch (message.type) {
      case 'STARTED':
        return [spawn(message.mapIds[0] ?? 0)]
      case 'STAGE_ADVANCED': {
        const mapId = message.mapIds[0] ?? 0
        return [destroy(mapId - 10), spawn(mapId)]
      }
      case 'INSTANCE_DESTROYED':
        return [destroy(900)]
      default:
        return []
    }
  })
}
