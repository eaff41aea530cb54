import { Button, Skeleton } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { CircleAlert, LockKeyhole, SearchX } from 'lucide-react'
import type { ReactNode } from 'react'

import { Refused } from '~/api/client'
import { strings } from '~/strings'

const t = strings.state

export function Loading({ lines = 6 }: { lines?: number }) {
  return (
    <div role="status" style={{ display: 'grid', gap: 10, padding: '12px 0' }}>
      <span className="unseen">{t.loading}</span>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={14} width={`${92 - ((line * 17) % 40)}%`} />
      ))}
    </div>
  )
}

export function State({ icon, title, whole, children, action }: {
  icon?: ReactNode
  title: string
  /** It stands for the page: its title is the page's. */
  whole?: boolean
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="state">
      {icon}
      {whole ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children ? <p>{children}</p> : null}
      {action}
    </div>
  )
}

export function Missing() {
  return (
    <State whole icon={<SearchX size={28} aria-hidden />} title={t.missing} action={<Button component={Link} to="/" variant="default">{t.home}</Button>}>
      {t.missingWhy}
    </State>
  )
}

/** What a person sees when the server refuses or does not answer: what, why, and what to do. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  if (error instanceof Refused && error.status === 403) {
    return <State icon={<LockKeyhole size={28} aria-hidden />} title={t.denied}>{t.deniedWhy}</State>
  }
  if (error instanceof Refused && error.status === 404) return <Missing />
  const refused = error instanceof Refused ? error : undefined
  const said = refused?.status === 0 ? t.offline : error instanceof Error ? error.message : String(error)
  return (
    <div role="alert">
      <State
        icon={<CircleAlert size={28} aria-hidden />}
        title={t.failed}
        action={retry ? <Button variant="default" onClick={retry}>{t.retry}</Button> : null}
      >
        {said} {refused?.hint}
        {refused?.request ? <><br /><span className="id">{t.request(refused.request)}</span></> : null}
      </State>
    </div>
  )
}

export function Trouble({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const queries = useQueryClient()
  return (
    <div className="page">
      <Problem error={error} retry={() => { void queries.resetQueries(); reset(); void router.invalidate() }} />
    </div>
  )
}

interface Asked<T> {
  data: T | undefined
  error: unknown
  isPending: boolean
  refetch: () => unknown
}

/** An answer, or why there is none yet. */
export function Show<T>({ of, lines, children }: { of: Asked<T>; lines?: number; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return <>{children(of.data)}</>
  if (of.isPending) return <Loading lines={lines} />
  return <Problem error={of.error} retry={() => void of.refetch()} />
}
