import { Badge, Button, Checkbox, Popover, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { useState } from 'react'

import { address, search, send, type Query } from '~/api/client'
import { number, strings } from '~/strings'
import { words } from '~/words'

import { Show } from './states'

export interface Filter {
  /** As the API names it. */
  name: string
  title: string
  /** Given values; without them they come, with counts, from the list's facets. `text`: typed in. */
  values?: string[]
  text?: string
  /** What is shown of a value. */
  label?: (value: string) => string
  /** Shown only while it has a value: others lead here with one. */
  quiet?: boolean
  /** One value at a time. */
  single?: boolean
}

interface Counts {
  facets: Record<string, { value: string; count: number }[]>
}

const t = strings.list
const LONG = 12
/** The most severe first; all else stands by its count. */
const RANK = ['high', 'medium', 'low', 'informational']
const ranked = (found: { value: string; count: number }[]) =>
  found.every((each) => RANK.includes(each.value)) ? found.toSorted((a, b) => RANK.indexOf(a.value) - RANK.indexOf(b.value)) : found

export function Facet({ filter, source, params, asked, values, change }: {
  filter: Filter
  source?: string
  params?: Record<string, string>
  asked: Query
  values: string[]
  change: (values: string[]) => void
}) {
  const [open, set] = useState(false)
  return (
    <Popover opened={open} onChange={set} position="bottom-start" width={280} trapFocus shadow="md">
      <Popover.Target>
        <Button
          variant={values.length ? 'light' : 'default'}
          size="xs"
          rightSection={<ChevronDown size={13} aria-hidden />}
          onClick={() => set(!open)}
          aria-expanded={open}
        >
          {filter.title}
          {values.length ? <Badge component="span" size="sm" circle ml={6} variant="filled">{values.length}</Badge> : null}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="xs" aria-label={filter.title}>
        {filter.text ? (
          <Typed hint={filter.text} values={values} change={change} />
        ) : filter.values ? (
          <Choices filter={filter} found={filter.values.map((value) => ({ value }))} values={values} change={change} />
        ) : open && source ? (
          <Counted filter={filter} source={address(source, params)} asked={asked} values={values} change={change} />
        ) : null}
      </Popover.Dropdown>
    </Popover>
  )
}

function Counted({ filter, source, asked, values, change }: {
  filter: Filter
  source: string
  asked: Query
  values: string[]
  change: (values: string[]) => void
}) {
  const query = { ...asked, by: filter.name, limit: undefined, sort: undefined }
  const counts = useQuery({
    queryKey: [source, query],
    queryFn: async () => (await send('get', source + search(query))).json() as Promise<Counts>,
  })
  return (
    <Show of={counts} lines={4}>
      {({ facets }) => <Choices filter={filter} found={ranked(facets[filter.name] ?? [])} values={values} change={change} />}
    </Show>
  )
}

function Choices({ filter, found, values, change }: {
  filter: Filter
  found: { value: string; count?: number }[]
  values: string[]
  change: (values: string[]) => void
}) {
  const [text, set] = useState('')
  const label = (value: string) => filter.label?.(value) ?? words[value] ?? value
  const gone = values.filter((value) => !found.some((each) => each.value === value)).map((value) => ({ value, count: 0 }))
  const every: { value: string; count?: number }[] = [...found, ...gone]
  const shown = every.filter(({ value }) => `${label(value)} ${value}`.toLowerCase().includes(text.toLowerCase()))
  const toggle = (value: string) =>
    change(values.includes(value) ? values.filter((each) => each !== value) : filter.single ? [value] : [...values, value])
  return (
    <div style={{ display: 'grid', gap: 6 }}>
      {every.length > LONG ? (
        <TextInput size="xs" aria-label={t.within(filter.title)} placeholder={t.within(filter.title)} value={text} onChange={(event) => set(event.currentTarget.value)} />
      ) : null}
      <div style={{ maxHeight: 300, overflowY: 'auto', display: 'grid', gap: 2 }}>
        {shown.slice(0, 200).map(({ value, count }) => (
          <div key={value} style={{ display: 'flex', alignItems: 'start', gap: 8, padding: '3px 2px' }}>
            <Checkbox size="xs" style={{ flex: 1, overflowWrap: 'anywhere' }} label={label(value)} checked={values.includes(value)} onChange={() => toggle(value)} />
            {count === undefined ? null : <span className="sub" style={{ fontVariantNumeric: 'tabular-nums', fontSize: 12 }}>{number(count)}</span>}
          </div>
        ))}
        {shown.length ? null : <span style={{ fontSize: 12, padding: 4 }}>{t.noValues}</span>}
      </div>
    </div>
  )
}

function Typed({ hint, values, change }: { hint: string; values: string[]; change: (values: string[]) => void }) {
  const [text, set] = useState(values.join(' '))
  return (
    <form
      style={{ display: 'flex', gap: 6 }}
      onSubmit={(event) => { event.preventDefault(); change(text.trim() ? text.trim().split(/\s+/) : []) }}
    >
      <TextInput size="xs" style={{ flex: 1 }} aria-label={hint} placeholder={hint} value={text} onChange={(event) => set(event.currentTarget.value)} />
      <Button type="submit" size="xs" variant="default">{t.apply}</Button>
    </form>
  )
}
