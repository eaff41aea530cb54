// What a file of routes/ says of itself: its title, and where it stands in the navigation.
import type { LucideIcon } from 'lucide-react'

import type { strings } from './strings'

export interface Nav {
  group: keyof typeof strings.groups
  /** Lower stands higher. */
  order: number
  icon: LucideIcon
  /** `g`, then this letter. */
  key?: string
  /** Shown only to whom has this permission somewhere. */
  needs?: string
  /** ... and only to whom has it everywhere: what the page shows belongs to no scope. */
  everywhere?: boolean
}

export interface Page {
  title: string
  nav?: Nav
  /** Nobody need be signed in, and no frame is drawn around it. */
  open?: boolean
}

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    page?: Page
  }
}

export const page = (data: Page) => ({ page: data })
