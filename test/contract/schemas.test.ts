/** The JSON Schemas that other teams read are those that the code decodes with. */
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { schemaFiles } from '../../scripts/schema-files.ts'

const FOLDER = new URL('../../docs/schemas/', import.meta.url)

test.each([...schemaFiles()])('docs/schemas/%s is what `npm run schemas` writes', async (file, text) => {
  expect(await readFile(new URL(file, FOLDER), 'utf8')).toBe(text)
})

test('docs/schemas holds nothing else', async () => {
  expect((await readdir(FOLDER)).sort()).toEqual([...schemaFiles().keys()].sort())
})
