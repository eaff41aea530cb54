import { Button, Checkbox, Menu, Tabs } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { CircleCheck, EllipsisVertical, UserRound } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'

import { get, type Answer } from '~/api/client'
import { Decide, Merge, Own, Split, Write } from '~/components/handling'
import { Facts, Head, Panel, Tag, Time } from '~/components/parts'
import { Loading, Show } from '~/components/states'
import { say } from '~/components/toasts'
import { Standing, type Done } from '~/components/triage'
import { page } from '~/page'
import { useScopeNames } from '~/scopes'
import { useMay } from '~/session'
import { moment, number, sentence, short, strings } from '~/strings'
import { TACTICS, words } from '~/words'

const PATH = '/api/v1/incidents/{incident}'

export const Route = createFileRoute('/incidents/$incident')({
  staticData: page({ title: strings.incidents.title }),
  component: Incident,
})

const Entities = lazy(() => import('~/components/entities'))
const t = strings.incidents
const a = strings.alerts
const f = strings.fields
type Found = Answer<typeof PATH>
type Form = 'state' | 'owner' | 'merge' | 'split'

function Incident() {
  const { incident: id } = Route.useParams()
  const queries = useQueryClient()
  const may = useMay('triage')
  const scope = useScopeNames()
  const [form, open] = useState<Form | null>(null)
  const [chosen, choose] = useState<string[]>([])
  const found = useQuery({ queryKey: ['incident', id], queryFn: () => get(PATH, { path: { incident: id } }) })
  const again = () => void queries.invalidateQueries()
  const done: Done = (said, undo) => {
    open(null)
    if (said === undefined) return
    choose([])
    again()
    say(said, undo && (() => undo().then(again)))
  }
  return (
    <Show of={found}>
      {({ incident: row, timeline, nodes, edges, next, comments }) => (
        <>
          <Head
            title={row.title}
            actions={may ? (
              <>
                <Button leftSection={<CircleCheck size={14} aria-hidden />} onClick={() => open('state')}>{t.change}</Button>
                <Button variant="default" leftSection={<UserRound size={14} aria-hidden />} onClick={() => open('owner')}>{t.assign}</Button>
                <Menu position="bottom-end">
                  <Menu.Target><Button variant="default" aria-label={t.more}><EllipsisVertical size={14} aria-hidden /></Button></Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => open('merge')}>{t.merge}</Menu.Item>
                    <Menu.Item disabled={!chosen.length || chosen.length === timeline.length} onClick={() => open('split')}>{t.splitOff(chosen.length)}</Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </>
            ) : null}
          >
            <Tag of={row.severity} /> <Standing of={row.state} /> <span className="id">{row.id}</span>
          </Head>
          {row.merged_into ? <div className="note" role="note">{t.mergedInto} <Link to="/incidents/$incident" params={{ incident: row.merged_into }}>{row.merged_into}</Link></div> : null}
          {row.state_by && row.state !== 'active' ? (
            <div className="note" role="note">{a.decided(words[row.state] ?? row.state, row.state_by, moment(row.state_at))}{row.state_reason ? ` ${row.state_reason}` : ''}</div>
          ) : null}
          {row.hidden ? <div className="note" role="note">{t.hidden(row.hidden)}</div> : null}
          <Panel title={t.chain}><Chain reached={row.tactics} next={next?.tactic} /></Panel>
          <div className="grid" style={{ marginTop: 12 }}>
            <div className="c8">
              <Tabs defaultValue="timeline" keepMounted={false}>
                <Tabs.List mb="sm">
                  <Tabs.Tab value="timeline">{t.timeline}</Tabs.Tab>
                  <Tabs.Tab value="graph">{t.graph}</Tabs.Tab>
                </Tabs.List>
                <Tabs.Panel value="timeline"><Timeline of={timeline} may={may} chosen={chosen} choose={choose} /></Tabs.Panel>
                <Tabs.Panel value="graph"><Panel><Graph nodes={nodes} edges={edges} /></Panel></Tabs.Panel>
              </Tabs>
            </div>
            <div className="c4" style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
              {next ? <Panel title={t.next}><p style={{ margin: 0, fontSize: 13 }}><strong>{words[next.tactic] ?? next.name}</strong>: {next.expect}</p></Panel> : null}
              <Panel title={t.about}>
                <Facts
                  of={[
                    [t.owner, row.owner ?? t.nobody],
                    [a.first, moment(row.first)],
                    [a.last, moment(row.last)],
                    [t.alerts, number(row.alerts)],
                    [f.scope, row.scopes.map((each) => <div key={each}>{scope(each)}</div>)],
                    [t.weight, t.scored(row.score, row.needed)],
                    [t.seen, <Time key="m" at={row.made_at} />],
                  ]}
                />
              </Panel>
              <Panel title={t.comments}>
                <div style={{ display: 'grid', gap: 10 }}>
                  {comments.map((each) => (
                    <div key={each.id} style={{ fontSize: 13, overflowWrap: 'anywhere' }}>
                      <div className="sub" style={{ color: 'var(--dim)', fontSize: 12 }}>{each.by}, <Time at={each.at} /></div>
                      <div style={{ whiteSpace: 'pre-wrap' }}>{each.text}</div>
                    </div>
                  ))}
                  {may ? <Write incident={row.id} done={again} /> : comments.length ? null : <p style={{ margin: 0, color: 'var(--dim)', fontSize: 13 }}>{t.noComments}</p>}
                </div>
              </Panel>
            </div>
          </div>
          {form === 'state' ? <Decide of={[row]} done={done} /> : null}
          {form === 'owner' ? <Own of={[row]} done={done} /> : null}
          {form === 'merge' ? <Merge of={row} done={done} /> : null}
          {form === 'split' ? <Split of={row} alerts={timeline.map((each) => each.alert).filter((each) => chosen.includes(each.id))} done={done} /> : null}
        </>
      )}
    </Show>
  )
}

