// The one list of the portal. All its state is the address: filters as the API names them, order, page, columns.
import { Button, Checkbox, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch, type LinkProps } from '@tanstack/react-router'
import { ArrowDown, ArrowUp, ChevronsUpDown, ListFilter, ListX, Search as Glass, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react'

import type { Query } from '~/api/client'
import { fetched, type Item, type ListPath } from '~/api/lists'
import { many, one, type Search } from '~/query'
import { useSession } from '~/session'
import { strings } from '~/strings'

import { Columns, Copied, Export, Views, type Format } from './listtools'
import { Facet, type Filter } from './filters'
import { Loading, Problem, State } from './states'
import { say } from './toasts'

export interface Column<T> {
  key: string
  title: string
  cell: (row: T) => ReactNode
  /** What a file gets; the value under `key` when it is not said. */
  value?: (row: T) => unknown
  /** The API's word for this order; with `-` before it for the other way round. */
  sort?: string
  right?: boolean
  narrow?: boolean
  main?: boolean
  /** Not shown until somebody chooses it. */
  extra?: boolean
  /** Not shown on a phone. */
  wide?: boolean
  /** Holds sentences. */
  roomy?: boolean
}

export interface Action<T> {
  label: string
  needs?: string
  icon?: ReactNode
  /** Opens a form over the list; `done` says what was done, how to undo it, and drops the selection. */
  form: (rows: T[], done: (said?: string, undo?: () => Promise<unknown>) => void) => ReactNode
}

interface Props<P extends ListPath> {
  /** Under this name views are saved. */
  name: string
  path: P
  params?: Record<string, string>
  /** What is always asked. */
  fixed?: Query
  columns: Column<Item<P>>[]
  filters?: Filter[]
  facets?: string
  id: (row: Item<P>) => string
  link?: (row: Item<P>) => LinkProps
  search?: string
  actions?: Action<Item<P>>[]
  formats?: Format[]
  /** Where the server writes the filtered rows as a file. */
  exports?: string
  /** The same question on the command line. */
  cli?: (search: Search) => string
  empty: { title: string; why?: ReactNode; action?: ReactNode }
  above?: ReactNode
  /** The parameter that takes `next` of the page before. */
  paging?: 'cursor' | 'before'
}

const t = strings.list
const trail = new Map<string, string>() // cursor -> the one before it, while the portal is open

export function List<P extends ListPath>(props: Props<P>) {
  type Row = Item<P>
  const { name, path, params, fixed, columns, filters = [], id, actions = [], paging = 'cursor' } = props
  const address = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const change = (next: Search, replace = false) =>
    void navigate({ to: '.', search: ((before: Search) => ({ ...before, cursor: undefined, ...next })) as never, replace, resetScroll: false })

  const names = useMemo(() => [...filters.map((each) => each.name), ...(props.search ? ['search'] : [])], [filters, props.search])
  const asked: Query = { ...fixed }
  for (const each of [...names, 'sort', 'limit']) if (address[each] !== undefined) asked[each] = address[each]
  const cursor = one(address.cursor)
  const active = names.filter((each) => many(address[each]).length)
  const chosenFilters = active.filter((each) => each !== 'search').length

  const list = useQuery({
    queryKey: [path, params, asked, cursor],
    queryFn: () => fetched(path, { path: params, query: { ...asked, [paging]: cursor } }),
    placeholderData: keepPreviousData,
  })
  const rows = (list.data?.items ?? []) as Row[]
  const total = list.data?.total ?? null
  const next = list.data?.next == null ? null : String(list.data.next)
  const nothing = list.isError ? !list.data : list.isSuccess && !rows.length && !active.length && !cursor

  const chosen = many(address.columns)
  const shown = columns.filter((each) => (chosen.length ? chosen.includes(each.key) : !each.extra))
  const selection = useSelection(rows, id, [path, JSON.stringify(asked)].join())
  const here = useRowKeys(rows.length, (at) => rows[at] && selection.toggle(id(rows[at])))
  const allowed = useAllowed(actions)
  const [form, setForm] = useState<Action<Row> | null>(null)
  const [filtering, filter] = useState(false) // on a phone the filters are folded
  const queries = useQueryClient()
  const done = (said?: string, undo?: () => Promise<unknown>) => {
    setForm(null)
    if (said === undefined) return
    selection.clear()
    void queries.invalidateQueries()
    say(said, undo && (() => undo().then(() => queries.invalidateQueries())))
  }

  return (
    <>
      <div className="tools">
        {props.search ? <Finder value={one(address.search) ?? ''} label={props.search} change={(search) => change({ search: search || undefined }, true)} /> : null}
        {filters.length ? (
          <Button className="phone" size="xs" variant={chosenFilters ? 'light' : 'default'} leftSection={<ListFilter size={13} aria-hidden />} aria-expanded={filtering} onClick={() => filter(!filtering)}>
            {t.filters}{chosenFilters ? ` (${chosenFilters})` : ''}
          </Button>
        ) : null}
        <div className="facets" data-open={filtering || undefined}>
          {filters.filter((filter) => !filter.quiet || many(address[filter.name]).length).map((filter) => (
            <Facet
              key={filter.name}
              filter={filter}
              source={props.facets}
              params={params}
              asked={asked}
              values={many(address[filter.name])}
              change={(values) => change({ [filter.name]: values.length ? values : undefined })}
            />
          ))}
        </div>
        {active.length ? (
          <Button variant="subtle" size="xs" leftSection={<X size={13} />} onClick={() => change(Object.fromEntries(active.map((each) => [each, undefined])))}>
            {t.clear}
          </Button>
        ) : null}
        <div className="end">
          <Views name={name} search={address} apply={(search) => void navigate({ to: '.', search: search as never })} />
          {nothing ? null : (
            <>
              <Columns columns={columns} shown={shown.map((each) => each.key)} change={(keys) => change({ columns: keys, cursor }, true)} />
              <Export name={name} path={path} params={params} asked={asked} columns={shown} paging={paging} exports={props.exports} total={total} formats={props.formats} />
              {props.cli ? <Copied text={props.cli({ ...(fixed as Search), ...address })} /> : null}
            </>
          )}
        </div>
      </div>
      {props.above}
      <div className="list" aria-busy={list.isFetching}>
        {selection.size ? (
          <div className="chosen" role="status">
            <strong>{t.chosen(selection.size)}</strong>
            {allowed.map((each) => (
              <Button key={each.label} size="compact-xs" variant="default" leftSection={each.icon} onClick={() => setForm(each)}>{each.label}</Button>
            ))}
            <Button size="compact-xs" variant="subtle" onClick={selection.clear}>{t.none}</Button>
          </div>
        ) : null}
        {list.isError && !list.data ? (
          <Problem error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <div style={{ padding: '4px 12px' }}><Loading lines={8} /></div>
        ) : rows.length ? (
          <div className="scroll" tabIndex={0} role="region" aria-label={t.region}>
            <table className="rows cards">
              <thead>
                <tr>
                  {allowed.length ? (
                    <th className="narrow" scope="col">
                      <span><Checkbox size="xs" aria-label={t.all} checked={selection.size > 0 && selection.size === rows.length} indeterminate={selection.size > 0 && selection.size < rows.length} onChange={selection.all} /></span>
                    </th>
                  ) : null}
                  {shown.map((each) => <Header key={each.key} column={each} sort={one(address.sort)} change={(sort) => change({ sort })} />)}
                </tr>
              </thead>
              <tbody>
                {rows.map((row, at) => {
                  const key = id(row)
                  return (
                    <tr key={key} aria-selected={allowed.length ? selection.has(key) : undefined} data-here={here === at || undefined}>
                      {allowed.length ? (
                        <td className="narrow"><Checkbox size="xs" aria-label={t.one(key)} checked={selection.has(key)} onChange={() => selection.toggle(key)} /></td>
                      ) : null}
                      {shown.map((each, nth) => (
                        <td key={each.key} className={looks(each)} data-title={nth && !each.main ? each.title || undefined : undefined}>
                          {nth === 0 || each.main ? props.link && each.main ? <Link {...props.link(row)} data-open>{each.cell(row)}</Link> : each.cell(row) : each.cell(row)}
                        </td>
                      ))}
                    </tr>
                  )
                })}
              </tbody>
            </table>
          </div>
        ) : active.length || cursor ? (
          <State icon={<ListX size={26} aria-hidden />} title={t.nothing} action={<Button variant="default" onClick={() => change(Object.fromEntries(active.map((each) => [each, undefined])))}>{t.clear}</Button>}>
            {t.nothingWhy}
          </State>
        ) : (
          <State title={props.empty.title} action={props.empty.action}>{props.empty.why}</State>
        )}
        {rows.length ? (
          <div className="foot">
            <span>{total === null ? t.some(rows.length) : t.of(rows.length, total)}</span>
            {cursor || next ? <span style={{ display: 'flex', gap: 6 }}>
              <Button size="compact-xs" variant="default" disabled={!cursor} onClick={() => change({ cursor: (cursor && trail.get(cursor)) || undefined })}>
                {cursor && !trail.has(cursor) ? t.first : t.previous}
              </Button>
              <Button size="compact-xs" variant="default" disabled={!next || list.isPlaceholderData} onClick={() => { if (next) { trail.set(next, cursor ?? ''); change({ cursor: next }) } }}>
                {t.next}
              </Button>
            </span> : null}
          </div>
        ) : null}
      </div>
      {form?.form(rows.filter((row) => selection.has(id(row))), done)}
    </>
  )
}

const looks = (column: Column<never>) =>
  [column.right && 'right', column.narrow && 'narrow', column.main && 'main', column.wide && 'hide-small', column.roomy && 'roomy'].filter(Boolean).join(' ') || undefined

function Header({ column, sort, change }: { column: Column<never>; sort?: string; change: (sort?: string) => void }) {
  if (!column.sort) return <th scope="col" className={looks(column)}><span>{column.title}</span></th>
  const bare = column.sort.replace(/^-/, '')
  const on = sort?.replace(/^-/, '') === bare
  const Icon = !on ? ChevronsUpDown : sort!.startsWith('-') ? ArrowDown : ArrowUp
  return (
    <th scope="col" className={looks(column)} aria-sort={!on ? 'none' : sort!.startsWith('-') ? 'descending' : 'ascending'}>
      <button type="button" onClick={() => change(on ? undefined : column.sort)}>{column.title}<Icon size={12} aria-hidden /></button>
    </th>
  )
}

function Finder({ value, label, change }: { value: string; label: string; change: (text: string) => void }) {
  const [text, set] = useState(value)
  useEffect(() => set(value), [value])
  const later = useDebouncedCallback(change, 300)
  return (
    <TextInput
      className="grow"
      size="xs"
      data-search
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<Glass size={14} aria-hidden />}
      value={text}
      onChange={(event) => { set(event.currentTarget.value); later(event.currentTarget.value) }}
      onKeyDown={(event) => { if (event.key === 'Escape') event.currentTarget.blur() }}
    />
  )
}

