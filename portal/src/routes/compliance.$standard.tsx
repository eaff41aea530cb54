import { Accordion, Button, Menu, SegmentedControl, Select, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useState } from 'react'

import { address, get, post, search } from '~/api/client'
import type { Schema } from '~/api/types'
import { Controls, inOrder } from '~/components/controls'
import { Dialog } from '~/components/dialog'
import { Files as Reports } from '~/components/files'
import { Facts, Head, Outward, Panel, Tag, Time } from '~/components/parts'
import { ScopeChoice } from '~/components/scopechoice'
import { Show, State } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything, many, one, type Search } from '~/query'
import { useMay } from '~/session'
import { day, number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/compliance/$standard')({
  staticData: page({ title: strings.compliance.title }),
  validateSearch: anything,
  component: Standard,
})

const t = strings.compliance

function Standard() {
  const { standard } = Route.useParams()
  const asked = Route.useSearch()
  const navigate = Route.useNavigate()
  const scope = one(asked.scope) ?? null
  const states = many(asked.state)
  const found = useQuery({
    queryKey: ['standard', standard, scope],
    queryFn: () => get('/api/v1/standards/{standard}', { path: { standard }, query: { scope } }),
  })
  const set = (next: Search) => void navigate({ search: (before: Search) => ({ ...before, ...next }), replace: true, resetScroll: false })
  return (
    <Show of={found}>
      {(whole) => (
        <>
          <Head title={`${whole.standard.title} ${whole.standard.version}`} actions={<Files standard={standard} scope={scope} />}>
            {whole.standard.publisher} · <Outward to={whole.standard.source} />
          </Head>
          <div className="grid">
            <Panel>
              <div style={{ display: 'grid', gap: 10, gridTemplateColumns: 'minmax(0, 1fr)' }}>
                <Controls states={whole.standard.states} />
                <div className="tools" style={{ margin: 0 }}>
                  <div className="scroll"><SegmentedControl
                    size="xs"
                    aria-label={strings.fields.status}
                    value={states[0] ?? ''}
                    onChange={(state) => set({ state: state || undefined })}
                    data={[{ value: '', label: `${t.all} ${number(whole.standard.controls)}` }, ...inOrder.filter((state) => whole.standard.states[state]).map((state) => ({ value: state, label: `${words[state]} ${number(whole.standard.states[state]!)}` }))]}
                  /></div>
                  <div className="end scopes"><ScopeChoice label={strings.fields.scope} everywhere value={scope} change={(next) => set({ scope: next ?? undefined })} /></div>
                </div>
              </div>
            </Panel>
          </div>
          <Sections of={whole} states={states} scope={scope} />
        </>
      )}
    </Show>
  )
}

function Sections({ of, states, scope }: { of: Schema<'StandardDetail'>; states: string[]; scope: string | null }) {
  const shown = of.controls.filter((each) => !states.length || states.includes(each.state))
  const [open, set] = useState<string | null>(null)
  if (!shown.length) return <State title={strings.list.nothing} />
  return (
    <Accordion variant="contained" value={open} onChange={set} chevronPosition="left" order={3}>
      {of.sections.map((section) => {
        const here = shown.filter((each) => each.section === section.id)
        return here.length ? (
          <div key={section.id}>
            <h2 style={{ margin: '16px 0 6px' }}>{section.id} {section.title}</h2>
            {here.map((each) => (
              <Accordion.Item key={each.id} value={each.id} style={{ background: 'var(--panel)' }}>
                <Accordion.Control>
                  <span className="control">
                    <Tag of={each.state} />
                    <span><strong>{each.id}</strong> {each.title}</span>
                  </span>
                </Accordion.Control>
                <Accordion.Panel>{open === each.id ? <Control standard={of.standard.id} control={each} scope={scope} /> : null}</Accordion.Panel>
              </Accordion.Item>
            ))}
          </div>
        ) : null
      })}
    </Accordion>
  )
}

