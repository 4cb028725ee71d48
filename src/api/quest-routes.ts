/**
 * Definitions over HTTP: those of the catalogue, and older ones that instances still play by, each with how many live
 * in which state; and the machine that they all run on. Loads no definition.
 */
import { machineConfig, machineStates } from '../chart/machine-chart.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { type ApiOptions, isLocal, viewFor } from './api-options.ts'
import type { Definition, Machine } from './documents.ts'
import { problem } from './problem.ts'
import { type Findings, QuestFindings } from './quest-findings.ts'
import { answerDocument, getRoute, type Route } from './route.ts'
import type { QuestCount } from './view.ts'

const MACHINE_ID = 'party-quest'

export function questRoutes(options: ApiOptions): readonly Route[] {
  const { catalogue, rules, clock } = options
  const findings = new QuestFindings(rules, clock)

  const definitions = getRoute({
    path: '/api/definitions',
    summary: 'Quests: those that new instances are made from, then those that are only played to their end',
    answers: { 200: 'Definitions' },
    answer: async context => {
      const counts = await viewFor(context, options).counts(context.req.raw.signal)
      const byRef = new Map(counts.quests.map(count => [count.definition, count]))
      const data: Definition[] = []
      for (const compiled of catalogue.all()) {
        // A replica that asks wants the counts; it has findings of its own.
        const found = isLocal(context) ? [] : await findings.of(compiled)
        data.push(currentDefinition(compiled, found, byRef.get(compiled.ref)))
        byRef.delete(compiled.ref)
      }
      data.push(...[...byRef.values()].map(olderDefinition))
      return answerDocument(context, 'Definitions', {
        data: data.map(attributes => ({ type: 'definitions', id: attributes.definition, attributes })),
        meta: { now: clock.now(), silent: [...counts.silent] },
        links: { next: null },
      })
    },
  })

  const definition = getRoute({
    path: '/api/definitions/{ref}',
    params: { ref: '`questId@hash`, as instances name it.' },
    summary: 'One quest, with what `party-quests check` says of it',
    answers: { 200: 'Definition', 404: 'Errors' },
    answer: async context => {
      const ref = context.req.param('ref') ?? ''
      const counts = await viewFor(context, options).counts(context.req.raw.signal)
      const count = counts.quests.find(quest => quest.definition === ref)
      const compiled = catalogue.all().find(known => known.ref === ref)
      if (compiled === undefined && count === undefined) {
        const cure = 'GET /api/definitions lists all that are loaded or played'
        return problem(context, 404, 'No such definition', `there is no definition ${ref.slice(0, 200)}: ${cure}`)
      }
      const attributes =
        compiled === undefined
          ? olderDefinition(count ?? { definition: ref, states: {} })
          : currentDefinition(compiled, isLocal(context) ? [] : await findings.of(compiled), count)
      return answerDocument(context, 'Definition', {
        data: { type: 'definitions', id: ref, attributes },
        meta: { now: clock.now(), silent: [...counts.silent] },
      })
    },
  })

  const machine = getRoute({
    path: '/api/machine',
    summary: 'The machine that every quest runs on, for pictures',
    answers: { 200: 'Machine' },
    answer: context =>
      answerDocument(context, 'Machine', {
        data: { type: 'machines', id: MACHINE_ID, attributes: machineAttributes() },
        meta: { now: clock.now(), silent: [] },
      }),
  })

  return [definitions, definition, machine]
}

function currentDefinition(
  { ref, definition }: CompiledDefinition,
  findings: Findings,
  count: QuestCount | undefined,
): Definition {
  const { questId, name } = definition
  const instances = count?.states ?? {}
  return { questId, name, definition: ref, isCurrent: true, quest: { ...definition }, findings, instances }
}

/** Nobody is to cure it any more: no findings. Without its body its name says as much as there is to say. */
function olderDefinition({ definition, quest, states }: QuestCount): Definition {
  const questId = quest?.questId ?? definition.replace(/@[^@]*$/, '')
  const name = quest?.name ?? questId
  return {
    questId,
    name,
    definition,
    isCurrent: false,
    quest: { ...quest, questId, name },
    findings: [],
    instances: states,
  }
}

function machineAttributes(): Machine {
  return {
    states: machineStates().map(({ name, isFinal, transitions }) => ({
      name,
      isFinal,
      transitions: transitions.map(({ event = null, guard = null, target = null, actions, isFallback }) => ({
        event,
        guard,
        target,
        actions: [...actions],
        isFallback,
      })),
    })),
    config: machineConfig(),
  }
}
