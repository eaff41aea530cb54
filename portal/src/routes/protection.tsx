import { useQuery } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { Radar } from 'lucide-react'

import { get } from '~/api/client'
import { every } from '~/api/lists'
import type { Schema } from '~/api/types'
import { Days } from '~/components/days'
import { Figures, Head, Panel, Tag } from '~/components/parts'
import { Show } from '~/components/states'
import { page } from '~/page'
import { useScopeNames } from '~/scopes'
import { number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/protection')({
  staticData: page({ title: strings.protection.title, nav: { group: 'threats', order: 1, icon: Radar, key: 'w' } }),
  component: Protection,
})

const t = strings.protection
const f = strings.fields
const SEVERITIES = ['high', 'medium', 'low', 'informational'] as const
const OPEN = ['active', 'in_progress']
const DAYS = 30
const MOST = 500

function Protection() {
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <div className="grid">
        <Panel title={t.open} action={<Link to="/alerts">{strings.overview.all}</Link>} span={4}><Open /></Panel>
        <Panel title={t.days(DAYS)} span={8}><Lately /></Panel>
      </div>
      <div className="grid">
        <Panel title={t.logs} action={<Link to="/alerts">{strings.overview.all}</Link>} span={6}><Logs /></Panel>
        <Panel title={t.types} span={6}><Counted by="detection" /></Panel>
        <Panel title={t.plans} action={<Link to="/plans">{strings.overview.all}</Link>} span={6}><Plans /></Panel>
        <Panel title={t.tactics} span={6}><Counted by="tactic" /></Panel>
      </div>
    </>
  )
}

const facets = (by: 'severity' | 'source' | 'tactic' | 'detection') => ({
  queryKey: ['alerts', 'open', by],
  queryFn: () => get('/api/v1/alerts/facets', { query: { by, state: OPEN, sample: false } }),
})

function Open() {
  const open = useQuery(facets('severity'))
  return (
    <Show of={open} lines={2}>
      {({ facets }) => (
        <Figures
          of={SEVERITIES.map((each) => [
            words[each]!,
            <Link key={each} to="/alerts" search={{ severity: each, sample: 'false' }} style={{ color: `var(--${each === 'informational' ? 'dim' : each})` }}>
              {number(facets.severity?.find((one) => one.value === each)?.count ?? 0)}
            </Link>,
          ])}
        />
      )}
    </Show>
  )
}

/** The alerts of the last days, whatever became of them. */
function Lately() {
  const list = useQuery({
    queryKey: ['alerts', 'lately'],
    queryFn: () => get('/api/v1/alerts', { query: { since: new Date(Date.now() - DAYS * 86_400_000).toISOString(), sample: false, limit: MOST } }),
  })
  return (
    <Show of={list} lines={5}>
      {({ items, total }) => (
        <>
          <Days days={DAYS} of={items.map((each) => ({ at: each.last, severity: each.severity }))} />
          {(total ?? 0) > items.length ? <p className="sub" style={{ margin: '4px 0 0' }}>{t.most(items.length, total ?? 0)}</p> : null}
        </>
      )}
    </Show>
  )
}

function Counted({ by }: { by: 'tactic' | 'detection' }) {
  const open = useQuery(facets(by))
  const titles = useQuery({ ...detections, enabled: by === 'detection' })
  return (
    <Show of={open}>
      {({ facets }) => {
        const found = facets[by] ?? []
        const most = Math.max(1, ...found.map((each) => each.count))
        return found.length ? (
          <table className="rows">
            <tbody>
              {found.slice(0, 8).map(({ value, count }) => (
                <tr key={value}>
                  <td><Link to="/alerts" search={{ [by]: value }}>{titles.data?.find((each) => each.id === value)?.title ?? words[value] ?? value}</Link></td>
                  <td style={{ width: '30%' }}><div className="meter"><div className="track" aria-hidden><i className="bad" style={{ width: `${(100 * count) / most}%` }} /></div></div></td>
                  <td className="right narrow">{number(count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : <p style={{ margin: 0, color: 'var(--dim)', fontSize: 13 }}>{strings.overview.noAlerts}</p>
      }}
    </Show>
  )
}

const detections = {
  queryKey: ['detections'],
  staleTime: Infinity,
  queryFn: async () => {
    const found: Schema<'DetectionItem'>[] = []
    for await (const each of every('/api/v1/detections', {})) found.push(each)
    return found
  },
}

/** What is looked for in which log, and what was found there. */
function Logs() {
  const all = useQuery(detections)
  const open = useQuery(facets('source'))
  return (
    <Show of={all}>
      {(items) => {
        const logs = new Map<string, number>()
        for (const { log } of items) logs.set(log ?? '', (logs.get(log ?? '') ?? 0) + 1)
        const types = new Set(items.flatMap((each) => each.alert_types))
        const rows = [...logs].sort((a, b) => b[1] - a[1])
        return (
          <>
            <p style={{ margin: '0 0 8px', fontSize: 13 }}>{t.looked(items.length, logs.size, types.size)}</p>
            {open.data?.facets.source?.length ? (
              <table className="rows">
                <thead><tr><th scope="col"><span>{strings.alerts.source}</span></th><th scope="col" className="right"><span>{t.openAlerts}</span></th></tr></thead>
                <tbody>
                  {open.data.facets.source.map(({ value, count }) => (
                    <tr key={value}><td><Link to="/alerts" search={{ source: value }}>{value}</Link></td><td className="right narrow">{number(count)}</td></tr>
                  ))}
                </tbody>
              </table>
            ) : null}
            <details style={{ fontSize: 13, marginTop: 8 }}>
              <summary>{t.byLog}</summary>
              <table className="rows">
                <thead><tr><th scope="col"><span>{strings.alerts.source}</span></th><th scope="col" className="right"><span>{t.detections}</span></th></tr></thead>
                <tbody>{rows.map(([log, count]) => <tr key={log}><td>{log || t.several}</td><td className="right narrow">{number(count)}</td></tr>)}</tbody>
              </table>
            </details>
          </>
        )
      }}
    </Show>
  )
}

function Plans() {
  const name = useScopeNames()
  const list = useQuery({ queryKey: ['plans', ''], queryFn: () => get('/api/v1/plans', { query: { limit: 500 } }) })
  return (
    <Show of={list}>
      {({ items }) => (
        <table className="rows">
          <thead><tr><th scope="col"><span>{strings.plans.plan}</span></th><th scope="col" className="hide-small"><span>{strings.plans.below}</span></th><th scope="col"><span>{f.status}</span></th></tr></thead>
          <tbody>
            {items.map((each) => (
              <tr key={each.id}>
                <td>{each.title}</td>
                <td className="hide-small sub">{each.switches.filter((one) => one.scope).map((one) => `${name(one.scope!)}: ${one.enabled ? strings.plans.on : strings.plans.off}`).join(', ') || '–'}</td>
                <td className="narrow"><Tag of={each.enabled ? 'ok' : 'idle'}>{each.enabled ? strings.plans.on : strings.plans.off}</Tag></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Show>
  )
}
