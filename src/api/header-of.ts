/**
 * A request's headers as who judges a request is given them, whatever kind of request it is: of the app, or a WebSocket
 * to be. A type alone.
 */

/** A header by its name in lower case. */
export type HeaderOf = (name: string) => string | undefined
