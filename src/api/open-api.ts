/**
 * The OpenAPI document of the routes that are served: made of the same route table and schemas, so that neither can
 * say what the other does not. Serves nothing itself.
 */
import { z } from 'zod'
import { change, DOCUMENTS, hello } from './documents.ts'
import type { AnswerBody, Route } from './route.ts'

type Json = Record<string, unknown>

/** What any path may answer beside its own; each an Errors document. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The query, the body or a field in it is wrong; the detail names it',
  401: 'CONSOLE_TOKEN is set, and was not shown',
  414: 'The address is too long',
  500: 'A fault of the service',
  503: 'The log or an owner does not answer, or too many ask at once',
}
/** Where a path says that it does. */
const ANSWERED: Readonly<Record<string, string>> = {
  404: 'There is none such',
  501: 'This is done by other means; the detail says which',
}
const POST_REFUSALS: Readonly<Record<number, string>> = {
  403: 'A page of another site asks, or CONSOLE_WRITES is off',
  413: 'The body is too large',
  415: 'The body is not JSON',
}

export function openApi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'party-quests',
      version,
      description:
        'What the quests of this installation do now. Any replica answers for all. Times are epoch milliseconds.',
    },
    // Relative to where this document lies, so that it is right behind a prefix too.
    servers: [{ url: '..' }],
    security: [{}, { token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'CONSOLE_TOKEN, where it is set.' } },
      schemas: schemas(),
    },
  }
}

function schemas(): Json {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries({ ...DOCUMENTS, Hello: hello, Change: change }))
    registry.add(schema, { id })
  const { schemas: named } = z.toJSONSchema(registry, { uri: id => `#/components/schemas/${id}` })
  return Object.fromEntries(Object.entries(named).map(([name, { $schema: _, $id: __, ...schema }]) => [name, schema]))
}

function operation({ method, path, summary, params = {}, headers = {}, query, body, answers }: Route): Json {
  const inPath = Object.entries(params).map(([name, description]) => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string' },
  }))
  const inHeader = Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string' },
  }))
  const inQuery = Object.entries(query).map(([name, schema]) => parameter(name, schema))
  const parameters = [...inPath, ...inHeader, ...inQuery]
  const refusals = { ...REFUSALS, ...(body === undefined ? {} : POST_REFUSALS) }
  return {
    summary,
    operationId: `${method}${path.replace(/[^a-zA-Z]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: inputSchema(body.schema) } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(refusals).map(([status, text]) => [status, response(text, 'Errors')])),
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          response(status.startsWith('2') ? summary : (ANSWERED[status] ?? status), answer),
        ]),
      ),
    },
  }
}

function parameter(name: string, schema: z.core.$ZodType): Json {
  const { description, default: _, ...rest } = inputSchema(schema)
  return { name, in: 'query', required: false, ...(description === undefined ? {} : { description }), schema: rest }
}

function response(description: string, answer: AnswerBody): Json {
  const [type, schema] =
    typeof answer === 'string'
      ? ['application/json', { $ref: `#/components/schemas/${answer}` }]
      : [answer.type, answer.schema === undefined ? { type: 'string' } : outputSchema(answer.schema)]
  return { description, content: { [type]: { schema } } }
}

function inputSchema(schema: z.core.$ZodType): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return json
}

function outputSchema(schema: z.core.$ZodType): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema)
  return json
}
