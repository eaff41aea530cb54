import { createFileRoute } from '@tanstack/react-router'
import { ScanEye } from 'lucide-react'

import { command } from '~/cli'
import { Connect } from '~/components/connect'
import { List } from '~/components/list'
import { Head, Kind, Tag, Time } from '~/components/parts'
import { page } from '~/page'
import { anything } from '~/query'
import { useScopeNames } from '~/scopes'
import { number, sentence, strings } from '~/strings'

export const Route = createFileRoute('/coverage')({
  staticData: page({ title: strings.coverage.title, nav: { group: 'manage', order: 30, icon: ScanEye, key: 'v' } }),
  validateSearch: anything,
  component: Coverage,
})

const t = strings.coverage
const f = strings.fields

function Coverage() {
  const scope = useScopeNames()
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <List
        name="coverage"
        path="/api/v1/coverage"
        id={(row) => [row.call, row.type, row.scope, row.region, row.outcome].join(' ')}
        filters={[
          { name: 'outcome', title: f.outcome, values: ['denied', 'failed', 'unsupported', 'not_requested', 'gone', 'read', 'empty'] },
          { name: 'scope', title: f.scope, text: f.scope },
          { name: 'provider', title: f.provider, values: ['aws', 'azure', 'gcp', 'kubernetes'] },
          { name: 'type', title: f.type, text: f.type },
          { name: 'region', title: f.region, text: f.region },
        ]}
        columns={[
          { key: 'outcome', title: f.outcome, cell: (row) => <Tag of={row.outcome} />, narrow: true },
          { key: 'call', title: f.call, cell: (row) => <><span className="id"><Kind of={row.call} /></span><div className="sub"><Kind of={row.type} /></div></>, main: true },
          { key: 'type', title: f.type, cell: (row) => <Kind of={row.type} />, value: (row) => row.type, extra: true },
          { key: 'scope', title: f.scope, cell: (row) => scope(row.scope) },
          { key: 'region', title: f.region, cell: (row) => row.region ?? strings.global, narrow: true },
          { key: 'cause', title: strings.fields.cause, cell: (row) => row.cause?.message || (row.cause ? strings.reasons[row.cause.reason] : '–'), value: (row) => row.cause?.message, wide: true },
          { key: 'remedy', title: f.remedy, cell: (row) => (row.remedy ? <Kind of={sentence(row.remedy)} /> : '–'), wide: true, roomy: true },
          { key: 'count', title: t.count, cell: (row) => number(row.count), right: true, narrow: true, extra: true },
          { key: 'listing', title: t.listing, cell: (row) => (row.listing ? strings.yes : strings.no), narrow: true, extra: true },
          { key: 'at', title: t.at, cell: (row) => <Time at={row.at} />, narrow: true, extra: true },
        ]}
        cli={(search) => command('coverage', search, { scope: '--scope', outcome: '--outcome', type: '--type' })}
        empty={{ title: t.none, why: strings.overview.emptyWhy, action: <Connect /> }}
      />
    </>
  )
}
