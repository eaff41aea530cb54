import { createFileRoute } from '@tanstack/react-router'
import { Waypoints } from 'lucide-react'

import { command } from '~/cli'
import { handling } from '~/components/handling'
import { List } from '~/components/list'
import { Head, Tag, Time } from '~/components/parts'
import { Standing } from '~/components/triage'
import { page } from '~/page'
import { anything, many } from '~/query'
import { useScopeNames } from '~/scopes'
import { moment, number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/incidents/')({
  staticData: page({ title: strings.incidents.title, nav: { group: 'threats', order: 5, icon: Waypoints, key: 'n' } }),
  validateSearch: anything,
  component: Incidents,
})

const t = strings.incidents
const a = strings.alerts
const f = strings.fields

function Incidents() {
  const scope = useScopeNames()
  const chosen = many(Route.useSearch().state).length > 0
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <List
        name="incidents"
        path="/api/v1/incidents"
        facets="/api/v1/incidents/facets"
        fixed={chosen ? {} : { state: ['active', 'in_progress'] }}
        search={t.search}
        id={(row) => row.id}
        link={(row) => ({ to: '/incidents/$incident', params: { incident: row.id } })}
        filters={[
          { name: 'severity', title: f.severity },
          { name: 'state', title: a.state },
          { name: 'owner', title: t.owner, label: (name) => name || t.nobody },
          { name: 'scope', title: f.scope, label: (id) => (id ? scope(id) : '–') },
          { name: 'tactic', title: a.tactic },
          { name: 'source', title: a.source },
          { name: 'entity', title: a.entity, text: a.entityHint },
        ]}
        columns={[
          { key: 'severity', title: f.severity, cell: (row) => <Tag of={row.severity} />, narrow: true },
          { key: 'title', title: t.incident, cell: (row) => row.title, main: true },
          { key: 'state', title: a.state, cell: (row) => <Standing of={row.state} />, narrow: true, wide: true },
          { key: 'owner', title: t.owner, cell: (row) => row.owner ?? '–', wide: true },
          { key: 'alerts', title: t.alerts, cell: (row) => number(row.alerts), right: true, narrow: true },
          { key: 'tactics', title: t.reached, cell: (row) => row.tactics.map((each) => words[each] ?? each).join(', ') || '–', wide: true },
          { key: 'scopes', title: f.scope, cell: (row) => row.scopes.map(scope).join(', ') || '–', wide: true },
          { key: 'last', title: a.last, cell: (row) => <Time at={row.last} />, narrow: true, wide: true },
          { key: 'first', title: a.first, cell: (row) => moment(row.first), narrow: true, extra: true },
          { key: 'score', title: t.weight, cell: (row) => t.scored(row.score, row.needed), narrow: true, right: true, extra: true },
          { key: 'id', title: f.id, cell: (row) => <span className="id">{row.id}</span>, extra: true },
        ]}
        actions={handling}
        exports="/api/v1/incidents/export"
        cli={(search) => command('incidents list', search, { severity: '--severity', scope: '--scope', ...(chosen && many(search.state).length === 1 ? { state: '--state' } : {}) })}
        empty={{ title: chosen ? t.nothing : t.none, why: t.noneWhy }}
      />
    </>
  )
}
