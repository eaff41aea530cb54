import { day, number, strings } from '~/strings'
import { words } from '~/words'

import { Legend } from './parts'

const SEVERITIES = ['informational', 'low', 'medium', 'high'] as const
const HEIGHT = 120
const STEP = 20
const LENGTH = 86_400_000

/** How many a day, by severity, as a column for each day; with the same as a table. */
export function Days({ days, of }: { days: number; of: { at: string; severity: string }[] }) {
  const today = Math.floor(Date.now() / LENGTH)
  const columns = Array.from({ length: days }, (_, at) => {
    const number = today - days + 1 + at
    const here = of.filter((each) => Math.floor(new Date(each.at).getTime() / LENGTH) === number)
    return { at: new Date(number * LENGTH).toISOString(), whole: here.length, of: SEVERITIES.map((severity) => here.filter((each) => each.severity === severity).length) }
  })
  const most = Math.max(1, ...columns.map((each) => each.whole))
  const said = (each: (typeof columns)[number]) =>
    `${day(each.at)}: ${SEVERITIES.map((severity, at) => (each.of[at] ? `${number(each.of[at])} ${words[severity]}` : '')).filter(Boolean).join(', ') || number(0)}`
  return (
    <>
      <svg className="days" viewBox={`0 0 ${days * STEP} ${HEIGHT + 4}`} role="img" aria-label={strings.protection.days(days)} preserveAspectRatio="none" height={HEIGHT + 4} width="100%">
        <line x1="0" x2={days * STEP} y1={HEIGHT} y2={HEIGHT} className="ground" />
        {columns.map((each, at) => {
          let top = HEIGHT
          return (
            <g key={each.at}>
              <title>{said(each)}</title>
              <rect x={at * STEP} y="0" width={STEP} height={HEIGHT} className="free" />
              {SEVERITIES.map((severity, nth) => {
                const height = (each.of[nth]! / most) * (HEIGHT - 4)
                top -= height
                return height ? <rect key={severity} x={at * STEP + 3} y={top} width={STEP - 6} height={height} className={severity} /> : null
              })}
            </g>
          )
        })}
      </svg>
      <div style={{ display: 'flex', justifyContent: 'space-between', fontSize: 12, color: 'var(--dim)' }}>
        <span>{day(columns[0]!.at)}</span><span>{strings.protection.atMost(most)}</span><span>{day(columns.at(-1)!.at)}</span>
      </div>
      <Legend of={SEVERITIES.toReversed().map((each): [string, string] => [each, words[each]!])} />
      <details style={{ fontSize: 12, marginTop: 6 }}>
        <summary>{strings.overview.asTable}</summary>
        <table className="rows">
          <thead><tr><th scope="col"><span>{strings.overview.day}</span></th>{SEVERITIES.map((each) => <th key={each} scope="col" className="right"><span>{words[each]}</span></th>)}</tr></thead>
          <tbody>
            {columns.filter((each) => each.whole).map((each) => (
              <tr key={each.at}><td>{day(each.at)}</td>{each.of.map((count, at) => <td key={SEVERITIES[at]} className="right">{number(count)}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  )
}
