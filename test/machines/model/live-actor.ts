/**
 * Runs a life on the plain machine: a live XState actor, which is sent its timers as whoever runs it would send them.
 * Hears from XState which transitions were taken.
 */
import { createActor } from 'xstate'
import { type PartyQuestEmitted, partyQuestMachine } from '../../../machines/party-quest.ts'
import { encodeMessage } from '../../../src/contract/messages.ts'
import { knowledgeOf } from './known-instance.ts'
import { compiled, machineEvent, machineInput } from './lives.ts'
import { transitionName } from './machine-transitions.ts'
import { type CommandMove, TIMERS, type Timer } from './move.ts'
import { type Effect, GONE, type Knowledge } from './oracle-life.ts'
import type { Told } from './oracle-voice.ts'
import type { Runner } from './run.ts'
import type { Scene } from './scenes.ts'

export interface LiveActor extends Runner {
  /** Epoch milliseconds of the first REGISTER. */
  readonly startsAt: number
  readonly channelId: number
  /** Names of the transitions that it took, in order. */
  readonly taken: readonly string[]
  stop(): void
}

export function liveActor(scene: Scene): LiveActor {
  const input = machineInput(scene, compiled(scene))
  const taken: string[] = []
  let told: Told[] = []
  let refused: string | undefined
  let now = input.now
  let isTaken = false
  const actor = createActor(partyQuestMachine, {
    input,
    inspect: inspection => {
      if (inspection.type !== '@xstate.microstep') return
      for (const transition of inspection._transitions) {
        isTaken = true
        const name = transitionName(transition)
        if (name !== undefined) taken.push(name)
      }
    },
  })
  const listen = (emitted: PartyQuestEmitted) => {
    if (emitted.type === 'refused') refused = emitted.refusal.code
    else if (emitted.type === 'messages')
      told.push(...emitted.messages.map(message => toldOf(encodeMessage(message, input.identity))))
  }
  actor.on('messages', listen)
  actor.on('refused', listen)

  /** What the machine said meanwhile; a command that no transition takes is refused by whoever sent it. */
  const effect = (isCommand: boolean): Effect => {
    const said = { told, refused: isCommand && !isTaken ? 'INVALID_STATE' : refused }
    told = []
    refused = undefined
    isTaken = false
    return said
  }
  const isOver = () => actor.getSnapshot().status !== 'active'

  return {
    startsAt: input.now,
    order: 'of all',
    channelId: input.identity.channelId,
    taken,
    codes: ['REQUIREMENTS_NOT_MET', 'INSTANCE_NOT_FOUND'],
    stop: () => actor.stop(),
    command: async (move: CommandMove, afterMs: number) => {
      now += afterMs
      // The first REGISTER makes it; behind its end nobody is there to be sent anything.
      if (afterMs === 0) actor.start()
      else if (isOver()) return { told: [], refused: move.type === 'LEAVE' ? undefined : 'INSTANCE_NOT_FOUND' }
      else actor.send(machineEvent(move, now))
      return effect(afterMs > 0)
    },
    early: async (ms: number) => {
      now += ms
      for (const timer of TIMERS) actor.send(machineEvent({ type: 'wait', timer }, now))
      return effect(false)
    },
    due: async (timer: Timer) => {
      now += 1
      actor.send(machineEvent({ type: 'wait', timer }, now))
      // Once more is once too often: nothing may come of it.
      if (!isOver()) actor.send(machineEvent({ type: 'wait', timer }, now))
      return effect(false)
    },
    knowledge: (): Knowledge => (isOver() ? GONE : knowledgeOf(actor.getSnapshot())),
  }
}

function toldOf({ destination, key, value }: ReturnType<typeof encodeMessage>): Told {
  return { topic: destination, key: key.toString('hex'), value: value.toString() }
}
