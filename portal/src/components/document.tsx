// A provider's document as lines of text, with the lines that decided marked.
import { Fragment, type CSSProperties, type ReactNode } from 'react'

import { strings } from '~/strings'

const t = strings.recommendations

interface Options {
  /** Paths that decided: `Rules[2].FromPort`. */
  marked?: string[]
  /** Path -> why it could not be read. */
  unread?: Record<string, string>
  /** Only the branches that hold a marked path. */
  only?: boolean
  /** Lines that hold this text are marked too. */
  find?: string
}

const step = (path: string, key: string | number) =>
  typeof key === 'number' ? `${path}[${key}]` : /^[A-Za-z_][\w-]*$/.test(key) ? (path ? `${path}.${key}` : key) : `${path}[${JSON.stringify(key)}]`
const inside = (path: string, of: string) => path === of || path.startsWith(`${of}.`) || path.startsWith(`${of}[`)

export function Document({ value, marked = [], unread = {}, only = false, find = '' }: { value: unknown } & Options) {
  const lines: ReactNode[] = []
  const needle = find.toLowerCase()
  const wanted = (path: string) => !path || marked.some((each) => inside(each, path) || inside(path, each))

  const line = (path: string, depth: number, content: ReactNode, text: string, end = '') => {
    const hit = marked.includes(path) || (needle !== '' && text.toLowerCase().includes(needle))
    const Tag = hit ? 'mark' : 'span'
    lines.push(<Tag key={`${path}${end}`} className="line" style={{ '--depth': depth } as CSSProperties}>{content}</Tag>)
  }

  const add = (path: string, depth: number, key: string | number | null, each: unknown, comma: string) => {
    const name = typeof key === 'string' ? <><span className="key">{JSON.stringify(key)}</span>: </> : null
    const list = Array.isArray(each)
    if (each === null || typeof each !== 'object' || (list ? each.length : Object.keys(each).length) === 0) {
      line(path, depth, <>{name}{scalar(each)}{comma}</>, `${key ?? ''} ${JSON.stringify(each)}`)
      return
    }
    const children: [string | number, unknown][] = list ? each.map((one, at) => [at, one]) : Object.entries(each)
    line(path, depth, <>{name}{list ? '[' : '{'}</>, String(key ?? ''))
    let left = 0
    children.forEach(([child, one], at) => {
      const below = step(path, child)
      if (only && !wanted(below)) left += 1
      else add(below, depth + 1, child, one, at < children.length - 1 ? ',' : '')
    })
    missing(path, depth + 1, new Set(children.map(([child]) => step(path, child))))
    if (left) line(`${path}…`, depth + 1, <span className="nul">{t.more}</span>, '')
    line(path, depth, <>{list ? ']' : '}'}{comma}</>, '', ' end')
  }

  const missing = (path: string, depth: number, present: Set<string>) => {
    for (const [place, why] of Object.entries(unread)) {
      const parent = place.replace(/(\.[^.[\]]+|\[[^\]]*\])$/, '')
      const above = parent === place ? '' : parent
      if (above === path && !present.has(place)) {
        line(place, depth, <span className="unknown"><span style={{ color: 'var(--unknown)' }}>{`// ${place.slice(above.length).replace(/^\./, '')}: ${t.unread}, ${why}`}</span></span>, place)
      }
    }
  }

  add('', 0, null, value, '')
  return <pre className="doc" tabIndex={0} aria-label={t.document}>{lines.map((each, at) => <Fragment key={at}>{each}</Fragment>)}</pre>
}

function scalar(value: unknown) {
  const text = JSON.stringify(value) ?? 'null'
  const kind = value === null ? 'nul' : typeof value === 'string' ? 'str' : typeof value === 'object' ? '' : 'num'
  return <span className={kind}>{text}</span>
}
