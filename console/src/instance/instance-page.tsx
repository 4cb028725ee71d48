/**
 * One instance: where it is and why, what comes next, and how to act on it. Shows what GET /api/instances/{id} says.
 */
export function InstancePage({ id }: { readonly id: string }) {
  return <h1>{id}</h1>
}
