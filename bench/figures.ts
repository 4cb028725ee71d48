/**
 * What a benchmark hands over: tables of numbers, and how they were made of samples. Figures of a shared machine jump,
 * so everything is a median of interleaved runs with the extremes beside it. Prints nothing itself.
 */

export interface Result {
  /** What is compared with what, in one or two sentences. */
  readonly compares: string
  readonly tables: readonly Table[]
  /** That it took, and what others did with the machine meanwhile; whoever ran it fills these in. */
  readonly seconds?: number
  readonly others?: string
}

/** All that one call of the benchmarks has found, as its JSON holds it. */
export interface Report {
  readonly machine: string
  readonly results: Readonly<Record<string, Result>>
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

/** How sure a median is: what lies between these holds in 95 of 100 such measurements, if nothing else has changed. */
export interface Interval {
  readonly low: number
  readonly high: number
}

const RESAMPLES = 2000

/**
 * The interval of a median by drawing as many samples again and again out of those that there are (bootstrap).
 * @param random at least 0, below 1
 * @throws RangeError no samples
 */
export function medianInterval(samples: readonly number[], random: () => number): Interval {
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(samples.map(() => samples[Math.floor(random() * samples.length)] ?? 0)),
  )
  return { low: quantile(medians, 0.025), high: quantile(medians, 0.975) }
}

/** Median, least and most, as the columns of a table. @throws RangeError no samples */
export function spread(samples: readonly number[], unit: string, digits = 3): Row {
  return {
    [`${unit} median`]: rounded(median(samples), digits),
    min: rounded(Math.min(...samples), digits),
    max: rounded(Math.max(...samples), digits),
  }
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

/** As it is printed: what is compared, how the machine was, the tables. */
export function resultLines({ compares, tables, seconds, others }: Result): readonly string[] {
  const ran = seconds === undefined ? [] : [`(${seconds} s; others meanwhile: ${others} of a core)`]
  return [compares, ...ran, '', ...tables.flatMap(table => [...tableLines(table), ''])]
}

/** A page of all of it, to be taken over into docs/performance.md. */
export function reportMarkdown({ machine, results }: Report): string {
  const sections = Object.entries(results).flatMap(([name, result]) => [`## ${name}`, '', ...resultLines(result)])
  return `${[`Machine: ${machine}`, '', ...sections].join('\n').trimEnd()}\n`
}
