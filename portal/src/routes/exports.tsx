import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { Download, FileDown, RotateCcw, Trash2 } from 'lucide-react'

import { get, remove } from '~/api/client'
import type { Schema } from '~/api/types'
import { useOrder } from '~/components/files'
import { Copy, Head, Meter, Tag, Time } from '~/components/parts'
import { Show, State } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { size, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/exports')({
  staticData: page({ title: strings.exports.title, nav: { group: 'manage', order: 60, icon: FileDown, key: 'x', needs: 'export' } }),
  component: Exports,
})

const t = strings.exports
type Item = Schema<'ExportItem'>
const open = (of: Item) => of.state === 'queued' || of.state === 'running'

function Exports() {
  const list = useQuery({
    queryKey: ['exports'],
    queryFn: () => get('/api/v1/exports', { query: { limit: 100 } }),
    refetchInterval: ({ state }) => (state.data?.items.some(open) ? 1500 : false),
  })
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <Show of={list}>
        {({ items }) => items.length ? (
          <div className="list">
            <table className="rows cards">
              <thead><tr><th scope="col"><span>{t.what}</span></th><th scope="col"><span>{t.state}</span></th><th scope="col" className="right hide-small"><span>{t.size}</span></th><th scope="col" className="hide-small"><span>{t.hash}</span></th><th scope="col" className="hide-small"><span>{t.until}</span></th><th scope="col"><span className="unseen">{t.download}</span></th></tr></thead>
              <tbody>{items.map((each) => <Row key={each.id} of={each} />)}</tbody>
            </table>
          </div>
        ) : <State icon={<FileDown size={28} aria-hidden />} title={t.none}>{t.noneWhy}</State>}
      </Show>
    </>
  )
}

function Row({ of }: { of: Item }) {
  const queries = useQueryClient()
  const order = useOrder()
  const titles = useQuery({ queryKey: ['standards'], queryFn: () => get('/api/v1/standards', { query: { limit: 500 } }), enabled: !(of.of in t.lists) })
  const dropped = useMutation({
    mutationFn: () => remove('/api/v1/exports/{id}', { path: { id: of.id } }),
    onSuccess: () => { say(t.dropped); void queries.invalidateQueries({ queryKey: ['exports'] }) },
    onError: (error) => say(error.message),
  })
  return (
    <tr>
      <td className="main">{t.lists[of.of] ?? titles.data?.items.find((each) => each.id === of.of)?.title ?? of.of}<div className="sub">{asked(of.address)}</div><div className="sub">{t.asked} <Time at={of.created_at} /></div></td>
      <td><Progress of={of} /></td>
      <td className="right narrow hide-small">{of.bytes === null ? '–' : size(of.bytes)}</td>
      <td className="hide-small">{of.sha256 ? <span style={{ display: 'inline-flex', alignItems: 'center', gap: 4 }}><span className="id" title={of.sha256}>{of.sha256.slice(0, 12)}…</span><Copy text={of.sha256} label={t.hash} /></span> : '–'}</td>
      <td className="narrow hide-small">{of.expires ? <Time at={of.expires} /> : of.state === 'done' ? t.gone : '–'}</td>
      <td className="narrow">
        <div className="tools" style={{ margin: 0, justifyContent: 'flex-end', flexWrap: 'nowrap' }}>
          {of.expires ? <Button component="a" size="compact-sm" variant="default" leftSection={<Download size={14} aria-hidden />} href={`/api/v1/exports/${of.id}/file`} download>{t.download}</Button> : null}
          {of.expires || open(of) ? null : <Button size="compact-sm" variant="default" leftSection={<RotateCcw size={14} aria-hidden />} loading={order.isPending} onClick={() => order.mutate(of.address)}>{t.again}</Button>}
          {of.expires || open(of) ? (
            <Tooltip label={open(of) ? t.cancel : t.remove}>
              <ActionIcon variant="default" aria-label={`${open(of) ? t.cancel : t.remove}: ${t.lists[of.of] ?? of.of}`} loading={dropped.isPending} onClick={() => dropped.mutate()}><Trash2 size={14} /></ActionIcon>
            </Tooltip>
          ) : null}
        </div>
      </td>
    </tr>
  )
}

function Progress({ of }: { of: Item }) {
  const told = (of.progress ?? {}) as { bytes?: number; rows?: number; done?: number }
  return (
    <>
      <Tag of={of.state} />
      {of.state === 'running' && told.rows ? <Meter share={(told.done ?? 0) / told.rows}>{t.progress(told.done ?? 0, told.rows)}</Meter> : null}
      {of.state === 'running' && !told.rows && told.bytes ? <div className="sub">{t.written(told.bytes)}</div> : null}
      {of.problem && of.state !== 'done' ? <div className="sub">{of.problem}</div> : null}
    </>
  )
}

/** The filters and the form, as a person reads them. */
function asked(address: string) {
  const query = new URL(address, location.origin).searchParams
  return [...query].map(([name, value]) => (name === 'form' ? value.toUpperCase() : `${(strings.fields as Record<string, string>)[name] ?? name}: ${words[value] ?? value}`)).join(' · ') || t.whole
}
