/**
 * The keys that work on every page: `/` to search, `?` for what the keys are. A page's own keys are the page's.
 */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { leave } from '../navigation.ts'
import { Button } from '../ui/button.tsx'

const KEYS: readonly (readonly [key: string, meaning: string])[] = [
  ['/', 'search'],
  ['↑ ↓', 'move through the list; Page Up and Page Down go faster'],
  ['Enter', 'open what is chosen'],
  ['Esc', 'leave the search, the choice, a dialog, or one instance for the list'],
  ['?', 'this help'],
]

export function Keys() {
  const isOpen = useSignal(false)
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return
      if (isTyping(event.target)) {
        if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur()
        return
      }
      if (event.key === '/' && focusSearch()) event.preventDefault()
      if (event.key === '?') isOpen.value = true
      if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) leave()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  if (!isOpen.value) return null
  return (
    <KeyHelp
      onClose={() => {
        isOpen.value = false
      }}
    />
  )
}

function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog class="modal keys" ref={dialog} aria-labelledby="keys-title" onClose={onClose}>
      <div class="modal-head">
        <h2 id="keys-title">Keys</h2>
        <Button kind="quiet" label="Close" onClick={() => dialog.current?.close()}>
          ✕
        </Button>
      </div>
      <dl>
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd class="dim">{meaning}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  )
}

/** The page's own search before the header's. False: neither is seen. */
function focusSearch(): boolean {
  const fields = [...document.querySelectorAll<HTMLInputElement>('[data-slash="page"], [data-slash="header"]')]
  const seen = fields.filter(field => field.offsetParent !== null)
  const field = seen.find(({ dataset }) => dataset.slash === 'page') ?? seen[0]
  field?.focus()
  field?.select()
  return field !== undefined
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}
