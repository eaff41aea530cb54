import { Button, Tabs } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'
import { useState } from 'react'

import { get, post, remove } from '~/api/client'
import type { Schema } from '~/api/types'
import { command } from '~/cli'
import { Assign } from '~/components/assign'
import { Dialog } from '~/components/dialog'
import { List } from '~/components/list'
import { Head, Kind, Tag, Time } from '~/components/parts'
import { Show } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything, one } from '~/query'
import { useControlTitles, useScopeNames } from '~/scopes'
import { useMay } from '~/session'
import { number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/policies/')({
  staticData: page({ title: strings.policies.title, nav: { group: 'manage', order: 10, icon: ShieldCheck, key: 'p' } }),
  validateSearch: anything,
  component: Policies,
})

const t = strings.policies
const c = strings.custom
const f = strings.fields

function Policies() {
  const tab = one(Route.useSearch().tab) ?? 'policies'
  const may = useMay('assign')
  const navigate = Route.useNavigate()
  return (
    <>
      <Head title={t.title} actions={tab === 'custom' && may ? <Button component={Link} to="/policies/write">{c.title}</Button> : undefined}>{t.lead}</Head>
      <Tabs value={tab} onChange={(next) => void navigate({ search: { tab: next === 'policies' ? undefined : (next ?? undefined) } })} keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="policies">{t.policies}</Tabs.Tab>
          <Tabs.Tab value="custom">{c.tab}</Tabs.Tab>
          <Tabs.Tab value="standards">{t.standards}</Tabs.Tab>
          <Tabs.Tab value="assignments">{t.assignments}</Tabs.Tab>
          <Tabs.Tab value="exemptions">{t.exemptions}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="policies"><Every /></Tabs.Panel>
        <Tabs.Panel value="custom"><Custom /></Tabs.Panel>
        <Tabs.Panel value="standards"><Standards /></Tabs.Panel>
        <Tabs.Panel value="assignments"><Assignments /></Tabs.Panel>
        <Tabs.Panel value="exemptions"><Exemptions /></Tabs.Panel>
      </Tabs>
    </>
  )
}

function Every() {
  const control = useControlTitles()
  return (
    <List
      name="policies"
      path="/api/v1/policies"
      search={t.search}
      id={(row) => row.id}
      link={(row) => ({ to: '/policies/$policy', params: { policy: row.id } })}
      filters={[
        { name: 'severity', title: f.severity, values: ['high', 'medium', 'low'] },
        { name: 'provider', title: f.provider, values: ['aws', 'azure', 'gcp', 'kubernetes'] },
        { name: 'category', title: f.category, text: f.category },
        { name: 'type', title: f.type, text: f.type },
        { name: 'standard', title: f.standard, text: f.standard },
      ]}
      columns={[
        { key: 'severity', title: f.severity, cell: (row) => <Tag of={row.severity} />, narrow: true },
        { key: 'title', title: f.title, cell: (row) => row.title, main: true },
        { key: 'id', title: f.policy, cell: (row) => <span className="id">{row.id}</span>, wide: true },
        { key: 'types', title: f.type, cell: (row) => row.types.map((each) => <div key={each}><Kind of={each} /></div>), value: (row) => row.types.join(', '), wide: true },
        { key: 'control', title: f.control, cell: (row) => (row.control ? control(row.control) : '–'), extra: true },
        { key: 'categories', title: f.category, cell: (row) => row.categories.join(', '), extra: true },
        { key: 'parameters', title: t.parameters, cell: (row) => row.parameters.join(', ') || '–', narrow: true, wide: true },
        { key: 'built_in', title: t.builtIn, cell: (row) => (row.built_in ? strings.yes : strings.no), narrow: true, extra: true },
      ]}
      cli={() => 'cloudward policies list'}
      empty={{ title: t.none }}
    />
  )
}

function Custom() {
  const scope = useScopeNames()
  return (
    <List
      name="custom-policies"
      path="/api/v1/custom-policies"
      search={t.search}
      id={(row) => row.id}
      link={(row) => ({ to: '/policies/write', search: { id: row.id } })}
      columns={[
        { key: 'severity', title: f.severity, cell: (row) => (row.severity ? <Tag of={row.severity} /> : <Tag of="failed">{c.broken}</Tag>), narrow: true },
        { key: 'title', title: f.title, main: true, cell: (row) => row.title ?? row.id },
        { key: 'id', title: f.policy, cell: (row) => <span className="id">{row.id}</span>, wide: true },
        { key: 'types', title: f.type, cell: (row) => row.types.join(', ') || row.problems.map((each) => each.message).join('; '), wide: true },
        { key: 'scope', title: f.scope, cell: (row) => (row.scope ? scope(row.scope) : strings.everywhere) },
        { key: 'created_by', title: t.by, cell: (row) => <>{row.created_by}, <Time at={row.created_at} /></>, narrow: true, wide: true },
      ]}
      empty={{ title: c.none, why: c.noneWhy }}
    />
  )
}

