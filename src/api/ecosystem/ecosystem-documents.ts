/**
 * What `/api/party-quests` answers, as the services of the ecosystem read it: names, order and shape of the fields are
 * the contract's. The schemas alone; who fills them is beside them.
 */
import { z } from 'zod'

const uint = z.int().nonnegative()
const counts = z.record(z.string(), uint)
/** RFC 3339, UTC; ZERO_TIME for what has not been yet. */
const moment = z.iso.datetime()

/** `clearing`: a stage is cleared, and the next one not begun. */
export const INSTANCE_STATES = ['registering', 'active', 'clearing', 'completed', 'bonus'] as const

export const partyQuestInstance = z.object({
  definitionId: z.uuid(),
  questId: z.string(),
  state: z.enum(INSTANCE_STATES),
  worldId: uint,
  channelId: uint,
  /** 0: none */
  partyId: uint,
  characters: z.array(z.object({ characterId: uint, worldId: uint, channelId: uint })),
  currentStageIndex: uint,
  startedAt: moment,
  stageStartedAt: moment,
  registeredAt: moment,
  /** Always the instance itself: all its maps are of this one field instance. */
  fieldInstances: z.array(z.string()),
  stageState: z.object({
    itemCounts: counts,
    monsterKills: counts,
    /** Always empty: no stage of ours draws one. */
    combination: z.array(uint),
    attempts: uint,
    customData: z.record(z.string(), z.string()),
  }),
})
export type PartyQuestInstance = z.infer<typeof partyQuestInstance>

const partyQuestDefinition = z.looseObject({ questId: z.string(), name: z.string() })

const instance = z.object({ type: z.literal('instances'), id: z.string(), attributes: partyQuestInstance })
const definition = z.object({ type: z.literal('definitions'), id: z.uuid(), attributes: partyQuestDefinition })

/** Relative to the list. */
const link = z.string()
const pageMeta = z.object({ total: uint, page: z.object({ number: uint, size: uint, last: uint }) })
const pageLinks = z.object({ self: link, first: link, prev: link.optional(), next: link.optional(), last: link })

export const validation = z.object({
  valid: z.boolean(),
  /** Empty where the file does not say. */
  questId: z.string(),
  name: z.string(),
  errors: z.array(z.string()),
  warnings: z.array(z.string()),
})
export type Validation = z.infer<typeof validation>

/** By the name that OpenAPI gives them. */
export const ECOSYSTEM_DOCUMENTS = {
  PartyQuestInstances: z.object({ data: z.array(instance), meta: pageMeta, links: pageLinks }),
  PartyQuestInstance: z.object({ data: instance }),
  PartyQuestTimer: z.object({
    data: z.object({
      type: z.literal('timers'),
      /** The character. */
      id: z.string(),
      /** Whole seconds left. */
      attributes: z.object({ duration: uint }),
    }),
  }),
  /** `meta` and `links` where a page was asked for. */
  PartyQuestDefinitions: z.object({
    data: z.array(definition),
    meta: pageMeta.optional(),
    links: pageLinks.optional(),
  }),
  PartyQuestDefinition: z.object({ data: definition }),
  PartyQuestValidations: z.array(validation),
} as const
