import { createFileRoute, Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { Scale } from 'lucide-react'

import { get } from '~/api/client'
import { Head, Panel, Tag } from '~/components/parts'
import { Controls, inOrder } from '~/components/controls'
import { Show, State } from '~/components/states'
import { page } from '~/page'
import { anything } from '~/query'
import { number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/compliance/')({
  staticData: page({ title: strings.compliance.title, nav: { group: 'posture', order: 40, icon: Scale, key: 'c' } }),
  validateSearch: anything,
  component: Compliance,
})

const t = strings.compliance

function Compliance() {
  const list = useQuery({ queryKey: ['standards'], queryFn: () => get('/api/v1/standards', { query: { limit: 500 } }) })
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <Show of={list}>
        {({ items }) => {
          const said = items.filter((each) => each.scopes).sort((a, b) => share(a) - share(b))
          const silent = items.filter((each) => !each.scopes)
          return items.length ? (
            <>
              <div className="grid">
                {said.map((each) => (
                  <Panel key={each.id} span={4} title={<Link to="/compliance/$standard" params={{ standard: each.id }}>{each.title}</Link>}>
                    <div style={{ display: 'grid', gap: 8, fontSize: 13 }}>
                      <span style={{ color: 'var(--dim)' }}>{[each.version, each.publisher, ...each.providers.map((one) => words[one])].join(' · ')}</span>
                      <Controls states={each.states} />
                      <span>{t.passed(each.states.passed ?? 0, each.controls)}</span>
                      <span style={{ display: 'flex', gap: 4, flexWrap: 'wrap' }}>
                        {inOrder.filter((state) => each.states[state]).map((state) => <Tag key={state} of={state}>{`${number(each.states[state]!)} ${words[state]}`}</Tag>)}
                      </span>
                    </div>
                  </Panel>
                ))}
              </div>
              {silent.length ? (
                <Panel title={t.silent}>
                  <ul style={{ margin: 0, paddingLeft: 18, fontSize: 13, columns: '260px' }}>
                    {silent.map((each) => <li key={each.id}><Link to="/compliance/$standard" params={{ standard: each.id }}>{each.title} {each.version}</Link></li>)}
                  </ul>
                </Panel>
              ) : null}
            </>
          ) : <State title={t.none} />
        }}
      </Show>
    </>
  )
}

const share = (each: { states: Record<string, number>; controls: number }) => (each.states.passed ?? 0) / (each.controls || 1)
