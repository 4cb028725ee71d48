/**
 * The dead letters: what was set aside and why, and how to send it again as a command.
 */
export function DeadLettersPage({ code }: { readonly code: string }) {
  return <h1>Dead letters {code}</h1>
}
