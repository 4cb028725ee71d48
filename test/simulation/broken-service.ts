/**
 * The simulation of a service that is broken on purpose: the same sources, but for a few lines, loaded beside the real
 * ones. A breakage names its lines as they stand in the source; one that is not found there exactly once is an error,
 * so the list cannot outlive the code that it breaks.
 */
import { fileURLToPath } from 'node:url'
import { createServer, createServerModuleRunner, type Plugin } from 'vite'
import type { SimulationOptions, SimulationReport } from './simulate.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** One place of the source, and what stands there instead. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface BrokenSimulation {
  simulate(options: SimulationOptions): Promise<SimulationReport>
  close(): Promise<void>
}

/** @throws Error an edit whose text is not in its file, or more than once */
export async function loadBroken(edits: readonly Edit[]): Promise<BrokenSimulation> {
  const applied = new Set<Edit>()
  const server = await createServer({
    ...{ root: ROOT, configFile: false, appType: 'custom', logLevel: 'error' },
    server: { middlewareMode: true, watch: null, ws: false, hmr: false },
    optimizeDeps: { noDiscovery: true },
    plugins: [editing(edits, applied)],
  })
  const runner = createServerModuleRunner(server.environments.ssr, { hmr: false })
  const close = async () => {
    await runner.close()
    await server.close()
  }
  try {
    const { simulate } = await runner.import<Pick<BrokenSimulation, 'simulate'>>('/test/simulation/simulate.ts')
    const missed = edits.filter(edit => !applied.has(edit))
    if (missed.length > 0) throw new Error(`never loaded: ${missed.map(({ file }) => file).join(', ')}`)
    return { simulate, close }
  } catch (error) {
    await close()
    throw error
  }
}

function editing(edits: readonly Edit[], applied: Set<Edit>): Plugin {
  return {
    name: 'break-on-purpose',
    enforce: 'pre',
    transform(source, id) {
      let code = source
      for (const edit of edits) {
        if (id !== `${ROOT}${edit.file}`) continue
        const parts = code.split(edit.find)
        if (parts.length !== 2) {
          throw new Error(
            `${edit.file} has ${parts.length - 1} times: ${edit.find}\nbreakages.ts is to name it as it is`,
          )
        }
        code = parts.join(edit.replace)
        applied.add(edit)
      }
      return code === source ? undefined : { code, map: null }
    },
  }
}
