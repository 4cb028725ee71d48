/**
 * A dead letter as a command to edit and send: a dialog with one record of POST /api/commands. Sends only when asked,
 * and only where writes are on; the server has the last word.
 */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { type Failure, sendCommands } from '../api/client.ts'
import { live } from '../api/live.ts'
import { Button } from '../ui/button.tsx'
import { ErrorNote } from '../ui/error-note.tsx'
import { draftOf, type Letter, readDraft } from './letters.ts'

type Outcome =
  | { readonly kind: 'idle' | 'sending' | 'sent' | 'copied' }
  | { readonly kind: 'fault'; readonly words: string }
  | Failure

interface ResendProps {
  readonly of: Letter
  readonly onClose: () => void
}

export function Resend({ of: { id, letter }, onClose }: ResendProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const draft = useSignal(draftOf(letter))
  const outcome = useSignal<Outcome>({ kind: 'idle' })
  const mayWrite = live.value.hello?.writes === true
  useEffect(() => dialog.current?.showModal(), [])

  async function send(): Promise<void> {
    const read = readDraft(draft.value)
    if ('fault' in read) {
      outcome.value = { kind: 'fault', words: read.fault }
      return
    }
    outcome.value = { kind: 'sending' }
    const answer = await sendCommands([read.record])
    outcome.value = answer.kind === 'ok' ? { kind: 'sent' } : answer
  }

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(draft.value)
      outcome.value = { kind: 'copied' }
    } catch {
      outcome.value = {
        kind: 'fault',
        words: 'the browser refuses the clipboard on this page: select the text and copy it',
      }
    }
  }

  return (
    <dialog class="modal" ref={dialog} aria-labelledby="resend-title" onClose={onClose}>
      <div class="modal-head">
        <h2 id="resend-title">Send {id} again</h2>
        <Button kind="quiet" label="Close" onClick={() => dialog.current?.close()}>
          ✕
        </Button>
      </div>
      <p class="dim">
        One record for the command topic: the value as it was refused ({letter.code}), and its tenant. Mend it, then
        send it.
      </p>
      {letter.isCut ? <p class="fault">The value was longer than what is kept here: the end is missing.</p> : null}
      <textarea
        class="field"
        rows={18}
        spellcheck={false}
        aria-label="The record as JSON"
        value={draft.value}
        onInput={event => {
          draft.value = event.currentTarget.value
          outcome.value = { kind: 'idle' }
        }}
      />
      <div class="modal-foot">
        <Said outcome={outcome.value} mayWrite={mayWrite} />
        <Button onClick={() => void copy()}>Copy</Button>
        <Button kind="primary" disabled={!mayWrite || outcome.value.kind === 'sending'} onClick={() => void send()}>
          Send
        </Button>
      </div>
      {outcome.value.kind === 'failed' ? <ErrorNote failure={outcome.value} /> : null}
    </dialog>
  )
}

function Said({ outcome, mayWrite }: { readonly outcome: Outcome; readonly mayWrite: boolean }) {
  const words = wordsOf(outcome) ?? (mayWrite ? '' : 'Read only: sending needs CONSOLE_WRITES=true on this replica')
  return (
    <p class={outcome.kind === 'fault' ? 'fault' : 'dim'} role="status">
      {words}
    </p>
  )
}

function wordsOf(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case 'sending':
      return 'Sending…'
    case 'sent':
      return 'Sent to the command topic. If it is refused again, it is back here in a moment.'
    case 'copied':
      return 'Copied'
    case 'fault':
      return outcome.words
    case 'idle':
    case 'failed':
      return undefined
    default: {
      const missed: never = outcome
      return missed
    }
  }
}
