/** How many rows a page has: `page[size]`, read the same way wherever there are pages. */
import { z } from 'zod'
import { PAGE_SIZE_MAX } from './view.ts'

const PAGE_SIZE_DEFAULT = 50
const WANTED = `must be a whole number from 1 to ${PAGE_SIZE_MAX}`

export const pageSize = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, WANTED)
  .transform(Number)
  .refine(size => size <= PAGE_SIZE_MAX, WANTED)
  .default(PAGE_SIZE_DEFAULT)
  .describe(`Rows at most, 1 to ${PAGE_SIZE_MAX}; ${PAGE_SIZE_DEFAULT} unless told.`)
