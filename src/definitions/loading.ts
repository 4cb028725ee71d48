/**
 * Definition files to a catalogue, or to every fault of every file in one error.
 * Reads once, at start; watches nothing: a changed file counts from the next start on, for new instances only.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { itemRewards } from '../contract/item-rewards.ts'
import { ConfigError } from '../errors.ts'
import { type Catalogue, type CompiledDefinition, compileDefinition, makeCatalogue } from './catalogue.ts'
import { type DefinitionPlace, placeOf, questIdOf, questNameOf } from './definition-reader.ts'
import { faultAt, faultText } from './fault.ts'
import { findJsonFault } from './json-fault.ts'

/** What came of some files: a catalogue of those without a fault, and the faults of the others. */
export interface DefinitionFilesReading {
  readonly catalogue: Catalogue
  /** Each `file: $.path.to[0].field: what is wrong (value …), cure`, in the order of the files. */
  readonly faults: readonly string[]
  readonly files: readonly DefinitionFile[]
}

export interface DefinitionFile {
  readonly file: string
  /** As above, without the file's name. */
  readonly faults: readonly string[]
  /** What it says that it is, whatever else is wrong with it; empty where it does not. */
  readonly claimed: { readonly questId: string; readonly name: string }
  /** Where the file has no fault of its own. */
  readonly sound?: { readonly compiled: CompiledDefinition; readonly place: DefinitionPlace }
}

/**
 * Every `*.json` of the directory, in the order of their names; names that start with a dot are left alone.
 * @throws ConfigError with all faults of all files, or with the one that the directory cannot be read.
 */
export async function loadDefinitions(dir: string): Promise<Catalogue> {
  const { catalogue, faults } = await readDefinitionDirectory(dir)
  if (faults.length > 0) throw new ConfigError(faults)
  return catalogue
}

/** As `loadDefinitions`, with the faults as data. */
export async function readDefinitionDirectory(dir: string): Promise<DefinitionFilesReading> {
  let files: readonly string[]
  try {
    files = await definitionFilesOf(dir)
  } catch (error) {
    const fault = `${dir}: the directory of definitions cannot be read (${reasonOf(error)}), make it or set DEFINITIONS_DIR`
    return { catalogue: makeCatalogue([]), faults: [fault], files: [] }
  }
  if (files.length > 0) return readDefinitionFiles(files)
  const warning = `${dir}: holds no *.json, so no quest can be registered for`
  return { catalogue: makeCatalogue([], [warning]), faults: [], files: [] }
}

/** The paths of its definitions, in the order of their names. @throws where the directory cannot be read */
export async function definitionFilesOf(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir)
  return names
    .filter(name => name.endsWith('.json') && !name.startsWith('.'))
    .sort()
    .map(name => join(dir, name))
}

/** Goes through all of them, whatever is wrong with one. */
export async function readDefinitionFiles(files: readonly string[]): Promise<DefinitionFilesReading> {
  const definitions: CompiledDefinition[] = []
  const warnings: string[] = []
  const readings: DefinitionFile[] = []
  const fileOf = new Map<string, string>()
  for (const file of files) {
    const faults: string[] = []
    let sound: DefinitionFile['sound']
    let named: DefinitionFile['claimed'] = { questId: '', name: '' }
    try {
      const json = await readJson(file)
      const claimed = questIdOf(json)
      named = { questId: claimed?.questId ?? '', name: questNameOf(json) }
      const earlier = claimed && fileOf.get(claimed.questId)
      if (claimed && earlier !== undefined) {
        const text = faultText(
          `is already defined in ${earlier}`,
          claimed.questId,
          'give it another id or remove a file',
        )
        faults.push(faultAt(claimed.path, text))
      } else if (claimed) {
        fileOf.set(claimed.questId, file)
      }
      const compiled = compileDefinition(json)
      sound = { compiled, place: placeOf(json) }
      if (earlier === undefined) definitions.push(compiled)
      if (compiled.definition.stages.length === 0) {
        warnings.push(`${file}: ${compiled.definition.questId} has no stages, so it cannot be registered for`)
      }
      const notGranted = itemRewards(compiled.definition).length
      if (notGranted > 0) {
        const which = notGranted === 1 ? 'a reward that is an item' : `${notGranted} rewards that are items`
        const cure = `have a script give ${notGranted === 1 ? 'it' : 'them'}`
        warnings.push(`${file}: ${compiled.definition.questId} has ${which}, which the service does not grant: ${cure}`)
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      faults.push(...error.faults)
    }
    const reading = { file, faults, claimed: named }
    readings.push(sound === undefined ? reading : { ...reading, sound })
  }
  const faults = readings.flatMap(reading => reading.faults.map(fault => `${reading.file}: ${fault}`))
  return { catalogue: makeCatalogue(definitions, warnings), faults, files: readings }
}

/** @throws ConfigError with one fault, without the file's name. */
async function readJson(file: string): Promise<unknown> {
  let text: string
  try {
    // Takes a byte order mark away, as Windows editors put one in front.
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigError(['is not UTF-8, save it as UTF-8'])
    throw new ConfigError([`cannot be read (${reasonOf(error)}), make it readable or remove it`])
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const fault = findJsonFault(text)
    if (fault === undefined) throw error
    throw new ConfigError([`line ${fault.line}, column ${fault.column}: is not JSON, expected ${fault.expected} there`])
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
