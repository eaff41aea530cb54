import { Button, Modal, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { useState } from 'react'
import { renderSVG } from 'uqr'

import { get, post, put, remove } from '~/api/client'
import { Dialog } from '~/components/dialog'
import { Code, Head, Panel, Time } from '~/components/parts'
import { Show } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { made, named, possible } from '~/passkeys'
import { renewed, useSession } from '~/session'
import { strings } from '~/strings'

export const Route = createFileRoute('/account')({
  staticData: page({ title: strings.account.own }),
  component: Own,
})

const t = strings.account
type Form = 'password' | 'codes' | 'passkey'

function Own() {
  const { to_do } = useSession()
  const queries = useQueryClient()
  const [form, open] = useState<Form | null>(null)
  const [codes, show] = useState<string[]>([])
  const ways = useQuery({ queryKey: ['me', 'credentials'], queryFn: () => get('/api/v1/me/credentials') })
  const again = async (recovery: string[] = []) => {
    await renewed(queries) // what is asked next is asked with the new session
    open(null)
    show(recovery)
    say(t.saved)
    await queries.invalidateQueries()
  }
  const dropped = useMutation({ mutationFn: (credential: string) => remove('/api/v1/me/credentials/{credential}', { path: { credential } }), onSuccess: () => again(), onError: (error) => say(error.message) })
  const recovery = useMutation({ mutationFn: () => post('/api/v1/me/recovery-codes'), onSuccess: (found) => again(found.codes), onError: (error) => say(error.message) })
  return (
    <>
      <Head title={t.own}>{t.lead}</Head>
      {to_do.map((each) => <div key={each} className="note" role="note">{t.todo[each]}</div>)}
      <div className="grid">
        <Panel title={t.ways} span={6}>
          <Show of={ways}>
            {({ items, identities }) => (
              <>
                {items.length + identities.length ? null : <p style={{ margin: '0 0 8px', fontSize: 13 }}>{t.none}</p>}
                <table className="rows">
                  <tbody>
                    {items.map((each) => (
                      <tr key={each.id}>
                        <td>{t.kinds[each.kind] ?? each.kind}<div className="sub">{each.left !== null ? t.left(each.left) : each.kind === 'passkey' ? each.name : null}</div></td>
                        <td className="sub narrow">{each.used ? <>{t.used} <Time at={each.used} /></> : t.unused}</td>
                        <td className="narrow"><Button size="compact-xs" variant="subtle" color="red" onClick={() => dropped.mutate(each.id)}>{strings.remove}</Button></td>
                      </tr>
                    ))}
                    {identities.map((each) => <tr key={each}><td colSpan={3} className="id">{each}</td></tr>)}
                  </tbody>
                </table>
                <div className="tools" style={{ margin: '12px 0 0' }}>
                  {possible() ? <Button variant="default" onClick={() => open('passkey')}>{t.addPasskey}</Button> : null}
                  <Button variant="default" onClick={() => open('password')}>{t.setPassword}</Button>
                  <Button variant="default" onClick={() => open('codes')}>{t.addCodes}</Button>
                  {items.some((each) => each.kind === 'recovery') ? <Button variant="default" onClick={() => recovery.mutate()}>{t.recovery}</Button> : null}
                </div>
                {named() ? <p className="sub" style={{ margin: '10px 0 0' }}>{t.passkeyNeedsName} <a href={`${named()}/account`}>{named()}</a></p> : null}
              </>
            )}
          </Show>
        </Panel>
        <Panel title={t.signIns} span={6}><SignIns /></Panel>
      </div>
      {form === 'password' ? <Password known={ways.data?.items.some((each) => each.kind === 'password') ?? false} close={() => open(null)} done={() => void again()} /> : null}
      {form === 'codes' ? <Generator close={() => open(null)} done={(found) => void again(found)} /> : null}
      {form === 'passkey' ? <Passkey close={() => open(null)} done={(found) => void again(found)} /> : null}
      <Modal opened={codes.length > 0} onClose={() => show([])} title={t.recoveryTitle} closeButtonProps={{ 'aria-label': strings.done.close }}>
        <p style={{ fontSize: 13 }}>{t.recoveryWhy}</p>
        <Code>{codes.join('\n')}</Code>
      </Modal>
    </>
  )
}

function Password({ known, close, done }: { known: boolean; close: () => void; done: () => void }) {
  const [password, set] = useState('')
  const [current, setCurrent] = useState('')
  const kept = useMutation({ mutationFn: () => put('/api/v1/me/password', { body: { password, current } }), onSuccess: done })
  return (
    <Dialog title={t.setPassword} close={close} submit={() => kept.mutate()} error={kept.error} busy={kept.isPending} label={strings.save} ready={password.length > 0}>
      {known ? <PasswordInput label={t.current} autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.currentTarget.value)} /> : null}
      <PasswordInput label={t.newPassword} autoComplete="new-password" required value={password} onChange={(event) => set(event.currentTarget.value)} />
    </Dialog>
  )
}

