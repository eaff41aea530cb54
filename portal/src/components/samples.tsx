// Sample alerts: how alerts look and where they go, before there are any.
import { Button, MultiSelect } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { get, post, remove } from '~/api/client'
import { strings } from '~/strings'

import { Dialog } from './dialog'
import { ScopeChoice } from './scopechoice'
import type { Done } from './triage'

const t = strings.alerts
const PATH = '/api/v1/alerts/samples'

export function Samples({ done }: { done: Done }) {
  const [plans, setPlans] = useState<string[]>([])
  const [scope, setScope] = useState<string | null>(null)
  const known = useQuery({ queryKey: ['samples'], queryFn: () => get(PATH) })
  const made = useMutation({
    mutationFn: () => post(PATH, { body: { plans, scope } }),
    onSuccess: (found) => done(t.samplesMade(found.length), () => remove(PATH)),
  })
  const removed = useMutation({ mutationFn: () => remove(PATH), onSuccess: () => done(t.samplesGone) })
  return (
    <Dialog title={t.samples} close={() => done()} submit={() => made.mutate()} error={made.error ?? removed.error} busy={made.isPending} label={t.samplesMake} ready>
      <p style={{ margin: 0, fontSize: 13 }}>{t.samplesWhy}</p>
      <MultiSelect label={t.plans} placeholder={plans.length ? '' : t.allPlans} searchable clearable data={known.data?.items.map((each) => each.plan) ?? []} value={plans} onChange={setPlans} />
      <ScopeChoice label={strings.fields.scope} description={t.samplesScope} everywhere value={scope} change={setScope} />
      <div>
        <Button variant="default" size="xs" loading={removed.isPending} onClick={() => removed.mutate()}>{t.samplesRemove}</Button>
      </div>
    </Dialog>
  )
}
