// Every text of a page goes through here: characters that turn the order of letters, cannot be seen or are
// controls are spelled out, so that a name is read as it is. Whoever named a resource may be an attacker.
import { Fragment, jsx as made, jsxs as mades } from 'react/jsx-runtime'
import type { ReactNode } from 'react'

export type { JSX } from 'react/jsx-runtime'
export { Fragment }

/** Controls but blanks, formats, halves of pairs, breaks of lines and paragraphs. */
const HIDDEN = /[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const SHOWN = ['children', 'label', 'title', 'description', 'aria-label'] as const

type Props = Partial<Record<(typeof SHOWN)[number], ReactNode>>

export function visible(text: string): string {
  return text.replace(HIDDEN, (char) => {
    const code = char.codePointAt(0)!
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

const read = (of: ReactNode): ReactNode => (typeof of === 'string' ? visible(of) : Array.isArray(of) ? of.map(read) : of)

function told(props: Props): Props {
  let found = props
  for (const name of SHOWN) {
    const before = props[name]
    if (typeof before !== 'string' && !Array.isArray(before)) continue
    const after = read(before)
    if (after !== before) found = { ...found, [name]: after }
  }
  return found
}

export const jsx: typeof made = (type, props, key) => made(type, told(props as Props), key)
export const jsxs: typeof mades = (type, props, key) => mades(type, told(props as Props), key)
