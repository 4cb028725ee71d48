/**
 * A button, and a link that looks like one. Says why it is disabled, where it is.
 */
import type { ComponentChildren } from 'preact'

interface ButtonProps {
  readonly kind?: 'plain' | 'primary' | 'quiet'
  readonly size?: 'normal' | 'small'
  readonly type?: 'button' | 'submit'
  /** Its name, where the content is only a picture. */
  readonly label?: string
  /** Shown when the pointer rests; with `disabled`: the reason. */
  readonly hint?: string
  readonly disabled?: boolean
  readonly pressed?: boolean
  readonly expanded?: boolean
  readonly onClick?: (event: MouseEvent) => void
  readonly children: ComponentChildren
}

export function Button(props: ButtonProps) {
  const { kind = 'plain', size = 'normal', type = 'button', label, hint, disabled = false, children } = props
  return (
    <button
      type={type}
      class="button"
      data-kind={kind}
      data-size={size}
      aria-label={label}
      title={hint}
      disabled={disabled}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      onClick={props.onClick}
    >
      {children}
    </button>
  )
}
