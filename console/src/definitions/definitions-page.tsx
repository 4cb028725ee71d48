/**
 * The quests that this installation knows. Shows what GET /api/definitions says.
 */
export function DefinitionsPage() {
  return <h1>Definitions</h1>
}
