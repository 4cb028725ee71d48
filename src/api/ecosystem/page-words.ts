/** Pages by number, as the ecosystem asks for them: how the number is read, and what is told of the pages around one. */
import { z } from 'zod'
import type { Document } from '../documents.ts'

const WANTED = 'must be a whole number from 1 to 9999999'

export const pageNumber = z
  .string()
  .regex(/^[1-9]\d{0,6}$/, WANTED)
  .transform(Number)
  .default(1)
  .describe('From 1; 1 unless told.')

export function pageWords(
  total: number,
  number: number,
  size: number,
): Pick<Document<'PartyQuestInstances'>, 'meta' | 'links'> {
  const last = Math.max(1, Math.ceil(total / size))
  const to = (page: number) => `?${new URLSearchParams({ 'page[number]': String(page), 'page[size]': String(size) })}`
  return {
    meta: { total, page: { number, size, last } },
    links: {
      self: to(number),
      first: to(1),
      ...(number > 1 ? { prev: to(Math.min(number - 1, last)) } : {}),
      ...(number < last ? { next: to(number + 1) } : {}),
      last: to(last),
    },
  }
}
