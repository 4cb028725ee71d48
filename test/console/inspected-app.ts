/**
 * A web page of somebody else with an XState app on it, inspected by Stately's browser adapter: in a window that it
 * opens, or in a frame of its own. Bundled and served by inspector.e2e.test.ts; knows the inspector by its URL only.
 */
import { createBrowserInspector } from '@statelyai/inspect'
import { assign, createActor, createMachine } from 'xstate'

const machine = createMachine({
  id: 'toaster',
  context: { slices: 0, html: '<img src=x onerror="document.title=1">' },
  initial: 'idle',
  states: {
    idle: { on: { PUSH: { target: 'toasting', actions: assign({ slices: 2 }) } } },
    toasting: { on: { POP: 'idle' } },
  },
})

const asked = new URLSearchParams(location.search)
const url = asked.get('inspector') ?? ''
const button = (name: string) => document.body.appendChild(Object.assign(document.createElement('button'), { name }))

// Browsers open a window for who clicked only.
const start = button('start')
start.textContent = 'Inspect'
start.onclick = () => {
  const iframe = asked.has('framed') ? document.body.appendChild(document.createElement('iframe')) : null
  if (iframe !== null) Object.assign(iframe, { width: 1200, height: 800 })
  const { inspect } = createBrowserInspector({ url, iframe })
  const actor = createActor(machine, { inspect }).start()
  for (const type of ['PUSH', 'POP'] as const) {
    const send = button(type)
    send.textContent = type
    send.onclick = () => actor.send({ type })
  }
}
