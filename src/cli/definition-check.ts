/**
 * Definition files to what is to be said about each: the faults of its text as a start would tell them, else what its
 * explored life shows. Reads files, writes nothing.
 */
import { stat } from 'node:fs/promises'
import type { RuleSettings } from '../../machines/context.ts'
import type { DefinitionPlace } from '../definitions/definition-reader.ts'
import { jsonPath } from '../definitions/fault.ts'
import { type DefinitionFile, definitionFilesOf, readDefinitionFiles } from '../definitions/loading.ts'
import { examine } from '../exploration/examine.ts'
import { explore } from '../exploration/explore.ts'
import type { Exploration } from '../exploration/explored-life.ts'
import type { Finding, FindingCode, Severity } from '../exploration/finding.ts'
import { UsageError } from './usage-error.ts'

export interface CheckedFile {
  readonly file: string
  /** `undefined`: the text has a fault. */
  readonly questId: string | undefined
  /** Empty where the text has a fault. */
  readonly findings: readonly FileFinding[]
  readonly exploration: Exploration | undefined
}

export interface FileFinding {
  readonly severity: Severity
  /** `definition`: a rule of the text itself is broken. */
  readonly code: FindingCode | 'definition'
  /** Into the file, `$.data.attributes.stages[0].mapIds`; `$` where the text is no JSON. */
  readonly path: string
  readonly reason: string
  /** Absent where the reason ends in it. */
  readonly cure?: string
}

/**
 * Directories and files, checked together: an id that two files define is a fault. Told of each file before it is
 * looked at.
 * @throws UsageError with every path that cannot be read, and every directory without a definition
 */
export async function checkDefinitions(
  targets: readonly string[],
  settings: RuleSettings,
  onProgress: (done: number, all: number) => void = () => {},
): Promise<readonly CheckedFile[]> {
  const { files } = await readDefinitionFiles(await filesOf(targets))
  return files.map((file, place) => {
    onProgress(place, files.length)
    return checkedFile(file, settings)
  })
}

async function filesOf(targets: readonly string[]): Promise<readonly string[]> {
  const files = new Set<string>()
  const wrong: string[] = []
  for (const target of targets) {
    try {
      const isDirectory = (await stat(target)).isDirectory()
      const found = isDirectory ? await definitionFilesOf(target) : [target]
      if (found.length === 0) wrong.push(`${target}: holds no *.json, name a directory of definitions`)
      for (const file of found) files.add(file)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      wrong.push(`${target}: cannot be read (${reason}), name a directory or files that are there`)
    }
  }
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'))
  return [...files]
}

function checkedFile({ file, faults, sound }: DefinitionFile, settings: RuleSettings): CheckedFile {
  if (sound === undefined || faults.length > 0) {
    const questId = sound?.compiled.definition.questId
    return { file, questId, findings: faults.map(textFault), exploration: undefined }
  }
  const { compiled, place } = sound
  const exploration = explore(compiled, settings)
  const findings = examine(compiled.definition, exploration, settings).map(finding => inFile(finding, place))
  return { file, questId: compiled.definition.questId, findings, exploration }
}

/** A fault of the text comes as `$.path: what is wrong, what cures it`, or as a place in the text. */
function textFault(fault: string): FileFinding {
  const [whole, path, reason] = /^(\$(?:\.[\w$]+|\[\d+\]|\["(?:[^"\\]|\\.)*"\])*): (.*)$/s.exec(fault) ?? []
  const common = { severity: 'fault', code: 'definition' } as const
  if (whole === undefined || path === undefined || reason === undefined) return { ...common, path: '$', reason: fault }
  return { ...common, path, reason }
}

function inFile({ severity, code, path, reason, cure }: Finding, place: DefinitionPlace): FileFinding {
  const [first, index, ...rest] = path
  const inner = first === 'stages' && typeof index === 'number' ? [first, place.stages[index] ?? index, ...rest] : path
  return { severity, code, path: jsonPath([...place.path, ...inner]), reason, cure }
}
