/** What is promised of the pictures as texts: well formed whatever an author wrote, the same every time, and alone. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chartOf, type QuestChart } from '../../src/chart/quest-chart.ts'
import { layOut, type Place } from '../../src/chart/quest-layout.ts'
import { mermaidText, questMermaid } from '../../src/chart/quest-mermaid.ts'
import { questSvg } from '../../src/chart/quest-svg.ts'
import { fitting, textWidth } from '../../src/chart/svg-text.ts'
import { readConfig } from '../../src/config.ts'
import { compileDefinition } from '../../src/definitions/catalogue.ts'
import { quest, stage } from '../support/definitions.ts'

const SETTINGS = { advance: 'command', requirements: 'enforce', lobbyLimitSeconds: 60, bonusLimitSeconds: 60 } as const
const NASTY = [
  '</title><script>alert(1)</script>',
  '"]; stage0 --> stage9',
  'a\n  b: c',
  '\u202Eevil',
  '%%{init}%%',
  '#59;',
]

const anyText = fc.array(fc.integer({ min: 0, max: 0x10ffff })).map(codes => String.fromCodePoint(...codes))

function chart(stages: number, name = 'The Old Mill'): QuestChart {
  const list = Array.from({ length: stages }, (_, index) => stage(index, { name, duration: index % 3 === 0 ? 60 : 0 }))
  return chartOf(quest({ name, stages: list, bonus: { mapId: 1, entry: 'auto' } }).definition, SETTINGS)
}

test.each(NASTY)('a stage named %j stays text in Mermaid: one line, and no sign that Mermaid reads', name => {
  const lines = questMermaid(chart(2, name)).split('\n')
  expect(lines).toHaveLength(questMermaid(chart(2)).split('\n').length)
  const title = lines.find(line => line.startsWith('  stage0: '))?.slice('  stage0: '.length) ?? ''
  expect(title.replace(/#\d+;/g, '')).not.toMatch(/[:;#"<>{}%]/)
})

test('Mermaid decodes what was encoded for it to what the author wrote', () => {
  fc.assert(
    fc.property(anyText, text => {
      const encoded = mermaidText(text)
      const decoded = encoded.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
      return decoded === text && !/[:"<>{}%\n]/.test(encoded)
    }),
  )
})

test.each(NASTY)('a quest named %j stays text in the SVG', name => {
  const svg = questSvg(chart(3, name))
  const tags = (text: string) =>
    [...text.matchAll(/<\/?([a-z]+)/g)].map(([, tag]) => tag).filter(tag => tag !== 'title')
  expect(tags(svg)).toEqual(tags(questSvg(chart(3))))
  expect(svg).not.toMatch(/[\p{Cf}\t]/u)
})

test('each element of the SVG is closed, in order', () => {
  const open: string[] = []
  for (const [, end, tag = '', self] of questSvg(chart(7)).matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (end === '/') expect(open.pop()).toBe(tag)
    else if (self !== '/') open.push(tag)
  }
  expect(open).toEqual([])
})

test('the SVG is the same each time, asks nothing of any server, and has no id to clash with', () => {
  const svg = questSvg(chart(7))
  expect(questSvg(chart(7))).toBe(svg)
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|url\(|@import|href|<image|<script/)
  expect(svg).not.toMatch(/ id="/)
})

test('the SVG tells those who do not see it the quest, each stage and each way out', () => {
  const svg = questSvg(chart(2))
  expect(svg).toContain('<title>The Old Mill (mill_pq)</title>')
  const description = svg.match(/<desc>(.*)<\/desc>/)?.[1]
  for (const text of [
    '0 · The Old Mill: ',
    'FORFEIT → failed',
    'bonus → destroyed (bonus timer 1 min)',
    'exit: map 900',
  ]) {
    expect(description).toContain(text)
  }
})

test('the SVG has colours for light and dark', () => {
  const [light, dark] = questSvg(chart(1)).split('@media (prefers-color-scheme:dark)')
  for (const part of [light, dark]) expect(part).toMatch(/\.paper\{fill:#[0-9a-f]{6}\}/)
})

test('boxes never overlap and never leave the picture, however many stages there are', () => {
  for (let stages = 1; stages <= 20; stages++) {
    const { width, height, frame, boxes } = layOut(chart(stages))
    expect(width).toBe(1008)
    for (const [place, box] of boxes.entries()) {
      expect(isWithin(box, { x: 0, y: 0, width, height })).toBe(true)
      expect(isWithin(box, frame)).toBe(box.box.id.startsWith('stage'))
      for (const other of boxes.slice(place + 1))
        expect(overlap(box, other), `${box.box.id} ${other.box.id}`).toBe(false)
    }
  }
})

test('the rows of the frame stand above its stages, however many there are', () => {
  const failRequirements = Array.from({ length: 4 }, (_, value) => ({ type: 'level_max', operator: 'gt', value }))
  const { frame, boxes } = layOut(chartOf(quest({ duration: 60, failRequirements }).definition, SETTINGS))
  const first = boxes.find(({ box }) => box.id === 'stage0')
  // Six rows of 17 pixels.
  expect((first?.y ?? 0) - frame.y).toBeGreaterThan(6 * 17)
})

test('edges run along the axes, from border to border, and through no box', () => {
  for (let stages = 1; stages <= 20; stages++) {
    const { boxes, edges } = layOut(chart(stages))
    for (const { edge, points } of edges) {
      for (const [step, [x, y]] of points.slice(1).entries()) {
        const [beforeX, beforeY] = points[step] ?? [Number.NaN, Number.NaN]
        expect(x === beforeX || y === beforeY).toBe(true)
        const line = {
          x: Math.min(x, beforeX),
          y: Math.min(y, beforeY),
          width: Math.abs(x - beforeX),
          height: Math.abs(y - beforeY),
        }
        const crossed = boxes.filter(box => overlap(line, box)).map(({ box }) => box.id)
        expect(crossed, `${edge.from} > ${edge.to}`).toEqual([])
      }
    }
  }
})

test('what stands beside an edge stays inside the picture', () => {
  for (let stages = 1; stages <= 20; stages++) {
    const { width, edges } = layOut(chart(stages))
    for (const { edge, label } of edges) {
      const wide = Math.max(...edge.label.map(text => textWidth(text, 11.5)))
      const left = label.x - wide * { start: 0, middle: 0.5, end: 1 }[label.anchor]
      expect([left >= 0, left + wide <= width], `${edge.from} > ${edge.to} of ${stages}`).toEqual([true, true])
    }
  }
})

test('docs/ludi_pq.svg is what `party-quests chart ludi_pq --format svg -o docs/ludi_pq.svg` writes', () => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const { definition } = compileDefinition(JSON.parse(read('definitions/ludi_pq.json')))
  const { rules } = readConfig({}, { hostname: 'box' })
  expect(read('docs/ludi_pq.svg')).toBe(questSvg(chartOf(definition, rules)))
})

test('text that does not fit is cut to what fits, with an ellipsis', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 20, max: 200 }), (text, width) => {
      const shown = fitting(text, 12, width)
      return textWidth(shown, 12) <= width && (shown === text || shown.endsWith('…'))
    }),
  )
})

function isWithin(inner: Place, outer: Place): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  )
}

/** Touching is no overlapping. */
function overlap(one: Place, other: Place): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  )
}
