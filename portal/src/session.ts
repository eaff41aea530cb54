import { queryOptions, useSuspenseQuery, type QueryClient } from '@tanstack/react-query'

import { get, guard } from './api/client'

export const session = queryOptions({
  queryKey: ['session'],
  staleTime: 60_000,
  retry: false,
  queryFn: async () => {
    const found = await get('/api/v1/session')
    guard(found.csrf)
    return found
  },
})

/** Who is signed in. */
export const useSession = () => useSuspenseQuery(session).data

/** Whether who is signed in may do this somewhere; `everywhere`: what belongs to no scope. */
export const useMay = (permission?: string, everywhere = false) => {
  const { permissions } = useSession()
  return !permission || (everywhere ? permissions[permission] === true : permission in permissions)
}

/** The session as it is now: after a proof its guard is another one. */
export const renewed = (queries: QueryClient) => queries.fetchQuery({ ...session, staleTime: 0 })
