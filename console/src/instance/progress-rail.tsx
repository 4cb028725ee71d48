/**
 * The steps of rail.ts as a bar in parts. The one that goes on is wider, and fills with its time.
 */
import { useEffect, useRef } from 'preact/hooks'
import { now } from '../api/live.ts'
import { countdown } from '../ui/words.ts'
import type { Step } from './rail.ts'

export function ProgressRail({ steps, state }: { readonly steps: readonly Step[]; readonly state: string }) {
  const list = useRef<HTMLOListElement>(null)
  const here = steps.findIndex(({ kind }) => kind === 'current')
  useEffect(() => {
    const [shown, step] = [list.current?.parentElement, list.current?.children[here]]
    if (!shown || !(step instanceof HTMLElement)) return
    shown.scrollLeft = step.offsetLeft - (shown.clientWidth - step.offsetWidth) / 2
  }, [here])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a small screen
    <section class="card rail-scroll" tabIndex={0} aria-label="Progress">
      <ol class="rail" ref={list} data-many={steps.length > 8}>
        {steps.map(step => (
          <li
            class="rail-step"
            data-kind={step.kind}
            key={step.key}
            aria-current={step.kind === 'current' ? 'step' : undefined}
          >
            <Bar step={step} />
            <span class="rail-name" title={step.name}>
              <span class="rail-mark" aria-hidden="true">
                {step.kind === 'done' ? '✓' : step.kind === 'left' ? '✕' : (step.number ?? '•')}
              </span>
              <span class="rail-words">{step.name}</span>
            </span>
            <span class="rail-time number">
              {step.kind === 'current' ? <Going step={step} state={state} /> : timeOf(step)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function timeOf({ kind, tookMs }: Step): string {
  if (tookMs !== null) return countdown(tookMs)
  return kind === 'left' ? 'left' : '–'
}

function Going({ step: { since, limitSeconds }, state }: { readonly step: Step; readonly state: string }) {
  const gone = since === null ? '' : ` ${countdown(now.value - since)}`
  const limit = limitSeconds === null ? '' : ` / ${countdown(limitSeconds * 1000)}`
  return (
    <>
      {state}
      {gone}
      {limit}
    </>
  )
}

function Bar({ step }: { readonly step: Step }) {
  return <span class="rail-bar">{step.kind === 'current' ? <Fill step={step} /> : null}</span>
}

/** Of what has no limit the whole bar is full. */
function Fill({ step: { since, limitSeconds } }: { readonly step: Step }) {
  const part = since === null || limitSeconds === null ? 1 : (now.value - since) / (limitSeconds * 1000)
  return <span class="rail-fill" style={{ transform: `scaleX(${Math.min(1, Math.max(0.015, part))})` }} />
}
