import { useSyncExternalStore } from 'react'

import { strings } from '~/strings'

interface Toast {
  id: number
  text: string
  undo?: () => Promise<unknown>
}

let toasts: Toast[] = []
let last = 0
const listeners = new Set<() => void>()
const set = (next: Toast[]) => {
  toasts = next
  listeners.forEach((each) => each())
}
const drop = (id: number) => set(toasts.filter((each) => each.id !== id))

/** Say what was done; with `undo` it stays long enough to think again. */
export function say(text: string, undo?: () => Promise<unknown>) {
  const id = ++last
  set([...toasts.slice(-2), { id, text, undo }])
  setTimeout(() => drop(id), undo ? 20_000 : 5_000)
}

export function Toasts() {
  const shown = useSyncExternalStore((listener) => (listeners.add(listener), () => void listeners.delete(listener)), () => toasts)
  const t = strings.done
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((each) => (
        <div className="toast" key={each.id}>
          <span>{each.text}</span>
          {each.undo ? (
            <button
              type="button"
              onClick={() => {
                drop(each.id)
                each.undo!().then(() => say(t.undone), (error: Error) => say(error.message))
              }}
            >
              {t.undo}
            </button>
          ) : null}
          <button type="button" onClick={() => drop(each.id)}>{t.close}</button>
        </div>
      ))}
    </div>
  )
}
