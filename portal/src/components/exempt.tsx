import { Button, Modal, Radio, Select, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { ShieldOff } from 'lucide-react'
import { useState } from 'react'

import { post, remove } from '~/api/client'
import { scopes } from '~/scopes'
import { strings } from '~/strings'
import { words } from '~/words'

import type { Action } from './list'

const t = strings.exempt

interface Subject {
  policy: string
  title: string
  /** Without a scope the form asks for it, and the whole of it is exempt. */
  scope?: string
  resource?: string
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
  const known = useQuery(scopes)
  const asks = subjects.some((each) => !each.scope)
  const ready = reason.trim().length > 0 && (!asks || place)
  const made = useMutation({
    mutationFn: async () => {
      const ids: string[] = []
      for (const { policy, scope, resource } of subjects) {
        const body = { policy, scope: scope ?? place!, resource: resource ?? null, category, reason: reason.trim(), expires: expires ? `${expires}T23:59:59Z` : null }
        ids.push((await post('/api/v1/exemptions', { body })).id)
      }
      return ids
    },
    onSuccess: (ids) =>
      done(t.done(ids.length), async () => {
        for (const id of ids) await remove('/api/v1/exemptions/{id}', { path: { id } })
      }),
  })
  return (
    <Modal opened onClose={() => done()} title={t.title(subjects.length)} size="lg" closeButtonProps={{ 'aria-label': strings.done.close }}>
      <form style={{ display: 'grid', gap: 14 }} onSubmit={(event) => { event.preventDefault(); if (ready) made.mutate() }}>
        <ul style={{ margin: 0, paddingLeft: 18, fontSize: 13, maxHeight: 140, overflowY: 'auto' }}>
          {subjects.slice(0, 50).map((each) => <li key={`${each.policy} ${each.resource}`}>{each.name ? `${each.name}: ` : ''}{each.title}</li>)}
        </ul>
        {asks ? (
          <Select
            label={t.scope}
            required
            searchable
            data={(known.data ?? []).map((each) => ({ value: each.id, label: each.name === each.id ? each.id : `${each.name} (${each.id})` }))}
            value={place}
            onChange={setPlace}
          />
        ) : null}
        <Radio.Group label={t.category} value={category} onChange={(value) => setCategory(value as 'mitigated')}>
          <div style={{ display: 'grid', gap: 8, marginTop: 6 }}>
            <Radio value="waiver" label={words.waiver} description={t.waiver} />
            <Radio value="mitigated" label={words.mitigated} description={t.mitigated} />
          </div>
        </Radio.Group>
        <Textarea label={t.reason} description={t.reasonHint} required autosize minRows={2} maxLength={2000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <TextInput label={t.expires} description={t.expiresHint} type="date" value={expires} onChange={(event) => setExpires(event.currentTarget.value)} />
        {made.error ? <p role="alert" style={{ color: 'var(--high)', margin: 0 }}>{made.error.message}</p> : null}
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8 }}>
          <Button variant="default" onClick={() => done()}>{strings.cancel}</Button>
          <Button type="submit" disabled={!ready} loading={made.isPending}>{t.action}</Button>
        </div>
      </form>
    </Modal>
  )
}

