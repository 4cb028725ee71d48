/** What to write in an app so that it is drawn here, with the URLs of this installation filled in. */

export function HowTo() {
  const page = new URL('./#/inspector', document.baseURI).href
  const framed = new URL('inspector.html', document.baseURI).href
  const relay = new URL('../inspect/receive', document.baseURI).href.replace(/^http/, 'ws')
  return (
    <>
      <p>
        Any XState 5 app can be drawn here, with Stately’s own adapters from <code>@statelyai/inspect</code>. From Node,
        or from a page of this origin:
      </p>
      <pre>{`const { inspect } = createWebSocketInspector({ url: '${relay}' })
createActor(machine, { inspect }).start()`}</pre>
      <p>From a web page, which opens this one:</p>
      <pre>{`const { inspect } = createBrowserInspector({ url: '${page}' })
createActor(machine, { inspect }).start()`}</pre>
      <p>Or in a window of its own, with a relay on your machine:</p>
      <pre>{`createInspectorServer({ url: '${framed}' })`}</pre>
      <p>
        A quest of this installation: <code>{`${page}?instance=<id>`}</code>
      </p>
    </>
  )
}
