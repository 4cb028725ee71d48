/**
 * One dead letter: its row, and when it is open what it holds. Text only, whatever somebody sent.
 */
import { useSignal } from '@preact/signals'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Ago } from '../ui/time.tsx'
import { moment } from '../ui/words.ts'
import { type Letter, prettyValue } from './letters.ts'

interface LetterRowsProps {
  readonly of: Letter
  readonly onResend: (letter: Letter) => void
}

export function LetterRows({ of: held, onResend }: LetterRowsProps) {
  const { id, letter } = held
  const isOpen = useSignal(false)
  const { origin } = letter
  return (
    <>
      <tr class="letter" data-open={isOpen.value}>
        <th scope="row" class="l-code">
          <button
            type="button"
            class="opener"
            aria-expanded={isOpen.value}
            aria-label={`${letter.code}, ${id}`}
            onClick={() => {
              isOpen.value = !isOpen.value
            }}
          >
            <span class="chevron" />
            <Badge tone={letter.code === 'INSTANCE_FAULT' ? 'red' : 'amber'}>{letter.code}</Badge>
          </button>
          <span class="under dim">{letter.reason}</span>
        </th>
        <td class="l-reason" title={letter.reason}>
          {letter.reason}
        </td>
        <td class="l-origin mono dim">
          {origin === null ? 'unknown' : `${origin.topic} p${origin.partition}@${origin.offset}`}
        </td>
        <td class="l-at dim">
          <Ago at={letter.at} />
        </td>
      </tr>
      {isOpen.value ? (
        <tr class="letter-inside">
          <td colSpan={4}>
            <Inside letter={held} onResend={onResend} />
          </td>
        </tr>
      ) : null}
    </>
  )
}

function Inside({ letter: held, onResend }: { readonly letter: Letter; readonly onResend: (letter: Letter) => void }) {
  const { id, letter } = held
  const { value, tenant, origin, headers, isCut } = letter
  return (
    <div class="inside">
      <div class="inside-value">
        {value === null ? (
          <p class="faint">The record had no value.</p>
        ) : (
          <pre class="snippet">{prettyValue(value)}</pre>
        )}
        {isCut ? <p class="fault">Cut at 64 KiB.</p> : null}
        <div>
          <Button size="small" onClick={() => onResend(held)}>
            Copy as command…
          </Button>
        </div>
      </div>
      <dl class="letter-facts">
        <dt>dead letter</dt>
        <dd>
          {id} · {moment(letter.at)}
        </dd>
        <dt>origin</dt>
        <dd>
          {origin === null ? 'unknown' : `${origin.topic} p${origin.partition}@${origin.offset} · ${moment(origin.at)}`}
        </dd>
        <dt>tenant</dt>
        <dd>
          {tenant === null ? 'none' : `${tenant.region} ${tenant.majorVersion}.${tenant.minorVersion} · ${tenant.id}`}
        </dd>
        {Object.entries(headers).map(([name, text]) => (
          <Header key={name} name={name} text={text} />
        ))}
      </dl>
    </div>
  )
}

function Header({ name, text }: { readonly name: string; readonly text: string | null }) {
  return (
    <>
      <dt class="mono">{name}</dt>
      <dd>{text ?? <span class="faint">null</span>}</dd>
    </>
  )
}