function Generator({ close, done }: { close: () => void; done: (recovery: string[]) => void }) {
  const [code, set] = useState('')
  const begun = useQuery({ queryKey: ['me', 'totp'], queryFn: () => post('/api/v1/me/totp'), staleTime: Infinity, gcTime: 0 })
  const kept = useMutation({ mutationFn: () => put('/api/v1/me/totp', { body: { ticket: begun.data?.ticket ?? '', code } }), onSuccess: (found) => done(found.codes) })
  return (
    <Dialog title={t.addCodes} close={close} submit={() => kept.mutate()} error={kept.error} busy={kept.isPending} label={t.take} ready={code.length > 5}>
      <Show of={begun}>
        {({ secret, address }) => (
          <>
            <p style={{ margin: 0, fontSize: 13 }}>{t.scan}</p>
            <Picture of={address} />
            <div style={{ fontSize: 13 }}>{t.secret} <Code>{secret}</Code></div>
          </>
        )}
      </Show>
      <TextInput label={t.code} autoComplete="one-time-code" inputMode="numeric" required value={code} onChange={(event) => set(event.currentTarget.value)} />
    </Dialog>
  )
}

/** The path of the picture is taken out of the library's markup: no markup is put into the page. */
function Picture({ of }: { of: string }) {
  const svg = renderSVG(of)
  const [, box = '0 0 1 1'] = /viewBox="([^"]+)"/.exec(svg) ?? []
  const path = [...svg.matchAll(/<path[^>]* d="([^"]+)"/g)].at(-1)?.[1]
  return (
    <svg viewBox={box} width={190} height={190} role="img" aria-label={t.scan}>
      <rect width="100%" height="100%" fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

function Passkey({ close, done }: { close: () => void; done: (recovery: string[]) => void }) {
  const [name, set] = useState('')
  const kept = useMutation({ mutationFn: async () => post('/api/v1/me/passkeys', { body: { ...(await made()), name } }), onSuccess: (found) => done(found.codes) })
  return (
    <Dialog title={t.addPasskey} close={close} submit={() => kept.mutate()} error={kept.error} busy={kept.isPending} label={t.addPasskey} ready={name.trim().length > 0}>
      <TextInput label={t.passkeyName} required value={name} onChange={(event) => set(event.currentTarget.value)} />
    </Dialog>
  )
}

/** Of what a browser says of itself: which it is, and on what. */
function browser(agent: string): string {
  const name = /(Edg|OPR|Firefox|HeadlessChrome|Chrome|Safari)/.exec(agent.replace(/Chrome(?=.*(Edg|OPR)\/)/, ''))?.[1]
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1]
  const called = ({ Edg: 'Edge', OPR: 'Opera', HeadlessChrome: 'Chrome' } as Record<string, string>)[name ?? ''] ?? name
  return called ? [called, system].filter(Boolean).join(', ') : agent.slice(0, 80)
}

function SignIns() {
  const queries = useQueryClient()
  const list = useQuery({ queryKey: ['me', 'sessions'], queryFn: () => get('/api/v1/me/sessions') })
  const again = { onSuccess: () => queries.invalidateQueries({ queryKey: ['me', 'sessions'] }), onError: (error: Error) => say(error.message) }
  const one = useMutation({ mutationFn: (session: string) => remove('/api/v1/me/sessions/{session}', { path: { session } }), ...again })
  const all = useMutation({ mutationFn: () => remove('/api/v1/me/sessions'), ...again })
  return (
    <Show of={list}>
      {({ items }) => (
        <>
          <table className="rows">
            <tbody>
              {items.map((each) => (
                <tr key={each.id}>
                  <td>{each.address}{each.current ? ` (${t.here})` : ''}<div className="sub">{browser(each.agent)}</div></td>
                  <td className="sub narrow"><Time at={each.seen} /></td>
                  <td className="narrow">{each.current ? null : <Button size="compact-xs" variant="subtle" color="red" onClick={() => one.mutate(each.id)}>{t.end}</Button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {items.length > 1 ? <Button mt="sm" variant="default" onClick={() => all.mutate()}>{t.endOthers}</Button> : null}
        </>
      )}
    </Show>
  )
}
