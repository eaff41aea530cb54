import { Button, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { DatabaseZap } from 'lucide-react'
import { useState } from 'react'

import { post } from '~/api/client'
import { Copied } from '~/components/listtools'
import { Head } from '~/components/parts'
import { page } from '~/page'
import { anything, one } from '~/query'
import { csv, save } from '~/files'
import { useMay } from '~/session'
import { strings } from '~/strings'

export const Route = createFileRoute('/query')({
  staticData: page({ title: strings.query.title, nav: { group: 'posture', order: 70, icon: DatabaseZap, key: 'q' } }),
  validateSearch: anything,
  component: Query,
})

const t = strings.query
const FIRST = 'SELECT type, count(*) AS resources\nFROM resources\nGROUP BY type\nORDER BY resources DESC'
const EXAMPLES: [keyof typeof t.examples, string][] = [
  ['severity', "SELECT severity, count(*) AS open\nFROM assessments\nWHERE status = 'unhealthy'\nGROUP BY severity"],
  ['unread', "SELECT call, outcome, count(*) AS times\nFROM coverage\nWHERE outcome IN ('denied', 'failed')\nGROUP BY call, outcome\nORDER BY times DESC"],
  ['owner', "SELECT r.name, r.type, r.scope\nFROM resources r\nLEFT JOIN tags t ON t.resource = r.id AND t.key = 'owner'\nWHERE t.key IS NULL"],
]
const text = (value: unknown) => (value === null ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value))

function Query() {
  const navigate = Route.useNavigate()
  const [sql, set] = useState(one(Route.useSearch().sql) ?? FIRST)
  const may = useMay('export')
  const asked = useMutation({
    mutationFn: () => post('/api/v1/query', { body: { sql, limit: 1000 } }),
    onMutate: () => void navigate({ search: { sql }, replace: true }),
  })
  const file = () => {
    const { columns, rows } = asked.data!
    save('query.csv', csv(rows, columns.map(({ name }, at) => ({ key: name, value: (row: unknown[]) => row[at] }))))
  }
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <form onSubmit={(event) => { event.preventDefault(); asked.mutate() }}>
        <Textarea
          data-search
          aria-label={t.sql}
          description={t.tables}
          autosize
          minRows={4}
          maxRows={16}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          value={sql}
          onChange={(event) => set(event.currentTarget.value)}
          onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) asked.mutate() }}
        />
        <div className="tools" style={{ margin: '10px 0' }}>
          <Button type="submit" loading={asked.isPending}>{t.ask}</Button>
          <div className="end">
            {asked.data && may ? <Button variant="default" onClick={file}>{strings.list.formats.csv}</Button> : null}
            <Copied text={`cloudward query '${sql.replaceAll("'", "'\\''")}'`} />
          </div>
        </div>
      </form>
      {asked.data || asked.error ? null : (
        <div style={{ fontSize: 13 }}>
          <p style={{ margin: '14px 0 6px', color: 'var(--dim)' }}>{t.begin}</p>
          <div className="tools">
            {EXAMPLES.map(([name, sql]) => <Button key={name} variant="default" onClick={() => set(sql)}>{t.examples[name]}</Button>)}
          </div>
        </div>
      )}
      {asked.error ? <p role="alert" className="doc" style={{ color: 'var(--high)' }}>{asked.error.message}</p> : null}
      {asked.data ? (
        <div className="list">
          <div className="scroll" tabIndex={0} role="region" aria-label={t.answer}>
            <table className="rows">
              <thead><tr>{asked.data.columns.map((each, at) => <th key={each.name} scope="col" className={typeof asked.data.rows[0]?.[at] === 'number' ? 'right' : undefined}><span title={each.type}>{each.name}</span></th>)}</tr></thead>
              <tbody>
                {asked.data.rows.map((row, at) => <tr key={at}>{row.map((value, nth) => <td key={nth} className={typeof value === 'number' ? 'right' : undefined}>{text(value)}</td>)}</tr>)}
              </tbody>
            </table>
          </div>
          <div className="foot"><span>{asked.data.rows.length ? strings.list.some(asked.data.rows.length) : t.none}{asked.data.more ? `. ${t.more}` : ''}</span></div>
        </div>
      ) : null}
    </>
  )
}
