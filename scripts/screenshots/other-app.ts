/**
 * An XState app that has nothing to do with quests, for the picture of the inspector: a jukebox, which Stately's own
 * adapter shows to our relay. Nothing here is of the service.
 */
import { createWebSocketInspector } from '@statelyai/inspect'
import { assign, createActor, fromPromise, setup } from 'xstate'

const fetching = fromPromise<string>(() => Promise.resolve('Moonlight Polka'))

const jukebox = setup({
  types: {
    context: {} as { credits: number; played: readonly string[]; next: string },
    events: {} as { type: 'COIN'; value: number } | { type: 'CHOOSE' } | { type: 'SKIP' } | { type: 'ENDED' },
  },
  actors: { fetching },
  guards: { hasCredit: ({ context }) => context.credits > 0 },
  actions: {
    credit: assign(({ context, event }) => ({
      credits: context.credits + (event.type === 'COIN' ? event.value : 0),
    })),
    pay: assign(({ context }) => ({ credits: context.credits - 1 })),
    remember: assign(({ context }) => ({ played: [...context.played, context.next] })),
  },
}).createMachine({
  id: 'jukebox',
  initial: 'idle',
  context: { credits: 0, played: [], next: '' },
  on: { COIN: { actions: 'credit' } },
  states: {
    idle: { on: { CHOOSE: { guard: 'hasCredit', target: 'busy', actions: 'pay' } } },
    busy: {
      initial: 'fetching',
      onDone: 'idle',
      states: {
        fetching: {
          invoke: {
            id: 'record',
            src: 'fetching',
            onDone: { target: 'playing', actions: assign({ next: ({ event }) => event.output }) },
          },
        },
        playing: { on: { ENDED: { target: 'over', actions: 'remember' }, SKIP: 'over' }, after: { 240000: 'over' } },
        over: { type: 'final' },
      },
    },
  },
})

/** Plays a record and a half to the relay at `url`; `stop` ends it. */
export async function playJukebox(url: string): Promise<{ stop(): void }> {
  const inspector = createWebSocketInspector({ url })
  const actor = createActor(jukebox, { inspect: inspector.inspect })
  const isPlaying = (): Promise<void> =>
    new Promise(resolve => {
      const watch = actor.subscribe(snapshot => {
        if (!snapshot.matches({ busy: 'playing' })) return
        watch.unsubscribe()
        resolve()
      })
    })
  actor.start()
  actor.send({ type: 'CHOOSE' })
  actor.send({ type: 'COIN', value: 3 })
  actor.send({ type: 'CHOOSE' })
  await isPlaying()
  actor.send({ type: 'ENDED' })
  actor.send({ type: 'CHOOSE' })
  await isPlaying()
  return {
    stop: () => {
      actor.stop()
      inspector.stop()
    },
  }
}
