import { useQuery } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { LayoutDashboard } from 'lucide-react'
import { lazy, Suspense } from 'react'

import { get } from '~/api/client'
import { Connect } from '~/components/connect'
import { Figures, Head, HEALTH, Kind, Legend, Panel, Shares, Tag, Time } from '~/components/parts'
import { Ring } from '~/components/ring'
import { Loading, Show, State } from '~/components/states'
import { page } from '~/page'
import { score } from '~/scopes'
import { number, percent, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/')({
  staticData: page({ title: strings.overview.title, nav: { group: 'posture', order: 10, icon: LayoutDashboard, key: 'o' } }),
  component: Overview,
})

const Trend = lazy(() => import('~/components/trend'))
const t = strings.overview
const count = (values: { value: string; count: number }[] | undefined, value?: string) =>
  (values ?? []).filter((each) => value === undefined || each.value === value).reduce((sum, each) => sum + each.count, 0)

function Overview() {
  const found = useQuery(score)
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <Show of={found}>
        {(whole) =>
          whole.scopes === 0 ? (
            <div className="panel">
              <State title={t.empty} action={<Connect />}>{t.emptyWhy}</State>
            </div>
          ) : (
            <>
              <div className="grid">
                <Panel title={t.score} action={<Link to="/score">{t.details}</Link>} span={4}>
                  <div style={{ display: 'flex', gap: 20, alignItems: 'center', flexWrap: 'wrap' }}>
                    <Ring share={whole.percentage} floor={whole.floor} size={112} />
                    <div style={{ flex: 1, minWidth: 130, display: 'grid', gap: 6, fontSize: 13 }}>
                      <span>{strings.score.whole(whole.current.toFixed(1), number(whole.max))}</span>
                      <span>{whole.floor === null ? t.floorNone : t.floor(percent(whole.floor * 100))}</span>
                      {whole.assessed === null ? null : <span>{t.assessed(percent(whole.assessed * 100, 1))}</span>}
                      <span style={{ color: 'var(--dim)' }}>{strings.fields.scanned} <Time at={whole.scanned} /></span>
                    </div>
                  </div>
                </Panel>
                <Panel title={t.trend} span={8}><History /></Panel>
              </div>
              <div className="grid">
                <Panel title={t.inventory} action={<Link to="/inventory">{t.all}</Link>} span={3}><Counts scopes={whole.scopes} /></Panel>
                <Panel title={t.recommendations} action={<Link to="/recommendations">{t.all}</Link>} span={5}><Open /></Panel>
                <Panel title={t.alerts} action={<Link to="/alerts">{t.all}</Link>} span={4}><Alerts /></Panel>
              </div>
              <div className="grid">
                <Panel title={t.compliance} action={<Link to="/compliance">{t.all}</Link>}><Compliance /></Panel>
              </div>
              <div className="grid">
                <Panel title={t.first} action={<Link to="/recommendations">{t.all}</Link>} span={7}><First /></Panel>
                <Panel title={t.environments} action={<Link to="/score" search={{ view: 'scopes' }}>{t.all}</Link>} span={5}><Environments /></Panel>
                <Panel title={t.controls} action={<Link to="/score">{t.all}</Link>} span={7}><Controls of={whole.controls} /></Panel>
                <Panel title={t.holes} action={<Link to="/coverage" search={{ outcome: HOLES }}>{t.all}</Link>} span={5}><Holes /></Panel>
              </div>
            </>
          )
        }
      </Show>
    </>
  )
}

