/**
 * How Stately's inspector, or anything that speaks its protocol, is attached to this instance: the address, and what
 * to do with it. Opens no socket itself.
 */
import { useEffect, useRef } from 'preact/hooks'
import { Button } from '../ui/button.tsx'
import { CopyButton } from './copy-button.tsx'

interface AttachDialogProps {
  readonly id: string
  readonly onClose: () => void
}

/** Of `WS /inspect`, beside the console, behind the same prefix. */
export function inspectUrl(id: string): string {
  const url = new URL('../inspect', document.baseURI)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.hash = ''
  url.search = `?instance=${encodeURIComponent(id)}`
  return url.href
}

export function AttachDialog({ id, onClose }: AttachDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const url = inspectUrl(id)
  const sample = [
    "import { createWebSocketReceiver } from '@statelyai/inspect'",
    '',
    `createWebSocketReceiver({ server: '${url}' })`,
    '  .subscribe(event => console.log(event.type, event))',
  ].join('\n')
  return (
    <dialog class="dialog" ref={dialog} onClose={onClose} aria-labelledby="attach-title">
      <h2 id="attach-title">Attach an inspector</h2>
      <p class="dim">
        This address sends the frames of Stately’s inspector: the actor as it is, its last operations, then each new one
        as it happens. It only reads.
      </p>
      <div class="copy-line">
        <code class="snippet">{url}</code>
        <CopyButton text={url} what="the address" />
      </div>
      <p class="dim">
        Several at once: repeat <code>&amp;instance=…</code>, fifty at most. With <code>@statelyai/inspect</code>:
      </p>
      <pre class="snippet">{sample}</pre>
      <p class="dim">
        The <a href={`#/inspector?instance=${encodeURIComponent(id)}`}>Inspector</a> page draws this instance, and the
        frames of any XState 5 application.
      </p>
      <form method="dialog" class="dialog-actions">
        <Button type="submit">Close</Button>
      </form>
    </dialog>
  )
}
