import { Button, Modal, NumberInput, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { get, post, put, send } from '~/api/client'
import type { Schema } from '~/api/types'
import { Editor, type Mistake } from '~/components/editor'
import { Leaves } from '~/components/explanation'
import { Facts, Head, Panel, Tag } from '~/components/parts'
import { ScopeChoice } from '~/components/scopechoice'
import { Problem, Show, State } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything, one } from '~/query'
import { useScopeNames } from '~/scopes'
import { useMay, useSession } from '~/session'
import { strings } from '~/strings'

export const Route = createFileRoute('/policies/write')({
  staticData: page({ title: strings.custom.title }),
  validateSearch: anything,
  component: Write,
})

const t = strings.custom
const f = strings.fields
const path = '/api/v1/custom-policies/'
type Kept = { etag: string | null; told: Schema<'CustomDetail'> }

function Write() {
  const id = one(Route.useSearch().id)
  const may = useMay('assign')
  const kept = useQuery({
    queryKey: ['custom', id],
    enabled: id !== undefined,
    queryFn: async (): Promise<Kept> => {
      const answer = await send('get', path + encodeURIComponent(id!))
      return { etag: answer.headers.get('etag'), told: await answer.json() }
    },
  })
  if (id !== undefined) return <Show of={kept}>{(found) => <Form key={found.etag} kept={found} />}</Show>
  return may ? <Form /> : <State whole title={strings.state.denied}>{strings.state.deniedWhy}</State>
}

/** The text, what is wrong with it, and what it says of resources before it is kept. */
function Form({ kept }: { kept?: Kept }) {
  const old = kept?.told
  const everywhere = useSession().permissions.assign === true
  const [id, setId] = useState(old?.policy.id ?? '')
  const [scope, setScope] = useState(old?.policy.scope ?? null)
  const [text, setText] = useState(old?.text ?? t.skeleton)
  const writable = old?.policy.writable ?? true
  const name = useScopeNames()
  const [asked] = useDebouncedValue(text, 300)
  const right = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)
  const draft = { id: right ? id : 'new', text: asked, known: old !== undefined }
  const checked = useQuery({
    queryKey: ['custom', 'check', draft],
    enabled: writable && Boolean(asked.trim()),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    queryFn: () => post('/api/v1/custom-policies/checks', { body: draft }),
  })
  const mistakes = writable ? (checked.data?.problems ?? []) : (old?.policy.problems ?? [])
  const placed = everywhere || scope !== null
  const ready = right && placed && !mistakes.length && !checked.isFetching && asked === text && text !== old?.text
  return (
    <>
      <Head title={old ? (old.policy.title ?? old.policy.id) : t.title} actions={writable ? <Acts kept={kept} id={id} scope={scope} text={text} ready={ready} /> : undefined}>{t.lead}</Head>
      <div className="grid">
        <div className="c7" style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
          {old ? (
            <Panel>
              <Facts of={[[f.id, <span key="i" className="id">{old.policy.id}</span>], [f.scope, old.policy.scope ? name(old.policy.scope) : strings.everywhere], [strings.policies.by, old.policy.created_by]]} />
            </Panel>
          ) : (
            <Panel>
              <div className="pair">
                <TextInput label={f.id} description={t.idHint} required value={id} onChange={(event) => setId(event.currentTarget.value)} error={id && !right ? t.idWrong : undefined} />
                <ScopeChoice label={f.scope} description={t.scopeHint} everywhere={everywhere} required={!everywhere} value={scope} change={setScope} />
              </div>
            </Panel>
          )}
          <Panel title={t.text} action={<Verdict mistakes={mistakes} checked={checked.data} />}>
            <Editor label={t.text} value={text} change={setText} mistakes={mistakes} readOnly={!writable} />
            {checked.error ? <p role="alert" style={{ color: 'var(--high)', fontSize: 13 }}>{checked.error.message}</p> : null}
          </Panel>
        </div>
        {writable ? <Trial draft={{ ...draft, text }} scope={scope} types={checked.data?.types ?? []} ready={!mistakes.length && placed && Boolean(checked.data)} /> : null}
      </div>
    </>
  )
}

function Verdict({ mistakes, checked }: { mistakes: readonly Mistake[]; checked?: Schema<'Checked'> }) {
  if (mistakes.length) return <Tag of="failed">{t.wrong(mistakes.length)}</Tag>
  return checked ? <Tag of="ok">{t.right}</Tag> : null
}

