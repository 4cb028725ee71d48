/**
 * Loaded into a replica that is soaked, before its own code (`node --expose-gc --import`): when its parent asks, it
 * collects its garbage and answers with what is left. Does nothing else, and keeps no process alive.
 */
const { gc } = globalThis
if (gc === undefined) throw new Error('memory-probe.js needs node --expose-gc')

process.on('message', () => {
  gc()
  process.send?.(process.memoryUsage())
})
process.channel?.unref()
