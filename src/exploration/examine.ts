/**
 * What is wrong with a quest that its schema lets pass, seen in its whole life. Each rule says only what is certain
 * under these settings, and never twice. Pure.
 */

import type { RuleSettings } from '../../machines/context.ts'
import type { QuestDefinition } from '../contract/definition.ts'
import type { Exploration } from './explored-life.ts'
import { failFindings } from './fail-findings.ts'
import { fieldFindings } from './field-findings.ts'
import type { Finding, Severity } from './finding.ts'
import { partyFindings } from './party-findings.ts'
import { stageFindings } from './stage-findings.ts'
import { timeFindings } from './time-findings.ts'
import { wayFindings } from './way-findings.ts'

const SEVERITIES: readonly Severity[] = ['fault', 'warning', 'note']

/** `exploration`: of that definition, under those settings. Faults first, then in the order of the fields. */
export function examine(
  definition: QuestDefinition,
  exploration: Exploration,
  settings: RuleSettings,
): readonly Finding[] {
  const findings = [
    ...partyFindings(definition, exploration),
    ...failFindings(definition),
    ...stageFindings(definition, exploration),
    ...wayFindings(definition, exploration),
    ...timeFindings(definition, exploration, settings),
    ...fieldFindings(definition),
  ]
  return SEVERITIES.flatMap(severity => findings.filter(finding => finding.severity === severity))
}
