/** Whether there is a party that can start a quest, and a quest to start. */
import type { QuestDefinition } from '../contract/definition.ts'
import type { Exploration } from './explored-life.ts'
import type { Finding } from './finding.ts'
import { chooseParty } from './party-choice.ts'

/** The ecosystem's parties have no more; guilds do. */
const PARTY_CHARACTERS_MAX = 6

export function partyFindings(definition: QuestDefinition, { party }: Exploration): readonly Finding[] {
  const { registration, startRequirements, stages } = definition
  const findings: Finding[] = []
  if (stages.length === 0) {
    findings.push({
      // The ecosystem's own files have such a quest: it is loaded, and concerns nobody who does not play it.
      severity: 'warning',
      code: 'no-stages',
      path: ['stages'],
      reason: 'there are no stages, so nobody can register for the quest (QUEST_NOT_PLAYABLE)',
      cure: 'add at least one stage',
    })
  }
  const choice = chooseParty(startRequirements)
  if (choice.kind === 'impossible') {
    findings.push({
      severity: 'fault',
      code: 'requirements-impossible',
      path: requirementPath(choice.requirements),
      reason: `no party can fulfil the start requirements: ${choice.reason}`,
      cure: 'loosen one of them',
    })
  }
  const sizes = startRequirements.flatMap((requirement, place) =>
    requirement.type === 'party_size' ? [{ ...requirement, place }] : [],
  )
  const isOfParty = registration.type === 'party' || registration.affinity === 'party'
  if (isOfParty && party.length > PARTY_CHARACTERS_MAX) {
    findings.push({
      severity: 'warning',
      code: 'party-too-large',
      path: requirementPath(sizes.map(({ place }) => place)),
      reason: `at least ${party.length} characters are asked for, and a party has at most ${PARTY_CHARACTERS_MAX}`,
      cure: `ask for at most ${PARTY_CHARACTERS_MAX}, or let individuals of a guild register`,
    })
  }
  const bound = sizes.find(({ operator }) => operator !== 'gte' && operator !== 'gt')
  if (bound !== undefined && choice.kind === 'party' && isOpenToAll(definition)) {
    findings.push({
      severity: 'warning',
      code: 'party-may-outgrow',
      path: requirementPath([bound.place]),
      reason:
        'nothing keeps more characters from joining while the registration is open, and with too many the quest ' +
        'fails when it closes',
      cure: 'ask for a size with gte only, or use the mode instant, which starts as soon as the requirements hold',
    })
  }
  return findings
}

function isOpenToAll({ registration: { type, mode } }: QuestDefinition): boolean {
  return type === 'individual' && mode === 'timed'
}

function requirementPath(places: readonly number[]): Finding['path'] {
  const [first] = places
  return first === undefined ? ['startRequirements'] : ['startRequirements', first]
}
