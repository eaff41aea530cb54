import { Button, Select, Switch, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { put, remove, send } from '~/api/client'
import { every } from '~/api/lists'
import type { Schema } from '~/api/types'
import { moment, strings } from '~/strings'

import { Dialog } from './dialog'
import { say } from './toasts'

const t = strings.environments
type Schedule = Schema<'ScheduleItem'>

/** When a connector is scanned, and the way to change it. */
export function Scheduled({ connector }: { connector: string }) {
  const [open, set] = useState(false)
  const list = useQuery({
    queryKey: ['schedules'],
    queryFn: async () => {
      const found: Schedule[] = []
      for await (const each of every('/api/v1/schedules', {})) found.push(each)
      return found
    },
  })
  const mine = list.data?.find((each) => each.connector === connector)
  if (!list.data) return <>–</>
  return (
    <>
      {mine ? (
        <>
          {t.often[mine.cron] ?? <span className="id">{mine.cron}</span>} <span className="sub">({mine.zone})</span>
          <div className="sub">{mine.next ? `${t.nextRun}: ${moment(mine.next)}` : t.paused}{mine.source ? ` · ${mine.source}` : ''}</div>
        </>
      ) : t.notScheduled}
      {mine?.source ? null : <div><Button size="compact-xs" variant="default" aria-label={`${t.schedule}: ${connector}`} onClick={() => set(true)}>{t.schedule}</Button></div>}
      {open ? <Form connector={connector} there={mine !== undefined} close={() => set(false)} /> : null}
    </>
  )
}

function Form({ connector, there, close }: { connector: string; there: boolean; close: () => void }) {
  const path = { connector }
  const kept = useQuery({
    queryKey: ['schedules', connector],
    enabled: there,
    gcTime: 0,
    queryFn: async () => {
      const answer = await send('get', `/api/v1/schedules/${encodeURIComponent(connector)}`)
      return { etag: answer.headers.get('etag'), found: (await answer.json()) as Schedule }
    },
  })
  return there && !kept.data
    ? <Dialog title={t.scheduleTitle(connector)} close={close} submit={close} error={kept.error} busy={false} ready={false} label={strings.save}>{null}</Dialog>
    : <Fields path={path} of={kept.data?.found} etag={kept.data?.etag} close={close} />
}

const OTHER = 'other'

function Fields({ path, of, etag, close }: { path: { connector: string }; of?: Schedule; etag?: string | null; close: () => void }) {
  const queries = useQueryClient()
  const [cron, setCron] = useState(of?.cron ?? '0 2 * * *')
  const [own, setOwn] = useState(!(cron in t.often))
  const [zone, setZone] = useState(of?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone)
  const [enabled, setEnabled] = useState(of?.enabled ?? true)
  const zones = [...new Set(['UTC', zone, ...Intl.supportedValuesOf('timeZone')])]
  const done = (said: string) => { say(said); void queries.invalidateQueries({ queryKey: ['schedules'] }); close() }
  const saved = useMutation({ mutationFn: () => put('/api/v1/schedules/{connector}', { path, body: { cron: cron.trim(), zone, enabled }, etag }), onSuccess: () => done(t.scheduled) })
  const dropped = useMutation({ mutationFn: () => remove('/api/v1/schedules/{connector}', { path }), onSuccess: () => done(t.unscheduled) })
  return (
    <Dialog title={t.scheduleTitle(path.connector)} close={close} submit={() => saved.mutate()} error={saved.error ?? dropped.error} busy={saved.isPending} label={strings.save} ready={Boolean(cron.trim())}>
      <Select
        label={t.how}
        allowDeselect={false}
        data={[...Object.entries(t.often).map(([value, label]) => ({ value, label })), { value: OTHER, label: t.otherwise }]}
        value={own ? OTHER : cron}
        onChange={(next) => { setOwn(next === OTHER); if (next && next !== OTHER) setCron(next) }}
      />
      {own ? <TextInput label={t.cron} description={t.cronHint} required value={cron} onChange={(event) => setCron(event.currentTarget.value)} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} /> : null}
      <Select label={t.zone} searchable allowDeselect={false} limit={60} data={zones} value={zone} onChange={(next) => next && setZone(next)} />
      <Switch label={t.runs} description={t.runsHint} checked={enabled} onChange={(event) => setEnabled(event.currentTarget.checked)} />
      {of ? <div><Button variant="subtle" color="red" size="compact-sm" loading={dropped.isPending} onClick={() => dropped.mutate()}>{t.unschedule}</Button></div> : null}
    </Dialog>
  )
}
