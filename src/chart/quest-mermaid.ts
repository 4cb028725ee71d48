/**
 * A quest's chart as Mermaid text (`stateDiagram-v2`), as GitHub and other readers of Markdown draw it. Mermaid has
 * no dashed edges between states: a timer is told by its name and time. Names of authors cannot break out of it.
 */
import { boxesOf, type QuestChart, rowWords } from './quest-chart.ts'

/** One diagram, ending in a line feed; the same definition gives the same bytes. */
export function questMermaid(chart: QuestChart): string {
  const boxes = boxesOf(chart).flatMap(({ id, title, rows }) => {
    const more = id === 'failed' ? chart.playing.rows.map(row => `from any stage by ${row.text}`) : []
    return [title, ...rows.map(rowWords), ...more].map(line => `${id}: ${mermaidText(line)}`)
  })
  const edges = chart.edges.map(({ from, to, label }) => `${from} --> ${to}: ${mermaidText(label.join(' '))}`)
  const ends = chart.endings.some(({ id }) => id === 'destroyed') ? ['destroyed --> [*]'] : []
  const lines = ['direction TB', '[*] --> registering: REGISTER', ...boxes, ...edges, ...ends]
  return `stateDiagram-v2\n${lines.map(line => `  ${line}\n`).join('')}`
}

/** All but letters, digits and a few harmless signs as Mermaid's own character codes (`#59;`). */
export function mermaidText(text: string): string {
  return text.replace(/[^\p{L}\p{N} .,()[\]=+·≥≤→_/'-]/gu, sign => `#${sign.codePointAt(0)};`)
}
