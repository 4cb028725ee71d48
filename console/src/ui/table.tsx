/**
 * A plain table with named columns that scrolls sideways where it must. Long lists have their own (instances/).
 */
import type { ComponentChildren } from 'preact'

interface TableProps {
  /** Read out before the table; not seen. */
  readonly caption: string
  readonly columns: readonly string[]
  /** Rows: `<tr>`, the first cell of each a `<th scope="row">`. */
  readonly children: ComponentChildren
}

export function Table({ caption, columns, children }: TableProps) {
  return (
    // Reachable by key: what scrolls has to be.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways
    <section class="table-scroll" tabIndex={0} aria-label={caption}>
      <table class="table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(column => (
              <th scope="col" key={column}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}
