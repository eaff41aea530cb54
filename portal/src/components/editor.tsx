import { useRef } from 'react'

import { strings } from '~/strings'

export interface Mistake {
  line: number
  column: number
  message: string
}

/** A text with its line numbers; lines with a mistake are marked, and the mistakes stand below it. */
export function Editor({ label, value, change, mistakes, readOnly }: {
  label: string
  value: string
  change: (text: string) => void
  mistakes: readonly Mistake[]
  readOnly?: boolean
}) {
  const area = useRef<HTMLTextAreaElement>(null)
  const lines = value.split('\n')
  const wrong = new Set(mistakes.map((each) => each.line))
  const show = ({ line, column }: Mistake) => {
    const at = lines.slice(0, Math.max(0, line - 1)).reduce((sum, each) => sum + each.length + 1, 0) + Math.max(0, column - 1)
    area.current?.focus()
    area.current?.setSelectionRange(at, at)
  }
  return (
    <div>
      <div className="editor">
        <div className="numbers" aria-hidden>{lines.map((_, at) => <span key={at} className={wrong.has(at + 1) ? 'wrong' : undefined}>{at + 1}</span>)}</div>
        <textarea
          ref={area}
          aria-label={label}
          aria-invalid={mistakes.length > 0}
          aria-describedby="mistakes"
          spellCheck={false}
          autoCapitalize="off"
          wrap="off"
          rows={Math.max(12, lines.length + 1)}
          readOnly={readOnly}
          value={value}
          onChange={(event) => change(event.currentTarget.value)}
        />
      </div>
      <div id="mistakes" role="status" aria-live="polite" className="mistakes">
        {mistakes.map((each, at) => (
          <button key={at} type="button" onClick={() => show(each)}>
            {each.line ? <strong>{strings.custom.place(each.line, each.column)} </strong> : null}{each.message}
          </button>
        ))}
      </div>
    </div>
  )
}
