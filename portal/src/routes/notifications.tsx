import { ActionIcon, Button, MultiSelect, NumberInput, PasswordInput, Select, Switch, Tabs, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { BellRing, LockKeyhole, Pencil } from 'lucide-react'
import { useState } from 'react'

import { get, post, put, remove, send } from '~/api/client'
import type { Schema } from '~/api/types'
import { Dialog } from '~/components/dialog'
import { List } from '~/components/list'
import { Head, Tag, Time } from '~/components/parts'
import { ScopeChoice } from '~/components/scopechoice'
import { Loading, Problem, State } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything, one } from '~/query'
import { useScopeNames } from '~/scopes'
import { useMay } from '~/session'
import { number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/notifications')({
  staticData: page({ title: strings.notifications.title, nav: { group: 'manage', order: 50, icon: BellRing, key: 'm', needs: 'notify', everywhere: true } }),
  validateSearch: anything,
  component: Notifications,
})

const t = strings.notifications
const f = strings.fields
type Channel = Schema<'ChannelItem'>
const HIDDEN = '***'

function Notifications() {
  const tab = one(Route.useSearch().tab) ?? 'channels'
  const navigate = Route.useNavigate()
  const may = useMay('notify', true)
  const [form, open] = useState<Channel | 'new' | null>(null)
  if (!may) return <State whole icon={<LockKeyhole size={28} aria-hidden />} title={strings.state.denied}>{strings.state.deniedWhy}</State>
  return (
    <>
      <Head title={t.title} actions={tab === 'channels' ? <Button onClick={() => open('new')}>{t.add}</Button> : undefined}>{t.lead}</Head>
      <Tabs value={tab} onChange={(next) => void navigate({ search: { tab: next === 'channels' ? undefined : (next ?? undefined) } })} keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="channels">{t.channels}</Tabs.Tab>
          <Tabs.Tab value="deliveries">{t.deliveries}</Tabs.Tab>
          <Tabs.Tab value="dead">{t.dead}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="channels"><Channels edit={open} /></Tabs.Panel>
        <Tabs.Panel value="deliveries"><Deliveries /></Tabs.Panel>
        <Tabs.Panel value="dead"><Dead /></Tabs.Panel>
      </Tabs>
      {form ? <Form of={form === 'new' ? undefined : form} close={() => open(null)} /> : null}
    </>
  )
}

function Channels({ edit }: { edit: (channel: Channel) => void }) {
  const scope = useScopeNames()
  return (
    <>
      <List
        name="channels"
        path="/api/v1/channels"
        id={(row) => row.id}
        columns={[
          { key: 'id', title: f.name, main: true, cell: (row) => row.id },
          { key: 'kind', title: t.kind, cell: (row) => words[row.kind] ?? row.kind, narrow: true },
          { key: 'events', title: t.told, cell: (row) => told(row.events).join(', ') || t.nothing },
          { key: 'scope', title: f.scope, cell: (row) => (row.scope ? scope(row.scope) : strings.everywhere), wide: true },
          { key: 'enabled', title: f.status, cell: (row) => <Tag of={row.enabled ? 'ok' : 'idle'}>{row.enabled ? t.on : t.off}</Tag>, narrow: true },
          { key: 'created_by', title: strings.policies.by, cell: (row) => row.created_by, narrow: true, wide: true },
          { key: 'acts', title: '', value: () => '', narrow: true, cell: (row) => <Acts of={row} edit={() => edit(row)} /> },
        ]}
        actions={[{ label: strings.remove, needs: 'notify', form: (rows, done) => <Remove rows={rows} done={done} /> }]}
        empty={{ title: t.none, why: t.noneWhy }}
      />
    </>
  )
}

/** What a channel is told, in words. */
function told(events: Record<string, unknown>): string[] {
  return Object.entries(events).map(([event, value]) => {
    if (event === 'score') return t.belowScore(number(Math.round(Number(value) * 100)))
    if (event === 'compliance') return `${t.events.compliance} (${(value as string[]).join(', ')})`
    if (event === 'coverage') return t.events.coverage
    return `${t.events[event as 'alert'] ?? event}: ${t.from(words[String(value)] ?? String(value))}`
  })
}

function Acts({ of, edit }: { of: Channel; edit: () => void }) {
  const tested = useMutation({
    mutationFn: () => post('/api/v1/channels/{id}/test', { path: { id: of.id } }),
    onSuccess: ({ id }) => follow(id),
    onError: (error) => say(error.message),
  })
  const [job, follow] = useState<string | null>(null)
  useQuery({
    queryKey: ['letters', job],
    enabled: job !== null,
    refetchInterval: 1500,
    queryFn: async () => {
      const found = await get('/api/v1/jobs/{id}', { path: { id: job! } })
      if (found.ended || found.problem) {
        follow(null)
        say(found.problem ?? t.arrived(of.id))
      }
      return found
    },
  })
  return (
    <span style={{ display: 'flex', gap: 4, justifyContent: 'flex-end' }}>
      <Button size="compact-xs" variant="default" loading={tested.isPending || job !== null} disabled={!of.enabled} onClick={() => tested.mutate()} aria-label={`${t.test}: ${of.id}`}>{t.test}</Button>
      <ActionIcon size="md" aria-label={`${t.edit}: ${of.id}`} onClick={edit}><Pencil size={14} /></ActionIcon>
    </span>
  )
}

