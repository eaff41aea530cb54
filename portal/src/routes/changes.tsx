import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { GitCompareArrows } from 'lucide-react'

import { get } from '~/api/client'
import { List } from '~/components/list'
import { Head, Kind, Tag } from '~/components/parts'
import { ScopeChoice } from '~/components/scopechoice'
import { Show, State } from '~/components/states'
import { page } from '~/page'
import { anything, one, type Search } from '~/query'
import { scopes } from '~/scopes'
import { strings } from '~/strings'

export const Route = createFileRoute('/changes')({
  staticData: page({ title: strings.changes.title, nav: { group: 'posture', order: 60, icon: GitCompareArrows, key: 'h' } }),
  validateSearch: anything,
  component: Changes,
})

const t = strings.changes
const f = strings.fields

function Changes() {
  const navigate = Route.useNavigate()
  const asked = one(Route.useSearch().of)
  const known = useQuery(scopes)
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <Show of={known}>
        {(every) => {
          const scope = asked ?? every.find((each) => each.scan)?.id
          return (
            <>
              <div style={{ maxWidth: 360, marginBottom: 12 }}>
                <ScopeChoice label={f.scope} held value={scope ?? null} change={(of) => void navigate({ search: (before: Search) => ({ ...before, cursor: undefined, of: of ?? undefined }) })} />
              </div>
              {scope ? <Of scope={scope} /> : <div className="panel"><State title={strings.overview.empty}>{strings.overview.emptyWhy}</State></div>}
            </>
          )
        }}
      </Show>
    </>
  )
}

function Of({ scope }: { scope: string }) {
  const kept = useQuery({ queryKey: ['snapshots', scope], queryFn: () => get('/api/v1/scopes/{scope}/snapshots', { path: { scope }, query: { limit: 2 } }) })
  return (
    <Show of={kept}>
      {({ items }) => (items.length < 2 ? <div className="panel"><State title={strings.inventory.noHistory}>{strings.inventory.noHistoryWhy}</State></div> : <Between scope={scope} />)}
    </Show>
  )
}

function Between({ scope }: { scope: string }) {
  return (
    <List
      name="changes"
      path="/api/v1/scopes/{scope}/changes"
      params={{ scope }}
      id={(row) => row.uid}
      link={(row) => ({ to: '/inventory/$uid', params: { uid: row.uid }, search: { tab: 'history' } })}
      filters={[{ name: 'kind', title: t.kind, values: ['added', 'removed', 'changed', 'not_comparable'], label: (value) => strings.inventory.changes[value] ?? value }]}
      columns={[
        { key: 'kind', title: t.kind, cell: (row) => <Tag of={row.kind}>{row.recreated ? strings.inventory.recreated : strings.inventory.changes[row.kind]}</Tag>, narrow: true },
        { key: 'name', title: f.name, main: true, cell: (row) => row.name || row.id },
        { key: 'type', title: f.type, cell: (row) => <Kind of={row.type} />, value: (row) => row.type },
        { key: 'region', title: f.region, cell: (row) => row.region ?? strings.global, narrow: true, wide: true },
        { key: 'paths', title: t.paths, cell: (row) => <span className="id">{row.paths.join(', ') || '–'}</span>, wide: true },
        { key: 'unread', title: strings.inventory.notCompared, cell: (row) => <span className="id">{row.unread.join(', ') || '–'}</span>, extra: true },
        { key: 'id', title: f.id, cell: (row) => <span className="id">{row.id}</span>, extra: true },
      ]}
      empty={{ title: t.none, why: t.noneWhy }}
    />
  )
}
