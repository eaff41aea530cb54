// The same while the portal is worked on.
import { jsx } from './jsx-runtime'

export { Fragment } from './jsx-runtime'
export type { JSX } from './jsx-runtime'
export const jsxDEV = jsx
