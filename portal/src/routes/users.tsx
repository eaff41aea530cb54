import { Button, Modal, Select, Tabs, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { UsersRound } from 'lucide-react'
import { useState } from 'react'

import { get, patch, post, remove, send } from '~/api/client'
import { every } from '~/api/lists'
import type { Schema } from '~/api/types'
import { Dialog } from '~/components/dialog'
import { List } from '~/components/list'
import { Code, Facts, Head, Tag, Time } from '~/components/parts'
import { ScopeChoice } from '~/components/scopechoice'
import { Show } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything, one } from '~/query'
import { useScopeNames } from '~/scopes'
import { useSession } from '~/session'
import { sentence, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/users')({
  staticData: page({ title: strings.users.title, nav: { group: 'access', order: 10, icon: UsersRound, key: 'u', needs: 'grant' } }),
  validateSearch: anything,
  component: Users,
})

const t = strings.users
const f = strings.fields

const useUsers = () =>
  useQuery({
    queryKey: ['users', 'every'],
    queryFn: async () => {
      const found: Schema<'UserItem'>[] = []
      for await (const user of every('/api/v1/users', {})) found.push(user)
      return found
    },
  })

function Users() {
  const tab = one(Route.useSearch().tab) ?? 'users'
  const navigate = Route.useNavigate()
  const everywhere = useSession().permissions.grant === true
  const [adding, add] = useState(false)
  return (
    <>
      <Head title={t.title} actions={tab === 'users' && everywhere ? <Button onClick={() => add(true)}>{t.add}</Button> : tab === 'given' ? <Button onClick={() => add(true)}>{t.give}</Button> : undefined}>{t.lead}</Head>
      <Tabs value={tab} onChange={(next) => void navigate({ search: { tab: next === 'users' ? undefined : (next ?? undefined) } })} keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="users">{t.users}</Tabs.Tab>
          <Tabs.Tab value="given">{t.given}</Tabs.Tab>
          <Tabs.Tab value="roles">{t.roles}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="users"><People adding={adding} add={add} /></Tabs.Panel>
        <Tabs.Panel value="given"><Given adding={adding} add={add} /></Tabs.Panel>
        <Tabs.Panel value="roles"><Roles /></Tabs.Panel>
      </Tabs>
    </>
  )
}

interface Adding {
  adding: boolean
  add: (on: boolean) => void
}

function People({ adding, add }: Adding) {
  const everywhere = useSession().permissions.grant === true
  const queries = useQueryClient()
  const [chosen, choose] = useState<string | null>(null)
  const [link, show] = useState<string | null>(null)
  const invited = (path: string) => { show(new URL(path, window.location.origin).href); void queries.invalidateQueries() }
  return (
    <>
      <List
        name="users"
        path="/api/v1/users"
        search={t.search}
        id={(row) => row.id}
        columns={[
          { key: 'name', title: f.name, main: true, cell: (row) => row.name },
          { key: 'active', title: f.status, narrow: true, cell: (row) => <Tag of={row.active ? 'ok' : 'idle'}>{row.active ? t.active : t.off}</Tag> },
          { key: 'open', title: '', narrow: true, value: () => '', cell: (row) => (everywhere ? <Button size="compact-xs" variant="subtle" aria-label={`${t.open}: ${row.name}`} onClick={() => choose(row.id)}>{t.open}</Button> : null) },
        ]}
        empty={{ title: t.noUsers }}
      />
      {adding ? <Add close={() => add(false)} done={(path) => { add(false); invited(path) }} /> : null}
      {chosen ? <One id={chosen} close={() => choose(null)} invited={invited} /> : null}
      <Modal opened={link !== null} onClose={() => show(null)} title={t.link} size="lg" closeButtonProps={{ 'aria-label': strings.done.close }}>
        <p style={{ fontSize: 13 }}>{t.linkWhy}</p>
        <Code>{link ?? ''}</Code>
      </Modal>
    </>
  )
}

