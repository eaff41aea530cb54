import { Tabs, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { useState } from 'react'

import { get } from '~/api/client'
import type { Schema } from '~/api/types'
import { Assessments } from '~/components/assessments'
import { Document } from '~/components/document'
import { Cause, causes } from '~/components/explanation'
import { List } from '~/components/list'
import { Copy, Facts, Head, Panel, Tag, Time } from '~/components/parts'
import { Show, State } from '~/components/states'
import { Standing } from '~/components/triage'
import { page } from '~/page'
import { anything, one, type Search } from '~/query'
import { useScopeNames } from '~/scopes'
import { number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/inventory/$uid')({
  staticData: page({ title: strings.inventory.title }),
  validateSearch: anything,
  component: Resource,
})

const t = strings.inventory
const f = strings.fields

function Resource() {
  const { uid } = Route.useParams()
  const tab = one(Route.useSearch().tab) ?? 'recommendations'
  const navigate = Route.useNavigate()
  const scope = useScopeNames()
  const found = useQuery({ queryKey: ['resource', uid], queryFn: () => get('/api/v1/resources/{uid}', { path: { uid } }) })
  return (
    <Show of={found}>
      {(row) => (
        <>
          <Head title={row.name || row.id}>{row.type}</Head>
          {row.read ? null : <div className="note" role="note">{t.noDocument}</div>}
          <div className="grid">
            <Panel>
              <Facts
                of={[
                  [f.id, <span key="i" className="id" style={{ display: 'inline-flex', alignItems: 'center', gap: 4 }}>{row.id}<Copy text={row.id} /></span>],
                  [f.scope, `${scope(row.scope)}${scope(row.scope) === row.scope ? '' : ` (${row.scope})`}`],
                  [f.provider, words[row.provider]],
                  [f.region, row.region ?? strings.global],
                  [f.findings, <Found key="f" of={row.findings} />],
                  ...(Object.keys(row.tags).length ? [[f.tags, Object.entries(row.tags).map(([key, value]) => <Tag key={key} of="idle" plain>{`${key}=${value}`}</Tag>)] as [string, React.ReactNode]] : []),
                  ...(row.source ? [[f.source, `${row.source.file}:${row.source.line}`] as [string, string]] : []),
                  [f.snapshot, <span key="s" className="id">{row.snapshot}</span>],
                ]}
              />
            </Panel>
          </div>
          <Tabs value={tab} onChange={(next) => void navigate({ search: (before: Search) => ({ tab: next === 'recommendations' ? undefined : next ?? undefined, status: before.status }), resetScroll: false })} keepMounted={false}>
            <Tabs.List mb="sm">
              <Tabs.Tab value="recommendations">{t.recommendations}</Tabs.Tab>
              <Tabs.Tab value="alerts">{strings.alerts.ofResource}</Tabs.Tab>
              <Tabs.Tab value="document">{t.document}</Tabs.Tab>
              <Tabs.Tab value="history">{t.history}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="recommendations"><Assessments name="of-resource" uid={uid} /></Tabs.Panel>
            <Tabs.Panel value="alerts"><Alerts uid={uid} /></Tabs.Panel>
            <Tabs.Panel value="document"><Whole of={row} /></Tabs.Panel>
            <Tabs.Panel value="history"><History uid={uid} /></Tabs.Panel>
          </Tabs>
        </>
      )}
    </Show>
  )
}

function Alerts({ uid }: { uid: string }) {
  const a = strings.alerts
  return (
    <List
      name="alerts-of-resource"
      path="/api/v1/alerts"
      facets="/api/v1/alerts/facets"
      fixed={{ resource: uid }}
      id={(row) => row.id}
      link={(row) => ({ to: '/alerts/$alert', params: { alert: row.id } })}
      filters={[{ name: 'severity', title: f.severity }, { name: 'state', title: a.state }]}
      columns={[
        { key: 'severity', title: f.severity, cell: (row) => <Tag of={row.severity} />, narrow: true },
        { key: 'title', title: a.alert, cell: (row) => row.title, main: true },
        { key: 'state', title: a.state, cell: (row) => <Standing of={row.state} />, narrow: true },
        { key: 'principal', title: a.principal, cell: (row) => <span className="id">{row.principal ?? '–'}</span>, wide: true },
        { key: 'count', title: a.events, cell: (row) => number(row.count), right: true, narrow: true, wide: true },
        { key: 'last', title: a.last, cell: (row) => <Time at={row.last} />, narrow: true, wide: true },
      ]}
      empty={{ title: a.noneOfResource }}
    />
  )
}

const SEVERITIES = ['high', 'medium', 'low'] as const

function Found({ of }: { of: Schema<'ResourceDetail'>['findings'] }) {
  const some = SEVERITIES.filter((each) => of[each])
  return some.length ? <span className="tags">{some.map((each) => <Tag key={each} of={each}>{`${number(of[each])} ${words[each]}`}</Tag>)}</span> : <>–</>
}

function Whole({ of }: { of: Schema<'ResourceDetail'> }) {
  const [find, set] = useState('')
  const unread = Object.entries(of.unread)
  return (
    <div style={{ display: 'grid', gap: 12 }}>
      {unread.length ? (
        <Panel title={t.unreadPaths}>
          <Facts of={unread.map(([path, cause]) => [path, <Cause key={path} of={cause} />])} />
        </Panel>
      ) : null}
      {of.properties ? (
        <>
          <div className="tools" style={{ margin: 0 }}>
            <TextInput className="grow" size="xs" data-search type="search" aria-label={t.findPath} placeholder={t.findPath} value={find} onChange={(event) => set(event.currentTarget.value)} />
            <div className="end"><Copy text={JSON.stringify(of.properties, null, 2)} /></div>
          </div>
          <Document value={of.properties} unread={causes(of.unread)} find={find} />
        </>
      ) : null}
    </div>
  )
}

const text = (value: unknown) => (value === null || value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value))

function History({ uid }: { uid: string }) {
  const list = useQuery({ queryKey: ['resource', uid, 'history'], queryFn: () => get('/api/v1/resources/{uid}/history', { path: { uid }, query: { limit: 100 } }) })
  return (
    <Show of={list}>
      {({ items }) =>
        items.length ? (
          <div style={{ display: 'grid', gap: 10 }}>
            {items.map((step) => (
              <Panel key={step.new} title={<Time at={step.at} />} action={<Tag of={step.kind ?? 'idle'}>{step.recreated ? t.recreated : t.changes[step.kind ?? 'none']}</Tag>}>
                {step.paths.length ? (
                  <div className="scroll" tabIndex={0} role="region" aria-label={t.history}>
                    <table className="rows">
                      <thead><tr>{[t.path, strings.audit.before, strings.audit.after].map((each) => <th key={each} scope="col"><span>{each}</span></th>)}</tr></thead>
                      <tbody>
                        {step.paths.map((each) => (
                          <tr key={each.path}><td className="id">{each.path}</td><td className="id was">{text(each.before)}</td><td className="id is">{text(each.after)}</td></tr>
                        ))}
                      </tbody>
                    </table>
                  </div>
                ) : null}
                {step.unread.length ? <p style={{ margin: '6px 0 0', fontSize: 13 }}>{t.notCompared} <span className="id">{step.unread.join(', ')}</span></p> : null}
                <p className="id" style={{ margin: '6px 0 0', color: 'var(--dim)' }}>{step.old} → {step.new}</p>
              </Panel>
            ))}
          </div>
        ) : <State title={t.noHistory}>{t.noHistoryWhy}</State>
      }
    </Show>
  )
}
