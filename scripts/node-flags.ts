/**
 * How the service is started, wherever it is: `npm start`, the image and the executable say the same (a test holds
 * them to it), and what starts replicas to measure them takes it from here.
 */

/**
 * The young generation, MiB for each half. What a command makes dies with its transaction; in V8's 16 MiB much of it
 * lives until the collector comes, and is copied twice and promoted (docs/performance.md).
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=64']
