import { useQuery } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { Radar } from 'lucide-react'

import { get } from '~/api/client'
import type { Schema } from '~/api/types'
import { Days } from '~/components/days'
import { Figures, Head, Kind, Meter, Panel, Tag, Time } from '~/components/parts'
import { Show } from '~/components/states'
import { detections } from '~/detections'
import { page } from '~/page'
import { useMay } from '~/session'
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
        <div className="c7" style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
          <Panel title={t.plans} action={<Link to="/plans">{strings.overview.all}</Link>}><Plans /></Panel>
          <Panel title={t.logs} action={<Link to="/alerts">{strings.overview.all}</Link>}><Logs /></Panel>
        </div>
        <div className="c5" style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
          <Panel title={t.resourceTypes}><Types /></Panel>
          <Panel title={t.types}><Counted by="detection" /></Panel>
          <Panel title={t.tactics}><Counted by="tactic" /></Panel>
        </div>
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
          {items.length ? <Days days={DAYS} of={items.map((each) => ({ at: each.last, severity: each.severity }))} /> : <p style={{ margin: 0, color: 'var(--dim)', fontSize: 13 }}>{t.quiet}</p>}
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

/** What came of which log and how it goes with it; what is looked for in it. */
function Logs() {
  const whole = useMay('read', true)
  const all = useQuery(detections)
  const open = useQuery(facets('source'))
  const health = useQuery({ queryKey: ['intake'], queryFn: () => get('/api/v1/intake'), enabled: whole })
  const alerts = new Map(open.data?.facets.source?.map(({ value, count }) => [value, count]))
  return (
    <Show of={all}>
      {(items) => {
        const logs = new Map<string, number>()
        for (const { log } of items) logs.set(log ?? '', (logs.get(log ?? '') ?? 0) + 1)
        const types = new Set(items.flatMap((each) => each.alert_types))
        const rows = [...logs].sort((a, b) => b[1] - a[1])
        const heard = new Set(health.data?.items.map((each) => each.source))
        return (
          <>
            <p style={{ margin: '0 0 8px', fontSize: 13 }}>{t.looked(items.length, logs.size, types.size)}</p>
            {health.data?.items.length ? <Health of={health.data} alerts={alerts} /> : whole && health.data ? <p className="sub">{t.noLogs}</p> : null}
            {[...alerts].some(([source]) => !heard.has(source)) ? (
              <table className="rows">
                <thead><tr><th scope="col"><span>{strings.alerts.source}</span></th><th scope="col" className="right"><span>{t.openAlerts}</span></th></tr></thead>
                <tbody>
                  {[...alerts].filter(([source]) => !heard.has(source)).map(([value, count]) => (
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

function Health({ of, alerts }: { of: Schema<'Healths'>; alerts: Map<string, number> }) {
  return (
    <>
      {of.batches ? <p className="sub">{t.waiting(of.batches, of.waits)}</p> : null}
      <table className="rows">
        <thead>
          <tr>
            <th scope="col"><span>{strings.alerts.source}</span></th>
            <th scope="col"><span>{t.lastEvent}</span></th>
            <th scope="col" className="right hide-small"><span>{t.received}</span></th>
            <th scope="col" className="right hide-small"><span>{t.lost}</span></th>
            <th scope="col" className="right hide-small"><span>{t.lag}</span></th>
            <th scope="col" className="right"><span>{t.openAlerts}</span></th>
          </tr>
        </thead>
        <tbody>
          {of.items.map((each) => (
            <tr key={`${each.source} ${each.way}`}>
              <td><Link to="/alerts" search={{ source: each.source }}>{each.source}</Link><div className="sub">{each.way === 'files' ? t.fromFiles : each.way}</div></td>
              <td className="narrow"><Time at={each.last} />{each.silent ? <> <Tag of="unknown">{t.silent}</Tag></> : null}</td>
              <td className="right narrow hide-small">{number(each.events)}</td>
              <td className="right narrow hide-small">{each.unparsed + each.rejected ? <Tag of="medium">{t.lostOf(each.unparsed, each.rejected)}</Tag> : '0'}</td>
              <td className="right narrow hide-small">{t.seconds(each.lag)}</td>
              <td className="right narrow">{number(alerts.get(each.source) ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

const cover = { queryKey: ['protection'], queryFn: () => get('/api/v1/protection') }
type Alerts = Schema<'PlanCover'>['alerts']

function Bad({ of }: { of: Alerts }) {
  const found = SEVERITIES.filter((each) => of[each])
  return found.length ? <span className="tags">{found.map((each) => <Tag key={each} of={each === 'informational' ? 'idle' : each}>{number(of[each]!)}<span className="unseen"> {words[each]}</span></Tag>)}</span> : <>–</>
}

/** What each plan covers of the resources that it could, and what is open of its logs. */
function Plans() {
  const list = useQuery(cover)
  return (
    <Show of={list}>
      {({ plans }) => (
        <table className="rows">
          <thead><tr><th scope="col"><span>{strings.plans.plan}</span></th><th scope="col"><span>{t.covered}</span></th><th scope="col" className="right"><span>{t.openAlerts}</span></th></tr></thead>
          <tbody>
            {plans.map((each) => (
              <tr key={each.id}>
                <td>{each.title}{each.types.slice(0, 2).map((type) => <div key={type.type} className="sub hide-small">{number(type.resources)} × <Kind of={short(type.type)} /></div>)}</td>
                <td style={{ width: '34%' }}>{each.resources ? <Meter share={each.covered / each.resources}>{t.coveredOf(each.covered, each.resources)}</Meter> : <span className="sub">{t.nothing}</span>}</td>
                <td className="right narrow">{each.logs.length && total(each.alerts) ? <Link to="/alerts" search={{ source: [...each.logs] }}><Bad of={each.alerts} /></Link> : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Show>
  )
}

const total = (of: Alerts) => Object.values(of).reduce((sum, each) => sum + each, 0)
/** `AWS::S3::Bucket` in a word: the last two parts. */
const short = (type: string) => type.split(/::|\//).slice(-2).join(' ')

/** Of which type the things are that open alerts are about. */
function Types() {
  const list = useQuery(cover)
  return (
    <Show of={list}>
      {({ types, plans }) => {
        const covers = new Map(plans.flatMap((plan) => plan.types.map((each) => [each.type, each] as const)))
        return types.length ? (
          <table className="rows">
            <thead><tr><th scope="col"><span>{f.type}</span></th><th scope="col" className="right hide-small"><span>{f.resources}</span></th><th scope="col" className="right"><span>{t.openAlerts}</span></th></tr></thead>
            <tbody>
              {types.slice(0, 12).map(({ type, alerts }) => (
                <tr key={type ?? ''}>
                  <td>{type ? <Link to="/inventory" search={{ type }}><Kind of={type} /></Link> : <span className="sub">{t.elsewhere}</span>}</td>
                  <td className="right narrow hide-small">{type && covers.has(type) ? number(covers.get(type)!.resources) : '–'}</td>
                  <td className="right narrow"><Bad of={alerts} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : <p style={{ margin: 0, color: 'var(--dim)', fontSize: 13 }}>{strings.overview.noAlerts}</p>
      }}
    </Show>
  )
}