function Standards() {
  const may = useMay('assign')
  const [chosen, assign] = useState<Schema<'StandardItem'> | null>(null)
  const list = useQuery({ queryKey: ['standards'], queryFn: () => get('/api/v1/standards', { query: { limit: 500 } }) })
  return (
    <Show of={list}>
      {({ items }) => (
        <div className="list">
          <div className="scroll" tabIndex={0} role="region" aria-label={t.standards}>
            <table className="rows cards">
              <thead><tr>{[f.standard, f.provider, t.controls, t.automated, t.assignedWhere, ''].map((each, at) => <th key={at} scope="col" className={at === 2 || at === 3 ? 'right' : undefined}><span>{each}</span></th>)}</tr></thead>
              <tbody>
                {items.map((each) => (
                  <tr key={each.id}>
                    <td className="main"><Link to="/compliance/$standard" params={{ standard: each.id }}>{each.title} {each.version}</Link><div className="sub">{each.publisher}</div></td>
                    <td data-title={f.provider}>{each.providers.map((one) => words[one]).join(', ')}</td>
                    <td className="right narrow" data-title={t.controls}>{number(each.controls)}</td>
                    <td className="right narrow" data-title={t.automated}>{number(each.automated)}</td>
                    <td data-title={t.assignedWhere}>{each.assigned.map((one) => `${words[one.effect]}: ${one.scope ?? strings.everywhere}`).join(', ') || t.byDefault}</td>
                    <td className="narrow">{may ? <Button size="compact-xs" variant="default" onClick={() => assign(each)}>{t.assign}</Button> : null}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {chosen ? <Assign standard={chosen.id} title={chosen.title} close={() => assign(null)} /> : null}
        </div>
      )}
    </Show>
  )
}

function Assignments() {
  const may = useMay('assign')
  const scope = useScopeNames()
  const queries = useQueryClient()
  const dropped = useMutation({
    mutationFn: (row: Schema<'AssignmentItem'>) => remove('/api/v1/assignments/{id}', { path: { id: row.id } }).then(() => row),
    onSuccess: ({ policy, standard, scope, effect, exclude, parameters, reason }) => {
      void queries.invalidateQueries()
      const body = { policy, standard, scope, effect, exclude, parameters, reason: reason ?? '' }
      say(t.removed, () => post('/api/v1/assignments', { body }).then(() => queries.invalidateQueries()))
    },
    onError: (error) => say(error.message),
  })
  return (
    <List
      name="assignments"
      path="/api/v1/assignments"
      id={(row) => row.id}
      filters={[{ name: 'effect', title: t.effect, values: ['audit', 'disabled'] }]}
      columns={[
        { key: 'effect', title: t.effect, cell: (row) => <Tag of={row.effect} />, narrow: true },
        { key: 'what', title: t.what, main: true, value: (row) => row.policy ?? row.standard, cell: (row) => row.policy ? <Link to="/policies/$policy" params={{ policy: row.policy }}>{row.policy}</Link> : (row.standard ?? t.all) },
        { key: 'scope', title: f.scope, cell: (row) => (row.scope ? scope(row.scope) : strings.everywhere) },
        { key: 'exclude', title: t.exclude, cell: (row) => row.exclude.map(scope).join(', ') || '–', wide: true },
        { key: 'parameters', title: t.parameters, cell: (row) => Object.entries(row.parameters).map(([id, values]) => <div key={id} className="id">{Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}</div>), wide: true },
        { key: 'reason', title: t.reason, cell: (row) => row.reason ?? '–', wide: true },
        { key: 'created_by', title: t.by, cell: (row) => <>{row.created_by}, <Time at={row.created_at} /></>, narrow: true, wide: true },
        { key: 'remove', title: '', value: () => '', narrow: true, cell: (row) => (row.source ? <span className="sub">{row.source}</span> : may ? <Button size="compact-xs" variant="subtle" color="red" onClick={() => dropped.mutate(row)}>{strings.remove}</Button> : null) },
      ]}
      cli={() => 'cloudward assign list'}
      empty={{ title: t.noAssignments, why: t.noAssignmentsWhy }}
    />
  )
}

function Exemptions() {
  const scope = useScopeNames()
  return (
    <List
      name="exemptions"
      path="/api/v1/exemptions"
      search={t.searchExemptions}
      id={(row) => row.id}
      filters={[
        { name: 'state', title: f.status, values: ['active', 'expired'] },
        { name: 'category', title: f.category, values: ['mitigated', 'waiver'] },
        { name: 'scope', title: f.scope, text: f.scope },
      ]}
      columns={[
        { key: 'category', title: f.category, cell: (row) => <Tag of={row.state === 'expired' ? 'expired' : row.category} />, narrow: true },
        { key: 'policy', title: f.policy, main: true, cell: (row) => <Link to="/recommendations/$policy" params={{ policy: row.policy }}>{row.policy}</Link> },
        { key: 'resource', title: t.resource, cell: (row) => <span className="id">{row.resource ?? t.wholeScope}</span> },
        { key: 'scope', title: f.scope, cell: (row) => scope(row.scope), wide: true },
        { key: 'reason', title: t.reason, cell: (row) => row.reason, wide: true },
        { key: 'expires', title: t.until, cell: (row) => <Time at={row.expires} />, narrow: true, wide: true },
        { key: 'created_by', title: t.by, cell: (row) => row.created_by, narrow: true, wide: true },
        { key: 'source', title: f.source, cell: (row) => row.source ?? '–', extra: true },
      ]}
      actions={[{
        label: t.withdraw,
        needs: 'exempt',
        form: (rows, done) => <Withdraw rows={rows} done={done} />,
      }]}
      cli={(search) => command('exempt list', search, { scope: '--scope' })}
      empty={{ title: t.noExemptions, why: t.noExemptionsWhy }}
    />
  )
}

function Withdraw({ rows, done }: { rows: Schema<'ExemptionItem'>[]; done: (said?: string, undo?: () => Promise<unknown>) => void }) {
  const taken = useMutation({
    mutationFn: () => post('/api/v1/exemptions/withdrawals', { body: { ids: rows.map((each) => each.id) } }),
    onSuccess: () => done(t.withdrawn(rows.length)),
  })
  return (
    <Dialog title={t.withdraw} close={() => done()} submit={() => taken.mutate()} error={taken.error} busy={taken.isPending} label={t.withdraw}>
      <p style={{ margin: 0, fontSize: 13 }}>{t.withdrawWhy(rows.length)}</p>
    </Dialog>
  )
}
