/**
 * The search: what is typed, its words coloured, and the help. Tells its page what to look for; the page keeps it in
 * the address.
 */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Button } from '../ui/button.tsx'
import { EXAMPLES, piecesOf, withWord } from './search-words.ts'

interface SearchBoxProps {
  readonly search: string
  /** Id of the element that says what is wrong with it. */
  readonly faultId: string | undefined
  /** `isFinal`: by Enter or a click, not while typing. */
  readonly onSearch: (search: string, isFinal: boolean) => void
}

const TYPING_MS = 300

export function SearchBox({ search, faultId, onSearch }: SearchBoxProps) {
  const typed = useSignal(search)
  const isHelpOpen = useSignal(false)
  const overlay = useRef<HTMLDivElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    // The address changed by itself: a link, the legend, the way back.
    if (search !== typed.value.trim()) typed.value = search
  }, [search])
  useEffect(() => () => clearTimeout(timer.current), [])

  function take(text: string, isFinal: boolean): void {
    typed.value = text
    clearTimeout(timer.current)
    if (isFinal) onSearch(text.trim(), true)
    else timer.current = setTimeout(() => onSearch(text.trim(), false), TYPING_MS)
  }

  function align(event: { readonly currentTarget: HTMLInputElement }): void {
    if (overlay.current !== null) overlay.current.scrollLeft = event.currentTarget.scrollLeft
  }

  return (
    <form
      class="search"
      aria-label="Search instances"
      onSubmit={event => {
        event.preventDefault()
        take(typed.value, true)
      }}
    >
      <div class="search-field">
        <div class="search-words" ref={overlay} aria-hidden="true">
          {piecesOf(typed.value).map(({ text, kind, at }) => (
            <span key={at} data-kind={kind}>
              {text}
            </span>
          ))}
        </div>
        <input
          class="field"
          data-slash="page"
          type="text"
          inputMode="search"
          enterkeyhint="search"
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          maxLength={512}
          placeholder="state:active quest:kerning character:30011 timer<60s"
          aria-label="Search"
          aria-invalid={faultId !== undefined}
          aria-describedby={faultId}
          value={typed.value}
          onInput={event => {
            take(event.currentTarget.value, false)
            align(event)
          }}
          onScroll={align}
        />
      </div>
      <Button
        label="Help for the search"
        expanded={isHelpOpen.value}
        onClick={() => (isHelpOpen.value = !isHelpOpen.value)}
      >
        ?
      </Button>
      <Button kind="primary" type="submit">
        Search
      </Button>
      {isHelpOpen.value ? (
        <SearchHelp
          onTake={word => take(withWord(typed.value, word), true)}
          onClose={() => {
            isHelpOpen.value = false
          }}
        />
      ) : null}
    </form>
  )
}

interface SearchHelpProps {
  readonly onTake: (word: string) => void
  readonly onClose: () => void
}

function SearchHelp({ onTake, onClose }: SearchHelpProps) {
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    function leave(event: Event): void {
      const isOutside = event.target instanceof Node && box.current?.closest('form')?.contains(event.target) !== true
      if (event instanceof KeyboardEvent ? event.key === 'Escape' : isOutside) onClose()
    }
    document.addEventListener('keydown', leave)
    document.addEventListener('pointerdown', leave)
    return () => {
      document.removeEventListener('keydown', leave)
      document.removeEventListener('pointerdown', leave)
    }
  }, [])
  return (
    <section class="search-help card" ref={box} aria-label="How to search">
      <p class="dim">
        All words must hold. A word alone is the start of an id, part of a quest, a character or a party.
      </p>
      <dl>
        {EXAMPLES.map(([example, meaning]) => (
          <div key={example}>
            <dt>
              <button type="button" class="badge" onClick={() => onTake(example)}>
                {example}
              </button>
            </dt>
            <dd class="dim">{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