function Acts({ kept, id, scope, text, ready }: { kept?: Kept; id: string; scope: string | null; text: string; ready: boolean }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [dropping, drop] = useState(false)
  const home = () => navigate({ to: '/policies', search: { tab: 'custom' } as never })
  const renew = () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] !== 'check' })
  const saved = useMutation({
    mutationFn: () => (kept ? put('/api/v1/custom-policies/{id}', { path: { id }, body: { text }, etag: kept.etag }) : post('/api/v1/custom-policies', { body: { id, scope, text } })),
    onSuccess: () => { say(t.saved); void renew(); void navigate({ to: '/policies/write', search: { id } as never, replace: true }) },
    onError: (error) => say(error.message),
  })
  const removed = useMutation({
    mutationFn: async () => { await send('delete', path + encodeURIComponent(id), undefined, kept!.etag) },
    onSuccess: () => {
      const body = { id, scope, text: kept!.told.text }
      void home()
      queries.removeQueries({ queryKey: ['custom', id] })
      void renew()
      say(t.removed, () => post('/api/v1/custom-policies', { body }).then(renew))
    },
    onError: (error) => say(error.message),
  })
  return (
    <>
      <Button variant="default" component={Link} to="/policies" search={{ tab: 'custom' } as never}>{t.list}</Button>
      {kept ? <Button variant="default" color="red" onClick={() => drop(true)}>{t.remove}</Button> : null}
      <Button disabled={!ready} loading={saved.isPending} onClick={() => saved.mutate()}>{t.save}</Button>
      {dropping ? (
        <Modal opened onClose={() => drop(false)} title={t.removeTitle(id)} closeButtonProps={{ 'aria-label': strings.done.close }}>
          <p style={{ marginTop: 0, fontSize: 13 }}>{t.removeWhy}</p>
          <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8 }}>
            <Button variant="default" onClick={() => drop(false)}>{strings.cancel}</Button>
            <Button color="red" loading={removed.isPending} onClick={() => removed.mutate()}>{t.remove}</Button>
          </div>
        </Modal>
      ) : null}
    </>
  )
}

function Trial({ draft, scope, types, ready }: { draft: Schema<'Draft'>; scope: string | null; types: readonly string[]; ready: boolean }) {
  const [on, choose] = useState<'first' | 'one'>('first')
  const [limit, setLimit] = useState(20)
  const [resource, setResource] = useState<string | null>(null)
  const tried = useMutation({ mutationFn: () => post('/api/v1/custom-policies/tries', { body: { ...draft, known: draft.known ?? false, scope, limit, resource: on === 'one' ? (resource ?? '') : '' } }) })
  return (
    <Panel title={t.try} span={5}>
      <form style={{ display: 'grid', gap: 10, marginBottom: 12 }} onSubmit={(event) => { event.preventDefault(); tried.mutate() }}>
        <SegmentedControl size="xs" value={on} onChange={(next) => choose(next as typeof on)} data={[{ value: 'first', label: t.first }, { value: 'one', label: t.one }]} aria-label={t.try} />
        {on === 'first' ? <NumberInput label={t.limit} min={1} max={100} allowDecimal={false} value={limit} onChange={(next) => setLimit(Number(next) || 1)} /> : <Chosen types={types} scope={scope} value={resource} change={setResource} />}
        <div><Button type="submit" variant="light" loading={tried.isPending} disabled={!ready || (on === 'one' && !resource)}>{t.try}</Button></div>
      </form>
      {tried.error ? <Problem error={tried.error} /> : tried.data ? <Found of={tried.data} /> : <p className="hint">{t.tryWhy}</p>}
    </Panel>
  )
}

/** One resource of the policy's types, found by its name. */
function Chosen({ types, scope, value, change }: { types: readonly string[]; scope: string | null; value: string | null; change: (uid: string | null) => void }) {
  const [search, find] = useState('')
  const [wanted] = useDebouncedValue(search, 250)
  const found = useQuery({
    queryKey: ['custom', 'resources', types, scope, wanted],
    enabled: types.length > 0,
    placeholderData: keepPreviousData,
    queryFn: () => get('/api/v1/resources', { query: { type: [...types], scope, search: wanted, limit: 20 } }),
  })
  const data = (found.data?.items ?? []).map((each) => ({ value: each.uid, label: each.name || each.id }))
  return <Select label={t.resource} placeholder={strings.inventory.search} searchable data={data} value={value} onChange={change} searchValue={search} onSearchChange={find} filter={({ options }) => options} nothingFoundMessage={t.nothing} />
}

function Found({ of: { items, more } }: { of: Schema<'TryAnswer'> }) {
  if (!items.length) return <State title={t.nothing}>{t.nothingWhy}</State>
  return (
    <>
      <ul className="tried">
        {items.map((each) => (
          <li key={each.uid}>
            <details open={items.length === 1}>
              <summary><Tag of={each.status} /> <span>{each.name}</span></summary>
              <Leaves of={[...each.leaves]} />
              <pre className="doc" tabIndex={0} style={{ marginTop: 8 }}>{each.condition}</pre>
              <p className="hint"><Link to="/inventory/$uid" params={{ uid: each.uid }}>{strings.recommendations.openResource}</Link></p>
            </details>
          </li>
        ))}
      </ul>
      {more ? <p className="hint">{t.more}</p> : null}
    </>
  )
}
