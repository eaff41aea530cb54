import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute, Link } from '@tanstack/react-router'
import { BellOff, CircleCheck } from 'lucide-react'
import { useState } from 'react'

import { address, send, type Answer } from '~/api/client'
import { Document } from '~/components/document'
import { Facts, Head, Kind, Meter, Outward, Panel, Tag } from '~/components/parts'
import { Show } from '~/components/states'
import { Suppress } from '~/components/suppress'
import { say } from '~/components/toasts'
import { Standing, Triage, type Done } from '~/components/triage'
import { page } from '~/page'
import { anything } from '~/query'
import { useScopeNames } from '~/scopes'
import { useMay } from '~/session'
import { day, moment, number, strings } from '~/strings'
import { words } from '~/words'

export const Route = createFileRoute('/alerts/$alert')({
  staticData: page({ title: strings.alerts.title }),
  validateSearch: anything,
  component: Alert,
})

const t = strings.alerts
const f = strings.fields
const PATH = '/api/v1/alerts/{id}'
type Found = Answer<typeof PATH>

function Alert() {
  const { alert: id } = Route.useParams()
  const queries = useQueryClient()
  const may = useMay('triage')
  const scope = useScopeNames()
  const [form, open] = useState<'state' | 'suppress' | null>(null)
  const found = useQuery({
    queryKey: ['alert', id],
    queryFn: async () => {
      const answer = await send('get', address(PATH, { id }))
      return { etag: answer.headers.get('etag'), told: (await answer.json()) as Found }
    },
  })
  const done: Done = (said, undo) => {
    open(null)
    if (said === undefined) return
    void queries.invalidateQueries()
    say(said, undo && (() => undo().then(() => queries.invalidateQueries())))
  }
  return (
    <Show of={found}>
      {({ etag, told: { alert: row, why, investigate, remediate, falsepositives, references, events, behaviour, inventory, indicators } }) => (
        <>
          <Head
            title={row.title}
            actions={may ? (
              <>
                <Button leftSection={<CircleCheck size={14} aria-hidden />} onClick={() => open('state')}>{t.change}</Button>
                <Button variant="default" leftSection={<BellOff size={14} aria-hidden />} onClick={() => open('suppress')}>{t.suppress}</Button>
              </>
            ) : null}
          >
            <Tag of={row.severity} /> <Standing of={row.state} /> <span className="id">{row.id}</span>
          </Head>
          {row.sample ? <div className="note" role="note">{t.isSample}</div> : null}
          {row.state_by ? (
            <div className="note" role="note">
              {t.decided(words[row.state] ?? row.state, row.state_by, moment(row.state_at))}
              {row.state_reason ? ` ${row.state_reason}` : ''}
              {row.suppression ? <> <Link to="/suppressions">{t.bySuppression}</Link></> : null}
            </div>
          ) : null}
          <div className="grid">
            <div className="c8" style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
              {row.original ? <FromProduct of={row.original} /> : null}
              {row.reasons.length ? <Reasons of={row.reasons} behaviour={behaviour} indicators={indicators} /> : null}
              {why ? <Panel title={t.why}><p style={{ margin: 0, maxWidth: '80ch', fontSize: 14 }}>{why}</p></Panel> : null}
              <Steps title={t.investigate} of={investigate} />
              <Steps title={t.remediate} of={remediate} />
              <Steps title={t.harmless} of={falsepositives} />
              <Panel title={events.length < row.count ? t.someEvents(events.length, row.count) : t.eventsOf(row.count)}>
                {events.length ? events.map((each, at) => (
                  <details key={each.id} open={at === 0} style={{ marginBottom: 8 }}>
                    <summary style={{ cursor: 'pointer', fontSize: 13 }}>
                      {moment(each.at)} <span className="sub">{each.file ? `${each.file}${each.line ? `:${each.line}` : ''}` : each.source}</span>
                    </summary>
                    <Document value={each.document} />
                  </details>
                )) : <p style={{ margin: 0, color: 'var(--dim)', fontSize: 13 }}>{t.noEvents}</p>}
              </Panel>
            </div>
            <div className="c4" style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
              <Panel title={t.what}>
                <Facts
                  of={[
                    [t.first, moment(row.first)],
                    [t.last, moment(row.last)],
                    [t.events, number(row.count)],
                    ...(row.scope ? [[f.scope, <Link key="s" to="/alerts" search={{ scope: row.scope }}>{scope(row.scope)}</Link>] as [string, React.ReactNode]] : []),
                    ...(row.region ? [[f.region, row.region] as [string, string]] : []),
                    [t.resource, <About key="r" called={row.resource} known={inventory} />],
                    [t.source, row.source],
                  ]}
                />
              </Panel>
              <Panel title={t.entities}>
                <Facts
                  of={Object.entries(row.entities).map(([kind, values]) => [
                    t.kinds[kind] ?? kind,
                    values.map((each) => <div key={each}><Link className="id" to="/alerts" search={{ entity: each }}>{each}</Link></div>),
                  ])}
                />
              </Panel>
              <Panel title={t.attack}>
                <Facts
                  of={[
                    [t.tactic, row.tactics.map((each) => <div key={each}><Link to="/alerts" search={{ tactic: each }}>{words[each] ?? each}</Link></div>)],
                    [t.techniques, row.techniques.map((each) => <div key={each}><Outward to={`https://attack.mitre.org/techniques/${each.replace('.', '/')}/`}>{each}</Outward></div>)],
                    [t.detection, <Link key="d" className="id" to="/alerts" search={{ detection: row.detection }}>{row.detection}</Link>],
                    ...(row.alert_types.length ? [[t.alertTypes, row.alert_types.map((each) => <div key={each}><Kind of={each} /></div>)] as [string, React.ReactNode]] : []),
                    ...(references.length ? [[t.references, references.map((each) => <div key={each}><Outward to={each} /></div>)] as [string, React.ReactNode]] : []),
                  ]}
                />
              </Panel>
            </div>
          </div>
          {form === 'state' ? <Triage alerts={[row]} etag={etag} done={done} /> : null}
          {form === 'suppress' ? <Suppress like={row} done={done} /> : null}
        </>
      )}
    </Show>
  )
}

