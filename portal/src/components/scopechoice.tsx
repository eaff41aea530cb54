import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { scopes } from '~/scopes'
import { strings } from '~/strings'

/** A scope of the environment tree. `everywhere`: none is every scope. */
export function ScopeChoice({ label, description, value, change, required, held, everywhere }: {
  label: string
  description?: string
  value: string | null
  change: (scope: string | null) => void
  required?: boolean
  /** There is always one. */
  held?: boolean
  everywhere?: boolean
}) {
  const known = useQuery(scopes)
  const data = (known.data ?? []).map(({ id, name }) => ({ value: id, label: name === id ? id : `${name} (${id})` }))
  if (value && !data.some((each) => each.value === value)) data.push({ value, label: value })
  return (
    <Select
      label={label}
      description={description}
      required={required}
      searchable
      clearable={!required && !held}
      allowDeselect={!held}
      placeholder={everywhere ? strings.everywhere : undefined}
      data={data}
      value={value}
      onChange={change}
    />
  )
}
