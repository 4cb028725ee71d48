/**
 * What the instance knows: its party, where it is, what was counted against what is asked for, and where its last
 * command came from.
 */
import type { ComponentChildren } from 'preact'
import type { Instance } from '../../../src/api/documents.ts'
import { Card } from '../ui/card.tsx'
import { Ago } from '../ui/time.tsx'
import { number } from '../ui/words.ts'
import { conditionWords, stageAt } from './quest-words.ts'

export function ContextCard({ instance }: { readonly instance: Instance }) {
  const { partyId, characters, worldId, channelId, conditions, bytes, tenant, lastOperation, stageState } = instance
  const stage = stageAt(instance.quest, instance.currentStageIndex)
  return (
    <Card title="Context" aside={bytes === null ? undefined : <span class="number">{number(bytes)} bytes</span>}>
      <dl class="facts">
        <Fact name="party">{partyId === 0 ? 'none' : partyId}</Fact>
        <Fact name={characters.length === 1 ? '1 member' : `${characters.length} members`}>
          <ul class="members">
            {characters.map(({ characterId, level }) => (
              <li key={characterId} title={level === undefined ? 'level not known' : `level ${level}`}>
                {characterId}
                {level === undefined ? null : <span class="faint"> lv {level}</span>}
              </li>
            ))}
          </ul>
        </Fact>
        <Fact name="place">
          world {worldId} · ch {channelId}
          {stage?.mapIds[0] === undefined ? null : ` · map ${stage.mapIds[0]}`}
        </Fact>
        <Fact name="tenant">
          <span title={tenant.id}>
            {tenant.region} {tenant.majorVersion}.{tenant.minorVersion}
          </span>
        </Fact>
        {stageState.attempts === 0 ? null : <Fact name="failed attempts">{stageState.attempts}</Fact>}
        <Fact name="last operation">
          {lastOperation === null ? 'not seen by this owner' : <Last operation={lastOperation} />}
        </Fact>
      </dl>
      {conditions.length === 0 ? null : (
        <>
          <h3 class="facts-head">To clear this stage</h3>
          <ul class="conditions">
            {conditions.map(condition => (
              <Condition key={conditionWords(condition)} condition={condition} />
            ))}
          </ul>
        </>
      )}
    </Card>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd class="mono">{children}</dd>
    </div>
  )
}

function Last({ operation: { at, type, cause } }: { readonly operation: NonNullable<Instance['lastOperation']> }) {
  return (
    <span title={cause.kind === 'timer' ? 'a timer' : `${cause.topic}/${cause.partition}@${cause.offset}`}>
      {type} <span class="faint">{cause.kind === 'timer' ? 'timer' : `p${cause.partition}@${cause.offset}`} · </span>
      <Ago at={at} />
    </span>
  )
}

function Condition({ condition }: { readonly condition: Instance['conditions'][number] }) {
  const { current, value, holds, operator } = condition
  const part = value === 0 ? (holds ? 1 : 0) : Math.min(1, current / value)
  const isCeiling = operator === '<' || operator === '<='
  return (
    <li class="condition">
      <div class="timer-head">
        <span class="mono">{conditionWords(condition)}</span>
        <span class={`number ${holds ? 'condition-holds' : ''}`}>
          {number(current)} / {number(value)}
          <span class="unseen">{holds ? ', holds' : ', does not hold yet'}</span>
        </span>
      </div>
      <div class="meter">
        <span
          class={`meter-fill ${holds ? 'teal' : isCeiling ? 'red' : 'blue'}`}
          style={{ transform: `scaleX(${part})` }}
        />
      </div>
    </li>
  )
}
