/** A party and guild service that a test plays itself: it sees each question, and answers when and what it likes. */
import type { Lookup, LookupAnswer } from '../../src/contract/lookup.ts'
import type { LookupClient } from '../../src/shard/lookup-runner.ts'
import { character } from './tenants.ts'

interface Question {
  readonly lookup: Lookup
  readonly answer: (answer: LookupAnswer) => void
  readonly fail: (error: Error) => void
}

export class FakeLookups implements LookupClient {
  /** Every question so far, tries again among them. */
  readonly asked: Lookup[] = []
  readonly #open: Question[] = []

  ask(lookup: Lookup, _headers: unknown, signal: AbortSignal): Promise<LookupAnswer> {
    this.asked.push(lookup)
    return new Promise((resolve, reject) => {
      this.#open.push({ lookup, answer: resolve, fail: reject })
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
    })
  }

  /** To the oldest question that waits. */
  answer(answer: LookupAnswer): void {
    this.#next().answer(answer)
  }

  fail(error: Error): void {
    this.#next().fail(error)
  }

  #next(): Question {
    const question = this.#open.shift()
    if (question === undefined) throw new Error('nobody asks')
    return question
  }
}

/** Of world 0 and channel 1, unless told. `[1001, 21]`: of that level. */
export function party(...members: readonly (number | readonly [id: number, more: object])[]): LookupAnswer {
  return {
    type: 'MEMBERS_RESOLVED',
    members: members.map(member => {
      const [id, more] = typeof member === 'number' ? [member, {}] : member
      return { characterId: character(id), worldId: 0, channelId: 1, ...more }
    }),
  }
}

export function affinity(id: number): LookupAnswer {
  return { type: 'AFFINITY_RESOLVED', affinity: id }
}