/** The steps of an attack, in order: those that were reached, and the one that is likely next. */
function Chain({ reached, next }: { reached: readonly string[]; next?: string }) {
  return (
    <ol className="chain">
      {TACTICS.map((each) => {
        const is = reached.includes(each) ? 'reached' : each === next ? 'next' : ''
        return <li key={each} className={is}>{words[each]}<span className="unseen"> {is ? t.steps[is] : t.steps.open}</span></li>
      })}
    </ol>
  )
}

function Timeline({ of, may, chosen, choose }: { of: Found['timeline']; may: boolean; chosen: string[]; choose: (ids: string[]) => void }) {
  const title = (id: string) => of.find((each) => each.alert.id === id)?.alert.title ?? id
  return (
    <ol className="timeline">
      {of.map(({ alert, why, because, raised, placed_by }) => (
        <li key={alert.id} className={alert.severity}>
          <div className="top">
            {may && of.length > 1 ? (
              <Checkbox size="xs" aria-label={strings.list.one(alert.title)} checked={chosen.includes(alert.id)} onChange={() => choose(chosen.includes(alert.id) ? chosen.filter((each) => each !== alert.id) : [...chosen, alert.id])} />
            ) : null}
            <Tag of={alert.severity} />
            <Link to="/alerts/$alert" params={{ alert: alert.id }}>{alert.title}</Link>
            <time dateTime={alert.first} className="sub">{moment(alert.first)}</time>
          </div>
          <div className="what">
            {alert.principal ? <span className="id" title={alert.principal}>{short(alert.principal)}</span> : null}
            {alert.resource ? <>→ <span className="id">{alert.resource}</span></> : null}
            {alert.tactics.map((each) => <Tag key={each} of="idle" plain>{words[each] ?? each}</Tag>)}
            {raised.map((each) => <Tag key={each} of="medium">{t.raised[each] ?? each}</Tag>)}
          </div>
          <details>
            <summary>{placed_by ? t.placed(placed_by) : sentence(why)}</summary>
            {because ? (
              <table className="rows">
                <thead><tr>{[t.shared, t.value, t.says].map((each) => <th key={each} scope="col"><span>{each}</span></th>)}</tr></thead>
                <tbody>
                  {because.shared.map((each) => (
                    <tr key={`${each.way} ${each.value}`}><td className="narrow">{t.commons[each.way] ?? each.way}</td><td className="id">{each.value}</td><td className="right narrow">{each.weight.toFixed(2)}</td></tr>
                  ))}
                </tbody>
              </table>
            ) : null}
            <p className="sub">{because ? t.linked(title(because.alert), because.apart) : t.alone}</p>
          </details>
        </li>
      ))}
    </ol>
  )
}

function Graph({ nodes, edges }: { nodes: Found['nodes']; edges: Found['edges'] }) {
  const [chosen, choose] = useState<string | null>(null)
  const value = (id: string) => nodes.find((each) => each.id === id)?.value ?? id
  return (
    <>
      <Suspense fallback={<Loading lines={8} />}><Entities nodes={nodes} edges={edges} chosen={chosen} choose={choose} /></Suspense>
      <details style={{ fontSize: 13, marginTop: 8 }}>
        <summary>{strings.overview.asTable}</summary>
        <table className="rows">
          <thead><tr>{[t.from, t.does, t.to, t.alerts].map((each) => <th key={each} scope="col"><span>{each}</span></th>)}</tr></thead>
          <tbody>
            {edges.map((each) => (
              <tr key={`${each.source} ${each.target} ${each.what}`}><td className="id">{value(each.source)}</td><td className="narrow">{t.ways[each.what] ?? each.what}</td><td className="id">{value(each.target)}</td><td className="right narrow">{number(each.alerts.length)}</td></tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  )
}
