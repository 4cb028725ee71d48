/**
 * How numbers, durations and times are said, everywhere alike. Pure.
 */
const NUMBER = new Intl.NumberFormat('en-US')
const PAIR = (value: number) => String(value).padStart(2, '0')

/** `12,345` */
export function number(value: number): string {
  return NUMBER.format(value)
}

/** Of a running timer: `8:17`, `1:02:03`; never below `0:00`. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${PAIR(minutes)}:${PAIR(seconds % 60)}` : `${minutes}:${PAIR(seconds % 60)}`
}

/** Of the past: `4s`, `6m`, `3h`, `2d`. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** Of a latency: `4.2 ms`, `184 ms`, `2.3 s`. */
export function latency(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`
}

/** `< 0.1`, `0.3`, `12`, `1,240`: little is not nothing. */
export function rate(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.05) return '< 0.1'
  return perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : number(Math.round(perSecond))
}

/** By the reader's clock, in the one order that is read alike everywhere: `2026-11-23 19:40:18`. */
export function moment(at: number): string {
  const date = new Date(at)
  const day = [date.getFullYear(), PAIR(date.getMonth() + 1), PAIR(date.getDate())].join('-')
  return `${day} ${PAIR(date.getHours())}:${PAIR(date.getMinutes())}:${PAIR(date.getSeconds())}`
}

/** Where there are few: `1 shard`, `2 shards`. */
export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`
}
