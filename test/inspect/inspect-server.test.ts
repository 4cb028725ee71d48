/**
 * The promises of `WS /inspect`: an instance as it is, then as it goes; and what nobody can do to the replica with it.
 */
import { connect as connectTcp } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { CLIENTS_MAX, IGNORED_BYTES_MAX, IGNORED_FRAMES_MAX, INSTANCES_MAX } from '../../src/inspect/inspect-server.ts'
import { eventually } from '../support/eventually.ts'
import { connect, fakeView, ID, inspectScene, instance, OTHER_ID, operation, refusal, type Scene } from './scene.ts'

const scenes: Scene[] = []
async function scene(...given: Parameters<typeof inspectScene>): Promise<Scene> {
  const made = await inspectScene(...given)
  scenes.push(made)
  return made
}
afterEach(async () => {
  await Promise.all(scenes.splice(0).map(made => made.close()))
})

const types = (frames: readonly { readonly type: string }[]) => frames.map(({ type }) => type.slice('@xstate.'.length))
const HISTORY = ['actor', 'event', 'snapshot', 'event', 'snapshot', 'event', 'snapshot']

describe('a client that follows an instance', () => {
  it('is sent the actor as it is now, and what its journal still knows, oldest first', async () => {
    const view = fakeView()
    view.set(ID, { kind: 'found', instance: instance() })
    const { url } = await scene(view)
    const { frames } = connect(`${url}/inspect?instance=${ID}`)
    await eventually(() => frames.length === HISTORY.length)
    expect(types(frames)).toEqual(HISTORY)
    expect(frames[0]).toMatchObject({ name: 'The Old Mill', sessionId: ID, rootId: ID, snapshot: { value: 'active' } })
    expect(frames[1]).toMatchObject({ event: { type: 'REGISTER' }, createdAt: '1000000', sessionId: ID })
    expect(frames[2]).toMatchObject({ snapshot: { value: 'registering', tags: ['live', 'lobby'], status: 'active' } })
    expect(frames[6]).toMatchObject({
      snapshot: { value: 'active', tags: ['live', 'playing'], context: { stage: { items: { '4001008': 3 } } } },
    })
  })

  it('is sent each new operation once', async () => {
    const view = fakeView()
    view.set(ID, { kind: 'found', instance: instance() })
    const { url } = await scene(view)
    const { frames } = connect(`${url}/inspect?instance=${ID}`)
    await eventually(() => frames.length === HISTORY.length)
    const cleared = operation({ sequence: 4, at: 1_003_000, to: 'cleared', event: { type: 'STAGE_CLEAR_ATTEMPT' } })
    view.set(ID, {
      kind: 'found',
      instance: instance({ state: 'cleared', journal: [...instance().journal, cleared] }),
    })
    await eventually(() => frames.length === HISTORY.length + 2)
    expect(frames.at(-1)).toMatchObject({ snapshot: { value: 'cleared' }, event: { type: 'STAGE_CLEAR_ATTEMPT' } })
  })

  it('hears of a new state also when its new owner does not know how it came about', async () => {
    const view = fakeView()
    view.set(ID, { kind: 'found', instance: instance() })
    const { url } = await scene(view)
    const { frames } = connect(`${url}/inspect?instance=${ID}`)
    await eventually(() => frames.length === HISTORY.length)
    const owner = { name: 'replica-2', url: 'http://replica-2:8080' }
    view.set(ID, { kind: 'found', instance: instance({ owner, journal: [], state: 'cleared' }) })
    await eventually(() => frames.length === HISTORY.length + 1)
    expect(frames.at(-1)).toMatchObject({
      type: '@xstate.snapshot',
      event: { type: '' },
      snapshot: { value: 'cleared' },
    })
    const journal = [operation({ sequence: 0, at: 1_004_000, to: 'cleared' })]
    view.set(ID, { kind: 'found', instance: instance({ owner, journal, state: 'cleared' }) })
    await eventually(() => frames.length === HISTORY.length + 3)
    expect(frames.at(-2)).toMatchObject({ type: '@xstate.event', createdAt: '1004000' })
  })

  it('is told of its end, and stays connected', async () => {
    const view = fakeView()
    view.set(ID, { kind: 'found', instance: instance() })
    const { url } = await scene(view)
    const { frames, socket } = connect(`${url}/inspect?instance=${ID}`)
    await eventually(() => frames.length === HISTORY.length)
    view.set(ID, { kind: 'absent' })
    await eventually(() => frames.length === HISTORY.length + 1)
    expect(frames.at(-1)).toMatchObject({ snapshot: { status: 'done', value: 'destroyed' } })
    view.set(ID, { kind: 'absent' })
    socket.ping()
    await new Promise(resolve => socket.once('pong', resolve))
    expect(frames).toHaveLength(HISTORY.length + 1)
  })

  it('is sent what others of its list do, also when one is unknown', async () => {
    const view = fakeView()
    view.set(ID, { kind: 'found', instance: instance() })
    const { url } = await scene(view)
    const { frames, socket } = connect(`${url}/inspect?instance=${OTHER_ID}&instance=${ID}&instance=${ID}`)
    await eventually(() => frames.length === HISTORY.length)
    view.set(OTHER_ID, { kind: 'found', instance: instance({ journal: [] }) })
    await eventually(() => frames.length === HISTORY.length + 1)
    expect(frames.at(-1)).toMatchObject({ type: '@xstate.actor', sessionId: OTHER_ID })
    expect(socket.readyState).toBe(socket.OPEN)
  })

  it('leaves no watch behind when it goes', async () => {
    const view = fakeView()
    view.set(ID, { kind: 'found', instance: instance() })
    const { url } = await scene(view)
    const { frames, socket } = connect(`${url}/inspect?instance=${ID}`)
    await eventually(() => frames.length === HISTORY.length && view.watches.size === 1)
    socket.close()
    await eventually(() => view.watches.size === 0)
  })

  it('is sent away with the id when there is no such instance', async () => {
    const { url } = await scene(fakeView())
    const { ended } = connect(`${url}/inspect?instance=${ID}&instance=${OTHER_ID}`)
    expect(await ended).toEqual({ code: 1008, reason: `no instance ${ID} and 1 more: see /api/instances` })
  })
})