function Add({ close, done }: { close: () => void; done: (link: string) => void }) {
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const added = useMutation({ mutationFn: () => post('/api/v1/users', { body: { name: name.trim(), email: email.trim() || null } }), onSuccess: ({ link }) => done(link) })
  return (
    <Dialog title={t.add} close={close} submit={() => added.mutate()} error={added.error} busy={added.isPending} label={t.add} ready={Boolean(name.trim())}>
      <TextInput label={f.name} required value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput label={t.email} type="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
    </Dialog>
  )
}

function One({ id, close, invited }: { id: string; close: () => void; invited: (link: string) => void }) {
  const queries = useQueryClient()
  const user = useQuery({
    queryKey: ['users', id],
    queryFn: async () => {
      const answer = await send('get', `/api/v1/users/${encodeURIComponent(id)}`)
      return { etag: answer.headers.get('etag'), told: (await answer.json()) as Schema<'UserDetail'> }
    },
  })
  const after = { onError: (error: Error) => say(error.message), onSuccess: () => { say(t.saved); void queries.invalidateQueries() } }
  const path = { user: id }
  const turned = useMutation({ mutationFn: (active: boolean) => patch('/api/v1/users/{user}', { path, body: { active }, etag: user.data?.etag }), ...after })
  const out = useMutation({ mutationFn: () => remove('/api/v1/users/{user}/sessions', { path }), ...after })
  const again = useMutation({ mutationFn: (reset: boolean) => post('/api/v1/users/{user}/invitation', { path, body: { reset } }), onError: after.onError, onSuccess: ({ link }) => { close(); invited(link) } })
  return (
    <Modal opened onClose={close} title={user.data?.told.name ?? ''} size="lg" closeButtonProps={{ 'aria-label': strings.done.close }}>
      <Show of={user}>
        {({ told: each }) => (
          <div style={{ display: 'grid', gap: 14 }}>
            <Facts
              of={[
                [f.status, each.active ? t.active : t.off],
                [t.email, each.email ?? '–'],
                [t.signsIn, [...each.credentials.map((kind) => strings.account.kinds[kind] ?? kind), ...each.issuers].join(', ') || t.never],
                [t.seen, <Time key="s" at={each.seen} />],
                [t.made, <>{each.created_by}, <Time at={each.created_at} /></>],
              ]}
            />
            <div className="tools" style={{ margin: 0 }}>
              <Button variant="default" onClick={() => again.mutate(false)}>{t.invite}</Button>
              <Button variant="default" onClick={() => again.mutate(true)}>{t.reset}</Button>
              <Button variant="default" onClick={() => out.mutate()}>{t.signOut}</Button>
              <Button variant="default" color={each.active ? 'red' : undefined} onClick={() => turned.mutate(!each.active)}>{each.active ? t.turnOff : t.turnOn}</Button>
            </div>
          </div>
        )}
      </Show>
    </Modal>
  )
}

