/**
 * The list of JSON Schemas under docs/schemas, made from the Zod schemas that the code itself decodes with.
 * Makes texts, writes nothing: scripts/schemas.ts does, and a test compares.
 */
import { z } from 'zod'
import { commandSchema } from '../src/contract/commands.ts'
import { messageSchema } from '../src/contract/message-schemas.ts'
import { stageFeaturesSchema } from '../src/contract/stage-features.ts'
import { definitionSchema, stageProperties } from '../src/definitions/schema.ts'

interface SchemaFile {
  /** Under docs/schemas. */
  readonly file: string
  readonly title: string
  readonly description: string
  readonly schema: z.ZodType
  /** What a writer must send (`input`), or what a reader gets (`output`). */
  readonly io: 'input' | 'output'
}

const files: readonly SchemaFile[] = [
  {
    file: 'command.schema.json',
    title: 'A command to party-quests',
    description:
      'A record value on COMMAND_TOPIC_PARTY_QUEST. Reading is more lenient than this: names match in any ASCII ' +
      'letter case, and types that are not listed are skipped.',
    schema: commandSchema,
    io: 'input',
  },
  {
    file: 'message.schema.json',
    title: 'A message of party-quests',
    description: 'A record value on EVENT_TOPIC_PARTY_QUEST_STATUS, or ours on COMMAND_TOPIC_CHARACTER.',
    schema: messageSchema,
    io: 'output',
  },
  {
    file: 'definition.schema.json',
    title: 'A quest definition of party-quests',
    description:
      'A file in DEFINITIONS_DIR, bare; it may also stand under data.attributes of a JSON:API document. Fields that ' +
      'are not listed are ignored, null counts as left out, and the indexes of the stages are 0 to n-1, each once.',
    schema: definitionSchema,
    io: 'input',
  },
]

/** The text of each file by its name. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    files.map(({ file, title, description, schema, io }) => {
      const { $schema, ...rest } = z.toJSONSchema(schema, { io, override: describeFeatures })
      return [file, `${JSON.stringify({ $schema, title, description, ...rest }, null, 2)}\n`]
    }),
  )
}

/** A stage's properties are free but for the features that the service reads in them. */
const describeFeatures: NonNullable<z.core.ToJSONSchemaParams['override']> = ({ zodSchema, jsonSchema }) => {
  if (zodSchema !== stageProperties) return
  const { properties = {} } = z.toJSONSchema(stageFeaturesSchema, { io: 'input' })
  jsonSchema.properties = properties
}
