// Files that a person keeps.

/** A spreadsheet takes a cell that begins so as a formula; full-width forms count too. */
const FORMULA = /^[\s\u0000-\u001f]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]/

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const safe = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

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
