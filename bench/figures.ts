/**
 * What a benchmark hands over: tables of numbers, and how they were made of samples. Figures of a shared machine jump,
 * so everything is a median of interleaved runs with the extremes beside it. Prints nothing itself.
 */

export interface Result {
  /** What is compared with what, in one or two sentences. */
  readonly compares: string
  readonly tables: readonly Table[]
}

export interface Table {
  readonly title: string
  /** All rows have the same columns; a column's unit is the end of its name. */
  readonly rows: readonly Row[]
}

export type Row = Readonly<Record<string, string | number>>

/** @throws RangeError no samples */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

/**
 * The smallest sample that at least `share` (above 0, up to 1) of all do not exceed.
 * @throws RangeError no samples
 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (found === undefined) throw new RangeError('a quantile of no samples: the measurement did not run')
  return found
}

/** `digits` significant digits: more would only be noise. */
export function rounded(value: number, digits = 3): number {
  return Number(value.toPrecision(digits))
}

/** Runs every variant once per round, in turn, so that what else the machine does hits all of them alike. */
export async function interleaved<Variant, Sample>(
  rounds: number,
  variants: readonly Variant[],
  run: (variant: Variant, round: number) => Sample | Promise<Sample>,
): Promise<ReadonlyMap<Variant, readonly Sample[]>> {
  const samples = new Map<Variant, Sample[]>(variants.map(variant => [variant, []]))
  for (let round = 0; round < rounds; round++) {
    for (const variant of variants) samples.get(variant)?.push(await run(variant, round))
  }
  return samples
}

/** As lines of a Markdown table, columns aligned. */
export function tableLines({ title, rows }: Table): readonly string[] {
  const names = Object.keys(rows[0] ?? {})
  const cells = [names, ...rows.map(row => names.map(name => String(row[name] ?? '')))]
  const widths = names.map((_, column) => Math.max(3, ...cells.map(line => line[column]?.length ?? 0)))
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const [head = [], ...body] = cells
  return [title, '', line(head), line(rule), ...body.map(line)]
}
