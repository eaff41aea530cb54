// Loaded when somebody asks for it: the things that alerts name, and how they hang together.
import { useMemo } from 'react'

import type { Schema } from '~/api/types'
import { short, strings } from '~/strings'

import { Legend } from './parts'

const t = strings.incidents
type Node = Schema<'NodeItem'>
type Edge = Schema<'EdgeItem'>
interface Place {
  x: number
  y: number
}

const WIDTH = 182
const HEIGHT = 36
const APART = 72
const GAP = 14
/** From where, who, on what: read from left to right. */
const COLUMN: Record<string, number> = { ip: 0, credential: 0, principal: 1 }
const column = (node: Node) => COLUMN[node.kind] ?? 2

export default function Entities({ nodes, edges, chosen, choose }: {
  nodes: readonly Node[]
  edges: readonly Edge[]
  chosen: string | null
  choose: (node: string | null) => void
}) {
  const { places, width, height } = useMemo(() => placed(nodes, edges), [nodes, edges])
  const near = (id: string) => chosen === null || id === chosen || edges.some((each) => [each.source, each.target].includes(chosen) && [each.source, each.target].includes(id))
  return (
    <>
    <div className="scroll" tabIndex={0} role="region" aria-label={t.graph}>
      <svg className="graph" viewBox={`0 0 ${width} ${height}`} style={{ width: '100%', maxWidth: width, minWidth: 600 }} role="img" aria-label={t.graphOf(nodes.length, edges.length)}>
        {edges.map((each) => {
          const from = places.get(each.source)
          const to = places.get(each.target)
          if (!from || !to) return null
          const faint = chosen !== null && ![each.source, each.target].includes(chosen)
          return <path key={`${each.source} ${each.target} ${each.what}`} d={way(from, to)} className={faint ? 'edge faint' : `edge ${each.what}`}><title>{t.ways[each.what] ?? each.what}</title></path>
        })}
        {nodes.map((each) => {
          const at = places.get(each.id)!
          return (
            <g key={each.id} transform={`translate(${at.x} ${at.y})`} className={`node${near(each.id) ? '' : ' faint'}${each.id === chosen ? ' here' : ''}`} onClick={() => choose(each.id === chosen ? null : each.id)}>
              <title>{each.value}</title>
              <rect width={WIDTH} height={HEIGHT} rx="5" />
              <text x="9" y="14" className="kind">{strings.alerts.kinds[each.kind] ?? each.kind} · {t.alertsOf(each.alerts.length)}</text>
              <text x="9" y="28">{brief(each.value)}</text>
            </g>
          )
        })}
      </svg>
    </div>
    <Legend of={[...new Set(edges.map((each) => each.what))].map((what): [string, string] => [`line ${what}`, t.ways[what] ?? what])} />
    <p className="hint">{t.choose}</p>
    </>
  )
}

/** Of an ARN the end, of anything no more than fits. */
function brief(value: string): string {
  const end = short(value)
  return end.length > 25 ? `…${end.slice(-24)}` : end
}

/** A curve from side to side; between things of one column it goes round outside. */
function way(from: Place, to: Place): string {
  const [y1, y2] = [from.y + HEIGHT / 2, to.y + HEIGHT / 2]
  if (from.x === to.x) {
    const side = from.x + WIDTH
    return `M${side} ${y1} C${side + 60} ${y1} ${side + 60} ${y2} ${side} ${y2}`
  }
  const [left, right] = from.x < to.x ? [from, to] : [to, from]
  const [a, b] = [left.x + WIDTH, right.x]
  const middle = (a + b) / 2
  return `M${a} ${left.y + HEIGHT / 2} C${middle} ${left.y + HEIGHT / 2} ${middle} ${right.y + HEIGHT / 2} ${b} ${right.y + HEIGHT / 2}`
}

/** Three columns; within each things stand near to what they hang on. */
function placed(nodes: readonly Node[], edges: readonly Edge[]) {
  const columns: Node[][] = [[], [], []]
  for (const each of nodes) columns[column(each)]!.push(each)
  const used = columns.filter((each) => each.length)
  const rank = new Map<string, number>()
  const number = () => used.forEach((each) => each.forEach((node, at) => rank.set(node.id, (at + 0.5) / each.length)))
  number()
  for (let round = 0; round < 4; round += 1) {
    for (const each of used) {
      const pull = (node: Node) => {
        const around = edges.flatMap(({ source, target }) => (source === node.id ? [target] : target === node.id ? [source] : []))
        return around.length ? around.reduce((sum, one) => sum + (rank.get(one) ?? 0.5), 0) / around.length : rank.get(node.id)!
      }
      const pulls = new Map(each.map((node) => [node.id, pull(node)]))
      each.sort((a, b) => pulls.get(a.id)! - pulls.get(b.id)!)
    }
    number()
  }
  const tallest = Math.max(1, ...used.map((each) => each.length))
  const height = tallest * (HEIGHT + GAP) + GAP
  const places = new Map<string, Place>()
  used.forEach((each, at) => {
    const free = (height - each.length * (HEIGHT + GAP) + GAP) / 2
    each.forEach((node, nth) => places.set(node.id, { x: 4 + at * (WIDTH + APART), y: free + nth * (HEIGHT + GAP) }))
  })
  const last = 4 + (used.length - 1) * (WIDTH + APART)
  const outside = edges.some((each) => places.get(each.source)?.x === last && places.get(each.target)?.x === last)
  return { places, height, width: last + WIDTH + (outside ? 52 : 4) }
}
