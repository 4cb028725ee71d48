/** The JSON Schemas that other teams read are those that the code decodes with. */
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { schemaFiles } from '../../scripts/schema-files.ts'
import { STAGE_FEATURES } from '../../src/contract/stage-features.ts'

const FOLDER = new URL('../../docs/schemas/', import.meta.url)

test.each([...schemaFiles()])('docs/schemas/%s is what `npm run schemas` writes', async (file, text) => {
  expect(await readFile(new URL(file, FOLDER), 'utf8')).toBe(text)
})

test('docs/schemas holds nothing else', async () => {
  expect((await readdir(FOLDER)).sort()).toEqual([...schemaFiles().keys()].sort())
})

test('an editor is told what a stage may say in its properties, and that it may say more', async () => {
  const { properties } = z
    .object({
      properties: z.object({ stages: z.object({ items: z.object({ properties: z.record(z.string(), z.any()) }) }) }),
    })
    .parse(JSON.parse(await readFile(new URL('definition.schema.json', FOLDER), 'utf8')))
  const { properties: said, clearActions } = properties.stages.items.properties
  expect(Object.keys(said.properties)).toEqual(STAGE_FEATURES)
  expect(said.additionalProperties).toEqual({})
  expect(said.properties.friendlyMonster).toMatchObject({ required: ['monsterId'], description: expect.any(String) })
  expect(clearActions.items.examples).toEqual(['destroy_monsters'])
})
