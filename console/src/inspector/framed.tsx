/**
 * The inspector alone, for a frame in somebody else's page: no way to the rest of the console, which must not be
 * clicked on through such a page.
 */
import { render } from 'preact'
import '../styles/tokens.css'
import '../styles/base.css'
import '../styles/ui.css'
import '../styles/shell.css'
import { applyTheme } from '../theme.ts'
import { InspectorPage } from './inspector-page.tsx'

applyTheme()
const root = document.getElementById('app')
if (root === null) throw new Error('inspector.html has no element #app to draw the inspector in')
render(<InspectorPage />, root)
