declare module 'snappyjs' {
  export function uncompress(packed: Buffer): Buffer
}
