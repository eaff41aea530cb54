import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { BellOff } from 'lucide-react'
import { useState } from 'react'

import { post, remove } from '~/api/client'
import type { Schema } from '~/api/types'
import { Dialog } from '~/components/dialog'
import { List } from '~/components/list'
import { Head, Tag } from '~/components/parts'
import { Suppress } from '~/components/suppress'
import { say } from '~/components/toasts'
import type { Done } from '~/components/triage'
import { useDetectionTitles } from '~/detections'
import { page } from '~/page'
import { anything } from '~/query'
import { useScopeNames } from '~/scopes'
import { useMay } from '~/session'
import { day, number, strings } from '~/strings'

export const Route = createFileRoute('/suppressions')({
  staticData: page({ title: strings.suppressions.title, nav: { group: 'threats', order: 20, icon: BellOff, key: 'd' } }),
  validateSearch: anything,
  component: Suppressions,
})

const t = strings.suppressions
const f = strings.fields
type Row = Schema<'SuppressionItem'>
const fields = (row: Row) => Object.entries(row.fields).map(([name, values]) => `${name}=${values.join(` ${t.or} `)}`).join(', ')

function Suppressions() {
  const may = useMay('triage')
  const scope = useScopeNames()
  const detection = useDetectionTitles()
  const queries = useQueryClient()
  const [adding, add] = useState(false)
  const done: Done = (said, undo) => {
    add(false)
    if (said === undefined) return
    void queries.invalidateQueries()
    say(said, undo && (() => undo().then(() => queries.invalidateQueries())))
  }
  return (
    <>
      <Head title={t.title} actions={may ? <Button onClick={() => add(true)}>{t.add}</Button> : null}>{t.lead}</Head>
      <List
        name="suppressions"
        path="/api/v1/suppressions"
        search={t.search}
        id={(row) => row.id}
        filters={[{ name: 'in_force', title: t.inForce, values: ['true', 'false'], single: true }]}
        columns={[
          { key: 'detection', title: t.detection, cell: (row) => <>{row.detection ? detection(row.detection) : t.anyDetection}<div className="sub">{fields(row)}</div></>, value: (row) => row.detection, main: true },
          { key: 'scope', title: f.scope, cell: (row) => (row.scope ? scope(row.scope) : strings.everywhere), wide: true },
          { key: 'reason', title: t.reason, cell: (row) => row.reason },
          { key: 'hidden', title: t.hidden, cell: (row) => (row.hidden ? <Link to="/alerts" search={{ state: 'dismissed', suppression: row.id }}>{number(row.hidden)}</Link> : row.hidden === null ? '–' : number(0)), right: true, narrow: true },
          { key: 'expires', title: t.until, cell: (row) => (row.in_force ? day(row.expires) : <Tag of="expired" />), narrow: true },
          { key: 'created_by', title: t.by, cell: (row) => row.created_by, narrow: true, wide: true },
          { key: 'id', title: f.id, cell: (row) => <span className="id">{row.id}</span>, extra: true },
        ]}
        actions={[{ label: t.withdraw, needs: 'triage', form: (rows, done) => <Withdraw rows={rows} done={done} /> }]}
        cli={() => 'cloudward suppress'}
        empty={{ title: t.none, why: t.noneWhy }}
      />
      {adding ? <Suppress done={done} /> : null}
    </>
  )
}

function Withdraw({ rows, done }: { rows: Row[]; done: Done }) {
  const taken = useMutation({
    mutationFn: async () => {
      for (const { id } of rows) await remove('/api/v1/suppressions/{id}', { path: { id } })
    },
    onSuccess: () => done(t.withdrawn(rows.length), () => again(rows)),
  })
  return (
    <Dialog title={t.withdraw} close={() => done()} submit={() => taken.mutate()} error={taken.error} busy={taken.isPending} label={t.withdraw}>
      <p style={{ margin: 0, fontSize: 13 }}>{t.withdrawWhy(rows.length)}</p>
    </Dialog>
  )
}

/** Made anew for the days that were left. */
async function again(rows: Row[]) {
  for (const { detection, scope, reason, expires, in_force, fields } of rows) {
    const days = Math.ceil((new Date(expires).getTime() - Date.now()) / 86_400_000)
    const about = { detection, scope, fields: Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, [...values]])) }
    if (in_force) await post('/api/v1/suppressions', { body: { ...about, reason, days } })
  }
}
