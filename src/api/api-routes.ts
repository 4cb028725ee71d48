/**
 * All that is read under `/api`, in one table. Serves nothing by itself, and sends no command: http/ does.
 */
import type { ApiOptions } from './api-options.ts'
import { ecosystemDefinitionRoutes } from './ecosystem/definition-routes.ts'
import { ecosystemInstanceRoutes } from './ecosystem/instance-routes.ts'
import { instanceRoutes } from './instance-routes.ts'
import { liveRoute } from './live-route.ts'
import { logRoutes } from './log-routes.ts'
import { questRoutes } from './quest-routes.ts'
import type { Route } from './route.ts'

export function apiRoutes(options: ApiOptions): readonly Route[] {
  return [
    ...instanceRoutes(options),
    ...questRoutes(options),
    ...logRoutes(options),
    liveRoute(options),
    ...ecosystemInstanceRoutes(options),
    ...ecosystemDefinitionRoutes(options),
  ]
}
