/** Promise: whatever a quest is called, it is told as it is, found by it, and counted by it. */
import { expect, test } from 'vitest'
import { instanceRow } from '../../src/api/documents.ts'
import { quest, TIMED } from '../support/definitions.ts'
import { found, scene, unhurried } from './scene.ts'

const NAMES: readonly (readonly [questId: string, name: string])[] = [
  ['__proto__', '<script>alert(1)</script>'],
  ['constructor', '"><img src=x onerror=alert(1)>'],
  ['.*', '(((('],
  ['../../etc/passwd', '%00%2e%2e/'],
  ['toString', '\u202etxt.exe'],
  ['state:active', '{{7*7}}'],
  ['İstanbul', '🧨'.repeat(40)],
]

test('names of quests are text and nothing else, in rows, searches and counts', async () => {
  const definitions = NAMES.map(([questId, name]) => quest({ questId, name, registration: TIMED }))
  const { harness, view } = await scene({ definitions })
  for (const [place, [questId]] of NAMES.entries()) {
    await harness.register(1001 + place, { questId, partyId: 500 + place, channelId: place })
  }
  const { rows, total } = await found(view, '')
  expect(total).toBe(NAMES.length)
  const told = rows.map(({ row }) => instanceRow.parse(JSON.parse(JSON.stringify(row))))
  expect(told.map(({ questId, questName }) => [questId, questName]).sort()).toEqual([...NAMES].sort())

  for (const [questId, name] of NAMES) {
    const searches = [`quest:${questId}`, `quest:${questId.toUpperCase()}`, `quest:${name.split(' ')[0]}`]
    for (const search of searches) {
      const questIds = (await found(view, search)).rows.map(({ row }) => row.questId)
      expect(questIds, search).toEqual([questId])
    }
  }
  const { quests } = await view.counts(unhurried())
  expect(quests.map(({ definition, states }) => [definition.replace(/@.*$/s, ''), states]).sort()).toEqual(
    NAMES.map(([questId]) => [questId, { registering: 1 }]).sort(),
  )
  await harness.stop()
})
