/**
 * A count per combination of one or two label values, cheap enough for every record: one lookup in a map.
 * Knows no metrics library and no bound: whoever adds sees to it that the label values are few.
 */

/** One series, as Prometheus shows it. */
export interface Row {
  readonly labels: Record<string, string>
  readonly value: number
}

export class Tally {
  readonly names: readonly string[]
  readonly #counts = new Map<string, { readonly labels: Row['labels']; value: number }>()

  constructor(...names: readonly string[]) {
    this.names = names
  }

  add(delta: number, first: string, second = ''): void {
    // No first label holds a line break, so two pairs never share a key.
    this.#addTo(`${first}\n${second}`, delta, () => {
      const values = [first, second]
      return Object.fromEntries(this.names.map((name, index) => [name, values[index] ?? '']))
    })
  }

  /** Adds another tally of the same labels to this one. */
  addAll(other: Tally): void {
    for (const [key, { labels, value }] of other.#counts) this.#addTo(key, value, () => labels)
  }

  rows(): Iterable<Row> {
    return this.#counts.values()
  }

  #addTo(key: string, delta: number, labels: () => Row['labels']): void {
    const found = this.#counts.get(key)
    if (found === undefined) this.#counts.set(key, { labels: labels(), value: delta })
    else found.value += delta
  }
}
