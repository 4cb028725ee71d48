/**
 * Makes the sockets for kafkajs, through its public socket factory, and keeps hold of them, so that a client can be
 * ended at once: kafkajs's own disconnect waits for answers that a dead broker never gives.
 */
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

const KEEP_ALIVE_MS = 60_000

export class Sockets {
  readonly #open = new Set<Socket>()
  #closed = false

  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.#closed) throw new Error(`the client of ${host}:${port} is closed`)
    const socket = ssl
      ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
      : connect({ host, port }, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    // Requests are written whole: waiting for more to send would only delay them.
    socket.setNoDelay(true)
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    return socket
  }

  /** Ends every socket, now and from now on. What waits for an answer fails with `reason`. */
  close(reason: string): void {
    this.#closed = true
    // With an error, since kafkajs does not listen for a plain close.
    for (const socket of this.#open) socket.destroy(new Error(reason))
  }
}
