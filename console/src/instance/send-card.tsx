/**
 * A command to this instance: only what its state takes can be chosen; first what it would do, then doing it. Sending
 * is there only where the service allows it, which enforces it itself.
 */
import { useEffect, useState } from 'preact/hooks'
import type { DryRun, Instance, Operation } from '../../../src/api/documents.ts'
import { dryRun, type Failure, sendCommands } from '../api/client.ts'
import { live } from '../api/live.ts'
import { Badge, StateBadge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { ErrorNote } from '../ui/error-note.tsx'
import { countdown } from '../ui/words.ts'
import { type CommandValue, fieldsOf, makeCommand } from './command-form.ts'
import { sentWords } from './timeline.ts'

type Result =
  | { readonly kind: 'dry'; readonly run: DryRun; readonly now: number }
  | { readonly kind: 'sent'; readonly type: string; readonly atOperation: number }
  | Failure

export function SendCard({ id, instance }: { readonly id: string; readonly instance: Instance }) {
  const { commands } = instance
  const [chosen, setChosen] = useState<string | null>(null)
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const [result, setResult] = useState<Result | null>(null)
  const [isBusy, setBusy] = useState(false)
  const accepted = commands.filter(({ isAccepted }) => isAccepted)
  const type = accepted.find(command => command.type === chosen)?.type ?? accepted[0]?.type
  const writes = live.value.hello?.writes === true
  useEffect(() => {
    setTyped({})
    setResult(before => (before?.kind === 'sent' ? before : null))
  }, [type, instance.currentStageIndex])
  if (type === undefined) {
    return (
      <Card title="Send command">
        <p class="dim">It takes no command any more.</p>
      </Card>
    )
  }
  const made = makeCommand(type, id, instance, typed)
  const act = async (work: (value: CommandValue) => Promise<Result>) => {
    if ('faults' in made) return
    setBusy(true)
    setResult(await work(made.value))
    setBusy(false)
  }
  const runDry = () =>
    act(async value => {
      const answer = await dryRun(id, value)
      return answer.kind === 'ok' ? { kind: 'dry', run: answer.value.data, now: answer.value.meta.now } : answer
    })
  const send = () =>
    act(async value => {
      const { id: tenantId, region, majorVersion, minorVersion } = instance.tenant
      const tenant = { id: tenantId, region, majorVersion, minorVersion }
      // Its key keeps what is sent to one instance in one partition, and so in order.
      const answer = await sendCommands([{ key: id, value, tenant }])
      const atOperation = instance.journal.at(-1)?.sequence ?? -1
      return answer.kind === 'ok' ? { kind: 'sent', type: value.type, atOperation } : answer
    })
  return (
    <Card
      title="Send command"
      aside={writes ? <Badge tone="amber">writes on</Badge> : <Badge>read only</Badge>}
      class="send"
    >
      <form
        onSubmit={event => {
          event.preventDefault()
          void runDry()
        }}
      >
        <fieldset class="choices">
          <legend class="unseen">Command</legend>
          {commands.map(command => (
            <Button
              key={command.type}
              size="small"
              pressed={command.type === type}
              disabled={!command.isAccepted}
              {...(command.isAccepted ? {} : { hint: `the state ${instance.state} does not take it` })}
              onClick={() => setChosen(command.type)}
            >
              {command.type}
            </Button>
          ))}
        </fieldset>
        {fieldsOf(type, instance).map(({ name, hint, start }) => {
          const fault = 'faults' in made ? made.faults[name] : undefined
          return (
            <label class="send-field" key={`${type} ${name}`}>
              <span>{name}</span>
              <input
                class="field"
                name={name}
                autocomplete="off"
                spellcheck={false}
                placeholder={hint}
                value={typed[name] ?? start}
                aria-invalid={fault !== undefined}
                onInput={event => setTyped({ ...typed, [name]: event.currentTarget.value })}
              />
              {fault === undefined ? null : <span class="send-fault">{fault}</span>}
            </label>
          )
        })}
        <div class="send-result" role="status">
          <Shown result={result} instance={instance} />
        </div>
        <div class="send-actions">
          <Button type="submit" kind={writes ? 'plain' : 'primary'} disabled={isBusy || 'faults' in made}>
            Dry run
          </Button>
          <Button
            kind={writes ? 'primary' : 'plain'}
            disabled={!writes || isBusy || 'faults' in made}
            hint={writes ? 'to the command topic, like anybody’s' : 'the service runs without CONSOLE_WRITES=true'}
            onClick={() => void send()}
          >
            Send
          </Button>
        </div>
      </form>
    </Card>
  )
}

function Shown({ result, instance }: { readonly result: Result | null; readonly instance: Instance }) {
  if (result === null) return <p class="faint">A dry run says what it would do, and changes nothing.</p>
  if (result.kind === 'failed') return <ErrorNote failure={result} />
  if (result.kind === 'sent') {
    const hasCome = (instance.journal.at(-1)?.sequence ?? -1) > result.atOperation
    return (
      <p>
        <strong>{result.type}</strong> was sent. {hasCome ? 'The timeline shows what it did.' : 'It is on its way …'}
      </p>
    )
  }
  const { run, now } = result
  if (run.outcome === 'refused') {
    return (
      <>
        <p>
          Would be refused: <Badge tone="red">{run.code}</Badge>
        </p>
        <p class="dim">{run.reason}</p>
      </>
    )
  }
  const { operation } = run
  const sent = sentWords(operation.messages)
  const deadlines = Object.entries(operation.deadlines)
  return (
    <>
      <p class="send-way">
        <Way operation={operation} stage={instance.currentStageIndex} />
      </p>
      <p class="dim">{sent.length === 0 ? 'Sends nothing.' : `Sends ${sent.join(', ')}.`}</p>
      <p class="dim">
        {deadlines.length === 0
          ? 'No timer would run.'
          : `Timers: ${deadlines.map(([name, dueAt]) => `${name} ${countdown(dueAt - now)}`).join(', ')}.`}
      </p>
    </>
  )
}

interface WayProps {
  readonly operation: Operation
  /** Index of the stage that it is in now. */
  readonly stage: number
}

function Way({ operation: { from, to, stageIndex }, stage: before }: WayProps) {
  const stage = to === 'active' ? <span class="dim">stage {stageIndex + 1}</span> : null
  if (from === to && stageIndex === before) {
    return (
      <>
        Would stay <StateBadge state={to} /> {stage}
      </>
    )
  }
  return (
    <>
      Would lead {from === null || from === to ? null : <StateBadge state={from} />} to <StateBadge state={to} />{' '}
      {stage}
    </>
  )
}
