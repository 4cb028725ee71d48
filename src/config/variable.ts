/**
 * What the text of one environment variable may be: a Zod schema per kind of value, each with one message that
 * says what is allowed. Knows no variable's name and reads nothing.
 */
import { isIP } from 'node:net'
import { z } from 'zod'

/** From the text of a variable to its value. */
export type Variable<Value> = z.ZodType<Value, string>

/** Decimal digits only: `1e3`, `0x10`, `1.0`, `+1` and `007` are more often a slip than a wish. */
export function integer(min: number, max: number): Variable<number> {
  const error = `must be a whole number from ${min} to ${max}, in decimal digits`
  return z
    .string()
    .regex(/^(?:0|[1-9]\d{0,15})$/, { error, abort: true })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }))
}

/** One of some words, in any case: Kafka writes SCRAM-SHA-512, Java and Go write INFO. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Variable<Word> {
  return z
    .string()
    .toLowerCase()
    .pipe(z.enum(words, { error: `must be one of ${words.join(', ')}` }))
}

const YES = ['true', 'on', '1']
const NO = ['false', 'off', '0']

export const flag: Variable<boolean> = z
  .string()
  .toLowerCase()
  .refine(word => YES.includes(word) || NO.includes(word), { error: 'must be true or false', abort: true })
  .transform(word => YES.includes(word))

/** Host and port pairs, comma-separated; white space around a comma is fine. */
export const servers: Variable<readonly string[]> = z
  .string()
  .transform(text => text.split(',').map(server => server.trim()))
  .refine(list => list.every(isServer), {
    error: 'must be host:port, comma-separated, without a scheme, such as kafka-1:9092,kafka-2:9092',
  })

function isServer(server: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:/@\s[\]]+)):([1-9]\d{0,4})$/.exec(server) ?? []
  return (plain !== undefined || isIP(bracketed ?? '') === 6) && Number(port) <= 65_535
}

/** Kafka takes 249 characters; `suffixLength` of them are kept free for what is appended. */
export function topicName(suffixLength = 0): Variable<string> {
  const max = 249 - suffixLength
  return z.string().refine(name => /^[a-zA-Z0-9._-]+$/.test(name) && name.length <= max && !/^\.\.?$/.test(name), {
    error: `must be 1 to ${max} of the characters a-z A-Z 0-9 . _ - and neither "." nor ".."`,
  })
}

/** A topic of a neighbour's that may be done without: `-` stands for none, and gives `null`. */
export function optionalTopicName(suffixLength = 0): Variable<string | null> {
  return z.string().transform((text, context) => {
    if (text === '-') return null
    const { data, error } = topicName(suffixLength).safeParse(text)
    if (data !== undefined) return data
    context.addIssue({ code: 'custom', message: `${error?.issues[0]?.message}; or - for none` })
    return z.NEVER
  })
}

/** Ends up in client ids and in group members' names. */
export const replicaName: Variable<string> = z.string().regex(/^[a-zA-Z0-9._-]{1,200}$/, {
  error: 'must be 1 to 200 of the characters a-z A-Z 0-9 . _ -',
})

/** The base of another service: relative addresses are resolved against it, which cuts at the last slash. */
export const serviceUrl: Variable<string> = httpUrl().refine(text => text.endsWith('/'), {
  error: 'must end in a slash: add / at the end, or what follows the last slash is dropped',
})

/** The base of something that stands at an address of its own; given on without slashes at the end. */
export const baseUrl: Variable<string> = httpUrl().transform(text => text.replace(/\/+$/, ''))

function httpUrl() {
  return z
    .string()
    .refine(text => URL.canParse(text) && /^https?:\/\/[^/]/i.test(text), {
      error: 'must be a URL that begins with http:// or https://',
      abort: true,
    })
    .refine(text => new URL(text).username === '' && new URL(text).password === '', {
      error: 'must not carry a user name or a password: take out what stands before the @',
      abort: true,
    })
    .refine(text => !/[?#\s]/.test(text), { error: 'must have no query, fragment or white space', abort: true })
}

export const listenHost: Variable<string> = z
  .string()
  .refine(host => isIP(host) !== 0 || /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$/.test(host), {
    error: 'must be an IP address or a host name to listen on, such as 0.0.0.0, without scheme or port',
  })

/** No NUL, which no file system takes. */
export const path: Variable<string> = z.string().refine(text => !text.includes('\0'), {
  error: 'must be a path of the file system',
})
