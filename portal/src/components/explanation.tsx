import { Checkbox, Drawer } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'

import { get } from '~/api/client'
import type { Schema } from '~/api/types'
import { moment, strings } from '~/strings'

import { Document } from './document'
import { Facts, Kind, Outward, Tag, Time } from './parts'
import { Show } from './states'

const t = strings.recommendations
const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value) ?? '–')

/** Why a policy says what it says of a resource; over the list, so that the place in it is kept. */
export function Explained({ uid, policy, name, close }: { uid: string; policy: string; name: string; close: () => void }) {
  return (
    <Drawer opened onClose={close} position="right" size="xl" title={t.explainTitle(name)} closeButtonProps={{ 'aria-label': strings.done.close }}>
      <Explanation uid={uid} policy={policy} />
    </Drawer>
  )
}

export function Explanation({ uid, policy }: { uid: string; policy: string }) {
  const path = { uid, policy }
  const why = useQuery({ queryKey: ['explanation', uid, policy], queryFn: () => get('/api/v1/resources/{uid}/explanations/{policy}', { path }) })
  const resource = useQuery({ queryKey: ['resource', uid], queryFn: () => get('/api/v1/resources/{uid}', { path: { uid } }) })
  const [only, set] = useState(true)
  return (
    <Show of={why}>
      {(found) => (
        <div style={{ display: 'grid', gap: 14 }}>
          <Facts
            of={[
              [strings.fields.status, <Tag key="s" of={found.assessment.status} />],
              [strings.fields.since, <><Time at={found.assessment.since} />{found.assessment.restarted ? ` (${t.restarted})` : ''}</>],
              ...(found.assessment.cause ? [[strings.fields.cause, <Cause key="c" of={found.assessment.cause} />] as [string, React.ReactNode]] : []),
              ...(found.assessment.remedy ? [[strings.fields.remedy, found.assessment.remedy] as [string, React.ReactNode]] : []),
              ...(found.assessment.last_known ? [[strings.fields.lastKnown, <><Tag of={found.assessment.last_known.status} /> {moment(found.assessment.last_known.at)}</>] as [string, React.ReactNode]] : []),
            ]}
          />
          {found.changed ? <div className="note" role="note">{t.changed}</div> : null}
          <section>
            <h3>{t.decided}</h3>
            <Leaves of={found.leaves} />
            <pre className="doc" tabIndex={0} style={{ marginTop: 8 }}>{found.condition}</pre>
          </section>
          <Show of={resource}>
            {(whole) =>
              whole.properties ? (
                <section>
                  <header style={{ display: 'flex', justifyContent: 'space-between', marginBottom: 6 }}>
                    <h3>{t.document}</h3>
                    <Checkbox size="xs" label={t.onlyDeciding} checked={only} onChange={(event) => set(event.currentTarget.checked)} />
                  </header>
                  <Document value={whole.properties} only={only} marked={marks(found.leaves)} unread={causes(whole.unread)} />
                  <p style={{ margin: '8px 0 0' }}><Link to="/inventory/$uid" params={{ uid }}>{t.openResource}</Link></p>
                </section>
              ) : null
            }
          </Show>
        </div>
      )}
    </Show>
  )
}

export const causes = (unread: Record<string, Schema<'Cause'>>) =>
  Object.fromEntries(Object.entries(unread).map(([path, cause]) => [path, cause.call || cause.reason]))
/** The places of the document that the leaves look at, also inside a function: `publicStatements(p.BucketPolicy)`. */
const marks = (leaves: Schema<'Evidence'>[]) =>
  leaves.flatMap((leaf) => [...leaf.path.matchAll(/(?:^|[^\w.])p\.([A-Za-z_]\w*(?:\.\w+|\[[^\]]+\])*)/g)].map((found) => found[1]!))

export function Cause({ of }: { of: Schema<'Cause'> }) {
  return <Kind of={[strings.reasons[of.reason] ?? of.reason, of.call, of.message].filter(Boolean).join(' · ')} />
}

export function Leaves({ of }: { of: Schema<'Evidence'>[] }) {
  return (
    <div className="list" style={{ marginTop: 6 }}>
      <div className="scroll" tabIndex={0} role="region" aria-label={t.decided}>
        <table className="rows">
          <thead><tr>{[t.path, t.value, t.operator, t.expected].map((each) => <th key={each} scope="col"><span>{each}</span></th>)}</tr></thead>
          <tbody>
            {of.map((leaf, at) => (
              <tr key={at}>
                <td className="id"><Kind of={leaf.path} /></td>
                <td className="id">
                  {leaf.cause ? <Tag of="unknown"><Cause of={leaf.cause} /></Tag> : shown(leaf.value)}
                  {leaf.absence ? (
                    <div className="sub">{t.absent} {shown(leaf.absence.default)} {leaf.absence.source ? <>(<Outward to={leaf.absence.source} />)</> : null}</div>
                  ) : null}
                  {leaf.remedy ? <div className="sub">{leaf.remedy}</div> : null}
                </td>
                <td className="id">{leaf.operator}</td>
                <td className="id">{leaf.operator === '' ? '' : shown(leaf.expected)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
