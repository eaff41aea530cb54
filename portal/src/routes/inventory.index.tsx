import { createFileRoute } from '@tanstack/react-router'
import { Boxes } from 'lucide-react'

import { command } from '~/cli'
import { common } from '~/components/common'
import { Connect } from '~/components/connect'
import { List } from '~/components/list'
import { Head, Kind, Tag } from '~/components/parts'
import { page } from '~/page'
import { anything } from '~/query'
import { useScopeNames } from '~/scopes'
import { number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/inventory/')({
  staticData: page({ title: strings.inventory.title, nav: { group: 'posture', order: 30, icon: Boxes, key: 'i' } }),
  validateSearch: anything,
  component: Inventory,
})

const t = strings.inventory
const f = strings.fields

function Inventory() {
  const scope = useScopeNames()
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <List
        name="inventory"
        path="/api/v1/resources"
        facets="/api/v1/resources/facets"
        exports="/api/v1/resources/export"
        search={t.search}
        id={(row) => row.uid}
        link={(row) => ({ to: '/inventory/$uid', params: { uid: row.uid } })}
        filters={common(scope)}
        columns={[
          { key: 'name', title: f.name, main: true, value: (row) => row.name || row.id, cell: (row) => <>{row.name || row.id}<span className="sub only-small"><Kind of={row.type} /></span></> },
          { key: 'type', title: f.type, cell: (row) => <Kind of={row.type} />, value: (row) => row.type, wide: true },
          { key: 'scope', title: f.scope, cell: (row) => scope(row.scope), wide: true },
          { key: 'provider', title: f.provider, cell: (row) => words[row.provider], wide: true, narrow: true },
          { key: 'region', title: f.region, cell: (row) => row.region ?? strings.global, wide: true, narrow: true },
          {
            key: 'findings', title: f.open, value: (row) => row.findings.high + row.findings.medium + row.findings.low, narrow: true,
            cell: (row) => row.read && !row.findings.high && !row.findings.medium && !row.findings.low ? null : (
              <span className="tags">
                {(['high', 'medium', 'low'] as const).map((each) => (row.findings[each] ? <Tag key={each} of={each}>{number(row.findings[each])}<span className="unseen"> {words[each]}</span></Tag> : null))}
                {row.read ? null : <Tag of="unknown">{t.unread}</Tag>}
              </span>
            ),
          },
          { key: 'tags', title: f.tags, cell: (row) => Object.entries(row.tags).map(([key, value]) => `${key}=${value}`).join(', ') || '–', extra: true },
          { key: 'source', title: f.source, cell: (row) => (row.source ? `${row.source.file}:${row.source.line}` : '–'), extra: true },
          { key: 'id', title: f.id, cell: (row) => <span className="id">{row.id}</span>, extra: true },
        ]}
        cli={(search) => command('inventory', { ...search, rows: [] }, { scope: '--scope', type: '--type', tag: '--tag', search: '--search' })}
        empty={{ title: t.none, why: t.noneWhy, action: <Connect /> }}
      />
    </>
  )
}
