// Files that a person keeps.

/** A spreadsheet takes a cell that begins so as a formula; full-width forms count too. */
const FORMULA = /^[\s\u0000-\u001f\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]/
/** What moves a terminal, turns the order of letters or cannot be seen. */
const HIDDEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g
const CONTROL = /[\u0000-\u001f]/g
const spelled = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const safe = (typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text).replace(CONTROL, spelled).replace(HIDDEN, spelled)
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Rows as JSON that a terminal shows as it is: what is hidden is spelled as JSON spells it. */
export const json = (rows: unknown[]) => JSON.stringify(rows, null, 1).replace(HIDDEN, spelled)

export function csv<T>(rows: T[], columns: { key: string; value?: (row: T) => unknown }[]): string {
  const lines = rows.map((row) => columns.map(({ key, value }) => cell(value ? value(row) : (row as Record<string, unknown>)[key])))
  return [columns.map((each) => each.key), ...lines].map((line) => line.join(',')).join('\r\n') + '\r\n'
}

export function save(name: string, content: string | Blob) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content]))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
