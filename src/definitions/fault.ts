/**
 * The words of a fault in a definition: `$.stages[1].mapIds: what is wrong (value …), what cures it`.
 * Says it, never decides it: the rules are in schema.ts and compiled-definition.ts.
 */

const SHOWN_VALUE_CHARS_MAX = 80

/** A path into JSON, as Zod gives it. */
export type FaultPath = readonly PropertyKey[]

/** What is wrong with a value and what to do about it; a value that is not there is named as missing. */
export function faultText(wrong: string, value: unknown, cure: string): string {
  return value === undefined ? `is missing, ${cure}` : `${wrong} (value ${shown(value)}), ${cure}`
}

/** `$.stages[0].mapIds: text`. */
export function faultAt(path: FaultPath, text: string): string {
  return `${jsonPath(path)}: ${text}`
}

/** `$.stages[0].mapIds`. */
export function jsonPath(path: FaultPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const name = String(step)
    return /^[A-Za-z_$][\w$]*$/.test(name) ? `${text}.${name}` : `${text}[${JSON.stringify(name)}]`
  }, '$')
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= SHOWN_VALUE_CHARS_MAX ? text : `${text.slice(0, SHOWN_VALUE_CHARS_MAX)}…`
}

/** An own member of whatever this is; `undefined` where there is none. Never reaches a prototype. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.getOwnPropertyDescriptor(value, name)?.value
}
