/**
 * The tests that `npm run mutate` holds against each mutant of machines/: all that need no broker and say something
 * about the machine. The cheapest come first, because the first test that fails ends a mutant; smaller samples of
 * random lives than in `npm test`, because what survives has to live through every one of them; a hundred of a shard's,
 * for with fewer that test rightly says that it has hardly seen anything, of the machine as it is.
 */
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const FILES: readonly string[] = [
  'test/machines/party-quest.test.ts',
  'test/machines/later-version.test.ts',
  'test/machines/stages.test.ts',
  'test/machines/timers.test.ts',
  'test/machines/conditions.test.ts',
  'test/machines/custom-data.test.ts',
  'test/machines/every-state.test.ts',
  'test/machines/silent-monster.test.ts',
  'test/machines/context.test.ts',
  'test/machines/shape.test.ts',
  'test/machines/loading.test.ts',
  'test/actor/machine-rules.test.ts',
  'test/actor/stepper.test.ts',
  'test/actor/snapshot-bytes.test.ts',
  'test/actor/stored-instance.test.ts',
  'test/chart/machine-chart.test.ts',
  'test/chart/quest-chart.test.ts',
  'test/chart/quest-picture.test.ts',
  'test/exploration/authoring.test.ts',
  'test/shard/happenings.test.ts',
  'test/exploration/explore.test.ts',
  'test/machines/properties.test.ts',
  'test/machines/live-vs-light.test.ts',
  'test/machines/model/model.test.ts',
  'test/machines/properties-shard.test.ts',
]

/** Vitest alone would begin with the files that took longest last time. */
class CheapestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => FILES.findIndex(file => moduleId.endsWith(file))
    return [...files].sort((one, other) => place(one) - place(other))
  }
}

export default defineConfig({
  test: {
    include: [...FILES],
    // Only what hangs comes near it: a test that is out of time would count as one that noticed.
    testTimeout: 120_000,
    maxWorkers: 1,
    sequence: { sequencer: CheapestFirst },
    env: { MACHINE_SEQUENCES: '500', MACHINE_LIVES: '100' },
  },
})
