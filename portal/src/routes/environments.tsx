import { Button, Menu, Modal, Stepper, Switch, TagsInput, Tabs, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { Cloud, EllipsisVertical } from 'lucide-react'
import { useState } from 'react'

import { get, post, remove } from '~/api/client'
import type { Schema } from '~/api/types'
import { Dialog } from '~/components/dialog'
import { Scheduled } from '~/components/schedule'
import { List } from '~/components/list'
import { Code, Facts, Head, Panel, Tag, Time } from '~/components/parts'
import { Show, State } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything, one } from '~/query'
import { scopes, useScopeNames } from '~/scopes'
import { useMay } from '~/session'
import { number, percent, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/environments')({
  staticData: page({ title: strings.environments.title, nav: { group: 'manage', order: 20, icon: Cloud, key: 'e' } }),
  validateSearch: anything,
  component: Environments,
})

const t = strings.environments
const f = strings.fields

function Environments() {
  const may = useMay('connect', true)
  const tab = one(Route.useSearch().tab) ?? (may ? 'connectors' : 'scopes')
  const navigate = Route.useNavigate()
  const [adding, add] = useState(false)
  return (
    <>
      <Head
        title={t.title}
        actions={
          <>
            <Button component={Link} variant="default" to="/coverage">{strings.coverage.title}</Button>
            {may && tab === 'connectors' ? <Button onClick={() => add(true)}>{t.connect}</Button> : null}
          </>
        }
      >
        {t.lead}
      </Head>
      <Tabs value={tab} onChange={(next) => void navigate({ search: { tab: next ?? undefined } })} keepMounted={false}>
        <Tabs.List mb="sm">
          {may ? <Tabs.Tab value="connectors">{t.connectors}</Tabs.Tab> : null}
          <Tabs.Tab value="scopes">{t.scopes}</Tabs.Tab>
          <Tabs.Tab value="scans">{t.scans}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="connectors"><Connectors adding={adding} add={add} /></Tabs.Panel>
        <Tabs.Panel value="scopes"><Scopes /></Tabs.Panel>
        <Tabs.Panel value="scans"><Scans /></Tabs.Panel>
      </Tabs>
    </>
  )
}

function Connectors({ adding, add }: { adding: boolean; add: (on: boolean) => void }) {
  const list = useQuery({ queryKey: ['connectors'], queryFn: () => get('/api/v1/connectors', { query: { limit: 500 } }) })
  const [setting, set] = useState<string | null>(null)
  return (
    <Show of={list}>
      {({ items }) => (
        <>
          {items.length ? (
            <div className="grid">{items.map((each) => <One key={each.name} of={each} setUp={() => set(each.name)} />)}</div>
          ) : (
            <div className="panel"><State title={t.none} action={<Button onClick={() => add(true)}>{t.connect}</Button>}>{t.noneWhy}</State></div>
          )}
          {adding ? <Add close={() => add(false)} made={(name) => { add(false); set(name) }} /> : null}
          {setting ? <SetUp name={setting} close={() => set(null)} /> : null}
        </>
      )}
    </Show>
  )
}

function One({ of, setUp }: { of: Schema<'ConnectorItem'>; setUp: () => void }) {
  const mayScan = useMay('fix', true)
  const queries = useQueryClient()
  const detail = useQuery({ queryKey: ['connectors', of.name], queryFn: () => get('/api/v1/connectors/{name}', { path: { name: of.name } }) })
  const accounts = detail.data?.accounts ?? []
  const shut = accounts.filter((each) => !each.read)
  const dropped = useMutation({ mutationFn: () => remove('/api/v1/connectors/{name}', { path: { name: of.name } }), onSuccess: () => { say(t.removed); void queries.invalidateQueries({ queryKey: ['connectors'] }) }, onError: (error) => say(error.message) })
  return (
    <Panel
      span={6}
      title={of.name}
      action={
        <span style={{ display: 'flex', gap: 6 }}>
          {mayScan ? <Scan connector={of.name} /> : null}
          <Menu position="bottom-end">
            <Menu.Target><Button size="compact-xs" variant="subtle" aria-label={t.more(of.name)}><EllipsisVertical size={14} /></Button></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={setUp}>{t.setUp}</Menu.Item>
              {of.source ? null : <Menu.Item color="red" onClick={() => dropped.mutate()}>{strings.remove}</Menu.Item>}
            </Menu.Dropdown>
          </Menu>
        </span>
      }
    >
      <Facts
        of={[
          [f.provider, words[of.provider]],
          [t.reads, of.organization ? t.organization : of.accounts.join(', ') || t.own],
          [t.role, <span key="r" className="id">{of.role}</span>],
          [f.region, of.regions.join(', ') || t.allRegions],
          [f.scanned, <Time key="t" at={of.scanned} />],
          [t.schedule, <Scheduled key="w" connector={of.name} />],
          ...(accounts.length ? [[t.accounts, <>{t.read(accounts.length - shut.length)}{shut.map((each) => <div key={each.account}><Tag of="denied">{each.name || each.account}</Tag> <span className="sub">{each.cause}</span></div>)}</>] as [string, React.ReactNode]] : []),
          ...(of.source ? [[f.source, of.source] as [string, string]] : []),
        ]}
      />
    </Panel>
  )
}

