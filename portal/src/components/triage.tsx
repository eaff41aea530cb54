// What people decide of alerts: one with the form that was read, many at once, and how it is undone.
import { Radio, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { CircleCheck } from 'lucide-react'
import { useState } from 'react'

import { post, put } from '~/api/client'
import type { Schema } from '~/api/types'
import { strings } from '~/strings'
import { words } from '~/words'

import { Dialog } from './dialog'
import type { Action } from './list'
import { Tag } from './parts'

type Alert = Schema<'AlertItem'>
type State = Alert['state']
export type Done = (said?: string, undo?: () => Promise<unknown>) => void

const t = strings.alerts
const STATES: State[] = ['active', 'in_progress', 'resolved', 'dismissed']
const TONES: Record<State, string> = { active: 'open', in_progress: 'low', resolved: 'done', dismissed: 'idle' }

export const Standing = ({ of }: { of: State }) => <Tag of={TONES[of]}>{words[of]}</Tag>

/** The bulk action of lists of alerts. */
export const triaging: Action<Alert> = {
  label: t.change,
  needs: 'triage',
  icon: <CircleCheck size={13} aria-hidden />,
  form: (rows, done) => <Triage alerts={rows} done={done} />,
}

/** `etag`: the form of the one alert, which must not have changed meanwhile. */
export function Triage({ alerts, etag, done }: { alerts: Alert[]; etag?: string | null; done: Done }) {
  const first = alerts[0]!
  const [state, setState] = useState<State>(first.state === 'active' ? 'in_progress' : 'resolved')
  const [reason, setReason] = useState('')
  const ready = state !== 'dismissed' || reason.trim().length > 0
  const body = { state, reason: reason.trim() }
  const changed = useMutation({
    mutationFn: async () => {
      if (etag) await put('/api/v1/alerts/{id}/state', { path: { id: first.id }, body, etag })
      else await post('/api/v1/alerts/states', { body: { ...body, ids: alerts.map((each) => each.id) } })
    },
    onSuccess: () => done(t.changed(alerts.length, (words[state] ?? state).toLowerCase()), () => restored(alerts)),
  })
  return (
    <Dialog title={t.changeTitle(alerts.length)} close={() => done()} submit={() => changed.mutate()} error={changed.error} busy={changed.isPending} label={t.change} ready={ready}>
      <ul tabIndex={0} style={{ margin: 0, paddingLeft: 18, fontSize: 13, maxHeight: 140, overflowY: 'auto' }}>
        {alerts.slice(0, 50).map((each) => <li key={each.id}>{each.title}</li>)}
      </ul>
      <Radio.Group label={t.state} value={state} onChange={(value) => setState(value as State)}>
        <div style={{ display: 'grid', gap: 8, marginTop: 6 }}>
          {STATES.map((each) => <Radio key={each} value={each} label={words[each]} description={t.means[each]} />)}
        </div>
      </Radio.Group>
      <Textarea label={t.reason} description={state === 'dismissed' ? t.reasonNeeded : t.reasonHint} required={state === 'dismissed'} autosize minRows={2} maxLength={2000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
    </Dialog>
  )
}

/** Give each alert the state and reason that it had. */
async function restored(alerts: Alert[]) {
  const groups = new Map<string, Alert[]>()
  for (const each of alerts) {
    const key = JSON.stringify([each.state, each.state_reason])
    groups.set(key, [...(groups.get(key) ?? []), each])
  }
  for (const each of groups.values()) {
    const { state, state_reason: reason } = each[0]!
    await post('/api/v1/alerts/states', { body: { state, reason: reason ?? '', ids: each.map((one) => one.id) } })
  }
}
