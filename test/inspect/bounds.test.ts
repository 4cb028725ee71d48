/** What a client of the inspector may cost: one that reads slowly, one that is gone without a word, one that floods. */
import { afterEach, expect, it } from 'vitest'
import { BEHIND_MS_MAX, PING_MS } from '../../src/inspect/bounded-socket.ts'
import { APP_FRAMES_PER_SECOND, RELAY_BYTES_MAX, RELAY_FRAMES_MAX } from '../../src/inspect/frame-relay.ts'
import { APP_FRAME_BYTES_MAX } from '../../src/inspect/inspect-server.ts'
import { ASK_AGAIN_MS } from '../../src/inspect/instance-stream.ts'
import { eventually } from '../support/eventually.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { connect, fakeView, ID, inspectScene, instance, operation, type Scene } from './scene.ts'

const clock = new ManualClock()
const scenes: Scene[] = []
async function scene(view = fakeView()): Promise<Scene> {
  const made = await inspectScene(view, { clock })
  scenes.push(made)
  return made
}
afterEach(async () => {
  let isClosed = false
  const closing = Promise.all(scenes.splice(0).map(made => made.close())).then(() => {
    isClosed = true
  })
  // Those that say no goodbye are cut off after a while.
  await until(() => isClosed)
  await closing
})

const frame = (number: number, more = '') => JSON.stringify({ type: '@xstate.event', number, more })
const until = (condition: () => boolean) =>
  eventually(async () => {
    await clock.advance(100)
    return condition()
  })

it('a client that takes nothing is sent away, and never is more than its share held for it', async () => {
  const view = fakeView()
  const blob = 'x'.repeat(400_000)
  // More than the sockets of both sides buffer.
  const journal = Array.from({ length: 60 }, (_, sequence) => operation({ sequence, event: { type: 'BIG', blob } }))
  view.set(ID, { kind: 'found', instance: instance({ journal }) })
  const { url } = await scene(view)
  const { socket, ended, frames } = connect(`${url}/inspect?instance=${ID}`)
  await eventually(() => frames.length > 0)
  socket.pause()
  // The kernel takes its fill in real time; only then does the clock count.
  await eventually(async () => {
    await clock.advance(BEHIND_MS_MAX / 10)
    return view.watches.size === 0
  })
  socket.resume()
  expect((await ended).code).toBe(1013)
  expect(frames.length).toBeLessThan(120)
})

it('a client that answers no ping is gone at the next one', async () => {
  const view = fakeView()
  view.set(ID, { kind: 'found', instance: instance() })
  const { url } = await scene(view)
  const { socket, ended } = connect(`${url}/inspect?instance=${ID}`, {}, { autoPong: false })
  await eventually(() => view.watches.size === 1)
  let pings = 0
  socket.on('ping', () => {
    pings += 1
  })
  await clock.advance(PING_MS)
  await eventually(() => pings === 1)
  await clock.advance(PING_MS)
  await eventually(() => view.watches.size === 0)
  expect((await ended).code).toBe(1006)
})

it('an instance whose owner is silent is asked for again', async () => {
  const view = fakeView()
  const replica = { name: 'replica-2', url: 'http://replica-2:8080' }
  view.found.set(ID, { kind: 'silent', silence: { replica, shards: [3], reason: 'no answer' } })
  const { url } = await scene(view)
  const { frames, socket } = connect(`${url}/inspect?instance=${ID}`)
  await eventually(() => view.watches.size === 1)
  view.found.set(ID, { kind: 'found', instance: instance({ journal: [] }) })
  await clock.advance(ASK_AGAIN_MS)
  await eventually(() => frames.length === 1)
  expect(socket.readyState).toBe(socket.OPEN)
})

it("an app's frames reach the pages that are open, and the last ones those that open later", async () => {
  const { url } = await scene()
  const early = connect(`${url}/inspect/receive?view`)
  const app = connect(`${url}/inspect/receive`)
  await eventually(() => app.socket.readyState === app.socket.OPEN && early.socket.readyState === early.socket.OPEN)
  for (let number = 0; number < RELAY_FRAMES_MAX + 5; number++) app.socket.send(frame(number))
  await until(() => early.frames.length === RELAY_FRAMES_MAX + 5)
  expect(early.frames.map(({ number }) => number)).toEqual(Array.from({ length: RELAY_FRAMES_MAX + 5 }, (_, n) => n))
  const late = connect(`${url}/inspect/receive?view`)
  await eventually(() => late.frames.length === RELAY_FRAMES_MAX)
  expect(late.frames[0]).toMatchObject({ number: 5 })
  expect(app.frames).toEqual([])
})

it('large frames push old ones out before there are many', async () => {
  const { url } = await scene()
  const app = connect(`${url}/inspect/receive`)
  await eventually(() => app.socket.readyState === app.socket.OPEN)
  const size = 200_000
  const count = Math.ceil(RELAY_BYTES_MAX / size) + 10
  for (let number = 0; number < count; number++) app.socket.send(frame(number, 'x'.repeat(size)))
  const all = connect(`${url}/inspect/receive?view`)
  await until(() => all.frames.at(-1)?.number === count - 1)
  const late = connect(`${url}/inspect/receive?view`)
  await eventually(() => late.frames.at(-1)?.number === count - 1)
  expect(late.frames.length * size).toBeLessThanOrEqual(RELAY_BYTES_MAX)
  expect(late.frames.length).toBeGreaterThan(1)
})

it('an app that sends more than its share waits for the next second', async () => {
  const { url } = await scene()
  const page = connect(`${url}/inspect/receive?view`)
  const app = connect(`${url}/inspect/receive`)
  await eventually(() => app.socket.readyState === app.socket.OPEN && page.socket.readyState === page.socket.OPEN)
  const blob = 'x'.repeat(10_000)
  for (let number = 0; number < 3 * APP_FRAMES_PER_SECOND; number++) app.socket.send(frame(number, blob))
  await eventually(() => page.frames.length >= APP_FRAMES_PER_SECOND)
  // What had been read from the socket already is handed on; the rest stays on the app's side.
  await clock.settle()
  expect(page.frames.length).toBeLessThan(2 * APP_FRAMES_PER_SECOND)
  await until(() => page.frames.length === 3 * APP_FRAMES_PER_SECOND)
})

it("an app's frame beyond the bound ends its connection and nothing else", async () => {
  const { url } = await scene()
  const page = connect(`${url}/inspect/receive?view`)
  const app = connect(`${url}/inspect/receive`)
  await eventually(() => app.socket.readyState === app.socket.OPEN && page.socket.readyState === page.socket.OPEN)
  app.socket.send('x'.repeat(APP_FRAME_BYTES_MAX + 1))
  expect((await app.ended).code).toBe(1009)
  expect(page.socket.readyState).toBe(page.socket.OPEN)
})
