/**
 * What `party-quests check` says of the quests of this process, found when somebody first asks and then kept: one
 * takes tens of milliseconds, which no start and no request twice should pay. Finds nothing itself.
 */
import type { RuleSettings } from '../../machines/context.ts'
import type { Clock } from '../clock.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { jsonPath } from '../definitions/fault.ts'
import { examine } from '../exploration/examine.ts'
import { explore } from '../exploration/explore.ts'
import type { Definition } from './documents.ts'

export type Findings = Definition['findings']

export class QuestFindings {
  readonly #rules: RuleSettings
  readonly #clock: Clock
  /** By `questId@hash`; as many as the catalogue has. */
  readonly #found = new Map<string, Promise<Findings>>()
  /** One after the other, with a turn for the shards between two. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(rules: RuleSettings, clock: Clock) {
    this.#rules = rules
    this.#clock = clock
  }

  /** Of a definition of the catalogue. Paths into the definition as it is answered: `$.stages[0].duration`. */
  of(compiled: CompiledDefinition): Promise<Findings> {
    const known = this.#found.get(compiled.ref)
    if (known !== undefined) return known
    const found = this.#last.then(async () => {
      await this.#clock.sleep(0)
      const { definition } = compiled
      return examine(definition, explore(compiled, this.#rules), this.#rules).map(
        ({ severity, path, reason, cure }) => ({ severity, path: jsonPath(path), reason, cure }),
      )
    })
    this.#last = found.catch(() => {})
    this.#found.set(compiled.ref, found)
    return found
  }
}
