import { SegmentedControl } from '@mantine/core'
import { createFileRoute } from '@tanstack/react-router'
import { ListChecks } from 'lucide-react'

import type { Schema } from '~/api/types'
import { Assessments } from '~/components/assessments'
import { command } from '~/cli'
import { exempting } from '~/components/exempt'
import { common } from '~/components/common'
import { List } from '~/components/list'
import { Head, Kind, Shares, Tag, Time } from '~/components/parts'
import { page } from '~/page'
import { anything, one, type Search } from '~/query'
import { useControlTitles, useScopeNames } from '~/scopes'
import { number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/recommendations/')({
  staticData: page({ title: strings.recommendations.title, nav: { group: 'posture', order: 20, icon: ListChecks, key: 'r' } }),
  validateSearch: anything,
  component: Recommendations,
})

const t = strings.recommendations
const f = strings.fields

function Recommendations() {
  const view = one(Route.useSearch().view) ?? 'titles'
  const navigate = Route.useNavigate()
  return (
    <>
      <Head
        title={t.title}
        actions={
          <SegmentedControl
            size="xs"
            value={view}
            onChange={(next) => void navigate({ search: (before: Search) => ({ view: next === 'titles' ? undefined : next, ...kept(before) }) })}
            data={[{ value: 'titles', label: t.byTitle }, { value: 'resources', label: t.byResource }]}
          />
        }
      >
        {t.lead}
      </Head>
      {view === 'resources' ? <Assessments name="assessments" fallback={{ status: 'unhealthy', exempt: 'false' }} /> : <Titles />}
    </>
  )
}

/** What both views can be asked. */
const kept = (search: Search) =>
  Object.fromEntries(['scope', 'provider', 'type', 'region', 'tag', 'severity'].map((name) => [name, search[name]]))

function Titles() {
  const scope = useScopeNames()
  const control = useControlTitles()
  return (
    <List
      name="recommendations"
      path="/api/v1/recommendations"
      facets="/api/v1/recommendations/facets"
      exports="/api/v1/recommendations/export"
      search={t.search}
      id={(row) => row.policy}
      link={(row) => ({ to: '/recommendations/$policy', params: { policy: row.policy } })}
      filters={[
        { name: 'severity', title: f.severity },
        { name: 'control', title: f.control, label: control },
        ...common(scope),
        { name: 'found', title: f.found, values: ['unhealthy', 'unknown', 'healthy', 'exempt', 'not_applicable', 'disabled'] },
      ]}
      columns={[
        { key: 'severity', title: f.severity, cell: (row) => <Tag of={row.severity} />, narrow: true, sort: 'urgency' },
        { key: 'title', title: f.title, cell: (row) => row.title ?? row.policy, main: true, sort: 'title' },
        { key: 'policy', title: f.policy, cell: (row) => <span className="id">{row.policy}</span>, sort: 'policy', extra: true },
        { key: 'unhealthy', title: f.unhealthy, cell: (row) => number(row.unhealthy), right: true, narrow: true, sort: '-unhealthy' },
        { key: 'unknown', title: f.unknown, cell: (row) => number(row.unknown), right: true, narrow: true, sort: '-unknown', wide: true },
        { key: 'healthy', title: f.healthy, cell: (row) => number(row.healthy), right: true, narrow: true, extra: true },
        { key: 'exempt', title: f.exempt, cell: (row) => number(row.exempt), right: true, narrow: true, extra: true },
        {
          key: 'health', title: strings.recommendations.affected, wide: true, value: () => '',
          cell: (row) => (
            <div style={{ minWidth: 90, paddingTop: 6 }}>
              <Shares bad={row.unhealthy} maybe={row.unknown} good={row.healthy} rest={row.exempt} label={`${row.unhealthy} ${words.unhealthy}, ${row.unknown} ${words.unknown}, ${row.healthy} ${words.healthy}`} />
            </div>
          ),
        },
        { key: 'gain', title: f.gain, cell: (row) => strings.score.gain(row.gain), right: true, narrow: true, sort: '-gain', wide: true },
        { key: 'latest', title: f.latest, cell: (row) => <Time at={row.latest} />, narrow: true, sort: '-latest', wide: true },
        { key: 'control', title: f.control, cell: (row) => (row.control ? control(row.control) : '–'), extra: true },
        { key: 'types', title: f.type, cell: (row) => row.types.map((each) => <div key={each}><Kind of={each} /></div>), value: (row) => row.types.join(', '), extra: true },
      ]}
      actions={[exempting((row: Schema<'RecommendationItem'>) => ({ policy: row.policy, title: row.title ?? row.policy }))]}
      cli={(search) => command('recommendations', search, { scope: '--scope', severity: '--severity', type: '--type', tag: '--tag', found: '--status' })}
      empty={{ title: t.none, why: t.noneWhy }}
    />
  )
}
