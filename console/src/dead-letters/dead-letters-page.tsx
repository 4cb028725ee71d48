/**
 * The dead letters: what was set aside and why, and how to send it again as a command.
 */
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { hashOf } from '../route.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Empty } from '../ui/empty.tsx'
import { ErrorNote, SilenceNotes } from '../ui/error-note.tsx'
import { Ghost, GhostRows } from '../ui/ghost.tsx'
import { counted, number } from '../ui/words.ts'
import './dead-letters.css'
import { DeadLetterInbox } from './inbox.ts'
import { LetterRows } from './letter-rows.tsx'
import { codesOf, type Letter } from './letters.ts'
import { Resend } from './resend.tsx'

const COLUMNS = [
  ['l-code', 'code'],
  ['l-reason', 'reason'],
  ['l-origin', 'origin'],
  ['l-at', 'when'],
] as const

export function DeadLettersPage({ code }: { readonly code: string }) {
  const inbox = useMemo(() => new DeadLetterInbox(), [])
  useEffect(() => () => inbox.close(), [inbox])
  const resent = useSignal<Letter | undefined>(undefined)
  const { letters, silent, next, isReadingOlder, failure } = inbox.state.value
  const shown = letters?.filter(({ letter }) => code === '' || letter.code === code)
  return (
    <>
      <div class="page-head">
        <h1>Dead letters</h1>
        <p class="dim">
          {letters === undefined ? (
            <Ghost width={110} />
          ) : letters.length === 0 ? null : (
            `${counted(letters.length, 'letter')} read, newest first`
          )}
        </p>
      </div>
      {failure === undefined ? null : <ErrorNote failure={failure} onRetry={() => void inbox.again()} />}
      <SilenceNotes silent={silent} />
      {letters === undefined ? null : <Codes letters={letters} chosen={code} />}
      {letters?.length === 0 ? (
        <NoLetters />
      ) : letters === undefined && failure !== undefined ? null : (
        <Card isFlush>
          <table class="table letters" aria-busy={letters === undefined}>
            <caption class="unseen">Dead letters, newest first</caption>
            <thead>
              <tr>
                {COLUMNS.map(([name, title]) => (
                  <th scope="col" class={name} key={name}>
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown === undefined ? <GhostRows rows={12} widths={[120, 300, 160, 50]} /> : null}
              {shown?.map(held => (
                <LetterRows
                  key={held.id}
                  of={held}
                  onResend={letter => {
                    resent.value = letter
                  }}
                />
              ))}
            </tbody>
          </table>
          <div class="letters-foot faint">
            {shown?.length === 0 ? <span>None of those read is {code}.</span> : null}
            {next === undefined ? (
              <span>{letters === undefined ? 'reading…' : 'that is all'}</span>
            ) : (
              <Button size="small" disabled={isReadingOlder} onClick={() => void inbox.older()}>
                Read older
              </Button>
            )}
          </div>
        </Card>
      )}
      {resent.value === undefined ? null : (
        <Resend
          of={resent.value}
          onClose={() => {
            resent.value = undefined
          }}
        />
      )}
    </>
  )
}

function Codes({ letters, chosen }: { readonly letters: readonly Letter[]; readonly chosen: string }) {
  const codes = codesOf(letters)
  if (codes.length === 0) return null
  return (
    <nav class="codes" aria-label="Only one code">
      <a
        class="pill"
        href={hashOf({ page: 'dead-letters', code: '' })}
        aria-current={chosen === '' ? 'true' : undefined}
      >
        all <b>{number(letters.length)}</b>
      </a>
      {codes.map(([code, count]) => (
        <a
          class="pill mono"
          key={code}
          href={hashOf({ page: 'dead-letters', code })}
          aria-current={chosen === code ? 'true' : undefined}
        >
          {code} <b>{number(count)}</b>
        </a>
      ))}
    </nav>
  )
}

function NoLetters() {
  return (
    <Card isFlush>
      <Empty title="No dead letters">
        <p>
          No refusal is on the topic. A command that cannot be taken is set aside here with the reason, and nothing
          waits for it.
        </p>
      </Empty>
    </Card>
  )
}