function Remove({ rows, done }: { rows: Channel[]; done: (said?: string) => void }) {
  const removed = useMutation({
    mutationFn: async () => { for (const each of rows) await remove('/api/v1/channels/{id}', { path: { id: each.id } }) },
    onSuccess: () => done(t.removed(rows.length)),
  })
  return (
    <Dialog title={strings.remove} close={() => done()} submit={() => removed.mutate()} error={removed.error} busy={removed.isPending} label={strings.remove}>
      <p style={{ margin: 0, fontSize: 13 }}>{t.removeWhy(rows.map((each) => each.id).join(', '))}</p>
    </Dialog>
  )
}

/** A new channel, or another form of one. Its fields are those that the API names. */
function Form({ of, close }: { of?: Channel; close: () => void }) {
  const kinds = useQuery({ queryKey: ['channels', 'kinds'], queryFn: () => get('/api/v1/channels/kinds'), staleTime: Infinity })
  const kept = useQuery({
    queryKey: ['channels', of?.id, 'form'],
    enabled: of !== undefined,
    gcTime: 0,
    queryFn: async () => {
      const answer = await send('get', `/api/v1/channels/${encodeURIComponent(of!.id)}`)
      return { etag: answer.headers.get('etag'), channel: (await answer.json()) as Channel }
    },
  })
  const error = kinds.error ?? kept.error
  const waits = !kinds.data || (of && !kept.data)
  return waits
    ? <Dialog title={of ? of.id : t.add} close={close} submit={close} error={null} busy={false} ready={false} label={strings.save}>{error ? <Problem error={error} /> : <Loading />}</Dialog>
    : <Fields kinds={kinds.data!.items} of={kept.data?.channel} etag={kept.data?.etag} close={close} />
}

function Fields({ kinds, of, etag, close }: { kinds: readonly Schema<'KindItem'>[]; of?: Channel; etag?: string | null; close: () => void }) {
  const queries = useQueryClient()
  const [id, setId] = useState(of?.id ?? '')
  const [kind, setKind] = useState(of?.kind ?? 'email')
  const [settings, setSettings] = useState<Record<string, string>>({ ...of?.settings })
  const [events, setEvents] = useState<Record<string, unknown>>(of?.events ?? { recommendations: 'high', alert: 'high' })
  const [scope, setScope] = useState<string | null>(of?.scope ?? null)
  const [enabled, setEnabled] = useState(of?.enabled ?? true)
  const fields = kinds.find((each) => each.kind === kind)?.fields ?? []
  const given = Object.fromEntries(fields.flatMap(({ name }) => (settings[name] ? [[name, settings[name]]] : [])))
  const ready = /^[a-z0-9][a-z0-9-]{0,39}$/.test(id) && fields.every((each) => !each.required || each.default || given[each.name])
  const saved = useMutation({
    mutationFn: () => put('/api/v1/channels/{id}', { path: { id }, body: { kind, settings: given, events, scope: scope ?? '', enabled }, etag }),
    onSuccess: () => { say(t.saved); void queries.invalidateQueries({ queryKey: ['/api/v1/channels'] }); close() },
  })
  const tell = (event: string, value: unknown) => setEvents(({ [event]: _, ...rest }) => (value ? { ...rest, [event]: value } : rest))
  return (
    <Dialog title={of ? of.id : t.add} size="lg" close={close} submit={() => saved.mutate()} error={saved.error} busy={saved.isPending} label={strings.save} ready={ready}>
      {of ? null : (
        <div className="pair">
          <TextInput label={f.name} description={strings.environments.nameHint} required value={id} onChange={(event) => setId(event.currentTarget.value)} />
          <Select label={t.kind} required allowDeselect={false} data={kinds.map((each) => ({ value: each.kind, label: words[each.kind] ?? each.kind }))} value={kind} onChange={(next) => next && setKind(next)} />
        </div>
      )}
      {fields.map((each) => <Setting key={each.name} of={each} value={settings[each.name] ?? ''} change={(value) => setSettings({ ...settings, [each.name]: value })} />)}
      <fieldset className="group">
        <legend>{t.told}</legend>
        <Level label={t.events.recommendations} value={events.recommendations} change={(value) => tell('recommendations', value)} />
        <Level label={t.events.alert} value={events.alert} change={(value) => tell('alert', value)} />
        <NumberInput label={t.events.score} description={t.scoreHint} suffix=" %" min={1} max={100} allowDecimal={false} value={events.score ? Math.round(Number(events.score) * 100) : ''} onChange={(value) => tell('score', value === '' ? undefined : Number(value) / 100)} />
        <Standards value={(events.compliance as string[]) ?? []} change={(value) => tell('compliance', value.length ? value : undefined)} />
        <Switch label={t.events.coverage} checked={Boolean(events.coverage)} onChange={(event) => tell('coverage', event.currentTarget.checked)} />
      </fieldset>
      <ScopeChoice label={f.scope} description={t.scopeHint} everywhere value={scope} change={setScope} />
      <Switch label={t.enabled} checked={enabled} onChange={(event) => setEnabled(event.currentTarget.checked)} />
    </Dialog>
  )
}

