// The small things that pages are made of.
import { ActionIcon, Tooltip } from '@mantine/core'
import { Check, Copy as CopyIcon } from 'lucide-react'
import { useState, type ReactNode } from 'react'

import { ago, moment, number, strings } from '~/strings'
import { words } from '~/words'

export function Head({ title, children, actions }: { title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="head">
      <div>
        <h1>{title}</h1>
        {children ? <p>{children}</p> : null}
      </div>
      {actions ? <div className="tools" style={{ margin: 0 }}>{actions}</div> : null}
    </div>
  )
}

export function Panel({ title, action, span, children }: { title?: ReactNode; action?: ReactNode; span?: number; children: ReactNode }) {
  return (
    <section className={`panel${span ? ` c${span}` : ''}`}>
      {title ? <header><h2>{title}</h2>{action}</header> : null}
      {children}
    </section>
  )
}

/** A status, severity or state: colour, shape and word say the same. */
export function Tag({ of, plain, children }: { of: string; plain?: boolean; children?: ReactNode }) {
  return <span className={`tag ${of}${plain ? ' plain' : ''}`}>{children ?? words[of] ?? of}</span>
}

export function Time({ at }: { at: string | null | undefined }) {
  return at ? <time dateTime={at} title={moment(at)}>{ago(at)}</time> : <>–</>
}

/** A type or another long name: it breaks where its parts meet, and elsewhere only when it must. */
export function Kind({ of }: { of: string }) {
  return <>{of.split(/(?<=[/:.@_])(?=[^/:.@_])|(?<=[a-z0-9])(?=[A-Z])/).map((part, at) => <span key={at}>{at ? <wbr /> : null}{part}</span>)}</>
}

/** Shares of a whole. The figures stand beside it, or are given as its label. */
export function Shares({ good = 0, bad = 0, maybe = 0, rest = 0, label }: {
  good?: number
  bad?: number
  maybe?: number
  rest?: number
  label: string
}) {
  const whole = good + bad + maybe + rest || 1
  const part = (count: number, kind: string) =>
    count ? <i className={kind} style={{ width: `${(100 * count) / whole}%` }} /> : null
  return (
    <div className="shares" role="img" aria-label={label} title={label}>
      {part(bad, 'bad')}{part(maybe, 'maybe')}{part(good, 'good')}{part(rest, 'rest')}
    </div>
  )
}

/** What the colours of a bar or of a picture say. */
export function Legend({ of }: { of: [kind: string, label: string][] }) {
  return <ul className="legend">{of.map(([kind, label]) => <li key={kind} className={kind}>{label}</li>)}</ul>
}

export const HEALTH: [string, string][] = [['bad', words.unhealthy!], ['maybe', words.unknown!], ['good', words.healthy!]]

export function Meter({ share, children }: { share: number; children: ReactNode }) {
  return (
    <div className="meter">
      <div className="track" aria-hidden><i style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} /></div>
      <span>{children}</span>
    </div>
  )
}

export function Figures({ of }: { of: [label: string, value: ReactNode][] }) {
  return (
    <dl className="figures">
      {of.map(([label, value]) => (
        <div key={label}><dt>{label}</dt><dd>{typeof value === 'number' ? number(value) : value}</dd></div>
      ))}
    </dl>
  )
}

export function Facts({ of }: { of: [label: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {of.map(([label, value]) => [<dt key={label}>{label}</dt>, <dd key={`${label} `}>{value}</dd>])}
    </dl>
  )
}

export function Copy({ text, label = strings.copy }: { text: string; label?: string }) {
  const [done, set] = useState(false)
  return (
    <Tooltip label={done ? strings.done.copied : label}>
      <ActionIcon
        size="md"
        aria-label={label}
        onClick={() => void navigator.clipboard.writeText(text).then(() => { set(true); setTimeout(() => set(false), 1500) })}
      >
        {done ? <Check size={15} /> : <CopyIcon size={15} />}
      </ActionIcon>
    </Tooltip>
  )
}

/** Text that may be copied. It is text: nothing in it is taken as markup. */
export function Code({ children }: { children: string }) {
  return (
    <div style={{ position: 'relative' }}>
      <pre className="doc" tabIndex={0} style={{ paddingRight: 40 }}>{children}</pre>
      <div style={{ position: 'absolute', top: 4, right: 4 }}><Copy text={children} /></div>
    </div>
  )
}

/** A link out of texts that others wrote: only http and https become one. */
export function Outward({ to, children }: { to: string; children?: ReactNode }) {
  return /^https?:\/\//i.test(to)
    ? <a href={to} target="_blank" rel="noopener noreferrer">{children ?? to}</a>
    : <>{children ?? to}</>
}
