/**
 * A quest's life as boxes and edges: what every picture of it draws. One box a stage (its `active` and `cleared`
 * together); what many boxes lead to, as `failed`, has a row in each of them instead of an edge, or the picture would
 * be a knot. Says what machines/party-quest.ts does with the definition; a test walks the machine and compares. That
 * the last one who leaves destroys the instance, whatever its state, is true of every quest and drawn in none.
 */

import { requirementsHold } from '../../machines/conditions.ts'
import { advanceOf } from '../../machines/context.ts'
import { COMPLETION_LIMIT_SECONDS } from '../../machines/deadlines.ts'
import type { Advance, Bonus, QuestDefinition, Registration, Requirement, Stage } from '../contract/definition.ts'
import type { CharacterId } from '../contract/ids.ts'
import { friendlyMonsterOf } from '../contract/stage-features.ts'
import {
  conditionWords,
  durationWords,
  mapWords,
  plainText,
  registrationWords,
  requirementWords,
  stageTypeWords,
} from './quest-words.ts'

export type BoxId = 'registering' | `stage${number}` | 'completed' | 'bonus' | 'failed' | 'destroyed'

/** What a command or a timer does that has no edge; a fact leads nowhere. */
export interface ChartRow {
  readonly kind: 'fact' | 'command' | 'timer'
  readonly text: string
  readonly leadsTo?: BoxId
}

export interface ChartBox {
  readonly id: BoxId
  readonly title: string
  readonly rows: readonly ChartRow[]
}

export interface ChartEdge {
  readonly from: BoxId
  readonly to: BoxId
  /** `passage`: within the same operation. */
  readonly kind: 'command' | 'timer' | 'passage'
  /** One line each. */
  readonly label: readonly string[]
}

export interface QuestChart {
  readonly name: string
  readonly questId: string
  readonly registering: ChartBox
  /** Around the stages: what holds in each of them. */
  readonly playing: { readonly title: string; readonly rows: readonly ChartRow[] }
  readonly stages: readonly ChartBox[]
  /** Completed, bonus where one is entered, destroyed, failed; none where the quest has no stages. */
  readonly endings: readonly ChartBox[]
  /** In the order of the quest's life. */
  readonly edges: readonly ChartEdge[]
}

/** The deployment's settings, as far as a picture shows them. */
export interface ChartSettings {
  readonly advance: Advance
  readonly requirements: 'enforce' | 'warn'
  /** 0 = never. */
  readonly lobbyLimitSeconds: number
  /** 0 = never. */
  readonly bonusLimitSeconds: number
}

const CONDITIONS_SHOWN_MAX = 6

/** Of an unknown level, as without a party service. */
const LONE_CHARACTER = 1 as CharacterId

export function chartOf(definition: QuestDefinition, settings: ChartSettings): QuestChart {
  const { stages } = definition
  const [name, questId] = [plainText(definition.name), plainText(definition.questId)]
  const boxes = stages.map(stageBox)
  const [first] = boxes
  const common = { name, questId, registering: registeringBox(definition, settings), stages: boxes }
  if (first === undefined) return { ...common, playing: { title: 'no stages', rows: [] }, endings: [], edges: [] }
  const { bonus } = definition
  return {
    ...common,
    playing: {
      title: stages.length === 1 ? '1 stage' : `${stages.length} stages`,
      rows: playingRows(definition, settings),
    },
    endings: [
      completedBox(bonus),
      ...(bonus === undefined ? [] : [bonusBox(bonus)]),
      { id: 'destroyed', title: 'destroyed', rows: [fact(`exit: map ${definition.exit}`)] },
      { id: 'failed', title: 'failed', rows: [] },
    ],
    edges: [
      ...startEdges(definition, first.id),
      ...stages.flatMap((stage, index) => stageEdges(stage, boxes[index + 1]?.id ?? 'completed', definition, settings)),
      ...endEdges(bonus, settings),
    ],
  }
}

export function boxesOf({ registering, stages, endings }: QuestChart): readonly ChartBox[] {
  return [registering, ...stages, ...endings]
}

export function rowWords({ text, leadsTo }: ChartRow): string {
  return leadsTo === undefined ? text : `${text} → ${leadsTo}`
}

const fact = (text: string): ChartRow => ({ kind: 'fact', text })
const timer = (text: string, leadsTo: BoxId): ChartRow => ({ kind: 'timer', text, leadsTo })
const command = (text: string, leadsTo: BoxId): ChartRow => ({ kind: 'command', text, leadsTo })

const stageId = (index: number): BoxId => `stage${index}`

function registeringBox(definition: QuestDefinition, { requirements, lobbyLimitSeconds }: ChartSettings): ChartBox {
  const { registration, startRequirements, stages } = definition
  const facts = [registrationWords(registration), ...startRequirements.map(requirementWords)].map(fact)
  if (stages.length === 0) {
    return { id: 'registering', title: 'registering', rows: [...facts, fact('not playable: there are no stages')] }
  }
  const enforced = requirements === 'enforce' ? startRequirements : []
  return {
    id: 'registering',
    title: 'registering',
    rows: [...facts, ...lobbyRows(registration, enforced, lobbyLimitSeconds)],
  }
}

