import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { FlaskConical, Siren } from 'lucide-react'
import { useState } from 'react'

import { command } from '~/cli'
import { List } from '~/components/list'
import { Head, Kind, Tag, Time } from '~/components/parts'
import { Samples } from '~/components/samples'
import { say } from '~/components/toasts'
import { Standing, triaging, type Done } from '~/components/triage'
import { useDetectionTitles } from '~/detections'
import { page } from '~/page'
import { anything, many } from '~/query'
import { useScopeNames } from '~/scopes'
import { useMay } from '~/session'
import { moment, number, short, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/alerts/')({
  staticData: page({ title: strings.alerts.title, nav: { group: 'threats', order: 10, icon: Siren, key: 'a' } }),
  validateSearch: anything,
  component: Alerts,
})

const t = strings.alerts
const f = strings.fields
const OPEN = ['active', 'in_progress']

function Alerts() {
  const scope = useScopeNames()
  const detection = useDetectionTitles()
  const may = useMay('triage')
  const queries = useQueryClient()
  const [asked, open] = useState(false)
  const done: Done = (said, undo) => {
    open(false)
    if (said === undefined) return
    void queries.invalidateQueries()
    say(said, undo && (() => undo().then(() => queries.invalidateQueries())))
  }
  const chosen = many(Route.useSearch().state).length > 0
  return (
    <>
      <Head
        title={t.title}
        actions={may ? <Button variant="default" leftSection={<FlaskConical size={14} aria-hidden />} onClick={() => open(true)}>{t.samples}</Button> : null}
      >
        {t.lead}
      </Head>
      <List
        name="alerts"
        path="/api/v1/alerts"
        facets="/api/v1/alerts/facets"
        fixed={chosen ? {} : { state: OPEN }}
        search={t.search}
        id={(row) => row.id}
        link={(row) => ({ to: '/alerts/$alert', params: { alert: row.id } })}
        filters={[
          { name: 'severity', title: f.severity },
          { name: 'state', title: t.state },
          { name: 'scope', title: f.scope, label: (id) => (id ? scope(id) : '–') },
          { name: 'detection', title: t.detection, label: detection },
          { name: 'tactic', title: t.tactic },
          { name: 'source', title: t.source },
          { name: 'entity', title: t.entity, text: t.entityHint },
          { name: 'suppression', title: t.suppression, text: t.suppression, quiet: true },
          { name: 'sample', title: t.sample, single: true },
        ]}
        columns={[
          { key: 'severity', title: f.severity, cell: (row) => <Tag of={row.severity} />, narrow: true },
          { key: 'title', title: t.alert, cell: (row) => row.title, main: true },
          { key: 'state', title: t.state, cell: (row) => <Standing of={row.state} />, narrow: true, wide: true },
          { key: 'principal', title: t.principal, cell: (row) => (row.principal ? <span className="id" title={row.principal}><Kind of={short(row.principal)} /></span> : '–') },
          { key: 'resource', title: t.resource, cell: (row) => (row.resource ? <span className="id"><Kind of={row.resource} /></span> : '–'), wide: true },
          { key: 'scope', title: f.scope, cell: (row) => (row.scope ? scope(row.scope) : '–'), narrow: true, wide: true },
          { key: 'tactics', title: t.tactic, cell: (row) => row.tactics.map((each) => words[each] ?? each).join(', ') || '–', extra: true },
          { key: 'count', title: t.events, cell: (row) => number(row.count), right: true, narrow: true, wide: true },
          { key: 'last', title: t.last, cell: (row) => <Time at={row.last} />, narrow: true },
          { key: 'first', title: t.first, cell: (row) => moment(row.first), narrow: true, extra: true },
          { key: 'detection', title: t.detection, cell: (row) => <span className="id">{row.detection}</span>, extra: true },
          { key: 'source', title: t.source, cell: (row) => row.source, extra: true },
          { key: 'id', title: f.id, cell: (row) => <span className="id">{row.id}</span>, extra: true },
        ]}
        actions={[triaging]}
        exports="/api/v1/alerts/export"
        formats={['csv', 'json', 'ocsf']}
        cli={(search) => command('alerts list', search, { severity: '--severity', detection: '--detection', scope: '--scope', ...(chosen && many(search.state).length === 1 ? { state: '--state' } : {}) })}
        empty={{ title: chosen ? t.nothing : t.none, why: t.noneWhy }}
      />
      {asked ? <Samples done={done} /> : null}
    </>
  )
}
