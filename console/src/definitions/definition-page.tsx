/**
 * One quest: its stages, its chart, and what `party-quests check` says of it.
 */
export function DefinitionPage({ definition }: { readonly definition: string }) {
  return <h1>{definition}</h1>
}
