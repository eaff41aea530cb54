// What people decide of incidents: state, owner, what belongs together and what does not, and what they write.
import { Button, MultiSelect, Radio, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { CircleCheck, UserRound } from 'lucide-react'
import { useState } from 'react'

import { address, get, post, put, send } from '~/api/client'
import type { Schema } from '~/api/types'
import { useSession } from '~/session'
import { strings } from '~/strings'
import { words } from '~/words'

import { Dialog } from './dialog'
import type { Action } from './list'
import type { Done } from './triage'

export type Incident = Schema<'IncidentItem'>
type State = Incident['state']

const t = strings.incidents
const PATH = '/api/v1/incidents/{incident}'
const STATES: State[] = ['active', 'in_progress', 'resolved', 'dismissed']

/** The form of an incident as it is now, which a change of it has to name. */
const now = async (incident: string) => (await send('get', address(PATH, { incident }))).headers.get('etag')

const stated = async (incident: string, state: State, reason: string) =>
  put(`${PATH}/state`, { path: { incident }, body: { state, reason }, etag: await now(incident) })
const owned = async (incident: string, owner: string) =>
  put(`${PATH}/owner`, { path: { incident }, body: { owner }, etag: await now(incident) })

async function each(rows: Incident[], change: (row: Incident) => Promise<unknown>) {
  for (const row of rows) await change(row)
}

export const handling: Action<Incident>[] = [
  { label: t.change, needs: 'triage', icon: <CircleCheck size={13} aria-hidden />, form: (rows, done) => <Decide of={rows} done={done} /> },
  { label: t.assign, needs: 'triage', icon: <UserRound size={13} aria-hidden />, form: (rows, done) => <Own of={rows} done={done} /> },
]

function Named({ of }: { of: Incident[] }) {
  return (
    <ul tabIndex={0} style={{ margin: 0, paddingLeft: 18, fontSize: 13, maxHeight: 140, overflowY: 'auto' }}>
      {of.slice(0, 50).map((each) => <li key={each.id}>{each.title}</li>)}
    </ul>
  )
}

export function Decide({ of, done }: { of: Incident[]; done: Done }) {
  const [state, setState] = useState<State>(of[0]!.state === 'active' ? 'in_progress' : 'resolved')
  const [reason, setReason] = useState('')
  const final = state === 'resolved' || state === 'dismissed'
  const changed = useMutation({
    mutationFn: () => each(of, (row) => stated(row.id, state, reason.trim())),
    onSuccess: () => done(t.changed(of.length, (words[state] ?? state).toLowerCase()), () => each(of, (row) => stated(row.id, row.state, row.state_reason ?? ''))),
  })
  return (
    <Dialog title={t.change} close={() => done()} submit={() => changed.mutate()} error={changed.error} busy={changed.isPending} label={t.change} ready={!final || reason.trim().length > 0}>
      <Named of={of} />
      <Radio.Group label={strings.alerts.state} value={state} onChange={(value) => setState(value as State)}>
        <div style={{ display: 'grid', gap: 8, marginTop: 6 }}>
          {STATES.map((each) => <Radio key={each} value={each} label={words[each]} description={strings.alerts.means[each]} />)}
        </div>
      </Radio.Group>
      <Textarea label={strings.alerts.reason} description={strings.alerts.reasonHint} required={final} autosize minRows={2} maxLength={4000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
    </Dialog>
  )
}

export function Own({ of, done }: { of: Incident[]; done: Done }) {
  const { name } = useSession()
  const [owner, set] = useState(of[0]!.owner ?? '')
  const given = useMutation({
    mutationFn: () => each(of, (row) => owned(row.id, owner.trim())),
    onSuccess: () => done(owner.trim() ? t.assigned(owner.trim()) : t.unassigned, () => each(of, (row) => owned(row.id, row.owner ?? ''))),
  })
  return (
    <Dialog title={t.assign} close={() => done()} submit={() => given.mutate()} error={given.error} busy={given.isPending} label={t.assign}>
      <Named of={of} />
      <TextInput label={t.owner} description={t.ownerHint} maxLength={200} value={owner} onChange={(event) => set(event.currentTarget.value)} />
      <div><Button variant="default" size="compact-xs" onClick={() => set(name)}>{t.mine}</Button></div>
    </Dialog>
  )
}

export function Merge({ of, done }: { of: Incident; done: Done }) {
  const [chosen, choose] = useState<string[]>([])
  const others = useQuery({ queryKey: ['incidents', 'others'], queryFn: () => get('/api/v1/incidents', { query: { limit: 500 } }) })
  const merged = useMutation({
    mutationFn: async () => post(`${PATH}/merge`, { path: { incident: of.id }, body: { incidents: chosen }, etag: await now(of.id) }),
    onSuccess: () => done(t.merged(chosen.length)),
  })
  return (
    <Dialog title={t.merge} close={() => done()} submit={() => merged.mutate()} error={merged.error} busy={merged.isPending} label={t.merge} ready={chosen.length > 0}>
      <p style={{ margin: 0, fontSize: 13 }}>{t.mergeWhy}</p>
      <MultiSelect
        label={t.others}
        searchable
        data={(others.data?.items ?? []).filter((each) => each.id !== of.id).map((each) => ({ value: each.id, label: `${each.title} (${each.id})` }))}
        value={chosen}
        onChange={choose}
      />
    </Dialog>
  )
}

export function Split({ of, alerts, done }: { of: Incident; alerts: { id: string; title: string }[]; done: Done }) {
  const made = useMutation({
    mutationFn: async () => post(`${PATH}/split`, { path: { incident: of.id }, body: { alerts: alerts.map((each) => each.id) }, etag: await now(of.id) }),
    onSuccess: (found) => done(t.split(found.title)),
  })
  return (
    <Dialog title={t.splitTitle} close={() => done()} submit={() => made.mutate()} error={made.error} busy={made.isPending} label={t.splitDo}>
      <p style={{ margin: 0, fontSize: 13 }}>{t.splitWhy}</p>
      <ul style={{ margin: 0, paddingLeft: 18, fontSize: 13 }}>{alerts.map((each) => <li key={each.id}>{each.title}</li>)}</ul>
    </Dialog>
  )
}

/** A field in which one writes of an incident. */
export function Write({ incident, done }: { incident: string; done: () => void }) {
  const [text, set] = useState('')
  const sent = useMutation({
    mutationFn: () => post(`${PATH}/comments`, { path: { incident }, body: { text: text.trim() } }),
    onSuccess: () => { set(''); done() },
  })
  return (
    <form style={{ display: 'grid', gap: 8 }} onSubmit={(event) => { event.preventDefault(); if (text.trim()) sent.mutate() }}>
      <Textarea aria-label={t.comment} placeholder={t.comment} autosize minRows={2} maxLength={4000} value={text} onChange={(event) => set(event.currentTarget.value)} />
      {sent.error ? <p role="alert" style={{ color: 'var(--high)', margin: 0, fontSize: 13 }}>{sent.error.message}</p> : null}
      <div style={{ textAlign: 'right' }}><Button type="submit" size="compact-sm" variant="default" loading={sent.isPending} disabled={!text.trim()}>{t.write}</Button></div>
    </form>
  )
}
