/**
 * Puts a text on the clipboard, and says that it did. Where the browser has none (a page without TLS), it selects
 * nothing and says so.
 */
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../ui/button.tsx'

const SAID_MS = 1500

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [said, setSaid] = useState<'copied' | 'no clipboard' | null>(null)
  useEffect(() => {
    if (said === null) return
    const timer = setTimeout(() => setSaid(null), SAID_MS)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('copied')
    } catch {
      setSaid('no clipboard')
    }
  }
  return (
    <Button size="small" kind="quiet" label={`Copy ${what}`} onClick={() => void copy()}>
      <span class="copy-words" role="status">
        {said ?? 'copy'}
      </span>
    </Button>
  )
}
