/**
 * `npm run schemas`: writes docs/schemas, in the repository that it is run in. Run it after a schema has changed.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { schemaFiles } from './schema-files.ts'

const FOLDER = 'docs/schemas'

await mkdir(FOLDER, { recursive: true })
for (const [file, text] of schemaFiles()) {
  await writeFile(join(FOLDER, file), text)
  process.stdout.write(`${join(FOLDER, file)}\n`)
}
