/**
 * The shards: who owns each and how it does, those in trouble first.
 */
export function ShardsPage() {
  return <h1>Shards</h1>
}
