/**
 * What a check found, as text for people and as JSON for machines. Pure: whoever calls it writes it.
 */
import { styleText } from 'node:util'
import type { PartyQuestEvent } from '../../machines/party-quest.ts'
import type { End, PathStep } from '../exploration/explored-life.ts'
import type { Severity } from '../exploration/finding.ts'
import type { CheckedFile, FileFinding } from './definition-check.ts'

type Style = Parameters<typeof styleText>[0]

export interface ReportStyle {
  readonly colours: boolean
  /** Also the shortest path to COMPLETED and to each end. */
  readonly paths: boolean
}

const STYLES: Readonly<Record<Severity, Style>> = { fault: 'red', warning: 'yellow', note: 'cyan' }
const SEVERITY_WIDTH = 'warning'.length

export function countOf(severity: Severity, checked: readonly CheckedFile[]): number {
  return checked.reduce((sum, { findings }) => sum + findings.filter(found => found.severity === severity).length, 0)
}

/** Lines, the last one a summary. */
export function reportText(checked: readonly CheckedFile[], style: ReportStyle): string {
  const lines = [...checked.flatMap(file => fileLines(file, style)), summary(checked)]
  return `${lines.join('\n')}\n`
}

function fileLines(checked: CheckedFile, { colours, paths }: ReportStyle): readonly string[] {
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text)
  const { file, findings, exploration } = checked
  const worst = findings[0]?.severity
  const mark = worst === undefined ? paint('green', 'ok') : paint(STYLES[worst], worst)
  const life =
    exploration === undefined || exploration.completion === undefined
      ? ''
      : paint(
          'dim',
          `  ${exploration.states.length} states, ${exploration.ends.length} ends, ` +
            `${exploration.completion.length} operations to COMPLETED`,
        )
  return [
    `${paint('bold', oneLine(file))}  ${mark}${life}`,
    ...findings.flatMap(finding => findingLines(finding, text => paint(STYLES[finding.severity], text))),
    ...(paths && exploration !== undefined ? pathLines(exploration.completion, exploration.ends) : []),
  ]
}

function findingLines(
  { severity, path, reason, cure }: FileFinding,
  paint: (text: string) => string,
): readonly string[] {
  const indent = ' '.repeat(SEVERITY_WIDTH + 4)
  const line = `  ${paint(severity.padEnd(SEVERITY_WIDTH))}  ${oneLine(path)}: ${oneLine(reason)}`
  return cure === undefined ? [line] : [line, `${indent}cure: ${oneLine(cure)}`]
}

function pathLines(completion: readonly PathStep[] | undefined, ends: readonly End[]): readonly string[] {
  const completed = completion === undefined ? [] : ['  to COMPLETED', ...stepLines(completion)]
  return [
    ...completed,
    ...ends.flatMap(end => [`  to the end: ${end.reason ?? end.kind}, by ${end.through}`, ...stepLines(end.path)]),
  ]
}

/** One line for equal operations that follow each other. */
function stepLines(path: readonly PathStep[]): readonly string[] {
  const groups: { readonly words: string; count: number }[] = []
  for (const { event, afterMs } of path) {
    const words = `${oneLine(eventWords(event))}${afterMs > 0 ? `, after ${afterMs / 1000} s` : ''}`
    const last = groups.at(-1)
    if (last?.words === words) last.count += 1
    else groups.push({ words, count: 1 })
  }
  return groups.map(({ words, count }) => `    ${words}${count > 1 ? ` (${count} times)` : ''}`)
}

function eventWords(event: PartyQuestEvent): string {
  switch (event.type) {
    case 'UPDATE_STAGE_STATE': {
      const counts = (name: string, of: ReadonlyMap<number, number>) =>
        [...of].map(([id, count]) => `${name} ${id} ×${count}`)
      return `${event.type} ${[...counts('item', event.itemCounts), ...counts('monster', event.monsterKills)].join(', ')}`
    }
    case 'UPDATE_CUSTOM_DATA':
      return `${event.type} ${[...event.updates].map(([key, text]) => `${key} = ${text}`).join(', ')}`
    case 'monster.drop':
      return `friendly monster ${event.monsterId} drops ${event.itemCount}`
    case 'monster.killed':
      return `friendly monster ${event.monsterId} is killed`
    default:
      return event.type
  }
}

function summary(checked: readonly CheckedFile[]): string {
  const count = (number: number, one: string) => `${number} ${one}${number === 1 ? '' : 's'}`
  const found = (['fault', 'warning', 'note'] as const).map(severity => count(countOf(severity, checked), severity))
  return `${count(checked.length, 'definition')}: ${found.join(', ')}`
}

/**
 * One document: `{ files: [{ file, questId, findings: [{ severity, code, path, reason, cure }], states, transitions,
 * completion: [operation], ends: [{ kind, reason, through, path: [operation] }] }], faults, warnings, notes }`, an
 * operation being `{ event, items, kills, afterMs, state, messages }`.
 */
export function reportJson(checked: readonly CheckedFile[]): string {
  const files = checked.map(({ file, questId, findings, exploration }) => ({
    file,
    questId: questId ?? null,
    findings,
    states: exploration?.states.length ?? 0,
    transitions: exploration?.transitions.length ?? 0,
    completion: exploration?.completion?.map(operation) ?? null,
    ends: (exploration?.ends ?? []).map(({ path, ...end }) => ({ ...end, path: path.map(operation) })),
  }))
  const [faults, warnings, notes] = [countOf('fault', checked), countOf('warning', checked), countOf('note', checked)]
  return `${JSON.stringify({ files, faults, warnings, notes }, null, 2)}\n`
}

function operation({ event, afterMs, after, messages }: PathStep) {
  const counts =
    event.type === 'UPDATE_STAGE_STATE'
      ? { items: Object.fromEntries(event.itemCounts), kills: Object.fromEntries(event.monsterKills) }
      : event.type === 'UPDATE_CUSTOM_DATA'
        ? { data: Object.fromEntries(event.updates) }
        : event.type === 'monster.drop'
          ? { itemCount: event.itemCount }
          : {}
  return { event: event.type, ...counts, afterMs, state: after.key, messages: messages.map(({ type }) => type) }
}

/** Whatever a file's author wrote: nothing of it moves the cursor or sets colours, and a line stays a line. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|[\u2028\u2029]/gu, '\uFFFD')
}
