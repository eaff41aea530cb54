import { NumberInput, Radio, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { post, remove } from '~/api/client'
import type { Schema } from '~/api/types'
import { strings } from '~/strings'
import { words } from '~/words'

import { Dialog } from './dialog'
import { ScopeChoice } from './scopechoice'
import { say } from './toasts'

const t = strings.policies
type Parameters = Record<string, Schema<'Parameter'>>

/** Audit or disable a policy, or the policies of a standard, in a scope and below it. */
export function Assign({ policy, standard, title, parameters = {}, close }: {
  policy?: string
  standard?: string
  title: string
  parameters?: Parameters
  close: () => void
}) {
  const queries = useQueryClient()
  const [effect, setEffect] = useState<Schema<'Effect'>>('audit')
  const [scope, setScope] = useState<string | null>(null)
  const [reason, setReason] = useState('')
  const [values, setValues] = useState<Record<string, unknown>>({})
  const made = useMutation({
    mutationFn: () =>
      post('/api/v1/assignments', {
        body: {
          effect, scope, reason, exclude: [],
          policy: policy ?? null,
          standard: standard ?? null,
          parameters: policy && effect === 'audit' && Object.keys(values).length ? { [policy]: values } : {},
        },
      }),
    onSuccess: ({ id }) => {
      close()
      void queries.invalidateQueries()
      say(t.assigned, () => remove('/api/v1/assignments/{id}', { path: { id } }).then(() => queries.invalidateQueries()))
    },
  })
  return (
    <Dialog title={t.assignTitle(title)} size="lg" close={close} submit={() => made.mutate()} error={made.error} busy={made.isPending} label={t.assign}>
      <Radio.Group label={t.effect} value={effect} onChange={(value) => setEffect(value as Schema<'Effect'>)}>
        <div style={{ display: 'grid', gap: 8, marginTop: 6 }}>
          <Radio value="audit" label={words.audit} description={t.audit} />
          <Radio value="disabled" label={words.disabled} description={t.disabled} />
        </div>
      </Radio.Group>
      <ScopeChoice label={strings.fields.scope} description={t.below} everywhere value={scope} change={setScope} />
      {effect === 'audit' && Object.keys(parameters).length ? (
        <fieldset style={{ border: '1px solid var(--line)', borderRadius: 4, display: 'grid', gap: 10 }}>
          <legend style={{ fontSize: 13, padding: '0 6px' }}>{t.parameters}</legend>
          {Object.entries(parameters).map(([name, each]) => (
            <Value key={name} name={name} of={each} value={values[name]} change={(value) => setValues(({ [name]: _, ...rest }) => (value === undefined ? rest : { ...rest, [name]: value }))} />
          ))}
        </fieldset>
      ) : null}
      <Textarea label={t.reason} autosize minRows={2} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
    </Dialog>
  )
}

/** A field for a parameter, by its type. Empty is the policy's own value. */
function Value({ name, of, value, change }: { name: string; of: Schema<'Parameter'>; value: unknown; change: (value: unknown) => void }) {
  const shared = { label: name, description: of.doc || undefined, placeholder: t.otherwise(JSON.stringify(of.default)) }
  if (of.values.length) return <Select {...shared} clearable data={of.values.map(String)} value={(value as string) ?? null} onChange={(next) => change(next ?? undefined)} />
  if (of.type === 'bool') return <Switch label={name} description={of.doc || undefined} checked={Boolean(value ?? of.default)} onChange={(event) => change(event.currentTarget.checked)} />
  if (of.type === 'int' || of.type === 'number') {
    return <NumberInput {...shared} allowDecimal={of.type === 'number'} min={of.min ?? undefined} max={of.max ?? undefined} value={(value as number) ?? ''} onChange={(next) => change(next === '' ? undefined : Number(next))} />
  }
  if (of.type === 'list') return <TagsInput {...shared} value={(value as string[]) ?? []} onChange={(next) => change(next.length ? next : undefined)} />
  return <TextInput {...shared} value={(value as string) ?? ''} onChange={(event) => change(event.currentTarget.value || undefined)} />
}
