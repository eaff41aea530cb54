import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { Gauge } from 'lucide-react'

import { get } from '~/api/client'
import type { Schema } from '~/api/types'
import { Connect } from '~/components/connect'
import { List } from '~/components/list'
import { Head, Kind, Panel, Shares, Time } from '~/components/parts'
import { Ring } from '~/components/ring'
import { Show, State } from '~/components/states'
import { page } from '~/page'
import { anything, one } from '~/query'
import { score } from '~/scopes'
import { number, percent, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/score')({
  staticData: page({ title: strings.score.title, nav: { group: 'posture', order: 50, icon: Gauge, key: 's' } }),
  validateSearch: anything,
  component: Score,
})

const t = strings.score
const f = strings.fields

function Score() {
  const search = Route.useSearch()
  const view = one(search.view) ?? 'controls'
  const navigate = Route.useNavigate()
  const found = useQuery(score)
  return (
    <>
      <Head
        title={t.title}
        actions={
          <SegmentedControl
            size="xs"
            value={view}
            onChange={(next) => void navigate({ search: { view: next === 'controls' ? undefined : next } })}
            data={[{ value: 'controls', label: t.byControl }, { value: 'scopes', label: t.byScope }]}
          />
        }
      >
        {t.lead}
      </Head>
      {view === 'scopes' ? <Scopes /> : <Show of={found}>{(whole) => (whole.scopes ? <Controls of={whole} /> : <div className="panel"><State title={strings.overview.empty} action={<Connect />}>{strings.overview.emptyWhy}</State></div>)}</Show>}
    </>
  )
}

function Controls({ of }: { of: Schema<'Whole'> }) {
  const gains = useQuery({ queryKey: ['recommendations', 'gains'], queryFn: () => get('/api/v1/recommendations', { query: { sort: '-gain', limit: 4 } }) })
  return (
    <>
      <div className="grid">
        <Panel span={4}>
          <div style={{ display: 'flex', gap: 20, alignItems: 'center' }}>
            <Ring share={of.percentage} floor={of.floor} size={112} />
            <div style={{ display: 'grid', gap: 6, fontSize: 13 }}>
              <strong>{t.whole(of.current.toFixed(2), number(of.max))}</strong>
              <span>{of.floor === null ? strings.overview.floorNone : strings.overview.floor(percent(of.floor * 100))}</span>
              {of.assessed === null ? null : <span>{strings.overview.assessed(percent(of.assessed * 100, 1))}</span>}
            </div>
          </div>
        </Panel>
        <Panel title={t.gains} span={8}>
          <Show of={gains} lines={4}>{({ items }) => <table className="rows">
            <tbody>
              {items.filter((each) => each.gain).map((each) => (
                <tr key={each.policy}>
                  <td><Link to="/recommendations/$policy" params={{ policy: each.policy }}>{each.title ?? each.policy}</Link></td>
                  <td className="right narrow">{strings.plural(each.unhealthy, 'resource', 'resources')}</td>
                  <td className="right narrow">{t.gain(each.gain)}</td>
                </tr>
              ))}
            </tbody>
          </table>}</Show>
        </Panel>
      </div>
      <div className="list">
        <div className="scroll" tabIndex={0} role="region" aria-label={t.byControl}>
          <table className="rows">
            <thead>
              <tr>
                <th scope="col"><span>{f.control}</span></th>
                <th scope="col" className="right"><span>{f.points}</span></th>
                <th scope="col" className="right"><span>{f.gain}</span></th>
                <th scope="col" className="hide-small"><span>{f.resources}</span></th>
                <th scope="col" className="right hide-small"><span>{f.unhealthy}</span></th>
                <th scope="col" className="right hide-small"><span>{f.unknown}</span></th>
                <th scope="col" className="right hide-small"><span>{f.floor}</span></th>
              </tr>
            </thead>
            <tbody>
              {of.controls.map((each) => (
                <tr key={each.id}>
                  <td className="main">
                    <Link to="/recommendations" search={{ control: each.id }}>{each.title}</Link>
                    {each.unread.length ? <details className="sub"><summary title={t.unread}>{t.unreadTypes(each.unread.length)}</summary>{each.unread.map((type) => <div key={type}><Kind of={type} /></div>)}</details> : null}
                  </td>
                  <td className="right narrow">{each.max ? t.points(each.current.toFixed(2), number(each.max)) : t.notScored}</td>
                  <td className="right narrow">{each.max ? t.gain(each.potential_increase) : '–'}</td>
                  <td className="hide-small" style={{ minWidth: 120 }}>
                    <Shares good={each.healthy} bad={each.unhealthy} maybe={each.unknown} label={`${each.healthy} ${words.healthy}, ${each.unhealthy} ${words.unhealthy}, ${each.unknown} ${words.unknown}`} />
                  </td>
                  <td className="right narrow hide-small">{number(each.unhealthy)}</td>
                  <td className="right narrow hide-small">{number(each.unknown)}</td>
                  <td className="right narrow hide-small">{each.max ? each.floor.toFixed(2) : '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </>
  )
}

function Scopes() {
  const share = (value: number | null) => (value === null ? '–' : percent(value * 100, 1))
  return (
    <List
      name="scores"
      path="/api/v1/score/scopes"
      search={t.search}
      id={(row) => row.scope}
      link={(row) => ({ to: '/recommendations', search: { scope: row.scope } })}
      columns={[
        { key: 'name', title: f.scope, main: true, cell: (row) => row.name },
        { key: 'provider', title: f.provider, cell: (row) => words[row.provider], narrow: true, wide: true },
        { key: 'percentage', title: f.score, cell: (row) => share(row.percentage), right: true, narrow: true },
        { key: 'bar', title: '', value: () => '', wide: true, cell: (row) => (row.percentage === null ? null : <div style={{ minWidth: 140, paddingTop: 6 }}><Shares good={row.percentage} bad={1 - row.percentage} label={share(row.percentage)} /></div>) },
        { key: 'floor', title: f.floor, cell: (row) => share(row.floor), right: true, narrow: true, wide: true },
        { key: 'points', title: f.points, cell: (row) => t.points(row.current.toFixed(1), number(row.max)), right: true, narrow: true, wide: true },
        { key: 'weight', title: f.resources, cell: (row) => number(row.weight), right: true, narrow: true },
        { key: 'scanned', title: f.scanned, cell: (row) => <Time at={row.scanned} />, narrow: true },
        { key: 'unread', title: t.unread, cell: (row) => row.unread.join(', ') || '–', extra: true },
      ]}
      cli={() => 'cloudward score'}
      empty={{ title: strings.overview.empty, why: strings.overview.emptyWhy }}
    />
  )
}
