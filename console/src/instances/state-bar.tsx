/**
 * How many instances are in each state: a bar, and a legend whose entries are filters.
 */

import { Ghost } from '../ui/ghost.tsx'
import { number } from '../ui/words.ts'
import type { Found } from './list.ts'
import { statesOf, withStateToggled } from './search-words.ts'
import { STATES_SHOWN } from './states-shown.ts'

interface StateBarProps {
  readonly found: Found | undefined
  readonly search: string
  readonly onSearch: (search: string, isFinal: boolean) => void
}

export function StateBar({ found, search, onSearch }: StateBarProps) {
  const chosen = statesOf(search)
  const states = found?.states
  return (
    <div class="states">
      <div class="state-bar" aria-hidden="true">
        {STATES_SHOWN.map(state => (
          <span
            key={state}
            data-state={state}
            data-none={(states?.[state] ?? 0) === 0}
            style={{ flexGrow: `${states?.[state] ?? 0}` }}
          />
        ))}
      </div>
      <ul class="state-legend" aria-label="Instances by state">
        {STATES_SHOWN.map(state => (
          <li key={state}>
            <button
              type="button"
              aria-pressed={chosen.includes(state)}
              onClick={() => onSearch(withStateToggled(search, state), true)}
            >
              <span class="swatch" data-state={state} />
              {state} {states === undefined ? <Ghost width={24} /> : <b>{number(states[state] ?? 0)}</b>}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
