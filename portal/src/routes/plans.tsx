import { Switch } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { ToggleRight } from 'lucide-react'

import { get, put, remove } from '~/api/client'
import type { Schema } from '~/api/types'
import { Head } from '~/components/parts'
import { ScopeChoice } from '~/components/scopechoice'
import { Show } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything, one } from '~/query'
import { useScopeNames } from '~/scopes'
import { useMay } from '~/session'
import { number, sentence, strings } from '~/strings'

export const Route = createFileRoute('/plans')({
  staticData: page({ title: strings.plans.title, nav: { group: 'manage', order: 40, icon: ToggleRight, key: 'b' } }),
  validateSearch: anything,
  component: Plans,
})

const t = strings.plans
type Plan = Schema<'PlanItem'>
const quoted = (form: string | null) => form && `"${form}"`

function Plans() {
  const navigate = Route.useNavigate()
  const scope = one(Route.useSearch().scope) ?? ''
  const name = useScopeNames()
  const may = useMay('plan')
  const queries = useQueryClient()
  const list = useQuery({ queryKey: ['plans', scope], queryFn: () => get('/api/v1/plans', { query: { scope, limit: 500 } }) })
  const turn = (plan: Plan, enabled: boolean, reason: string, etag: string | null) =>
    put('/api/v1/plans/{plan}', { path: { plan: plan.id }, body: { enabled, scope, reason }, etag: quoted(etag) })
  const after = () => queries.invalidateQueries({ queryKey: ['plans'] })
  const turned = useMutation({
    mutationFn: ({ plan, enabled }: { plan: Plan; enabled: boolean }) => turn(plan, enabled, '', plan.form).then((made) => ({ plan, made })),
    onSuccess: ({ plan, made }, { enabled }) => {
      void after()
      const before = plan.switches.find((each) => (each.scope ?? '') === scope)
      say(t.switched(plan.title, enabled), () =>
        (before
          ? turn(plan, before.enabled, before.reason ?? '', made.form)
          : remove('/api/v1/plans/{plan}', { path: { plan: plan.id }, query: { scope }, etag: quoted(made.form) })
        ).then(after),
      )
    },
    onError: (error) => { void after(); say(error.message) },
  })
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <div style={{ maxWidth: 360, marginBottom: 12 }}>
        <ScopeChoice label={strings.fields.scope} everywhere value={scope || null} change={(next) => void navigate({ search: { scope: next ?? undefined } })} />
      </div>
      <Show of={list}>
        {({ items }) => (
          <div className="list">
            <table className="rows">
              <thead><tr><th scope="col"><span>{t.plan}</span></th><th scope="col" className="right hide-small"><span>{t.policies}</span></th><th scope="col" className="hide-small"><span>{t.below}</span></th><th scope="col"><span>{t.on}</span></th></tr></thead>
              <tbody>
                {items.map((each) => (
                  <tr key={each.id}>
                    <td className="main">{each.title}<div className="sub">{sentence(each.holds)}</div></td>
                    <td className="right narrow hide-small">{number(each.policies)}</td>
                    <td className="hide-small sub">{each.switches.filter((one) => (one.scope ?? '') !== scope).map((one) => `${one.scope ? name(one.scope) : strings.everywhere}: ${one.enabled ? t.on : t.off}`).join(', ') || '–'}</td>
                    <td className="narrow">
                      <Switch size="sm" aria-label={t.turn(each.title)} disabled={!may} checked={each.enabled} onChange={(event) => turned.mutate({ plan: each, enabled: event.currentTarget.checked })} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Show>
    </>
  )
}
