/**
 * Dark or light: what the system says, until somebody chooses; the choice is kept in this browser. styles/tokens.css
 * has the colours.
 */
import { type ReadonlySignal, signal } from '@preact/signals'

export type Theme = 'system' | 'dark' | 'light'

const KEY = 'party-quests.theme'

const chosen = signal<Theme>(kept())

export const theme: ReadonlySignal<Theme> = chosen

export function setTheme(next: Theme): void {
  chosen.value = next
  apply(next)
  try {
    if (next === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, next)
  } catch {
    // Storage is refused in some private windows: then the choice lasts as long as the page.
  }
}

/** Once, before the first drawing. */
export function applyTheme(): void {
  apply(chosen.value)
}

function apply(next: Theme): void {
  if (next === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
}

function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'dark' || value === 'light' ? value : 'system'
  } catch {
    return 'system'
  }
}
