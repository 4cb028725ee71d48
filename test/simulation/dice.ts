/** What a simulation asks of its randomness: shorter to read than fractions. Each part of a world has dice of its own. */
import { seededRandom } from '../../src/cli/seeded-random.ts'
import type { Random } from '../../src/clock.ts'

export class Dice {
  readonly random: Random

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** Other dice, that these decide. */
  fork(): Dice {
    return new Dice(this.random.bytes(4).readUInt32LE(0))
  }

  chance(probability: number): boolean {
    return this.random.fraction() < probability
  }

  /** A whole number from `least` to `most`. */
  int(least: number, most: number): number {
    return least + Math.floor(this.random.fraction() * (most - least + 1))
  }

  between(least: number, most: number): number {
    return least + this.random.fraction() * (most - least)
  }

  /** Waiting times of what happens on average every `mean`. */
  gap(mean: number): number {
    return -Math.log(1 - this.random.fraction()) * mean
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.int(0, items.length - 1)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** `[what, weight]` */
  weighted<Item>(items: readonly (readonly [Item, number])[]): Item {
    let left = this.random.fraction() * items.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [item, weight] of items) {
      left -= weight
      if (left < 0) return item
    }
    throw new RangeError('nothing to pick from')
  }
}
