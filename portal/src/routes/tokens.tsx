import { Button, Modal, NumberInput, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { KeySquare } from 'lucide-react'
import { useState } from 'react'

import { get, post, remove } from '~/api/client'
import { Dialog } from '~/components/dialog'
import { List } from '~/components/list'
import { Code, Head, Time } from '~/components/parts'
import { ScopeChoice } from '~/components/scopechoice'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything } from '~/query'
import { useScopeNames } from '~/scopes'
import { day, sentence, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/tokens')({
  staticData: page({ title: strings.tokens.title, nav: { group: 'access', order: 20, icon: KeySquare, key: 't' } }),
  validateSearch: anything,
  component: Tokens,
})

const t = strings.tokens
const f = strings.fields

function Tokens() {
  const scope = useScopeNames()
  const queries = useQueryClient()
  const [adding, add] = useState(false)
  const [shown, show] = useState<string | null>(null)
  const dropped = useMutation({
    mutationFn: (token: string) => remove('/api/v1/tokens/{token}', { path: { token } }),
    onSuccess: () => { say(t.removed); void queries.invalidateQueries() },
    onError: (error) => say(error.message),
  })
  return (
    <>
      <Head title={t.title} actions={<Button onClick={() => add(true)}>{t.add}</Button>}>{t.lead}</Head>
      <List
        name="tokens"
        path="/api/v1/tokens"
        id={(row) => row.id}
        columns={[
          { key: 'name', title: f.name, main: true, cell: (row) => row.name },
          { key: 'id', title: t.begins, cell: (row) => <span className="id">{row.id}</span>, narrow: true },
          { key: 'role', title: t.role, cell: (row) => words[row.role] ?? row.role, value: (row) => row.role },
          { key: 'scope', title: f.scope, cell: (row) => (row.scope ? scope(row.scope) : strings.everywhere), wide: true },
          { key: 'used', title: t.used, cell: (row) => <Time at={row.used} />, narrow: true, wide: true },
          { key: 'expires', title: t.expires, cell: (row) => day(row.expires), narrow: true },
          { key: 'remove', title: '', value: () => '', narrow: true, cell: (row) => <Button size="compact-xs" variant="subtle" color="red" aria-label={`${strings.remove}: ${row.name}`} onClick={() => dropped.mutate(row.id)}>{strings.remove}</Button> },
        ]}
        empty={{ title: t.none, why: t.noneWhy, action: <Button onClick={() => add(true)}>{t.add}</Button> }}
      />
      {adding ? <Add close={() => add(false)} made={(token) => { add(false); show(token); void queries.invalidateQueries() }} /> : null}
      <Modal opened={shown !== null} onClose={() => show(null)} title={t.made} size="lg" closeButtonProps={{ 'aria-label': strings.done.close }}>
        <p style={{ fontSize: 13 }}>{t.once}</p>
        <Code>{shown ?? ''}</Code>
      </Modal>
    </>
  )
}

function Add({ close, made }: { close: () => void; made: (token: string) => void }) {
  const roles = useQuery({ queryKey: ['roles'], queryFn: () => get('/api/v1/roles') })
  const [form, set] = useState({ name: '', role: 'security-reader', scope: null as string | null, days: 90, source: '', account: '' })
  const sends = form.role === 'sender'
  const added = useMutation({ mutationFn: () => post('/api/v1/tokens', { body: { ...form, ...(sends ? {} : { source: '', account: '' }), scope: form.scope ?? '' } }), onSuccess: ({ token }) => made(token) })
  return (
    <Dialog title={t.add} close={close} submit={() => added.mutate()} error={added.error} busy={added.isPending} label={t.add} ready={Boolean(form.name.trim()) && (!sends || Boolean(form.source.trim()))}>
      <TextInput label={f.name} description={t.nameHint} required maxLength={100} value={form.name} onChange={(event) => set({ ...form, name: event.currentTarget.value })} />
      <Select label={t.role} description={sentence(roles.data?.items.find((each) => each.id === form.role)?.title ?? '')} allowDeselect={false} data={(roles.data?.items.map((each) => each.id) ?? [form.role]).map((value) => ({ value, label: words[value] ?? value }))} value={form.role} onChange={(role) => set({ ...form, role: role! })} />
      {sends ? (
        <>
          <TextInput label={t.source} description={t.sourceHint} required maxLength={100} value={form.source} onChange={(event) => set({ ...form, source: event.currentTarget.value })} />
          <TextInput label={t.account} description={t.accountHint} maxLength={200} value={form.account} onChange={(event) => set({ ...form, account: event.currentTarget.value })} />
        </>
      ) : null}
      <ScopeChoice label={f.scope} everywhere value={form.scope} change={(scope) => set({ ...form, scope })} />
      <NumberInput label={t.days} min={1} max={365} value={form.days} onChange={(days) => set({ ...form, days: Number(days) })} />
    </Dialog>
  )
}
