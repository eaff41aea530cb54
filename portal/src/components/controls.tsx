import { number } from '~/strings'
import { words } from '~/words'

import { Shares } from './parts'

/** The states of a control, the worst first. */
export const inOrder = ['failed', 'not_determined', 'manual', 'not_covered', 'passed', 'not_applicable']

/** How many controls of a standard are in which state, as a bar. */
export function Controls({ states }: { states: Record<string, number> }) {
  const of = (...names: string[]) => names.reduce((sum, name) => sum + (states[name] ?? 0), 0)
  const label = inOrder.filter((state) => states[state]).map((state) => `${number(states[state]!)} ${words[state]}`).join(', ')
  return <Shares good={of('passed')} bad={of('failed')} maybe={of('not_determined', 'manual')} rest={of('not_covered', 'not_applicable')} label={label} />
}
