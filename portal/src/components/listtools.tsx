// What stands at the right above every list: saved views, columns, export, the command line.
import { ActionIcon, Button, Checkbox, Menu, Popover, TextInput, Tooltip } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Bookmark, Columns3, Download, Terminal, Trash2 } from 'lucide-react'
import { useState } from 'react'

import { get, post, remove, search, type Query } from '~/api/client'
import { every, type ListPath } from '~/api/lists'
import { csv, json, save } from '~/files'
import { write, parse, type Search } from '~/query'
import { useMay } from '~/session'
import { strings } from '~/strings'

import { Files } from './files'
import { say } from './toasts'

const t = strings.list

export type Format = 'csv' | 'json' | 'ocsf'

export function Columns({ columns, shown, change }: {
  columns: { key: string; title: string; main?: boolean }[]
  shown: string[]
  change: (keys: string[]) => void
}) {
  return (
    <Popover position="bottom-end" width={220} trapFocus shadow="md">
      <Popover.Target>
        <Tooltip label={t.columns}><ActionIcon size="lg" variant="default" aria-label={t.columns}><Columns3 size={16} /></ActionIcon></Tooltip>
      </Popover.Target>
      <Popover.Dropdown p="xs" style={{ maxHeight: 360, overflowY: 'auto' }}>
        {columns.map(({ key, title, main }) => (
          <Checkbox
            key={key}
            size="xs"
            my={6}
            label={title}
            disabled={main}
            checked={shown.includes(key)}
            onChange={(event) => {
              const on = event.currentTarget.checked
              change(columns.map((each) => each.key).filter((each) => (each === key ? on : shown.includes(each))))
            }}
          />
        ))}
      </Popover.Dropdown>
    </Popover>
  )
}

/** The rows as a file. Lists that have it take the server's own export; of others each page is asked for. */
export function Export<T>({ name, path, params, asked, columns, paging, exports, total, formats = ['csv', 'json'] }: {
  name: string
  path: ListPath
  params?: Record<string, string>
  asked: Query
  columns: { key: string; value?: (row: T) => unknown }[]
  paging: string
  exports?: string
  /** Rows that there are; null where nobody knows. */
  total: number | null
  formats?: Format[]
}) {
  const may = useMay('export')
  const query = { ...asked, limit: undefined }
  const made = useMutation({
    mutationFn: async (format: Format) => {
      const rows: unknown[] = []
      for await (const row of every(path, { path: params, query }, paging)) rows.push(row)
      if (format === 'json') save(`${name}.json`, json(rows))
      else save(`${name}.csv`, csv(rows as T[], columns))
      say(t.exported(rows.length))
    },
    onError: (error) => say(error.message),
  })
  if (!may) return null
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label={t.export}>
          <ActionIcon size="lg" variant="default" aria-label={t.export} loading={made.isPending}><Download size={16} /></ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.exportWhat}</Menu.Label>
        {exports
          ? <Files rows={total} of={formats.map((format) => ({ label: t.formats[format], address: exports + search({ ...query, form: format }) }))} />
          : formats.map((format) => <Menu.Item key={format} onClick={() => made.mutate(format)}>{t.formats[format]}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  )
}

export function Copied({ text }: { text: string }) {
  return (
    <Tooltip label={t.cli}>
      <ActionIcon className="hide-small" size="lg" variant="default" aria-label={t.cli} onClick={() => void navigator.clipboard.writeText(text).then(() => say(t.cliDone(text)))}>
        <Terminal size={16} />
      </ActionIcon>
    </Tooltip>
  )
}

/** Saved states of a list: one's own, and those that somebody shared. */
export function Views({ name, search: here, apply }: { name: string; search: Search; apply: (search: Search) => void }) {
  const queries = useQueryClient()
  const [open, set] = useState(false)
  const [title, setTitle] = useState('')
  const [shared, setShared] = useState(false)
  const views = useQuery({ queryKey: ['views', name], queryFn: () => get('/api/v1/views', { query: { list: name } }), enabled: open })
  const again = () => queries.invalidateQueries({ queryKey: ['views', name] })
  const kept = useMutation({
    mutationFn: () => post('/api/v1/views', { body: { list: name, title: title.trim(), query: write({ ...here, cursor: undefined }), shared } }),
    onSuccess: () => { setTitle(''); void again() },
    onError: (error) => say(error.message),
  })
  const dropped = useMutation({ mutationFn: (id: string) => remove('/api/v1/views/{id}', { path: { id } }), onSuccess: again, onError: (error) => say(error.message) })
  return (
    <Popover opened={open} onChange={set} position="bottom-end" width={280} trapFocus shadow="md">
      <Popover.Target>
        <Tooltip label={t.views}>
          <ActionIcon size="lg" variant="default" aria-label={t.views} onClick={() => set(!open)}><Bookmark size={16} /></ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        {views.data?.items.map((each) => (
          <div key={each.id} style={{ display: 'flex', alignItems: 'center' }}>
            <Button variant="subtle" size="xs" style={{ flex: 1 }} justify="start" onClick={() => { set(false); apply(parse(each.query)) }}>
              {each.title}{each.mine ? '' : ` · ${each.owner}`}
            </Button>
            {each.mine ? <ActionIcon aria-label={t.dropView(each.title)} onClick={() => dropped.mutate(each.id)}><Trash2 size={14} /></ActionIcon> : null}
          </div>
        ))}
        {views.data?.items.length ? null : <p style={{ margin: '2px 4px 8px', fontSize: 12, color: 'var(--dim)' }}>{t.noViews}</p>}
        <form
          style={{ display: 'grid', gap: 8, borderTop: '1px solid var(--line)', paddingTop: 8 }}
          onSubmit={(event) => { event.preventDefault(); if (title.trim()) kept.mutate() }}
        >
          <TextInput size="xs" aria-label={t.viewName} placeholder={t.viewName} value={title} maxLength={80} onChange={(event) => setTitle(event.currentTarget.value)} />
          <div style={{ display: 'flex', justifyContent: 'space-between', alignItems: 'center' }}>
            <Checkbox size="xs" label={t.share} checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} />
            <Button type="submit" size="xs" variant="default" disabled={!title.trim()}>{t.keep}</Button>
          </div>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