function Setting({ of, value, change }: { of: Schema<'FieldItem'>; value: string; change: (value: string) => void }) {
  const shared = { label: of.title.charAt(0).toUpperCase() + of.title.slice(1), required: of.required && !of.default, placeholder: of.default || undefined }
  if (of.choices.length) return <Select {...shared} data={[...of.choices]} value={value || of.default || null} onChange={(next) => change(next ?? '')} />
  const hidden = of.secret && value === HIDDEN
  const Input = of.secret ? PasswordInput : TextInput
  return (
    <Input
      {...shared}
      autoComplete="off"
      description={of.secret ? (hidden ? t.secretKept : t.secret) : undefined}
      value={value}
      onFocus={() => { if (hidden) change('') }}
      onChange={(event) => change(event.currentTarget.value)}
    />
  )
}

function Level({ label, value, change }: { label: string; value: unknown; change: (value: string | null) => void }) {
  return <Select label={label} clearable placeholder={t.notTold} data={['high', 'medium', 'low'].map((each) => ({ value: each, label: t.from(words[each]!) }))} value={(value as string) ?? null} onChange={change} />
}

function Standards({ value, change }: { value: string[]; change: (value: string[]) => void }) {
  const list = useQuery({ queryKey: ['standards'], queryFn: () => get('/api/v1/standards', { query: { limit: 500 } }) })
  return <MultiSelect label={t.events.compliance} placeholder={value.length ? undefined : t.notTold} searchable data={(list.data?.items ?? []).map((each) => ({ value: each.id, label: `${each.title} ${each.version}` }))} value={value} onChange={change} />
}

const columns = {
  channel: { key: 'channel', title: t.channel, cell: (row: Schema<'LetterItem'>) => row.channel, narrow: true },
  title: { key: 'title', title: t.message, main: true, cell: (row: Schema<'LetterItem'>) => row.title },
  event: { key: 'event', title: t.event, cell: (row: Schema<'LetterItem'>) => t.events[row.event as 'alert'] ?? row.event, wide: true, narrow: true },
  at: { key: 'at', title: t.at, cell: (row: Schema<'LetterItem'>) => <Time at={row.at} />, narrow: true },
  problem: { key: 'problem', title: t.problem, cell: (row: Schema<'LetterItem'>) => row.problem || '–', wide: true },
  attempts: { key: 'attempts', title: t.attempts, cell: (row: Schema<'LetterItem'>) => number(row.attempts), right: true, narrow: true, wide: true },
}

function Deliveries() {
  return (
    <List
      name="deliveries"
      path="/api/v1/deliveries"
      id={(row) => row.id}
      filters={[{ name: 'state', title: f.status, values: ['queued', 'running', 'done', 'failed', 'cancelled'] }]}
      columns={[
        { key: 'state', title: f.status, cell: (row) => <Tag of={row.state === 'queued' || row.state === 'running' ? 'manual' : row.state}>{t.states[row.state] ?? row.state}</Tag>, narrow: true },
        columns.channel, columns.title, columns.event, columns.attempts, columns.problem, columns.at,
      ]}
      empty={{ title: t.noDeliveries, why: t.noDeliveriesWhy }}
    />
  )
}

function Dead() {
  const queries = useQueryClient()
  const sent = useMutation({
    mutationFn: (row: Schema<'LetterItem'>) => post('/api/v1/letters/{id}/send', { path: { id: row.id } }),
    onSuccess: () => { say(t.again); void queries.invalidateQueries() },
    onError: (error) => say(error.message),
  })
  return (
    <List
      name="letters"
      path="/api/v1/letters"
      id={(row) => row.id}
      columns={[
        columns.channel, columns.title, { ...columns.problem, wide: false }, columns.attempts, columns.at,
        { key: 'send', title: '', value: () => '', narrow: true, cell: (row) => <Button size="compact-xs" variant="default" aria-label={`${t.send}: ${row.title}`} onClick={() => sent.mutate(row)}>{t.send}</Button> },
      ]}
      empty={{ title: t.noDead, why: t.noDeadWhy }}
    />
  )
}
