/**
 * How the replicas of an installation know each other on the paths of `/api`: one header, there and back. Asks nobody
 * and answers nobody.
 *
 * `x-party-quest-replica: local` in a request: answer for your own shards only, and ask no other replica. Every answer
 * to such a request, errors and `/api/live` included, carries the same header with who answered (`replicaIdentity`): an
 * address that leads to something else must not pass for an owner that knows of no such instance.
 */
export const REPLICA_HEADER = 'x-party-quest-replica'

export const LOCAL_ONLY = 'local'

export interface InstallationNames {
  /** Transport.clusterId */
  readonly clusterId: string
  /** `INTERNAL_TOPIC_PREFIX` */
  readonly prefix: string
}

/** @param name `REPLICA_NAME` */
export function replicaIdentity({ clusterId, prefix }: InstallationNames, name: string): string {
  return [clusterId, prefix, name].map(encodeURIComponent).join('/')
}
