import { Radio, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { ShieldOff } from 'lucide-react'
import { useState } from 'react'

import { post } from '~/api/client'
import { strings } from '~/strings'
import { words } from '~/words'

import { Dialog } from './dialog'
import type { Action } from './list'
import { ScopeChoice } from './scopechoice'

const t = strings.exempt

interface Subject {
  policy: string
  title: string
  /** The resource; without one the form asks for a scope, and the whole of it is exempt. */
  uid?: string
  name?: string
}

/** The bulk action of lists whose rows can be exempt. */
export const exempting = <T,>(subject: (row: T) => Subject): Action<T> => ({
  label: t.action,
  needs: 'exempt',
  icon: <ShieldOff size={13} aria-hidden />,
  form: (rows, done) => <Exempt subjects={rows.map(subject)} done={done} />,
})

export function Exempt({ subjects, done }: {
  subjects: Subject[]
  done: (said?: string, undo?: () => Promise<unknown>) => void
}) {
  const [category, setCategory] = useState<'mitigated' | 'waiver'>('waiver')
  const [reason, setReason] = useState('')
  const [expires, setExpires] = useState('')
  const [place, setPlace] = useState<string | null>(null)
  const asks = subjects.some((each) => !each.uid)
  const ready = reason.trim().length > 0 && (!asks || place)
  const made = useMutation({
    mutationFn: async () => {
      const terms = { category, reason: reason.trim(), expires: expires ? `${expires}T23:59:59Z` : null }
      const of = subjects.flatMap(({ policy, uid }) => (uid ? [{ policy, uid }] : []))
      const ids = of.length ? (await post('/api/v1/exemptions/bulk', { body: { ...terms, of } })).map((each) => each.id) : []
      for (const { policy, uid } of subjects) {
        if (!uid) ids.push((await post('/api/v1/exemptions', { body: { ...terms, policy, scope: place } })).id)
      }
      return ids
    },
    onSuccess: (ids) =>
      done(t.done(ids.length), () => post('/api/v1/exemptions/withdrawals', { body: { ids } })),
  })
  return (
    <Dialog title={t.title(subjects.length)} size="lg" close={() => done()} submit={() => made.mutate()} error={made.error} busy={made.isPending} label={t.action} ready={Boolean(ready)}>
      <ul tabIndex={0} style={{ margin: 0, paddingLeft: 18, fontSize: 13, maxHeight: 140, overflowY: 'auto' }}>
        {subjects.slice(0, 50).map((each) => <li key={`${each.policy} ${each.uid}`}>{each.name ? `${each.name}: ` : ''}{each.title}</li>)}
      </ul>
      {asks ? <ScopeChoice label={t.scope} required value={place} change={setPlace} /> : null}
      <Radio.Group label={t.category} value={category} onChange={(value) => setCategory(value as 'mitigated')}>
        <div style={{ display: 'grid', gap: 8, marginTop: 6 }}>
          <Radio value="waiver" label={words.waiver} description={t.waiver} />
          <Radio value="mitigated" label={words.mitigated} description={t.mitigated} />
        </div>
      </Radio.Group>
      <Textarea label={t.reason} description={t.reasonHint} required autosize minRows={2} maxLength={2000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      <TextInput label={t.expires} description={t.expiresHint} type="date" value={expires} onChange={(event) => setExpires(event.currentTarget.value)} />
    </Dialog>
  )
}
