import { queryOptions, useQuery } from '@tanstack/react-query'

import { get } from './api/client'
import { every } from './api/lists'
import type { Schema } from './api/types'

export const scopes = queryOptions({
  queryKey: ['scopes'],
  staleTime: 60_000,
  queryFn: async () => {
    const found: Schema<'ScopeItem'>[] = []
    for await (const scope of every('/api/v1/scopes', {})) found.push(scope)
    return found
  },
})

/** What a person calls a scope: its name, where it has one. */
export function useScopeNames(): (id: string) => string {
  const { data } = useQuery(scopes)
  return (id) => data?.find((each) => each.id === id)?.name || id
}

export const score = queryOptions({ queryKey: ['score'], queryFn: () => get('/api/v1/score') })

/** The title of a control of the secure score. */
export function useControlTitles(): (id: string) => string {
  const { data } = useQuery(score)
  return (id) => data?.controls.find((each) => each.id === id)?.title ?? (id.replaceAll('-', ' ') || '–')
}
