/**
 * One route of HTTP as data, served and described from the same words: what OpenAPI says of a path is what is checked
 * when somebody asks for it. Reads the query and a JSON body by their schemas; knows no resource.
 */
import type { Context, Hono, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import type { DOCUMENTS, Document } from './documents.ts'
import { problem } from './problem.ts'

/** An answer's body: a document, or whatever else by its media type. */
export type AnswerBody = keyof typeof DOCUMENTS | { readonly type: string; readonly schema?: z.ZodType }

interface Described {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** As OpenAPI writes it: `/api/instances/{id}`. */
  readonly path: string
  readonly summary: string
  /** What the names in braces are. */
  readonly params?: Readonly<Record<string, string>>
  /** Headers that must be there, and what they are. Who answers reads them. */
  readonly headers?: Readonly<Record<string, string>>
  /** What it answers when all is well; the statuses that any path has are added. */
  readonly answers: Readonly<Record<number, AnswerBody>>
}

export interface Route extends Described {
  readonly query: z.ZodRawShape
  readonly body: JsonBody | undefined
  /** Before the body is read. */
  readonly guards: readonly MiddlewareHandler[]
  readonly respond: (context: Context) => Promise<Response>
}

interface JsonBody {
  readonly schema: z.ZodType
  readonly bytesMax: number
}

type Query<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>

/** A route that is asked by its address alone. */
export function getRoute<const Shape extends z.ZodRawShape>(
  described: Omit<Described, 'method'> & {
    readonly query?: Shape
    /** What becomes of a parameter that the route does not know: refused unless told, so that a typing error is seen. */
    readonly otherQuery?: 'ignored'
    readonly answer: (context: Context, query: Query<Shape>) => Response | Promise<Response>
  },
): Route {
  const { query, otherQuery, answer, ...others } = described
  const schema = z.object(query ?? ({} as Shape))
  return {
    ...others,
    method: 'get',
    query: schema.shape,
    body: undefined,
    guards: [],
    respond: async context => {
      const read = readQuery(context, schema, otherQuery)
      return 'faults' in read ? problem(context, 400, 'Bad query', ...read.faults) : answer(context, read.query)
    },
  }
}

/** A route that is sent JSON; `answer` gets its text, at most `body.bytesMax` long. */
export function postRoute(
  described: Omit<Described, 'method'> & {
    readonly body: JsonBody
    readonly guards?: readonly MiddlewareHandler[]
    readonly answer: (context: Context, text: string) => Response | Promise<Response>
  },
): Route {
  const { answer, guards = [], ...others } = described
  return {
    ...others,
    method: 'post',
    query: {},
    guards,
    respond: async context => {
      const read = readQuery(context, z.object({}))
      if ('faults' in read) return problem(context, 400, 'Bad query', ...read.faults)
      return answer(context, await context.req.text())
    },
  }
}

/** A route that is asked by another method than GET, and is neither sent anything nor changes anything. */
export function bareRoute(
  described: Described & { readonly answer: (context: Context) => Response | Promise<Response> },
): Route {
  const { answer, ...others } = described
  return { ...others, query: {}, body: undefined, guards: [], respond: async context => await answer(context) }
}

/** The routes, and 405 for every other method of their paths. `mayPost` stands before all that is sent a body. */
export function addRoutes(app: Hono, routes: readonly Route[], mayPost: MiddlewareHandler): void {
  for (const route of routes) {
    const path = honoPath(route.path)
    if (route.body === undefined) {
      app.on(route.method.toUpperCase(), path, context => route.respond(context))
    } else {
      for (const guard of route.guards) app.post(path, guard)
      app.post(path, mayPost, limitOf(route.body), context => route.respond(context))
    }
  }
  for (const path of new Set(routes.map(route => route.path))) {
    const methods = routes.filter(route => route.path === path).map(({ method }) => method.toUpperCase())
    app.all(honoPath(path), context => {
      context.header('allow', methods.join(', '))
      return problem(context, 405, 'Wrong method', `${context.req.method} ${path}: use ${methods.join(' or ')}`)
    })
  }
}

/** A document of ours as an answer; never kept by anybody, since it is old a moment later. */
export function answerDocument<Name extends keyof typeof DOCUMENTS>(
  context: Context,
  _name: Name,
  document: Document<Name>,
): Response {
  return context.json(document, 200, { 'cache-control': 'no-store' })
}

/** Each fault names the field by its path. */
export function readJson<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): { readonly value: z.output<Schema> } | { readonly faults: readonly string[] } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { faults: [`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`] }
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { value: parsed.data }
  return { faults: parsed.error.issues.map(issue => `${issue.path.join('.') || 'the body'}: ${issue.message}`) }
}

function limitOf({ bytesMax: maxSize }: JsonBody): MiddlewareHandler {
  return bodyLimit({
    maxSize,
    onError: context => problem(context, 413, 'Too large', `the body must be at most ${maxSize} bytes`),
  })
}

function readQuery<Shape extends z.ZodRawShape>(
  context: Context,
  schema: z.ZodObject<Shape>,
  otherQuery?: 'ignored',
): { readonly query: Query<Shape> } | { readonly faults: readonly string[] } {
  const known = Object.keys(schema.shape)
  const given = Object.entries(context.req.queries()).filter(
    ([name]) => otherQuery !== 'ignored' || known.includes(name),
  )
  const allowed = known.length === 0 ? 'this path takes none' : `this path takes ${known.join(', ')}`
  const faults = given.flatMap(([name, values]) => {
    if (!known.includes(name)) return [`${cut(name)}: no such query parameter; ${allowed}`]
    return values.length > 1 ? [`${name} is there ${values.length} times: must be there once`] : []
  })
  if (faults.length > 0) return { faults }
  const parsed = schema.safeParse(Object.fromEntries(given.map(([name, [value]]) => [name, value])))
  if (parsed.success) return { query: parsed.data }
  return { faults: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) }
}

function cut(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name
}

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}
