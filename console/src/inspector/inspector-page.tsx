/**
 * The receiver of Stately's inspector protocol: draws what any XState 5 app sends here.
 */
export function InspectorPage() {
  return <h1>Inspector</h1>
}
