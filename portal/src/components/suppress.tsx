import { Button, NumberInput, Select, TagsInput, Textarea } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { post, remove } from '~/api/client'
import type { Schema } from '~/api/types'
import { detections } from '~/detections'
import { strings } from '~/strings'

import { Dialog } from './dialog'
import { Tag } from './parts'
import { ScopeChoice } from './scopechoice'
import type { Done } from './triage'

const t = strings.suppressions

/** A new suppression; `like`: as this alert. */
export function Suppress({ like, done }: { like?: Schema<'AlertItem'>; done: Done }) {
  const named = Object.entries(like?.entities ?? {}).flatMap(([kind, values]) => values.map((value) => `${kind}=${value}`))
  const [detection, setDetection] = useState<string | null>(like?.detection ?? null)
  const [scope, setScope] = useState<string | null>(like && !like.sample ? like.scope : null)
  const [fields, setFields] = useState<string[]>([])
  const [reason, setReason] = useState('')
  const [days, setDays] = useState<number>(30)
  const known = useQuery(detections)
  const choices = known.data?.map(({ id, title }) => ({ value: id, label: `${title} (${id})` }))
  const about = { detection, scope, fields: grouped(fields) }
  const some = Boolean(detection || scope || fields.length)
  const looked = useMutation({ mutationFn: () => post('/api/v1/suppressions/preview', { body: about }) })
  const made = useMutation({
    mutationFn: () => post('/api/v1/suppressions', { body: { ...about, reason: reason.trim(), days } }),
    onSuccess: ({ id }) => done(t.made, () => remove('/api/v1/suppressions/{id}', { path: { id } })),
  })
  const changed = <T,>(set: (value: T) => void) => (value: T) => { set(value); looked.reset() }
  return (
    <Dialog title={t.add} size="lg" close={() => done()} submit={() => made.mutate()} error={made.error ?? looked.error} busy={made.isPending} label={t.add} ready={some && reason.trim().length > 0}>
      <p style={{ margin: 0, fontSize: 13 }}>{t.addWhy}</p>
      <Select label={t.detection} searchable clearable placeholder={t.anyDetection} data={choices ?? (detection ? [detection] : [])} value={detection} onChange={changed(setDetection)} />
      <TagsInput label={t.fields} description={t.fieldsHint} data={named} value={fields} onChange={changed(setFields)} />
      <ScopeChoice label={strings.fields.scope} description={t.scopeHint} everywhere value={scope} change={changed(setScope)} />
      <NumberInput label={t.days} description={t.daysHint} min={1} max={90} clampBehavior="strict" value={days} onChange={(value) => setDays(Number(value) || 30)} />
      <Textarea label={t.reason} description={strings.exempt.reasonHint} required autosize minRows={2} maxLength={2000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      <div>
        <Button variant="default" size="xs" disabled={!some} loading={looked.isPending} onClick={() => looked.mutate()}>{t.preview}</Button>
      </div>
      {looked.data ? (
        <div role="status" style={{ fontSize: 13 }}>
          <strong>{t.would(looked.data.hidden)}</strong> {looked.data.spared ? t.spared(looked.data.spared) : ''}
          <ul tabIndex={0} style={{ margin: '6px 0 0', paddingLeft: 18, maxHeight: 140, overflowY: 'auto' }}>
            {looked.data.alerts.map((each) => <li key={each.id}><Tag of={each.severity} /> {each.title}</li>)}
          </ul>
        </div>
      ) : null}
    </Dialog>
  )
}

/** `kind=value` as the API takes it: kind -> values. */
function grouped(fields: string[]): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const each of fields) {
    const at = each.indexOf('=')
    const [name, value] = at < 0 ? [each, '*'] : [each.slice(0, at), each.slice(at + 1)]
    found[name] = [...(found[name] ?? []), value]
  }
  return found
}
