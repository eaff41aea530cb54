import { queryOptions, useQuery } from '@tanstack/react-query'

import { every } from './api/lists'
import type { Schema } from './api/types'

/** What is looked for in logs: none of it changes while the server runs. */
export const detections = queryOptions({
  queryKey: ['detections'],
  staleTime: Infinity,
  queryFn: async () => {
    const found: Schema<'DetectionItem'>[] = []
    for await (const each of every('/api/v1/detections', {})) found.push(each)
    return found
  },
})

/** The title of a detection. */
export function useDetectionTitles(): (id: string) => string {
  const { data } = useQuery(detections)
  return (id) => data?.find((each) => each.id === id)?.title ?? id
}
