// What answers with `{items, next, total}`.
import { address, search, send, type Answer, type Options } from './client'
import type { paths } from './schema'

export type ListPath = {
  [P in keyof paths]: paths[P] extends { get: unknown } ? (Answer<P> extends { items: unknown[] } ? P : never) : never
}[keyof paths]
export type Item<P extends ListPath> = Answer<P> extends { items: (infer T)[] } ? T : never

interface Page<T> {
  items: T[]
  /** Short lists have neither. */
  next?: string | number | null
  total?: number | null
}

export async function fetched<P extends ListPath>(path: P, options: Options<never>): Promise<Page<Item<P>>> {
  const answer = await send('get', address(path, options.path) + search(options.query))
  return answer.json() as Promise<Page<Item<P>>>
}

/** Every row of a list, page by page. */
export async function* every<P extends ListPath>(path: P, options: Options<never>, paging = 'cursor'): AsyncGenerator<Item<P>> {
  let cursor: string | number | null = null
  do {
    const page: Page<Item<P>> = await fetched(path, { ...options, query: { ...options.query, limit: 500, [paging]: cursor ?? undefined } })
    yield* page.items
    cursor = page.next ?? null
  } while (cursor)
}
