/**
 * What surrounds every page: header, navigation, title; and which page the route means.
 */
import { useEffect } from 'preact/hooks'
import { DeadLettersPage } from '../dead-letters/dead-letters-page.tsx'
import { DefinitionPage } from '../definitions/definition-page.tsx'
import { DefinitionsPage } from '../definitions/definitions-page.tsx'
import { InspectorPage } from '../inspector/inspector-page.tsx'
import { InstancePage } from '../instance/instance-page.tsx'
import { InstancesPage } from '../instances/instances-page.tsx'
import { route } from '../navigation.ts'
import { hashOf, type Route } from '../route.ts'
import { ShardsPage } from '../shards/shards-page.tsx'
import { Empty } from '../ui/empty.tsx'
import '../styles/shell.css'
import { Header } from './header.tsx'
import { Keys } from './keys.tsx'

export function Frame() {
  const at = route.value
  const title = titleOf(at)
  useEffect(() => {
    document.title = `${title} · Quest Console`
  }, [title])
  return (
    <>
      <a class="skip" href={hashOf(at)} onClick={toContent}>
        To the content
      </a>
      <Header at={at} />
      <main id="content" tabIndex={-1}>
        <Page at={at} />
      </main>
      <Keys />
    </>
  )
}

function Page({ at }: { readonly at: Route }) {
  switch (at.page) {
    case 'instances':
      return <InstancesPage search={at.search} />
    case 'instance':
      return <InstancePage key={at.id} id={at.id} />
    case 'definitions':
      return <DefinitionsPage />
    case 'definition':
      return <DefinitionPage key={at.ref} definition={at.ref} />
    case 'shards':
      return <ShardsPage />
    case 'dead-letters':
      return <DeadLettersPage code={at.code} />
    case 'inspector':
      return <InspectorPage />
    case 'unknown':
      return (
        <Empty isPage title="There is no such page">
          <p>
            <code>{at.hash}</code> leads nowhere. <a href="#/instances">All instances</a> are a good place to begin.
          </p>
        </Empty>
      )
    default: {
      const missed: never = at
      return missed
    }
  }
}

function titleOf(at: Route): string {
  switch (at.page) {
    case 'instances':
      return at.search === '' ? 'Instances' : `${at.search} · Instances`
    case 'instance':
      return at.id
    case 'definitions':
      return 'Definitions'
    case 'definition':
      return at.ref
    case 'shards':
      return 'Shards'
    case 'dead-letters':
      return 'Dead letters'
    case 'inspector':
      return 'Inspector'
    case 'unknown':
      return 'No such page'
    default: {
      const missed: never = at
      return missed
    }
  }
}

/** The hash is the route: an ordinary link to #content would change it. */
function toContent(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}