function lobbyRows(
  { mode, duration }: Registration,
  requirements: readonly Requirement[],
  lobbyLimitSeconds: number,
): readonly ChartRow[] {
  const forfeit = command('FORFEIT', 'failed')
  if (mode === 'timed') {
    if (requirements.length === 0) return [forfeit]
    return [timer(`${timerWords('registration', duration)}, requirements not met`, 'failed'), forfeit]
  }
  // The first character alone is enough to start: nobody ever waits here.
  if (requirementsHold(requirements, [{ characterId: LONE_CHARACTER }])) return []
  return lobbyLimitSeconds > 0 ? [timer(timerWords('lobby', lobbyLimitSeconds), 'failed'), forfeit] : [forfeit]
}

function stageBox(stage: Stage): ChartBox {
  const { index, name, clearConditions, duration, onTimeout } = stage
  const conditions = clearConditions.slice(0, CONDITIONS_SHOWN_MAX).map(conditionWords)
  const more = clearConditions.length - conditions.length
  const friendly = friendlyMonsterOf(stage)
  return {
    id: stageId(index),
    title: name === '' ? `stage ${index}` : `${index} · ${plainText(name)}`,
    rows: [
      fact(stageTypeWords(stage)),
      fact(mapWords(stage)),
      ...(conditions.length === 0 ? ['no conditions: always met'] : conditions).map(fact),
      ...(more > 0 ? [fact(`and ${more} more conditions`)] : []),
      ...(duration > 0 && onTimeout === 'fail' ? [timer(timerWords('stage', duration), 'failed')] : []),
      ...(friendly?.onKilled?.action === 'fail' ? [command(`monster ${friendly.monsterId} dies`, 'failed')] : []),
    ],
  }
}

function playingRows(
  { duration, failRequirements }: QuestDefinition,
  { requirements }: ChartSettings,
): readonly ChartRow[] {
  const limit = duration > 0 ? [timer(timerWords('quest', duration), 'failed')] : []
  const enforced = requirements === 'enforce' ? failRequirements : []
  // Of those who stay; whoever logs out or goes to another channel leaves too.
  const left = enforced.map(requirement => command(`LEAVE, ${requirementWords(requirement)}`, 'failed'))
  return [...limit, command('FORFEIT', 'failed'), ...left]
}

function completedBox(bonus: Bonus | undefined): ChartBox {
  const waitsOn = bonus?.entry === 'manual' && (bonus.completionMapId ?? 0) !== 0
  return { id: 'completed', title: 'completed', rows: waitsOn ? [fact(`to map ${bonus.completionMapId}`)] : [] }
}

function bonusBox({ mapId }: Bonus): ChartBox {
  return { id: 'bonus', title: 'bonus', rows: mapId === 0 ? [] : [fact(`map ${mapId}`)] }
}

function startEdges({ registration }: QuestDefinition, to: BoxId): readonly ChartEdge[] {
  const from = 'registering'
  if (registration.mode === 'timed') {
    return [
      { from, to, kind: 'command', label: ['START'] },
      { from, to, kind: 'timer', label: ['registration timer', durationWords(registration.duration)] },
    ]
  }
  return [{ from, to, kind: 'command', label: ['by itself, once the requirements hold'] }]
}

function stageEdges(
  { index, duration, onTimeout }: Stage,
  to: BoxId,
  definition: QuestDefinition,
  settings: ChartSettings,
): readonly ChartEdge[] {
  const from = stageId(index)
  const advances = advanceOf(definition, settings) === 'automatic'
  const forward: ChartEdge = {
    from,
    to,
    kind: 'command',
    label: advances ? ['cleared'] : ['cleared,', 'STAGE_ADVANCE'],
  }
  if (duration === 0 || onTimeout === 'fail') return [forward]
  return [forward, { from, to, kind: 'timer', label: ['stage timer', durationWords(duration)] }]
}

function endEdges(bonus: Bonus | undefined, { bonusLimitSeconds }: ChartSettings): readonly ChartEdge[] {
  const failed: ChartEdge = { from: 'failed', to: 'destroyed', kind: 'passage', label: ['at once'] }
  if (bonus === undefined) return [{ from: 'completed', to: 'destroyed', kind: 'passage', label: ['at once'] }, failed]
  const limit = bonus.duration || bonusLimitSeconds
  const out = (from: BoxId, name: string, seconds: number): readonly ChartEdge[] => [
    { from, to: 'destroyed', kind: 'command', label: ['FORFEIT'] },
    ...(seconds > 0
      ? [{ from, to: 'destroyed', kind: 'timer', label: [name, durationWords(seconds)] } satisfies ChartEdge]
      : []),
  ]
  return [
    bonus.entry === 'auto'
      ? { from: 'completed', to: 'bonus', kind: 'passage', label: ['at once'] }
      : { from: 'completed', to: 'bonus', kind: 'command', label: ['ENTER_BONUS'] },
    ...(bonus.entry === 'auto' ? [] : out('completed', 'completion timer', COMPLETION_LIMIT_SECONDS)),
    ...out('bonus', 'bonus timer', limit),
    failed,
  ]
}

function timerWords(name: string, seconds: number): string {
  return `${name} timer ${durationWords(seconds)}`
}
