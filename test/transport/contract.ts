/**
 * The contract suite: every promise of src/transport/port.ts, held against an adapter. Fair to a log over a network:
 * it waits for conditions with a limit, and asks of offsets only that they grow. In parts, by what is promised.
 */
import { afterAll, beforeAll, describe } from 'vitest'
import { adminContract } from './contract/admin-contract.ts'
import { appenderContract } from './contract/appender-contract.ts'
import { type ContractLog, ContractScene } from './contract/contract-scene.ts'
import { groupContract } from './contract/group-contract.ts'
import { readerContract } from './contract/reader-contract.ts'
import { sinkContract } from './contract/sink-contract.ts'

/** Declares the suite for one adapter; `make` is called once, and closed behind the last test. */
export function transportContract(name: string, make: () => Promise<ContractLog>): void {
  describe(`the transport contract on ${name}`, () => {
    const scene = new ContractScene()
    beforeAll(async () => scene.open(await make()))
    afterAll(() => scene.close())

    adminContract(scene)
    appenderContract(scene)
    readerContract(scene)
    sinkContract(scene)
    groupContract(scene)
  })
}
