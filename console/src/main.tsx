/**
 * Starts the console: theme, live stream, and the frame with the page of the route. Knows no page's insides.
 */
import { render } from 'preact'
import { RETURN_KEY } from './api/client.ts'
import { startLive } from './api/live.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/ui.css'
import { Frame } from './shell/frame.tsx'
import { applyTheme } from './theme.ts'

applyTheme()
comeBack()
startLive()
const root = document.getElementById('app')
if (root === null) throw new Error('index.html has no element #app to draw the console in')
render(<Frame />, root)

/** To where the reader was sent to the login from. */
function comeBack(): void {
  try {
    const hash = sessionStorage.getItem(RETURN_KEY)
    sessionStorage.removeItem(RETURN_KEY)
    if (hash !== null && hash !== '' && location.hash === '') location.hash = hash
  } catch {
    // No storage, nothing kept.
  }
}
