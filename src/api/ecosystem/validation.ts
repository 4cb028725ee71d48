/**
 * The files of all quests as they are now, each with what is wrong with it: the faults of its text, else what
 * `party-quests check` finds in its life. Loads none of them.
 */
import type { DefinitionFile } from '../../definitions/loading.ts'
import { unreachable } from '../../errors.ts'
import type { ApiOptions } from '../api-options.ts'
import { QuestFindings } from '../quest-findings.ts'
import type { Validation } from './ecosystem-documents.ts'

/** In the order of the files' names. @throws the signal's reason */
export async function validateFiles(
  { definitionFiles, rules, clock }: Pick<ApiOptions, 'definitionFiles' | 'rules' | 'clock'>,
  signal: AbortSignal,
): Promise<readonly Validation[]> {
  const { files, faults } = await definitionFiles()
  // Of the directory itself, which is no file's.
  if (files.length === 0 && faults.length > 0) {
    return [{ valid: false, questId: '', name: '', errors: [...faults], warnings: [] }]
  }
  // Not those of the catalogue: nothing is to be kept of a file that is edited time and again.
  const findings = new QuestFindings(rules, clock)
  const validations: Validation[] = []
  for (const file of files) {
    signal.throwIfAborted()
    validations.push(await validated(file, findings))
  }
  return validations
}

async function validated(
  { file, faults, claimed, sound }: DefinitionFile,
  findings: QuestFindings,
): Promise<Validation> {
  const { questId, name } = claimed
  const errors = faults.map(fault => `${file}: ${fault}`)
  const warnings: string[] = []
  for (const { severity, path, reason, cure } of sound === undefined ? [] : await findings.of(sound.compiled)) {
    const text = `${file}: ${path}: ${reason}; ${cure}`
    switch (severity) {
      case 'fault':
        errors.push(text)
        break
      case 'warning':
        warnings.push(text)
        break
      case 'note':
        break
      default:
        unreachable(severity)
    }
  }
  return { valid: errors.length === 0, questId, name, errors, warnings }
}