function Control({ standard, control, scope }: { standard: string; control: Schema<'ControlItem'>; scope: string | null }) {
  const may = useMay('attest')
  const [attesting, attest] = useState(false)
  const found = useQuery({
    queryKey: ['standard', standard, 'control', control.id, scope],
    queryFn: () => get('/api/v1/standards/{standard}/controls/{control}', { path: { standard, control: control.id }, query: { scope } }),
  })
  return (
    <div style={{ display: 'grid', gap: 10, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {control.manual ? <p style={{ margin: 0, fontSize: 13 }}><strong>{t.manual}</strong> {control.manual}</p> : null}
      {control.uncovered ? <p style={{ margin: 0, fontSize: 13 }}><strong>{t.uncovered}</strong> {control.uncovered}</p> : null}
      {may && control.manual ? <div><Button variant="default" onClick={() => attest(true)}>{t.attest}</Button></div> : null}
      <Show of={found} lines={3}>
        {({ results }) => (
          <div className="scroll" tabIndex={0} role="region" aria-label={control.title}>
            <table className="rows">
              <thead><tr>{[strings.fields.scope, strings.fields.status, strings.fields.policy, strings.fields.unhealthy, strings.fields.unknown, strings.fields.healthy].map((each) => <th key={each} scope="col"><span>{each}</span></th>)}</tr></thead>
              <tbody>
                {results.flatMap((result) =>
                  (result.policies.length ? result.policies : [null]).map((policy, at) => (
                    <tr key={`${result.scope} ${policy?.policy}`}>
                      <td>{at ? '' : result.name}{!at && result.attestation ? <Word of={result.attestation} /> : null}</td>
                      <td className="narrow"><Tag of={policy?.state ?? result.state} /></td>
                      <td>{policy ? <Link to="/recommendations/$policy" params={{ policy: policy.policy }} search={{ scope: result.scope }}>{policy.policy}</Link> : '–'}</td>
                      <td className="right narrow">{policy ? number(policy.unhealthy) : ''}</td>
                      <td className="right narrow">{policy ? number(policy.unknown) : ''}</td>
                      <td className="right narrow">{policy ? number(policy.healthy) : ''}</td>
                    </tr>
                  )),
                )}
              </tbody>
            </table>
          </div>
        )}
      </Show>
      {attesting ? <Attest standard={standard} control={control.id} close={() => attest(false)} /> : null}
    </div>
  )
}

function Word({ of }: { of: Schema<'AttestationItem'> }) {
  return (
    <Facts
      of={[
        [words[of.state] ?? of.state, of.statement],
        [t.owner, of.owner],
        [t.until, day(of.expires)],
        [t.said, <>{of.created_by}, <Time at={of.created_at} /></>],
        ...of.evidence.map((each): [string, React.ReactNode] => [t.evidence, <Outward key={each} to={each} />]),
      ]}
    />
  )
}

function Attest({ standard, control, close }: { standard: string; control: string; close: () => void }) {
  const queries = useQueryClient()
  const year = new Date(Date.now() + 365 * 86400_000).toISOString().slice(0, 10)
  const [form, set] = useState({ state: 'compliant' as Schema<'Attested'>, statement: '', owner: '', expires: year, evidence: '', scope: null as string | null })
  const put = (next: Partial<typeof form>) => set({ ...form, ...next })
  const kept = useMutation({
    mutationFn: () =>
      post('/api/v1/attestations', {
        body: { ...form, standard, control, expires: `${form.expires}T23:59:59Z`, evidence: form.evidence.split(/\s+/).filter(Boolean) },
      }),
    onSuccess: (made) => {
      close()
      const again = () => queries.invalidateQueries()
      void again()
      say(t.attested, () => post('/api/v1/attestations/{id}/withdrawal', { path: { id: made.id } }).then(again))
    },
  })
  return (
    <Dialog title={t.attestTitle(control)} size="lg" close={close} submit={() => kept.mutate()} error={kept.error} busy={kept.isPending} label={t.attest} ready={Boolean(form.statement.trim() && form.owner.trim() && form.expires)}>
      <Select label={strings.fields.status} allowDeselect={false} data={['compliant', 'non_compliant'].map((value) => ({ value, label: words[value]! }))} value={form.state} onChange={(state) => put({ state: state as Schema<'Attested'> })} />
      <Textarea label={t.statement} description={t.statementHint} required autosize minRows={2} value={form.statement} onChange={(event) => put({ statement: event.currentTarget.value })} />
      <TextInput label={t.owner} required value={form.owner} onChange={(event) => put({ owner: event.currentTarget.value })} />
      <TextInput label={t.until} type="date" required value={form.expires} onChange={(event) => put({ expires: event.currentTarget.value })} />
      <TextInput label={t.evidence} description={t.evidenceHint} value={form.evidence} onChange={(event) => put({ evidence: event.currentTarget.value })} />
      <ScopeChoice label={strings.fields.scope} everywhere value={form.scope} change={(scope) => put({ scope })} />
    </Dialog>
  )
}

function Files({ standard, scope }: { standard: string; scope: string | null }) {
  const may = useMay('export')
  if (!may) return null
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button variant="default" leftSection={<Download size={14} />}>{t.report}</Button></Menu.Target>
      <Menu.Dropdown>
        <Reports of={(['html', 'csv', 'oscal'] as const).map((form) => ({ label: t.forms[form], address: address('/api/v1/standards/{standard}/export', { standard }) + search({ form, scope }) }))} />
      </Menu.Dropdown>
    </Menu>
  )
}
