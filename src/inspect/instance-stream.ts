/**
 * One client of `WS /inspect`: for each instance that it follows the actor as it is now, what its journal still knows,
 * and then what happens. Asks the View again when it says that something changed, so instances of other replicas are
 * followed alike. Holds of an instance only what was last sent; one that changes faster than the client reads, or than
 * the journal keeps, loses operations in the middle, never the present state.
 */
import type { Instance, Operation } from '../api/documents.ts'
import type { InstanceFound, View } from '../api/view.ts'
import type { Clock } from '../clock.ts'
import type { InstanceId } from '../contract/ids.ts'
import { unreachable } from '../errors.ts'
import type { Log } from '../log.ts'
import { type BoundedSocket, CLOSE } from './bounded-socket.ts'
import {
  actorFrame,
  eventFrame,
  finalSnapshot,
  type MachineSnapshot,
  pastSnapshot,
  presentSnapshot,
  snapshotFrame,
} from './frames.ts'

/** After which the owner of an instance that nobody could tell anything of is asked again. */
export const ASK_AGAIN_MS = 5_000

export interface InstanceStreamOptions {
  readonly ids: readonly InstanceId[]
  readonly view: Pick<View, 'instance' | 'watch'>
  readonly socket: BoundedSocket
  readonly clock: Clock
  readonly log: Log
}

/** What was last sent of an instance. */
interface Told {
  readonly snapshot: MachineSnapshot
  readonly owner: string
  /** Of its last operation; -1 and 0 where there was none. */
  readonly sequence: number
  readonly at: number
}

interface Followed {
  readonly id: InstanceId
  /** `asking`: nothing is known yet. `gone`: its end was sent. */
  state: 'asking' | 'absent' | 'silent' | 'live' | 'gone'
  told: Told | undefined
  /** Whether something changed since it was last asked for. */
  isStale: boolean
  isAsking: boolean
}

/** Follows until the socket ends. */
export function streamInstances(options: InstanceStreamOptions): void {
  new InstanceStream(options).start()
}

class InstanceStream {
  readonly #options: InstanceStreamOptions
  readonly #followed: ReadonlyMap<InstanceId, Followed>

  constructor(options: InstanceStreamOptions) {
    this.#options = options
    this.#followed = new Map(
      options.ids.map(id => [id, { id, state: 'asking', told: undefined, isStale: false, isAsking: false }]),
    )
  }

  start(): void {
    const { ids, view, socket } = this.#options
    // First the watch: what changes between the two is then asked for twice, and not missed.
    const stop = view.watch(ids, change => {
      for (const id of change.isMore ? ids : change.ids) this.#refresh(this.#followed.get(id))
    })
    socket.ended.addEventListener('abort', stop, { once: true })
    for (const followed of this.#followed.values()) this.#refresh(followed)
    void this.#askTheSilent()
  }

  #refresh(followed: Followed | undefined): void {
    if (followed === undefined) return
    followed.isStale = true
    if (!followed.isAsking) void this.#ask(followed)
  }

  async #ask(followed: Followed): Promise<void> {
    const { view, socket, log } = this.#options
    followed.isAsking = true
    while (followed.isStale && !socket.ended.aborted) {
      followed.isStale = false
      try {
        await this.#tell(followed, await view.instance(followed.id, socket.ended))
      } catch (err) {
        if (!socket.ended.aborted) log.warn({ err, instance: followed.id }, 'an inspected instance could not be read')
        followed.state = 'silent'
      }
    }
    followed.isAsking = false
    this.#refuseTheUnknown()
  }

  async #tell(followed: Followed, found: InstanceFound): Promise<void> {
    const { told } = followed
    switch (found.kind) {
      case 'silent':
        followed.state = 'silent'
        return
      case 'absent':
        if (told !== undefined && followed.state !== 'gone') await this.#tellEnd(followed, told)
        else if (told === undefined) followed.state = 'absent'
        return
      case 'found':
        return this.#tellPresent(followed, found.instance)
      default:
        unreachable(found)
    }
  }

  async #tellPresent(followed: Followed, instance: Instance): Promise<void> {
    const { socket, clock } = this.#options
    const { id, told } = followed
    const snapshot = presentSnapshot(id, instance)
    const fresh = operationsSince(told, instance)
    const last = fresh.at(-1)
    if (told === undefined) await socket.send(actorFrame(id, instance, clock.now()))
    for (const operation of fresh) {
      const after = operation === last ? snapshot : pastSnapshot(operation)
      await socket.send(eventFrame(id, operation))
      await socket.send(snapshotFrame(id, operation.at, after, operation.event))
    }
    // A new owner of its shard knows the state, and not always how it came about.
    const isUnexplained = told !== undefined && last === undefined && !isSame(told.snapshot, snapshot)
    if (isUnexplained) await socket.send(snapshotFrame(id, clock.now(), snapshot))
    followed.state = snapshot.status === 'done' ? 'gone' : 'live'
    followed.told = {
      snapshot,
      owner: instance.owner.name,
      sequence: last?.sequence ?? told?.sequence ?? -1,
      at: last?.at ?? told?.at ?? 0,
    }
  }

  async #tellEnd(followed: Followed, { snapshot }: Told): Promise<void> {
    followed.state = 'gone'
    await this.#options.socket.send(snapshotFrame(followed.id, this.#options.clock.now(), finalSnapshot(snapshot)))
  }

  /** Nothing to follow: a client with a wrong id should hear of it. Some of several may be gone already. */
  #refuseTheUnknown(): void {
    const all = [...this.#followed.values()]
    if (!all.every(({ state }) => state === 'absent')) return
    const others = all.length === 1 ? '' : ` and ${all.length - 1} more`
    this.#options.socket.close(CLOSE.refused, `no instance ${all[0]?.id ?? ''}${others}: see /api/instances`)
  }

  async #askTheSilent(): Promise<void> {
    const { socket, clock } = this.#options
    for (;;) {
      await clock.sleep(ASK_AGAIN_MS, socket.ended)
      if (socket.ended.aborted) return
      for (const followed of this.#followed.values()) if (followed.state === 'silent') this.#refresh(followed)
    }
  }
}

/** Sequences are those of one owner; across two of them only the time tells. */
function operationsSince(told: Told | undefined, { journal, owner }: Instance): readonly Operation[] {
  if (told === undefined) return journal
  const isSameJournal = told.owner === owner.name && (journal.at(-1)?.sequence ?? told.sequence) >= told.sequence
  return journal.filter(({ sequence, at }) => (isSameJournal ? sequence > told.sequence : at > told.at))
}

function isSame(one: MachineSnapshot, other: MachineSnapshot): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