/** Starts a scan, and follows it. */
function Scan({ connector }: { connector: string }) {
  const queries = useQueryClient()
  const [job, follow] = useState<string | null>(null)
  const begun = useMutation({ mutationFn: () => post('/api/v1/scans', { body: { connector } }), onSuccess: ({ id }) => { say(t.begun(connector)); follow(id) }, onError: (error) => say(error.message) })
  const state = useQuery({
    queryKey: ['jobs', job],
    enabled: job !== null,
    refetchInterval: 2000,
    queryFn: async () => {
      const found = await get('/api/v1/jobs/{id}', { path: { id: job! } })
      if (found.ended) {
        follow(null)
        say(found.problem ?? t.ended(connector))
        void queries.invalidateQueries()
      }
      return found
    },
  })
  const progress = job && state.data?.progress ? (state.data.progress as { parts?: number; done?: number }) : null
  return (
    <Button size="compact-xs" variant="default" loading={begun.isPending} disabled={job !== null} onClick={() => begun.mutate()}>
      {job ? (progress?.parts ? t.progress(progress.done ?? 0, progress.parts) : t.waiting) : t.scan}
    </Button>
  )
}

function Add({ close, made }: { close: () => void; made: (name: string) => void }) {
  const queries = useQueryClient()
  const [form, set] = useState({ name: '', role: 'cloudward', organization: false, accounts: [] as string[], regions: [] as string[] })
  const put = (next: Partial<typeof form>) => set({ ...form, ...next })
  const added = useMutation({
    mutationFn: () => post('/api/v1/connectors', { body: { ...form, name: form.name.trim(), provider: 'aws', web_identity_token_file: '', web_identity_role: '' } }),
    onSuccess: ({ name }) => { void queries.invalidateQueries({ queryKey: ['connectors'] }); made(name) },
  })
  return (
    <Dialog title={t.connect} size="lg" close={close} submit={() => added.mutate()} error={added.error} busy={added.isPending} label={t.next} ready={Boolean(form.name.trim() && form.role.trim() && (form.organization || form.accounts.length))}>
      <p style={{ margin: 0, fontSize: 13 }}>{t.reading}</p>
      <TextInput label={f.name} description={t.nameHint} required value={form.name} onChange={(event) => put({ name: event.currentTarget.value })} />
      <Switch label={t.organization} description={t.organizationHint} checked={form.organization} onChange={(event) => put({ organization: event.currentTarget.checked })} />
      {form.organization ? null : <TagsInput label={t.accounts} description={t.accountsHint} value={form.accounts} onChange={(accounts) => put({ accounts })} />}
      <TextInput label={t.role} description={t.roleHint} required value={form.role} onChange={(event) => put({ role: event.currentTarget.value })} />
      <TagsInput label={f.region} description={t.regionsHint} value={form.regions} onChange={(regions) => put({ regions })} />
    </Dialog>
  )
}

type Form = keyof typeof t.forms

