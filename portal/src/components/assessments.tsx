import { Button } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'

import type { Schema } from '~/api/types'
import { command } from '~/cli'
import { many, one, type Search } from '~/query'
import { useScopeNames } from '~/scopes'
import { strings } from '~/strings'

import { common } from './common'
import { exempting } from './exempt'
import { Cause, Explained } from './explanation'
import { List, type Column } from './list'
import { Kind, Tag, Time } from './parts'

const t = strings.recommendations
const f = strings.fields
type Row = Schema<'AssessmentItem'>

/** Assessments one by one: of all policies, of one, or of one resource. */
export function Assessments({ name, policy, uid, fallback = {} }: {
  name: string
  policy?: string
  uid?: string
  /** Filters that hold until somebody chooses others. */
  fallback?: Search
}) {
  const scope = useScopeNames()
  const search = useSearch({ strict: false }) as Search
  const [why, ask] = useState<Row | null>(null)
  const given = Object.fromEntries(Object.entries(fallback).filter(([key]) => !many(search[key]).length))
  const fixed = { ...given, ...(policy ? { policy } : {}) }
  const status = one(search.status ?? given.status)

  const columns: Column<Row>[] = [
    { key: 'severity', title: f.severity, cell: (row) => <Tag of={row.severity} />, narrow: true, extra: Boolean(policy) },
    { key: 'status', title: f.status, cell: (row) => <Tag of={row.exemption ? 'mitigated' : row.status}>{row.exemption ? strings.fields.exempt : undefined}</Tag>, narrow: true, extra: Boolean(status) && !uid },
    {
      key: 'name', title: f.name, main: true, extra: Boolean(uid),
      cell: (row) => <>{row.name || row.resource}{policy ? null : <div className="sub"><Kind of={row.type} /></div>}</>,
      value: (row) => row.name || row.resource,
    },
    { key: 'title', title: f.title, main: Boolean(uid), cell: (row) => row.title ?? row.policy, extra: Boolean(policy) },
    { key: 'type', title: f.type, cell: (row) => <Kind of={row.type} />, value: (row) => row.type, extra: true },
    { key: 'scope', title: f.scope, cell: (row) => scope(row.scope), extra: Boolean(uid) },
    { key: 'region', title: f.region, cell: (row) => row.region ?? strings.global, wide: true, narrow: true, extra: Boolean(uid) || status === 'unknown' },
    { key: 'cause', title: f.cause, cell: (row) => (row.cause ? <Cause of={row.cause} /> : '–'), value: (row) => row.cause?.call, extra: status !== 'unknown', roomy: true },
    { key: 'since', title: f.since, cell: (row) => <Time at={row.since} />, narrow: true, wide: true, extra: status === 'unknown' && !policy },
    { key: 'resource', title: f.id, cell: (row) => <span className="id">{row.resource}</span>, extra: true },
    {
      key: 'why', title: '', narrow: true, value: () => '',
      cell: (row) => <Button size="compact-xs" variant="subtle" onClick={() => ask(row)} aria-label={`${t.explain}: ${row.name || row.resource}`}>{t.explain}</Button>,
    },
  ]
  return (
    <>
      <List
        name={name}
        path={uid ? '/api/v1/resources/{uid}/assessments' : '/api/v1/assessments'}
        params={uid ? { uid } : undefined}
        facets={uid ? undefined : '/api/v1/assessments/facets'}
        fixed={fixed}
        search={uid ? undefined : t.searchResource}
        id={(row) => `${row.policy} ${row.uid}`}
        link={(row) => (uid ? { to: '/recommendations/$policy', params: { policy: row.policy } } : { to: '/inventory/$uid', params: { uid: row.uid } })}
        filters={[
          { name: 'status', title: f.status, values: ['unhealthy', 'unknown', 'healthy', 'not_applicable'] },
          ...(policy ? [] : [{ name: 'severity', title: f.severity, values: ['high', 'medium', 'low'] }]),
          { name: 'exempt', title: f.exempt, values: ['true', 'false'], single: true },
          ...(uid ? [] : [...(policy ? [] : [{ name: 'policy', title: f.policy }]), ...common(scope)]),
        ]}
        columns={columns}
        exports={uid ? undefined : '/api/v1/assessments/export'}
        formats={uid ? ['csv', 'json'] : ['csv', 'json', 'ocsf']}
        actions={[exempting((row: Row) => ({ policy: row.policy, title: row.title ?? row.policy, uid: row.uid, name: row.name || row.resource }))]}
        cli={uid ? undefined : (asked) => command('recommendations', { ...asked, ...(policy ? {} : { all: [] }) }, { policy: '', scope: '--scope', severity: '--severity', status: '--status', type: '--type', tag: '--tag' }) + (policy ? '' : ' --resources')}
        empty={{ title: uid ? strings.inventory.noAssessments : t.noResources }}
      />
      {why ? <Explained uid={why.uid} policy={why.policy} name={why.name || why.resource} close={() => ask(null)} /> : null}
    </>
  )
}