function Given({ adding, add }: Adding) {
  const people = useUsers()
  const scope = useScopeNames()
  const queries = useQueryClient()
  const name = (each: Schema<'Binding'>) => (each.issuer ? `${each.holder} (${each.issuer})` : (people.data?.find((user) => user.id === each.holder)?.name ?? each.holder))
  const taken = useMutation({
    mutationFn: (binding: Schema<'Binding'>) => remove('/api/v1/bindings/{binding}', { path: { binding: binding.id } }).then(() => binding),
    onSuccess: (old) => {
      void queries.invalidateQueries()
      const body = { role: old.role, scope: old.scope, issuer: old.issuer, user: old.issuer ? '' : old.holder, group: old.issuer ? old.holder : '' }
      say(t.taken, () => post('/api/v1/bindings', { body }).then(() => queries.invalidateQueries()))
    },
    onError: (error) => say(error.message),
  })
  return (
    <>
      <List
        name="bindings"
        path="/api/v1/bindings"
        id={(row) => row.id}
        columns={[
          { key: 'holder', title: t.who, main: true, value: name, cell: name },
          { key: 'role', title: t.role, cell: (row) => words[row.role] ?? row.role, value: (row) => row.role },
          { key: 'scope', title: f.scope, cell: (row) => (row.scope ? scope(row.scope) : strings.everywhere) },
          { key: 'created_by', title: t.made, narrow: true, wide: true, cell: (row) => <>{row.created_by}, <Time at={row.created_at} /></> },
          { key: 'remove', title: '', narrow: true, value: () => '', cell: (row) => <Button size="compact-xs" variant="subtle" color="red" aria-label={`${strings.remove}: ${name(row)} ${row.role}`} onClick={() => taken.mutate(row)}>{strings.remove}</Button> },
        ]}
        empty={{ title: t.noRoles }}
      />
      {adding ? <Give people={people.data ?? []} close={() => add(false)} /> : null}
    </>
  )
}

function Give({ people, close }: { people: Schema<'UserItem'>[]; close: () => void }) {
  const queries = useQueryClient()
  const roles = useQuery({ queryKey: ['roles'], queryFn: () => get('/api/v1/roles') })
  const [form, set] = useState({ role: 'security-reader', scope: null as string | null, user: null as string | null, group: '', issuer: '' })
  const given = useMutation({
    mutationFn: () => post('/api/v1/bindings', { body: { ...form, scope: form.scope ?? '', user: form.user ?? '' } }),
    onSuccess: () => { close(); say(t.saved); void queries.invalidateQueries() },
  })
  return (
    <Dialog title={t.give} close={close} submit={() => given.mutate()} error={given.error} busy={given.isPending} label={t.give} ready={Boolean(form.user || (form.group && form.issuer))}>
      <Select label={t.user} searchable clearable data={people.map((each) => ({ value: each.id, label: each.name }))} value={form.user} onChange={(user) => set({ ...form, user })} />
      <TextInput label={t.group} description={t.groupHint} value={form.group} onChange={(event) => set({ ...form, group: event.currentTarget.value })} />
      {form.group ? <TextInput label={t.issuer} value={form.issuer} onChange={(event) => set({ ...form, issuer: event.currentTarget.value })} /> : null}
      <Select label={t.role} description={sentence(roles.data?.items.find((each) => each.id === form.role)?.title ?? '')} allowDeselect={false} data={(roles.data?.items.map((each) => each.id) ?? [form.role]).map((value) => ({ value, label: words[value] ?? value }))} value={form.role} onChange={(role) => set({ ...form, role: role! })} />
      <ScopeChoice label={f.scope} description={strings.policies.below} everywhere value={form.scope} change={(scope) => set({ ...form, scope })} />
    </Dialog>
  )
}

function Roles() {
  const list = useQuery({ queryKey: ['roles'], queryFn: () => get('/api/v1/roles') })
  return (
    <Show of={list}>
      {({ items }) => {
        const every = [...new Set(items.flatMap((each) => each.permissions))].sort()
        return (
          <div className="list">
            <div className="scroll" tabIndex={0} role="region" aria-label={t.roles}>
              <table className="rows">
                <thead><tr><th scope="col"><span>{t.role}</span></th>{every.map((each) => <th key={each} scope="col" className="narrow"><span>{sentence(each)}</span></th>)}</tr></thead>
                <tbody>
                  {items.map((each) => (
                    <tr key={each.id}>
                      <td className="main">{words[each.id] ?? each.id}<div className="sub">{sentence(each.title)}</div></td>
                      {every.map((one) => <td key={one} className="narrow" style={{ textAlign: 'center' }}>{each.permissions.includes(one) ? <span aria-label={strings.yes} role="img">✓</span> : <span className="unseen">{strings.no}</span>}</td>)}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </div>
        )
      }}
    </Show>
  )
}
