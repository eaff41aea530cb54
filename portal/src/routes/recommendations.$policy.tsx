import { Button, Tabs } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { ShieldOff } from 'lucide-react'
import { useState } from 'react'

import { get } from '~/api/client'
import { Assessments } from '~/components/assessments'
import { Exempt } from '~/components/exempt'
import { Code, Facts, Head, Kind, Panel, Tag, Time } from '~/components/parts'
import { Show } from '~/components/states'
import { say } from '~/components/toasts'
import { page } from '~/page'
import { anything, many, type Search } from '~/query'
import { useControlTitles } from '~/scopes'
import { useMay } from '~/session'
import { number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/recommendations/$policy')({
  staticData: page({ title: strings.recommendations.title }),
  validateSearch: anything,
  component: Recommendation,
})

const t = strings.recommendations
const f = strings.fields
const STATES = ['unhealthy', 'unknown', 'healthy', 'not_applicable'] as const

function Recommendation() {
  const { policy } = Route.useParams()
  const search = Route.useSearch()
  const navigate = Route.useNavigate()
  const queries = useQueryClient()
  const [exempting, exempt] = useState(false)
  const may = useMay('exempt')
  const control = useControlTitles()
  const found = useQuery({ queryKey: ['recommendation', policy], queryFn: () => get('/api/v1/recommendations/{policy}', { path: { policy } }) })
  const status = many(search.status)
  const exempted = many(search.exempt)[0] === 'true'
  const tab = exempted ? 'exempt' : status.length === 1 ? status[0]! : status.length ? 'some' : 'unhealthy'
  return (
    <Show of={found}>
      {({ recommendation: row, why, fix, note, applies, condition, tactics, standards, equivalents }) => (
        <>
          <Head
            title={row.title ?? row.policy}
            actions={may && row.title ? <Button variant="default" leftSection={<ShieldOff size={14} />} onClick={() => exempt(true)}>{strings.exempt.action}</Button> : null}
          >
            <Tag of={row.severity} /> <span className="id">{row.policy}</span>
          </Head>
          {row.disabled.length ? <div className="note" role="note">{t.disabled(row.disabled.length)}</div> : null}
          <div className="grid">
            <div className="c8" style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
              {why ? <Panel title={t.why}><p style={{ margin: 0, maxWidth: '80ch', fontSize: 14 }}>{why}</p></Panel> : null}
              {Object.keys(fix).length ? <Panel title={t.fix}><Fix steps={fix} /></Panel> : null}
              {note ? <Panel title={t.note}><p style={{ margin: 0, maxWidth: '80ch', fontSize: 13 }}>{note}</p></Panel> : null}
            </div>
            <div className="c4" style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
              <Panel title={t.facts}>
                <Facts
                  of={[
                    [f.unhealthy, number(row.unhealthy)],
                    [f.unknown, number(row.unknown)],
                    [f.healthy, number(row.healthy)],
                    [f.exempt, number(row.exempt)],
                    [f.gain, strings.score.gain(row.gain)],
                    [f.control, row.control ? <Link key="c" to="/recommendations" search={{ control: row.control }}>{control(row.control)}</Link> : '–'],
                    [f.since, <Time key="s" at={row.since} />],
                    [f.latest, <Time key="l" at={row.latest} />],
                    [f.type, row.types.map((each) => <div key={each}><Kind of={each} /></div>)],
                    ...(tactics.length ? [[t.tactics, tactics.map((each) => words[each] ?? each).join(', ')] as [string, string]] : []),
                    ...(standards.length ? [[f.standards, standards.map((each) => <div key={each}><Link to="/compliance/$standard" params={{ standard: each }}>{each}</Link></div>)] as [string, React.ReactNode]] : []),
                    ...Object.entries(equivalents).map(([name, ids]): [string, React.ReactNode] => [t.catalogues[name] ?? name, ids.map((each) => <div key={each}><Kind of={each} /></div>)]),
                    ...(row.preview ? [[words.preview ?? 'Preview', t.preview] as [string, string]] : []),
                  ]}
                />
              </Panel>
              {condition ? (
                <Panel>
                  <details>
                    <summary style={{ cursor: 'pointer', fontWeight: 600 }}>{t.condition}</summary>
                    {applies ? <><p style={{ margin: '8px 0 4px', fontSize: 13 }}>{t.conditionApplies}</p><pre className="doc" tabIndex={0}>{applies}</pre></> : null}
                    <p style={{ margin: '8px 0 4px', fontSize: 13 }}>{applies ? t.conditionUnhealthy : t.conditionAlone}</p>
                    <pre className="doc" tabIndex={0}>{condition}</pre>
                  </details>
                </Panel>
              ) : null}
            </div>
          </div>
          <h2 style={{ margin: '18px 0 6px' }}>{t.affected}</h2>
          <Tabs
            value={tab}
            onChange={(next) => void navigate({ search: (before: Search) => ({ ...before, cursor: undefined, exempt: next === 'exempt' ? 'true' : undefined, status: next === 'unhealthy' || next === 'exempt' ? undefined : next ?? undefined }), resetScroll: false })}
            mb="sm"
          >
            <Tabs.List>
              {STATES.map((state) => <Tabs.Tab key={state} value={state}>{words[state]} {number(row[state])}</Tabs.Tab>)}
              <Tabs.Tab value="exempt">{words.exempt} {number(row.exempt)}</Tabs.Tab>
            </Tabs.List>
          </Tabs>
          <Assessments name="affected" policy={policy} fallback={exempted ? {} : { status: 'unhealthy', exempt: 'false' }} />
          {exempting ? (
            <Exempt
              subjects={[{ policy, title: row.title ?? policy }]}
              done={(said, undo) => {
                exempt(false)
                if (!said) return
                void queries.invalidateQueries()
                say(said, undo && (() => undo().then(() => queries.invalidateQueries())))
              }}
            />
          ) : null}
        </>
      )}
    </Show>
  )
}

function Fix({ steps }: { steps: Record<string, string> }) {
  const tools = Object.keys(steps)
  return (
    <Tabs defaultValue={tools[0]} keepMounted={false}>
      <Tabs.List>{tools.map((tool) => <Tabs.Tab key={tool} value={tool}>{t.tools[tool] ?? tool}</Tabs.Tab>)}</Tabs.List>
      {tools.map((tool) => (
        <Tabs.Panel key={tool} value={tool} pt="sm">
          {tool === 'portal' ? <p style={{ margin: 0, maxWidth: '80ch', whiteSpace: 'pre-line' }}>{steps[tool]}</p> : <Code>{steps[tool]!.trimEnd()}</Code>}
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
