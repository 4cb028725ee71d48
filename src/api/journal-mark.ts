/** `journal[after]`: the last operation that whoever asks has seen, as it stands in an address. */
import { z } from 'zod'
import type { JournalMark } from './view.ts'

const WANTED = 'must be sequence@at of an operation of the journal, like 12@1764000000000'

export const journalMark = z
  .string()
  .regex(/^\d{1,15}@\d{1,15}$/, WANTED)
  .transform((text): JournalMark => {
    const [sequence, at] = text.split('@')
    return { sequence: Number(sequence), at: Number(at) }
  })
  .optional()
  .describe('sequence@at of the last operation that is known: the answer has those behind it alone, where it can.')

export function journalMarkText({ sequence, at }: JournalMark): string {
  return `${sequence}@${at}`
}
