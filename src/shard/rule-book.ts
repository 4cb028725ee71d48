/**
 * The rules that instances play by: a definition and the deployment's settings, one shared object for all instances
 * of a definition. Knows the definitions that may be registered for; what running instances play by is in ShardState.
 */
import { advanceOf, type RuleSettings, type Rules } from '../../machines/context.ts'
import type { Catalogue, CompiledDefinition } from '../definitions/catalogue.ts'

export class RuleBook {
  readonly catalogue: Catalogue
  readonly #settings: RuleSettings
  readonly #rules = new Map<string, Rules>()

  constructor(catalogue: Catalogue, settings: RuleSettings) {
    this.catalogue = catalogue
    this.#settings = settings
  }

  get requirements(): RuleSettings['requirements'] {
    return this.#settings.requirements
  }

  /** The rules of an instance that is born now, or (with `advance`) of one that was born with that. */
  rulesOf({ ref, definition }: CompiledDefinition, advance = advanceOf(definition, this.#settings)): Rules {
    const name = `${advance}/${ref}`
    let rules = this.#rules.get(name)
    if (rules === undefined) {
      rules = { ...this.#settings, definition, advance }
      this.#rules.set(name, rules)
    }
    return rules
  }
}
