import { Button, Drawer } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { useState } from 'react'

import { get } from '~/api/client'
import type { Schema } from '~/api/types'
import { Document } from '~/components/document'
import { List } from '~/components/list'
import { Facts, Head, Tag } from '~/components/parts'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything } from '~/query'
import { useScopeNames } from '~/scopes'
import { useSession } from '~/session'
import { moment, number, strings } from '~/strings'

export const Route = createFileRoute('/audit')({
  staticData: page({ title: strings.audit.title, nav: { group: 'access', order: 30, icon: ScrollText, key: 'l', needs: 'audit' } }),
  validateSearch: anything,
  component: Audit,
})

const t = strings.audit
const f = strings.fields
type Row = Schema<'AuditItem'>
const kind = (row: Row) => (row.before === null ? 'added' : row.after === null ? 'removed' : 'changed')

function Audit() {
  const scope = useScopeNames()
  const whole = useSession().permissions.audit === true
  const [chosen, choose] = useState<Row | null>(null)
  const verified = useMutation({
    mutationFn: () => get('/api/v1/audit/verify'),
    onSuccess: (found) => say(found.whole ? t.whole(number(found.length)) : t.broken(found.broken ?? 0)),
    onError: (error) => say(error.message),
  })
  return (
    <>
      <Head
        title={t.title}
        actions={
          <>
            {whole ? <Button variant="default" loading={verified.isPending} onClick={() => verified.mutate()}>{t.verify}</Button> : null}
            <Button component="a" href="/api/v1/audit/export" download variant="default">{t.export}</Button>
          </>
        }
      >
        {t.lead}
      </Head>
      <List
        name="audit"
        path="/api/v1/audit"
        paging="before"
        id={(row) => String(row.number)}
        filters={[
          { name: 'kind', title: t.kind, text: t.kind, single: true },
          { name: 'by', title: t.by, text: t.by, single: true },
          { name: 'id', title: f.id, text: f.id, single: true },
        ]}
        columns={[
          { key: 'number', title: '#', cell: (row) => number(row.number), right: true, narrow: true, extra: true },
          { key: 'at', title: t.at, cell: (row) => moment(row.at), narrow: true },
          { key: 'by', title: t.by, cell: (row) => row.by, narrow: true },
          { key: 'what', title: t.what, value: kind, cell: (row) => <Tag of={kind(row) === 'added' ? 'ok' : kind(row) === 'removed' ? 'failed' : 'manual'}>{t[kind(row)]}</Tag>, narrow: true },
          { key: 'kind', title: t.kind, cell: (row) => row.kind, narrow: true },
          { key: 'id', title: f.id, main: true, cell: (row) => <Button size="compact-xs" variant="subtle" onClick={() => choose(row)}>{row.id}</Button> },
          { key: 'scope', title: f.scope, cell: (row) => (row.scope ? scope(row.scope) : '–'), wide: true },
          { key: 'digest', title: t.digest, cell: (row) => <span className="id">{row.digest.slice(0, 16)}</span>, extra: true },
        ]}
        empty={{ title: t.none, why: t.noneWhy }}
      />
      {chosen ? (
        <Drawer opened onClose={() => choose(null)} position="right" size="xl" title={`${chosen.kind} ${chosen.id}`} closeButtonProps={{ 'aria-label': strings.done.close }}>
          <div style={{ display: 'grid', gap: 12 }}>
            <Facts of={[[t.at, moment(chosen.at)], [t.by, chosen.by], [t.digest, <span key="d" className="id">{chosen.digest}</span>]]} />
            {chosen.before === null ? null : <section><h3>{t.before}</h3><Document value={chosen.before} marked={changed(chosen)} /></section>}
            {chosen.after === null ? null : <section><h3>{t.after}</h3><Document value={chosen.after} marked={changed(chosen)} /></section>}
          </div>
        </Drawer>
      ) : null}
    </>
  )
}

/** The top fields that are not the same before and after. */
function changed({ before, after }: Row): string[] {
  if (!before || !after || typeof before !== 'object' || typeof after !== 'object') return []
  const [old, made] = [before, after] as Record<string, unknown>[]
  return Object.keys({ ...old, ...made }).filter((key) => JSON.stringify(old?.[key]) !== JSON.stringify(made?.[key]))
}
