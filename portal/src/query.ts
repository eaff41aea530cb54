// A page's state is its address: every value a string, several values a repeated key, as the API takes it.
export type Search = Record<string, string | string[] | undefined>

export function parse(text: string): Search {
  const found: Record<string, string | string[]> = {}
  for (const [key, value] of new URLSearchParams(text)) {
    const before = found[key]
    found[key] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
  }
  return found
}

export function write(search: Record<string, unknown>): string {
  const found = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') found.append(key, String(each))
    }
  }
  const text = found.toString()
  return text ? `?${text}` : ''
}

export const many = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]
export const one = (value: string | string[] | undefined): string | undefined => many(value)[0]

/** For `validateSearch`: takes the address as it is. */
export const anything = (search: Record<string, unknown>): Search => search as Search
