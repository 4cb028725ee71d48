/** The HTTP app with two fake views and one quest, on a memory log. */
import type { Clock } from '../../src/clock.ts'
import { compileDefinition, makeCatalogue } from '../../src/definitions/catalogue.ts'
import type { HttpAppOptions } from '../../src/http/http-app.ts'
import { questFixture } from '../definitions/quest-fixture.ts'
import { fakeApi, httpScene } from '../http/http-scene.ts'
import { ROW } from './fake-view.ts'

export const COMPILED = compileDefinition(questFixture())

/** Of the rows of the fake views, as HTTP has them. */
export const TENANT_HEADERS = {
  TENANT_ID: ROW.tenant.id,
  REGION: ROW.tenant.region,
  MAJOR_VERSION: String(ROW.tenant.majorVersion),
  MINOR_VERSION: String(ROW.tenant.minorVersion),
}

export async function apiScene(more: Partial<HttpAppOptions> = {}, clock?: Clock) {
  const api = { ...fakeApi(), catalogue: makeCatalogue([COMPILED]) }
  const scene = await httpScene({ api, ...more }, clock)
  /** As another service of the ecosystem asks. */
  const ask = (method: string, path: string, headers: Record<string, string> = TENANT_HEADERS) =>
    scene.app.request(`/api/party-quests${path}`, { method, headers })
  const get = (path: string, headers: Record<string, string> = {}) => scene.app.request(path, { headers })
  const dryRun = (id: string, body: unknown, headers: Record<string, string> = {}) =>
    scene.app.request(`/api/instances/${id}/dry-run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return { ...scene, view: api.view, localView: api.localView, get, ask, dryRun }
}
