// A small typed door to the API. Its types are made from the server's own OpenAPI (npm run types).
import type { paths } from './schema'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type Having<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never
}[keyof paths]
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never
type Content<R> = R extends { content: { 'application/json': infer T } } ? T : void
export type Answer<P extends keyof paths, M extends Method = 'get'> =
  Operation<P, M> extends { responses: infer R }
    ? R extends { 200: infer A } ? Content<A> : R extends { 201: infer A } ? Content<A> : R extends { 202: infer A } ? Content<A> : void
    : never
type Body<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody?: { content: { 'application/json': infer T } } } ? T : undefined

export type Query = Record<string, string | string[] | number | boolean | null | undefined>
export interface Options<B> {
  path?: Record<string, string>
  query?: Query
  body?: B
  etag?: string | null
}

/** The server refused, or did not answer (status 0). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint = '',
    readonly request = '',
    readonly fields: { field: string; message: string }[] = [],
    readonly kind = 'about:blank',
  ) {
    super(message)
  }
}

export function search(query: Query = {}): string {
  const found = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') found.append(key, String(each))
    }
  }
  return found.size ? `?${found}` : ''
}

export function address(path: string, values: Record<string, string> = {}): string {
  return path.replace(/\{(\w+)(?::\w+)?\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
}

let secret = ''
/** The token that a change must carry, given with the session. */
export const guard = (token: string) => void (secret = token)

const PROOF = 'urn:cloudward:problem:proof'
let prove: () => Promise<boolean> = async () => false
/** Asks who is signed in to prove it once more; true when he did. Set by the dialog that does it. */
export const asks = (ask: () => Promise<boolean>) => void (prove = ask)

/** A call; where it needs a fresh proof of who calls, that is asked for, and the call made once more. */
export async function send(method: Method, address: string, body?: unknown, etag?: string | null): Promise<Response> {
  try {
    return await once(method, address, body, etag)
  } catch (error) {
    if (!(error instanceof Refused) || error.kind !== PROOF || !(await prove())) throw error
    return once(method, address, body, etag)
  }
}

async function once(method: Method, address: string, body?: unknown, etag?: string | null): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (method !== 'get' && secret) headers['x-csrf-token'] = secret
  if (etag) headers['if-match'] = etag
  let answer: Response
  try {
    answer = await fetch(address, {
      method: method.toUpperCase(),
      headers,
      credentials: 'same-origin',
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  } catch {
    throw new Refused(0, '')
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}))
    throw new Refused(answer.status, said.detail ?? answer.statusText, said.hint, said.request, said.errors, said.type)
  }
  return answer
}

async function call(method: Method, path: string, options: Options<unknown>): Promise<unknown> {
  const answer = await send(method, address(path, options.path) + search(options.query), options.body, options.etag)
  return answer.status === 204 ? undefined : answer.json()
}

export const get = <P extends Having<'get'>>(path: P, options: Options<never> = {}) =>
  call('get', path, options) as Promise<Answer<P>>
export const post = <P extends Having<'post'>>(path: P, options: Options<Body<P, 'post'>> = {}) =>
  call('post', path, options) as Promise<Answer<P, 'post'>>
export const put = <P extends Having<'put'>>(path: P, options: Options<Body<P, 'put'>> = {}) =>
  call('put', path, options) as Promise<Answer<P, 'put'>>
export const patch = <P extends Having<'patch'>>(path: P, options: Options<Body<P, 'patch'>> = {}) =>
  call('patch', path, options) as Promise<Answer<P, 'patch'>>
export const remove = <P extends Having<'delete'>>(path: P, options: Options<never> = {}) =>
  call('delete', path, options) as Promise<Answer<P, 'delete'>>