function SetUp({ name, close }: { name: string; close: () => void }) {
  const [step, go] = useState(0)
  const [principal, setPrincipal] = useState('')
  const [form, setForm] = useState<Form>('cloudformation')
  const text = useQuery({
    queryKey: ['connectors', name, 'setup', form, principal],
    queryFn: () => get('/api/v1/connectors/{name}/setup', { path: { name }, query: { form, principal } }),
    enabled: step === 1,
    retry: false,
  })
  const needed = useQuery({ queryKey: ['connectors', 'permissions'], queryFn: () => get('/api/v1/connectors/permissions'), enabled: step === 1 })
  return (
    <Modal opened onClose={close} size="xl" title={t.setUpTitle(name)} closeButtonProps={{ 'aria-label': strings.done.close }}>
      <Stepper active={step} onStepClick={go} size="xs" mb="md">
        <Stepper.Step label={t.whoScans} />
        <Stepper.Step label={t.makeRole} />
        <Stepper.Step label={t.firstScan} />
      </Stepper>
      {step === 0 ? (
        <div style={{ display: 'grid', gap: 12 }}>
          <TextInput label={t.principal} description={t.principalHint} placeholder="arn:aws:iam::111122223333:user/cloudward" value={principal} onChange={(event) => setPrincipal(event.currentTarget.value)} />
          <div style={{ textAlign: 'right' }}><Button disabled={!principal.trim()} onClick={() => go(1)}>{t.next}</Button></div>
        </div>
      ) : step === 1 ? (
        <div style={{ display: 'grid', gap: 12 }}>
          <Tabs value={form} onChange={(next) => setForm(next as Form)}>
            <Tabs.List>{(['cloudformation', 'terraform', 'stackset', 'principal'] as const).map((each) => <Tabs.Tab key={each} value={each}>{t.forms[each]}</Tabs.Tab>)}</Tabs.List>
          </Tabs>
          <p style={{ margin: 0, fontSize: 13 }}>{t.formsWhy[form]}</p>
          <Show of={text}>{(found) => <div style={{ maxHeight: 340, overflow: 'auto' }}><Code>{found.text}</Code></div>}</Show>
          <details style={{ fontSize: 13 }}>
            <summary>{t.permissions(needed.data?.actions.length ?? 0)}</summary>
            <pre className="doc" tabIndex={0} style={{ maxHeight: 200 }}>{needed.data?.actions.join('\n')}</pre>
          </details>
          <div style={{ textAlign: 'right' }}><Button onClick={() => go(2)}>{t.roleMade}</Button></div>
        </div>
      ) : (
        <div style={{ display: 'grid', gap: 12 }}>
          <p style={{ margin: 0, fontSize: 13 }}>{t.firstScanWhy}</p>
          <div style={{ display: 'flex', gap: 8 }}><Scan connector={name} /><Button size="compact-xs" variant="subtle" onClick={close}>{strings.done.close}</Button></div>
        </div>
      )}
    </Modal>
  )
}

function Scopes() {
  const scope = useScopeNames()
  const share = (value: number | null) => (value === null ? '–' : percent(value * 100))
  return (
    <List
      name="scopes"
      path="/api/v1/scopes"
      search={strings.score.search}
      id={(row) => row.id}
      link={(row) => ({ to: '/recommendations', search: { scope: row.id } })}
      filters={[{ name: 'provider', title: f.provider, values: ['aws', 'azure', 'gcp', 'kubernetes'] }]}
      columns={[
        { key: 'name', title: f.name, main: true, cell: (row) => row.name },
        { key: 'id', title: f.id, cell: (row) => (row.name === row.id ? '–' : <span className="id">{row.id}</span>), value: (row) => row.id, wide: true },
        { key: 'kind', title: f.kind, cell: (row) => words[row.kind] ?? row.kind, narrow: true },
        { key: 'provider', title: f.provider, cell: (row) => words[row.provider], narrow: true, wide: true },
        { key: 'parent', title: t.below, cell: (row) => (row.parent ? scope(row.parent) : '–'), wide: true },
        { key: 'resources', title: f.resources, cell: (row) => number(row.resources), right: true, narrow: true },
        { key: 'percentage', title: f.score, cell: (row) => share(row.percentage), right: true, narrow: true },
        { key: 'floor', title: f.floor, cell: (row) => share(row.floor), right: true, narrow: true, extra: true },
        { key: 'scanned', title: f.scanned, cell: (row) => <Time at={row.scanned} />, narrow: true },
      ]}
      empty={{ title: strings.overview.empty, why: strings.overview.emptyWhy }}
    />
  )
}

function Scans() {
  const scope = useScopeNames()
  const known = useQuery(scopes)
  /** A file may hold scopes of several providers. */
  const provider = (row: Schema<'ScanItem'>) => {
    const found = new Set(known.data?.filter((each) => row.scopes.includes(each.id)).map((each) => words[each.provider]))
    return found.size ? [...found].join(', ') : words[row.provider]
  }
  return (
    <List
      name="scans"
      path="/api/v1/scans"
      id={(row) => row.id}
      filters={[{ name: 'state', title: f.status, values: ['running', 'finished', 'abandoned'] }]}
      columns={[
        { key: 'id', title: f.id, main: true, cell: (row) => <span className="id">{row.id}</span> },
        { key: 'connector', title: t.connector, cell: (row) => row.connector },
        { key: 'provider', title: f.provider, cell: provider, value: provider, narrow: true, wide: true },
        { key: 'state', title: f.status, cell: (row) => <Tag of={row.state === 'finished' ? 'done' : row.state === 'running' ? 'manual' : 'failed'}>{words[row.state]}</Tag>, narrow: true },
        { key: 'done', title: t.parts, cell: (row) => t.progress(row.done, row.units), right: true, narrow: true, wide: true },
        { key: 'scopes', title: f.scope, cell: (row) => row.scopes.map(scope).join(', ') || '–', wide: true },
        { key: 'started', title: t.started, cell: (row) => <Time at={row.started} />, narrow: true },
        { key: 'ended', title: t.endedAt, cell: (row) => <Time at={row.ended} />, narrow: true, wide: true },
      ]}
      empty={{ title: strings.overview.empty, why: strings.overview.emptyWhy }}
    />
  )
}
