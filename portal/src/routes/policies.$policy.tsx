import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { useState } from 'react'

import { get } from '~/api/client'
import { Assign } from '~/components/assign'
import { Facts, Head, Kind, Panel, Tag } from '~/components/parts'
import { Show } from '~/components/states'
import { page } from '~/page'
import { useControlTitles } from '~/scopes'
import { useMay } from '~/session'
import { strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/policies/$policy')({
  staticData: page({ title: strings.policies.title }),
  component: Policy,
})

const t = strings.policies
const f = strings.fields
const r = strings.recommendations

function Policy() {
  const { policy } = Route.useParams()
  const may = useMay('assign')
  const control = useControlTitles()
  const [assigning, assign] = useState(false)
  const found = useQuery({ queryKey: ['policy', policy], queryFn: () => get('/api/v1/policies/{policy}', { path: { policy } }) })
  return (
    <Show of={found}>
      {(row) => (
        <>
          <Head
            title={row.title}
            actions={
              <>
                <Button component={Link} variant="default" to="/recommendations/$policy" params={{ policy } as never}>{t.findings}</Button>
                {row.custom ? <Button component={Link} variant="default" to="/policies/write" search={{ id: policy } as never}>{strings.custom.edit}</Button> : null}
                {may ? <Button onClick={() => assign(true)}>{t.assign}</Button> : null}
              </>
            }
          >
            <Tag of={row.severity} /> <span className="id">{row.id}</span>
          </Head>
          <div className="grid">
            <div className="c8" style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
              <Panel title={r.why}><p style={{ margin: 0, maxWidth: '80ch' }}>{row.why}</p></Panel>
              <Panel title={r.condition}>
                {row.applies ? <><p style={{ margin: '0 0 4px', fontSize: 13 }}>{r.conditionApplies}</p><pre className="doc" tabIndex={0}>{row.applies}</pre></> : null}
                <p style={{ margin: row.applies ? '8px 0 4px' : '0 0 4px', fontSize: 13 }}>{row.applies ? r.conditionUnhealthy : r.conditionAlone}</p>
                <pre className="doc" tabIndex={0}>{row.unhealthy}</pre>
              </Panel>
              <Panel title={t.inForce}>
                <table className="rows cards">
                  <thead><tr>{[f.scope, t.effect, t.parameters, t.byAssignment].map((each) => <th key={each} scope="col"><span>{each}</span></th>)}</tr></thead>
                  <tbody>
                    {row.in_force.map((each) => (
                      <tr key={each.scope}>
                        <td className="main">{each.name}</td>
                        <td className="narrow" data-title={t.effect}><Tag of={each.effect} /></td>
                        <td className="id" data-title={t.parameters}>{Object.entries(each.parameters).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ') || '–'}</td>
                        <td data-title={t.byAssignment}>{each.by.length ? <span className="id">{each.by.join(', ')}</span> : t.byDefault}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Panel>
            </div>
            <Panel title={r.facts} span={4}>
              <Facts
                of={[
                  [f.type, row.types.map((each) => <div key={each}><Kind of={each} /></div>)],
                  [f.provider, row.providers.map((each) => words[each] ?? each).join(', ')],
                  [f.category, row.categories.join(', ') || '–'],
                  [f.control, row.control ? control(row.control) : '–'],
                  [t.builtIn, row.built_in ? strings.yes : strings.no],
                  [t.file, <span key="f" className="id">{row.file}</span>],
                  [f.standards, row.standards.length ? row.standards.map((each) => <div key={each}><Link to="/compliance/$standard" params={{ standard: each }}>{each}</Link></div>) : '–'],
                  ...Object.entries(row.parameters).map(([name, each]): [string, React.ReactNode] => [name, <><span className="id">{JSON.stringify(each.default)}</span>{each.doc ? <div className="sub">{each.doc}</div> : null}</>]),
                  ...(row.note ? [[r.note, row.note] as [string, string]] : []),
                ]}
              />
            </Panel>
          </div>
          {assigning ? <Assign policy={policy} title={row.title} parameters={row.parameters} close={() => assign(false)} /> : null}
        </>
      )}
    </Show>
  )
}
