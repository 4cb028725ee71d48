/**
 * Text in an SVG: escaping, and how wide it will be as far as anybody can know without the reader's fonts. Text that
 * would not fit is cut, and whole in its tooltip.
 */

export function xml(text: string): string {
  return text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}

/** Ems of a sans-serif: rather too wide than too narrow. */
function emsOf(sign: string): number {
  if (/[\p{Lu}MWmw@%—…]/u.test(sign) && sign <= '\u024f') return 0.78
  if (/[ijlItfr.,:;'"|()[\] !·]/.test(sign)) return 0.36
  return sign <= '\u2fff' ? 0.6 : 1.1
}

/** Pixels, for a font of `size` pixels. */
export function textWidth(text: string, size: number): number {
  let ems = 0
  for (const sign of text) ems += emsOf(sign)
  return ems * size
}

/** As much of it as fits, with an ellipsis where something is missing. */
export function fitting(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text
  const signs: string[] = []
  let left = width - textWidth('…', size)
  for (const sign of text) {
    left -= emsOf(sign) * size
    if (left < 0) break
    signs.push(sign)
  }
  return `${signs.join('').trimEnd()}…`
}
