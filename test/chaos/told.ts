/**
 * What the game told, by whom it concerns, until that instance has started. Reads plainly; what it cannot read concerns
 * nobody.
 */
import type { JavaHeaders, JavaRecord } from '../support/kafka/independent-client.ts'
import type { ExpectedOperation } from '../support/oracle.ts'
import { statusOf, tenantLine } from './lines.ts'

type Game = 'character' | 'monster'

interface ToldRecord {
  readonly record: JavaRecord
  readonly game: Game
}

export class Told {
  /** By instance, whatever the tenant, and by tenant, world and character; those of one are in one partition. */
  readonly #kept = new Map<string, ToldRecord[]>()

  keep(record: JavaRecord, game: Game): void {
    const subject = subjectOf(record, game)
    if (subject === undefined) return
    const kept = this.#kept.get(subject)
    if (kept === undefined) this.#kept.set(subject, [{ record, game }])
    else kept.push({ record, game })
  }

  /** Of an instance that this operation starts. Each is given once. */
  take({ instanceId, tenantHeaders, status, character }: ExpectedOperation): readonly ToldRecord[] {
    const [first] = status
    if (first === undefined) return []
    const { worldId } = statusOf(first)
    const subjects = [
      instanceId,
      ...character.map(({ characterId }) => characterSubject(tenantHeaders, worldId, characterId)),
    ]
    return subjects.flatMap(subject => {
      const kept = this.#kept.get(subject) ?? []
      this.#kept.delete(subject)
      return kept
    })
  }
}

function subjectOf({ value, headers }: JavaRecord, game: Game): string | undefined {
  try {
    const { instance, worldId, characterId } = JSON.parse(String(value))
    return game === 'monster' ? String(instance) : characterSubject(headers, worldId, characterId)
  } catch {
    return undefined
  }
}

function characterSubject(headers: JavaHeaders, worldId: number, characterId: number): string {
  return `${tenantLine(headers)} ${worldId}/${characterId}`
}