function useAllowed<T>(actions: Action<T>[]) {
  const { permissions } = useSession()
  return actions.filter((each) => !each.needs || each.needs in permissions)
}

function useSelection<T>(rows: T[], id: (row: T) => string, question: string) {
  const [chosen, set] = useState<ReadonlySet<string>>(new Set())
  useEffect(() => set(new Set()), [question])
  const present = rows.map(id).filter((each) => chosen.has(each))
  return {
    size: present.length,
    has: (key: string) => chosen.has(key),
    clear: () => set(new Set()),
    all: () => set(present.length === rows.length ? new Set() : new Set(rows.map(id))),
    toggle: (key: string) =>
      set((before) => {
        const after = new Set(before)
        if (!after.delete(key)) after.add(key)
        return after
      }),
  }
}

/** `j` and `k` move, `x` selects, Enter opens. */
function useRowKeys(count: number, select: (at: number) => void) {
  const [here, set] = useState(-1)
  const latest = useRef({ here, count, select })
  latest.current = { here, count, select }
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, button, [role="dialog"], [role="menu"]')) return
      const { here, count, select } = latest.current
      if (event.key === 'j') set(Math.min(here + 1, count - 1))
      else if (event.key === 'k') set(Math.max(here - 1, 0))
      else if (event.key === 'x' && here >= 0) select(here)
      else if (event.key === 'Enter' && here >= 0 && !target.closest('a')) document.querySelector<HTMLElement>('tr[data-here] a[data-open]')?.click()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [])
  useEffect(() => document.querySelector('tr[data-here]')?.scrollIntoView({ block: 'nearest' }), [here])
  return here
}
