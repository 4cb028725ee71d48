/** What a deployment decides where nobody sets anything. */
import type { RuleSettings } from '../../machines/context.ts'

export const DEFAULT_RULES: RuleSettings = {
  advance: 'command',
  requirements: 'enforce',
  lobbyLimitSeconds: 3600,
  bonusLimitSeconds: 1800,
}
