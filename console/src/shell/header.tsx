/**
 * The header: brand, navigation, quick search, and how things are (live, writes, theme).
 */
import { live } from '../api/live.ts'
import { navigate } from '../navigation.ts'
import { hashOf, type Route } from '../route.ts'
import { setTheme, type Theme, theme } from '../theme.ts'
import { number } from '../ui/words.ts'

const PLACES: readonly { readonly to: Route; readonly name: string; readonly pages: readonly Route['page'][] }[] = [
  { to: { page: 'instances', search: '' }, name: 'Instances', pages: ['instances', 'instance'] },
  { to: { page: 'definitions' }, name: 'Definitions', pages: ['definitions', 'definition'] },
  { to: { page: 'shards' }, name: 'Shards', pages: ['shards'] },
  { to: { page: 'dead-letters', code: '' }, name: 'Dead letters', pages: ['dead-letters'] },
  { to: { page: 'inspector' }, name: 'Inspector', pages: ['inspector'] },
]

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }

export function Header({ at }: { readonly at: Route }) {
  return (
    <header class="header">
      <a class="brand" href="#/instances">
        <img src="./icon.svg" alt="" width="18" height="18" />
        <span>Quest Console</span>
      </a>
      <nav class="places" aria-label="Pages">
        {PLACES.map(({ to, name, pages }) => (
          <a key={name} href={hashOf(to)} aria-current={pages.includes(at.page) ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="status">
        <QuickSearch />
        <LivePill />
        <WritesPill />
        <ThemeSwitch />
      </div>
    </header>
  )
}

function QuickSearch() {
  function go(event: SubmitEvent): void {
    event.preventDefault()
    const form = event.currentTarget
    if (!(form instanceof HTMLFormElement)) return
    const search = String(new FormData(form).get('search') ?? '').trim()
    form.reset()
    navigate({ page: 'instances', search })
  }
  return (
    <form class="quick" aria-label="Quick search" onSubmit={go}>
      <kbd>/</kbd>
      <input
        data-slash="header"
        name="search"
        type="search"
        placeholder="quest, party, character, id…"
        aria-label="Jump to quest, party, character or id"
        autoComplete="off"
        spellcheck={false}
      />
    </form>
  )
}

function LivePill() {
  const { phase, operationsPerSecond } = live.value
  const isOpen = phase === 'open'
  return (
    <span class="pill live" data-phase={phase} data-tone={phase === 'reconnecting' ? 'amber' : 'plain'}>
      <span class="dot" aria-hidden="true" />
      {/* Only the phase is read out: numbers change all the time. */}
      <span role="status" aria-live="polite">
        {isOpen ? 'live' : phase}
      </span>
      {isOpen ? <span class="rate">{number(Math.round(operationsPerSecond))} op/s</span> : null}
    </span>
  )
}

function WritesPill() {
  const { hello } = live.value
  if (hello === null)
    return (
      <span class="pill writes" data-tone="plain">
        …
      </span>
    )
  return (
    <span
      class="pill writes"
      data-tone={hello.writes ? 'amber' : 'plain'}
      title={hello.writes ? 'This replica sends commands for you' : 'CONSOLE_WRITES is not set on this replica'}
    >
      {hello.writes ? 'writes on' : 'read only'}
    </span>
  )
}

function ThemeSwitch() {
  const next = NEXT_THEME[theme.value]
  return (
    <button
      type="button"
      class="button theme"
      data-kind="quiet"
      aria-label={`Theme: ${theme.value}. Change to ${next}`}
      title={`Theme: ${theme.value}`}
      onClick={() => setTheme(next)}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <ThemePicture theme={theme.value} />
      </svg>
    </button>
  )
}

function ThemePicture(props: { readonly theme: Theme }) {
  switch (props.theme) {
    case 'dark':
      return <path d="M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6Z" fill="currentColor" />
    case 'light':
      return (
        <g fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round">
          <circle cx="8" cy="8" r="3" />
          <path d="M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1" />
        </g>
      )
    case 'system':
      return (
        <g>
          <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.5" />
          <path d="M8 2.5a5.5 5.5 0 0 1 0 11Z" fill="currentColor" />
        </g>
      )
    default: {
      const missed: never = props.theme
      return missed
    }
  }
}
