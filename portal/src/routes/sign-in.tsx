import { Button, Divider, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, useRouter } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { useEffect, useState } from 'react'

import { get, post } from '~/api/client'
import { page } from '~/page'
import { answered, possible } from '~/passkeys'
import { anything, one } from '~/query'
import { strings } from '~/strings'

export const Route = createFileRoute('/sign-in')({
  staticData: page({ title: strings.signIn.title, open: true }),
  validateSearch: anything,
  component: SignIn,
})

const t = strings.signIn

function SignIn() {
  const { next, problem } = Route.useSearch()
  // Only a place of this portal: an address of elsewhere would lead out of it.
  const wanted = one(next) ?? '/'
  const back = /^\/(?![/\\])/.test(wanted) ? wanted : '/'
  const router = useRouter()
  const queries = useQueryClient()
  const enter = () => {
    queries.clear()
    router.history.replace(back)
  }
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const methods = useQuery({ queryKey: ['methods'], queryFn: () => get('/api/v1/session/methods') })
  const byLink = useMutation({ mutationFn: (ticket: string) => post('/api/v1/session/link', { body: { ticket } }), onSuccess: enter })
  const byPassword = useMutation({
    mutationFn: () => post('/api/v1/session/password', { body: { name, password } }),
    onSuccess: (half) => { if (!half.second.length) enter() },
  })
  const ticket = byPassword.data?.second.length ? byPassword.data.ticket : null
  const bySecond = useMutation({ mutationFn: () => post('/api/v1/session/second', { body: { ticket: ticket ?? '', code } }), onSuccess: enter })
  const byPasskey = useMutation({ mutationFn: async () => post('/api/v1/session/passkey', { body: await answered() }), onSuccess: enter })
  const byProvider = useMutation({
    mutationFn: () => post('/api/v1/session/oidc', { body: { purpose: 'sign-in', back } }),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  const { mutate } = byLink
  useEffect(() => {
    const given = window.location.hash.slice(1)
    if (!given) return
    window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search)
    mutate(given)
  }, [mutate])
  const told = one(problem)
  const wrong = [byLink, byPassword, bySecond, byPasskey, byProvider].find((each) => each.error)?.error?.message ?? (told ? t.problems[told] : undefined)
  return (
    <main style={{ maxWidth: 380, margin: '10vh auto 0', padding: 16 }}>
      <div className="brand" style={{ marginBottom: 18, fontSize: 18 }}>
        <img src="/mark.svg" width={28} height={28} alt="" />
        {strings.product}
      </div>
      <div className="panel" style={{ padding: 22, display: 'grid', gap: 14 }}>
        <h1>{ticket ? t.second : t.title}</h1>
        {byLink.isPending ? <p role="status" style={{ margin: 0 }}>{t.opening}</p> : null}
        {wrong ? <p role="alert" style={{ color: 'var(--high)', margin: 0, fontSize: 13 }}>{wrong}</p> : null}
        {ticket ? (
          <form style={{ display: 'grid', gap: 12 }} onSubmit={(event) => { event.preventDefault(); bySecond.mutate() }}>
            <TextInput label={t.code} description={t.codeHint} autoComplete="one-time-code" autoFocus required value={code} onChange={(event) => setCode(event.currentTarget.value)} />
            <Button type="submit" size="sm" loading={bySecond.isPending}>{t.go}</Button>
            <Button variant="subtle" onClick={() => byPassword.reset()}>{t.back}</Button>
          </form>
        ) : (
          <>
            <form style={{ display: 'grid', gap: 12 }} onSubmit={(event) => { event.preventDefault(); byPassword.mutate() }}>
              <TextInput label={t.name} autoComplete="username webauthn" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
              <PasswordInput label={t.password} autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
              <Button type="submit" size="sm" loading={byPassword.isPending}>{t.go}</Button>
            </form>
            {possible() || methods.data?.oidc ? <Divider label={t.or} /> : null}
            {possible() ? <Button variant="default" size="sm" leftSection={<KeyRound size={15} />} onClick={() => byPasskey.mutate()}>{t.passkey}</Button> : null}
            {methods.data?.oidc ? <Button variant="default" size="sm" onClick={() => byProvider.mutate()}>{methods.data.oidc}</Button> : null}
          </>
        )}
      </div>
      <details style={{ marginTop: 14, fontSize: 13, color: 'var(--dim)' }}>
        <summary style={{ cursor: 'pointer' }}>{t.lostTitle}</summary>
        <p>{t.lost}</p>
        <pre className="doc" tabIndex={0}>cloudward users sign-in-link NAME</pre>
      </details>
    </main>
  )
}