describe('a request is refused before it is a WebSocket', () => {
  it.each([
    ['/inspect', 400, 'name what to follow'],
    ['/inspect?instance=', 400, 'must be a UUID'],
    ['/inspect?instance=%3Cscript%3E', 400, 'must be a UUID'],
    [`/inspect?${`instance=${ID}&`.repeat(INSTANCES_MAX + 1)}`, 400, `at most ${INSTANCES_MAX}`],
    ['/elsewhere', 404, '/elsewhere'],
    ['//inspect', 404, '//inspect'],
    ['/inspect/receive/more', 404, '/inspect/receive/more'],
  ])('%s: %i', async (path, status, detail) => {
    const { url } = await scene(fakeView())
    const answer = await refusal(`${url}${path}`)
    expect(answer.status).toBe(status)
    expect(answer.detail).toContain(detail)
  })

  it('when it comes from a page of another origin, whatever it may do', async () => {
    const { url } = await scene(fakeView())
    for (const origin of [
      'https://evil.example',
      'null',
      url.replace('ws', 'https').replace('127.0.0.1', 'localhost'),
    ]) {
      expect((await refusal(`${url}/inspect?instance=${ID}`, { origin })).status).toBe(403)
      expect((await refusal(`${url}/inspect/receive?view`, { origin })).status).toBe(403)
    }
  })

  it('when it does not carry what the replica asks for', async () => {
    const { url } = await scene(fakeView(), { isAllowed: header => header('authorization') === 'Bearer t' })
    for (const path of [`/inspect?instance=${ID}`, '/inspect/receive', '/inspect/receive?view']) {
      expect((await refusal(`${url}${path}`)).status).toBe(401)
    }
    const { socket } = connect(`${url}/inspect/receive?view`, { authorization: 'Bearer t' })
    await eventually(() => socket.readyState === socket.OPEN)
  })

  it('and the same origin is taken', async () => {
    const { url } = await scene(fakeView())
    const { socket } = connect(`${url}/inspect/receive?view`, { origin: url.replace('ws', 'http') })
    await eventually(() => socket.readyState === socket.OPEN)
  })

  it('when there are enough of its kind, until one goes', async () => {
    const { url } = await scene(fakeView())
    const viewers = Array.from({ length: CLIENTS_MAX }, () => connect(`${url}/inspect/receive?view`))
    await eventually(() => viewers.every(({ socket }) => socket.readyState === socket.OPEN))
    expect((await refusal(`${url}/inspect/receive?view`)).status).toBe(503)
    const app = connect(`${url}/inspect/receive`)
    await eventually(() => app.socket.readyState === app.socket.OPEN)
    viewers[0]?.socket.close()
    await viewers[0]?.ended
    const late = connect(`${url}/inspect/receive?view`)
    await eventually(() => late.socket.readyState === late.socket.OPEN)
  })
})

describe('a client that talks', () => {
  const following = async () => {
    const view = fakeView()
    view.set(ID, { kind: 'found', instance: instance() })
    const { url } = await scene(view)
    const client = connect(`${url}/inspect?instance=${ID}`)
    await eventually(() => client.frames.length === HISTORY.length)
    return client
  }

  it('is not listened to, and sent away when it goes on', async () => {
    const { socket, ended } = await following()
    for (let count = 0; count < IGNORED_FRAMES_MAX; count++) socket.send('{"type":"@xstate.event"}')
    socket.ping()
    await new Promise(resolve => socket.once('pong', resolve))
    expect(socket.readyState).toBe(socket.OPEN)
    socket.send('one more')
    expect((await ended).code).toBe(1008)
  })

  it('is sent away for a frame that is too large', async () => {
    const { socket, ended } = await following()
    socket.send('x'.repeat(IGNORED_BYTES_MAX + 1))
    expect((await ended).code).toBe(1009)
  })

  it('is sent away for a frame that is no text', async () => {
    const { socket, ended } = await following()
    socket.send(Buffer.from([1, 2, 3]))
    expect((await ended).code).toBe(1003)
  })

  it('breaks nothing with bytes that are no WebSocket', async () => {
    const { url } = await scene(fakeView())
    const { port } = new URL(url)
    const socket = connectTcp(Number(port), '127.0.0.1')
    const handshake = ['GET /inspect/receive HTTP/1.1', 'host: x', 'connection: upgrade', 'upgrade: websocket']
    const key = ['sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', '', '']
    socket.write([...handshake, ...key].join('\r\n'))
    socket.write(Buffer.alloc(4096, 0xff))
    socket.on('data', () => {})
    await new Promise(resolve => socket.once('close', resolve))
    const { socket: next } = connect(`${url}/inspect/receive?view`)
    await eventually(() => next.readyState === next.OPEN)
  })
})

it('sends its clients away when the replica closes, and takes no more', async () => {
  const { url, inspect } = await scene(fakeView())
  const { socket, ended } = connect(`${url}/inspect/receive?view`)
  await eventually(() => socket.readyState === socket.OPEN)
  await inspect.close()
  expect((await ended).code).toBe(1001)
  expect((await refusal(`${url}/inspect/receive?view`)).status).toBe(503)
})
