/**
 * Both directions against Stately's own package: what it receives from us, and what its adapters send, read by our
 * page. Not one frame is written by hand here.
 */
import { readFileSync } from 'node:fs'
import {
  createBrowserInspector,
  createInspector,
  createWebSocketInspector,
  createWebSocketReceiver,
  type StatelyInspectionEvent,
} from '@statelyai/inspect'
import { createInspectorServer } from '@statelyai/inspect/server'
import { afterEach, describe, expect, it } from 'vitest'
import { assign, createActor, createMachine, fromPromise, setup } from 'xstate'
import { readFrameMessage, readFrameText } from '../../console/src/inspector/frame-reader.ts'
import { Inspected, treeOf } from '../../console/src/inspector/inspected.ts'
import { activeStates, valueText } from '../../console/src/inspector/state-value.ts'
import { rulesOf } from '../../machines/context.ts'
import { partyQuestMachine } from '../../machines/party-quest.ts'
import { isObject } from '../../src/contract/json.ts'
import { PROTOCOL_VERSION } from '../../src/inspect/frames.ts'
import { freePort } from '../cli/executable.ts'
import { eventually } from '../support/eventually.ts'
import { connect, type Frame, fakeView, ID, inspectScene, instance, mill, type Scene } from './scene.ts'

const scenes: Scene[] = []
async function scene(): Promise<Scene> {
  const view = fakeView()
  view.set(ID, { kind: 'found', instance: instance() })
  const made = await inspectScene(view)
  scenes.push(made)
  return made
}
afterEach(async () => {
  await Promise.all(scenes.splice(0).map(made => made.close()))
})

/** A parent in two regions that invokes a promise and has a child of its own. */
const worker = createMachine({ id: 'worker', initial: 'busy', states: { busy: { on: { STOP: 'rest' } }, rest: {} } })
const office = setup({
  types: { context: {} as { html: string; count: number } },
  actors: { worker, fetched: fromPromise(async () => 'letter') },
}).createMachine({
  id: 'office',
  context: { html: '<img src=x onerror=alert(1)>', count: 0 },
  type: 'parallel',
  states: {
    door: { initial: 'shut', states: { shut: { on: { KNOCK: 'open' } }, open: { after: { 60000: 'shut' } } } },
    desk: {
      initial: 'waiting',
      invoke: { src: 'worker', id: 'clerk' },
      states: {
        waiting: {
          invoke: { src: 'fetched', id: 'post', onDone: { target: 'reading', actions: assign({ count: 1 }) } },
        },
        reading: {},
      },
    },
  },
})

function work(inspect: ReturnType<typeof createInspector>['inspect']) {
  const actor = createActor(office, { inspect }).start()
  actor.send({ type: 'KNOCK' })
  return actor
}

/** What our page must know of the office when it has read everything. The adapters sort names. */
function expectOffice(inspected: Inspected): void {
  const [root] = treeOf(inspected.actors)
  expect(root?.actor.name).toBe('office')
  expect(root?.children.map(({ actor }) => actor.name).sort()).toEqual(['clerk', 'post'])
  expect(root?.actor.snapshot.context).toEqual({ html: '<img src=x onerror=alert(1)>', count: 1 })
  expect(valueText(root?.actor.snapshot.value)).toBe('{desk.reading, door.open}')
  expect(activeStates(root?.actor.snapshot.value)).toEqual(new Set(['door', 'door\nopen', 'desk', 'desk\nreading']))
  const machine = root?.actor.machine
  expect(machine !== undefined && 'root' in machine && machine.root.children.map(({ name }) => name)).toEqual([
    'desk',
    'door',
  ])
  expect(root?.actor.entries.map(({ type }) => type)).toEqual(expect.arrayContaining(['xstate.init', 'KNOCK']))
  expect(root?.actor.entries.find(({ type }) => type === 'KNOCK')?.after).toContain('door.open')
  expect(inspected.problem).toBeUndefined()
}

