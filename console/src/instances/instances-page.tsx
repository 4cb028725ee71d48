/**
 * The list of instances: search, counts by state, and rows that follow what happens.
 */
export function InstancesPage({ search }: { readonly search: string }) {
  return <h1>Instances {search}</h1>
}