/** What it is about, and whether that is known. */
function About({ called, known }: { called: string | null; known: Found['inventory'] }) {
  const [only, other] = known
  if (only && !other)
    return (
      <>
        <Link className="id" to="/inventory/$uid" params={{ uid: only.uid }}>{called ?? only.name}</Link>
        <div className="sub"><Kind of={only.type} /></div>
      </>
    )
  if (!only) return called ? <><span className="id">{called}</span><div className="sub">{strings.protection.elsewhere}</div></> : <>–</>
  return (
    <>
      <span className="id">{called}</span>
      <div className="sub">{t.mayBe(known.length)}</div>
      {known.map((each) => (
        <div key={each.uid}><Link className="id" to="/inventory/$uid" params={{ uid: each.uid }}>{each.id}</Link></div>
      ))}
    </>
  )
}

/** What was usual and what is not, or which indicators fit. */
function Reasons({ of, behaviour, indicators }: { of: readonly string[]; behaviour: Found['behaviour']; indicators: Found['indicators'] }) {
  return (
    <Panel title={behaviour ? t.unusual : t.fits}>
      {behaviour ? (
        <>
          <ul className="reasons">{of.map((each) => <li key={each}>{each}.</li>)}</ul>
          <Facts
            of={[
              [t.compared, `${t.ways[behaviour.kind] ?? behaviour.kind}${behaviour.of.length ? `: ${list(behaviour.of.map(kind))}` : ''}`],
              [t.learntFor, list(behaviour.entity.map(kind))],
              [t.looksBack, t.looked(behaviour.days, behaviour.least_days, behaviour.least_events)],
              ...(behaviour.peers ? [[t.peers, t.peersCount] as [string, string]] : []),
            ]}
          />
        </>
      ) : indicators.length ? (
        <table className="rows">
          <thead><tr>{[t.indicator, t.listedBy, t.listedAs, t.sure, t.listedUntil].map((each) => <th key={each} scope="col"><span>{each}</span></th>)}</tr></thead>
          <tbody>
            {indicators.map((each) => (
              <tr key={`${each.kind} ${each.value} ${each.source}`}>
                <td><span className="id">{each.value}</span>{each.description ? <div className="sub">{each.description}</div> : null}</td>
                <td>{each.source}</td>
                <td style={{ minWidth: 130 }}>{each.labels.map((label) => <Tag key={label} of="idle" plain>{label}</Tag>)}</td>
                <td className="narrow"><Meter share={each.confidence / 100}>{each.confidence}</Meter></td>
                <td className="narrow">{each.expires ? day(each.expires) : t.always}{each.ended ? <> <Tag of="expired" /></> : null}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <>
          <ul className="reasons">{of.map((each) => <li key={each}>{each}.</li>)}</ul>
          <p className="sub">{t.listedNoMore}</p>
        </>
      )}
    </Panel>
  )
}

/** Another product's texts: shown as text, never as anything else. */
function FromProduct({ of }: { of: NonNullable<Found['alert']['original']> }) {
  return (
    <Panel title={t.original(of.product)}>
      {of.description ? <p style={{ margin: '0 0 10px', maxWidth: '80ch', fontSize: 14, whiteSpace: 'pre-line' }}>{of.description}</p> : null}
      <Facts
        of={[
          ...(of.type ? [[t.originalType, of.type] as [string, string]] : []),
          [t.originalId, <span key="i" className="id">{of.id}</span>],
          ...(of.status ? [[t.originalStatus, t.originalMeans(of.status, words[of.state] ?? of.state)] as [string, string]] : []),
          [t.originalChanged, moment(of.changed)],
          ...(of.link ? [[t.originalLink, <Outward key="l" to={of.link} />] as [string, React.ReactNode]] : []),
        ]}
      />
    </Panel>
  )
}

const kind = (name: string) => t.kinds[name]?.toLowerCase() ?? name
const list = (names: string[]) => names.join(' + ')

function Steps({ title, of }: { title: string; of: readonly string[] }) {
  return of.length ? (
    <Panel title={title}>
      <ol style={{ margin: 0, paddingLeft: 20, maxWidth: '80ch', fontSize: 14 }}>{of.map((each) => <li key={each}>{each}</li>)}</ol>
    </Panel>
  ) : null
}
