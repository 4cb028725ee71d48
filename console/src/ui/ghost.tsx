/**
 * Where data will stand: lines of the size that it will have, still, so that nothing jumps when it comes.
 */
interface GhostProps {
  /** Pixels. */
  readonly width: number
}

export function Ghost({ width }: GhostProps) {
  return <span class="ghost" style={{ width: `${width}px` }} aria-hidden="true" />
}

interface GhostRowsProps {
  readonly rows: number
  /** Of each column, in pixels. */
  readonly widths: readonly number[]
}

/** For a `<tbody>`. */
export function GhostRows({ rows, widths }: GhostRowsProps) {
  return (
    <>
      {Array.from({ length: rows }, (_, row) => (
        <tr key={`ghost ${row}`}>
          {widths.map((width, column) => (
            <td key={`${column}-${width}`}>
              <Ghost width={width} />
            </td>
          ))}
        </tr>
      ))}
    </>
  )
}
