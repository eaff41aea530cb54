import { useMutation, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'

import { post } from '~/api/client'
import { page } from '~/page'
import { anything, one } from '~/query'
import { strings } from '~/strings'

export const Route = createFileRoute('/sign-in')({
  staticData: page({ title: strings.signIn.title, open: true }),
  validateSearch: anything,
  component: SignIn,
})

const t = strings.signIn

function SignIn() {
  const next = one(Route.useSearch().next) ?? '/'
  const router = useRouter()
  const queries = useQueryClient()
  const enter = () => {
    queries.clear()
    // Only a place of this portal: an address of elsewhere would lead out of it.
    router.history.replace(/^\/(?![/\\])/.test(next) ? next : '/')
  }
  const byLink = useMutation({ mutationFn: (ticket: string) => post('/api/v1/session/link', { body: { ticket } }), onSuccess: enter })
  const { mutate } = byLink
  useEffect(() => {
    const ticket = window.location.hash.slice(1)
    if (!ticket) return
    window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search)
    mutate(ticket)
  }, [mutate])
  return (
    <main style={{ maxWidth: 380, margin: '12vh auto 0', padding: 16 }}>
      <div className="brand" style={{ marginBottom: 18, fontSize: 18 }}><img src="/mark.svg" width={28} height={28} alt="" />{strings.product}</div>
      <div className="panel" style={{ padding: 22 }}>
        <h1 style={{ marginBottom: 6 }}>{t.title}</h1>
        {byLink.isPending ? <p role="status">{t.opening}</p> : null}
        {byLink.error ? <p role="alert" style={{ color: 'var(--high)' }}>{byLink.error.message}</p> : null}
        <p style={{ color: 'var(--dim)', fontSize: 13 }}>{t.lost}</p>
        <pre className="doc">cloudward users sign-in-link NAME</pre>
      </div>
    </main>
  )
}