describe("our frames, at Stately's end", () => {
  it('are received by its receiver, and the definition makes the machine again', async () => {
    const { url } = await scene()
    const received: StatelyInspectionEvent[] = []
    createWebSocketReceiver({ server: `${url}/inspect?instance=${ID}` }).subscribe(event => {
      received.push(event)
    })
    await eventually(() => received.length === 7)
    const [actor] = received
    if (actor?.type !== '@xstate.actor') throw new Error('the first frame is not the actor')
    const machine = createMachine(JSON.parse(actor.definition ?? ''))
    expect(Object.keys(machine.states)).toEqual(Object.keys(partyQuestMachine.states))
    for (const event of received) {
      expect(event).toMatchObject({ sessionId: ID, rootId: ID, _version: PROTOCOL_VERSION, id: null })
    }
  })

  it('have the fields that its own inspector gives the same machine, in snapshots too', async () => {
    const theirs: Frame[] = []
    const { inspect } = createInspector({ send: event => void theirs.push(JSON.parse(JSON.stringify(event))) })
    const { definition } = mill()
    const rules = rulesOf(definition, {
      advance: 'command',
      requirements: 'warn',
      lobbyLimitSeconds: 0,
      bonusLimitSeconds: 0,
    })
    const { identity, members } = party()
    createActor(partyQuestMachine, { input: { identity, rules, members, now: 1 }, inspect })
      .start()
      .send({ type: 'START', now: 2 })
    await eventually(() => theirs.length >= 5)
    const { url } = await scene()
    const { frames: ours } = connect(`${url}/inspect?instance=${ID}`)
    await eventually(() => ours.length === 7)
    for (const type of ['@xstate.actor', '@xstate.event', '@xstate.snapshot']) {
      const [own, official] = [ours, theirs].map(frames => frames.findLast(frame => frame.type === type))
      expect(Object.keys(own ?? {}).sort(), type).toEqual(Object.keys(official ?? {}).sort())
    }
    const [own, official] = [ours, theirs].map(frames => frames.at(-1)?.snapshot)
    if (!isObject(own) || !isObject(official)) throw new Error('the last frame is no snapshot')
    for (const field of Object.keys(own)) expect(typeof own[field], field).toBe(typeof official[field])
    expect(Object.keys(isObject(own.context) ? own.context : {}).sort()).toEqual(
      Object.keys(isObject(official.context) ? official.context : {}).sort(),
    )
    expect(own.tags).toEqual(official.tags)
  })

  it('name the version of the package that is installed', () => {
    const file = new URL('../../node_modules/@statelyai/inspect/package.json', import.meta.url)
    expect(JSON.parse(readFileSync(file, 'utf8')).version).toBe(PROTOCOL_VERSION)
  })

  it('pass through its own inspector server, which is how its page shows an instance', async () => {
    const port = Number(await freePort())
    const server = createInspectorServer({ port, autoOpen: false })
    try {
      const page = await eventually(async () => {
        const client = connect(`ws://127.0.0.1:${port}`)
        await eventually(() => client.socket.readyState === client.socket.OPEN, { limitMs: 200 })
        return client
      })
      const bridge = connect(`ws://127.0.0.1:${port}`)
      await eventually(() => bridge.socket.readyState === bridge.socket.OPEN)
      const { url } = await scene()
      connect(`${url}/inspect?instance=${ID}`).socket.on('message', data => bridge.socket.send(String(data)))
      await eventually(() => page.frames.length === 7)
      for (const { socket } of [page, bridge]) socket.terminate()
    } finally {
      server.stop()
    }
  })

  it('are drawn by our own page', async () => {
    const { url } = await scene()
    const inspected = new Inspected()
    connect(`${url}/inspect?instance=${ID}`).socket.on('message', data => inspected.take(readFrameText(String(data))))
    await eventually(() => inspected.frames === 7)
    const [actor] = inspected.actors
    expect(actor).toMatchObject({ name: 'The Old Mill', snapshot: { value: 'active' } })
    expect(actor?.entries.map(({ type, after }) => [type, after])).toEqual([
      ['REGISTER', 'registering'],
      ['START', 'active'],
      ['STAGE_CLEAR_ATTEMPT', 'active'],
    ])
    expect(inspected.problem).toBeUndefined()
  })
})

describe("frames of Stately's adapters, at our end", () => {
  it('of the WebSocket adapter: through the relay onto the page', async () => {
    const { url } = await scene()
    const inspected = new Inspected()
    const page = connect(`${url}/inspect/receive?view`)
    page.socket.on('message', data => inspected.take(readFrameText(String(data))))
    const inspector = createWebSocketInspector({ url: `${url}/inspect/receive` })
    const actor = work(inspector.inspect)
    await eventually(() => {
      expectOffice(inspected)
      return true
    })
    actor.stop()
    inspector.stop()
  })

  it('of the browser adapter: as messages of another window', async () => {
    const inspected = new Inspected()
    let hear: ((event: { readonly data: unknown }) => void) | undefined
    const page = { postMessage: (data: unknown) => inspected.take(readFrameMessage(structuredClone(data))) }
    const app = {
      open: () => page,
      addEventListener: (_: string, listener: typeof hear) => {
        hear = listener
      },
    }
    const { inspect } = createBrowserInspector({ url: 'http://127.0.0.1/console/#/inspector', window: app as never })
    const actor = work(inspect)
    hear?.({ data: { type: '@statelyai.connected' } })
    await eventually(() => {
      expectOffice(inspected)
      return true
    })
    actor.stop()
  })
})

function party() {
  const { tenant, questId, worldId, channelId, partyId } = instance()
  return {
    identity: { instanceId: ID, tenant, questId, worldId, channelId, partyId, affinity: 0 } as never,
    members: [{ characterId: 30011 as never, level: 35 }, { characterId: 30012 as never }],
  }
}