function History() {
  const history = useQuery({ queryKey: ['score', 'history'], queryFn: () => get('/api/v1/score/history') })
  return (
    <Show of={history}>
      {({ points }) =>
        points.length < 2 ? (
          <p style={{ color: 'var(--dim)', margin: '36px 0', fontSize: 13, textAlign: 'center' }}>{t.trendNone}</p>
        ) : (
          <>
            <Suspense fallback={<Loading lines={5} />}>
              <Trend
                lines={[
                  { name: t.trendLine, points: points.map((each) => [each.at, each.percentage]) },
                  { name: t.trendFloor, dashed: true, points: points.map((each) => [each.at, each.floor]) },
                ]}
              />
            </Suspense>
            <details style={{ fontSize: 12 }}>
              <summary>{t.asTable}</summary>
              <table className="rows">
                <thead><tr>{[t.day, t.trendLine, t.trendFloor].map((each) => <th key={each} scope="col"><span>{each}</span></th>)}</tr></thead>
                <tbody>
                  {points.map((each) => (
                    <tr key={each.at}>
                      <td>{each.at.slice(0, 10)}</td>
                      <td>{each.percentage === null ? '–' : percent(each.percentage * 100, 1)}</td>
                      <td>{each.floor === null ? '–' : percent(each.floor * 100, 1)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </details>
          </>
        )
      }
    </Show>
  )
}

function Counts({ scopes }: { scopes: number }) {
  const resources = useQuery({ queryKey: ['resources', 'by provider'], queryFn: () => get('/api/v1/resources/facets', { query: { by: 'provider' } }) })
  return (
    <Show of={resources} lines={2}>
      {({ facets }) => <Figures of={[[t.figures.scopes, scopes], [t.figures.resources, <Link key="r" to="/inventory">{number(count(facets.provider))}</Link>]]} />}
    </Show>
  )
}

function Open() {
  const open = useQuery({ queryKey: ['recommendations', 'by severity'], queryFn: () => get('/api/v1/recommendations/facets', { query: { by: 'severity' } }) })
  const answers = useQuery({ queryKey: ['assessments', 'by status'], queryFn: () => get('/api/v1/assessments/facets', { query: { by: 'status', exempt: false } }) })
  const severity = (value: 'high' | 'medium' | 'low') => (
    <Link to="/recommendations" search={{ severity: value }} style={{ color: `var(--${value})` }}>{number(count(open.data?.facets.severity, value))}</Link>
  )
  return (
    <Show of={answers} lines={2}>
      {({ facets }) => (
        <Figures
          of={[
            [words.high!, severity('high')],
            [words.medium!, severity('medium')],
            [words.low!, severity('low')],
            [t.figures.unknown, <Link key="u" to="/recommendations" search={{ view: 'resources', status: 'unknown' }}>{number(count(facets.status, 'unknown'))}</Link>],
          ]}
        />
      )}
    </Show>
  )
}

const SEVERITIES = ['high', 'medium', 'low', 'informational'] as const

function Alerts() {
  const open = useQuery({
    queryKey: ['alerts', 'by severity'],
    queryFn: () => get('/api/v1/alerts/facets', { query: { by: 'severity', state: ['active', 'in_progress'], sample: false } }),
  })
  return (
    <Show of={open} lines={2}>
      {({ facets }) =>
        count(facets.severity) ? (
          <Figures
            of={SEVERITIES.map((each) => [
              words[each]!,
              <Link key={each} to="/alerts" search={{ severity: each, sample: 'false' }} style={{ color: `var(--${each === 'informational' ? 'dim' : each})` }}>{number(count(facets.severity, each))}</Link>,
            ])}
          />
        ) : <p style={{ margin: 0, color: 'var(--dim)', fontSize: 13 }}>{t.noAlerts}</p>
      }
    </Show>
  )
}

/** The lowest standards: of the controls whose answer is known, how many passed. */
function Compliance() {
  const list = useQuery({ queryKey: ['standards'], queryFn: () => get('/api/v1/standards', { query: { limit: 500 } }) })
  return (
    <Show of={list}>
      {({ items }) => {
        const said = items
          .map((each) => ({ ...each, passed: each.states.passed ?? 0, determined: (each.states.passed ?? 0) + (each.states.failed ?? 0) }))
          .filter((each) => each.scopes && each.determined)
          .sort((a, b) => a.passed / a.determined - b.passed / b.determined)
        return said.length ? (
          <>
          <p className="hint" style={{ margin: '-6px 0 6px' }}>{t.complianceWhy}</p>
          <table className="rows">
            <tbody>
              {said.slice(0, 5).map((each) => (
                <tr key={each.id}>
                  <td><Link to="/compliance/$standard" params={{ standard: each.id }}>{each.title} {each.version}</Link></td>
                  <td className="hide-small" style={{ width: '26%' }}><Shares good={each.passed} bad={each.determined - each.passed} label={t.passed(each.passed, each.determined)} /></td>
                  <td className="right narrow">{t.passed(each.passed, each.determined)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          </>
        ) : <p style={{ margin: 0, color: 'var(--dim)', fontSize: 13 }}>{t.noCompliance}</p>
      }}
    </Show>
  )
}

function First() {
  const list = useQuery({ queryKey: ['recommendations', 'first'], queryFn: () => get('/api/v1/recommendations', { query: { limit: 8 } }) })
  return (
    <Show of={list}>
      {({ items }) => (
        <table className="rows">
          <tbody>
            {items.map((each) => (
              <tr key={each.policy}>
                <td className="narrow"><Tag of={each.severity} /></td>
                <td><Link to="/recommendations/$policy" params={{ policy: each.policy }}>{each.title ?? each.policy}</Link></td>
                <td className="right narrow">{strings.plural(each.unhealthy, 'resource', 'resources')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Show>
  )
}

function Environments() {
  const list = useQuery({ queryKey: ['score', 'scopes'], queryFn: () => get('/api/v1/score/scopes', { query: { limit: 8 } }) })
  return (
    <Show of={list}>
      {({ items }) => (
        <table className="rows">
          <tbody>
            {items.map((each) => (
              <tr key={each.scope}>
                <td><Link to="/recommendations" search={{ scope: each.scope }}>{each.name}</Link><div className="sub">{words[each.provider]} · <Time at={each.scanned} /></div></td>
                <td style={{ width: '45%' }}>
                  {each.percentage === null ? '–' : (
                    <div className="meter">
                      <div style={{ flex: 1 }}><Shares good={each.percentage} bad={1 - each.percentage} label={percent(each.percentage * 100, 1)} /></div>
                      <span style={{ width: 44, textAlign: 'right' }}>{percent(each.percentage * 100)}</span>
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Show>
  )
}

function Controls({ of }: { of: { id: string; title: string; max: number; current: number; healthy: number; unhealthy: number; unknown: number; potential_increase: number }[] }) {
  return (
    <>
    <table className="rows">
      <thead>
        <tr>
          <th scope="col"><span>{strings.fields.control}</span></th>
          <th scope="col" className="hide-small"><span>{strings.fields.resources}</span></th>
          <th scope="col" className="right"><span>{strings.fields.points}</span></th>
          <th scope="col" className="right"><span>{strings.fields.gain}</span></th>
        </tr>
      </thead>
      <tbody>
        {of.filter((each) => each.max).slice(0, 8).map((each) => (
          <tr key={each.id}>
            <td><Link to="/recommendations" search={{ control: each.id }}>{each.title}</Link></td>
            <td className="hide-small" style={{ width: '26%' }}>
              <Shares good={each.healthy} bad={each.unhealthy} maybe={each.unknown} label={`${each.healthy} ${words.healthy}, ${each.unhealthy} ${words.unhealthy}, ${each.unknown} ${words.unknown}`} />
            </td>
            <td className="right narrow">{strings.score.points(each.current.toFixed(1), number(each.max))}</td>
            <td className="right narrow">{strings.score.gain(each.potential_increase)}</td>
          </tr>
        ))}
      </tbody>
    </table>
    <div className="hide-small"><Legend of={HEALTH} /></div>
    </>
  )
}

const HOLES = ['denied', 'failed', 'unsupported']

function Holes() {
  const list = useQuery({ queryKey: ['coverage', 'holes'], queryFn: () => get('/api/v1/coverage', { query: { outcome: HOLES, limit: 6 } }) })
  return (
    <Show of={list}>
      {({ items }) =>
        items.length ? (
          <table className="rows">
            <tbody>
              {items.map((each, at) => (
                <tr key={at}>
                  <td className="narrow"><Tag of={each.outcome} /></td>
                  <td><span className="id">{each.call}</span><div className="sub"><Kind of={each.type} /> · <span style={{ whiteSpace: 'nowrap' }}>{each.region ?? words['']}</span></div></td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : <p style={{ margin: 0, color: 'var(--dim)', fontSize: 13 }}>{t.noHoles}</p>
      }
    </Show>
  )
}
