/** Where the built programs lie, for callers that are built themselves (`npm run chaos`) and for tests that are not. */
import { fileURLToPath } from 'node:url'

const DIST = new URL(import.meta.url.includes('/dist/test/chaos/') ? '../../' : '../../dist/', import.meta.url)

/** @param file from dist/ on */
export function built(file: string): string {
  return fileURLToPath(new URL(file, DIST))
}
