// Files to hand on: at once, or made in the background and kept with their hash.
import { Menu } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'

import { post } from '~/api/client'
import { strings } from '~/strings'

import { say } from './toasts'

const t = strings.exports
/** Above so many rows nobody waits for a file. */
const MANY = 20_000

/** Has a file made of which `address` is the direct export, and shows how far it is. */
export function useOrder() {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: (address: string) => post('/api/v1/exports', { body: { address } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['exports'] })
      say(t.ordered)
      void navigate({ to: '/exports' })
    },
    onError: (error) => say(error.message),
  })
}

/** The entries of a menu. What is long is only made in the background. */
export function Files({ of, rows }: { of: { label: string; address: string }[]; rows?: number | null }) {
  const order = useOrder()
  const long = rows != null && rows > MANY
  return (
    <>
      {long ? null : of.map(({ label, address }) => <Menu.Item key={label} component="a" href={address} download>{label}</Menu.Item>)}
      {long ? null : <Menu.Divider />}
      <Menu.Label>{long ? t.long(rows) : t.background}</Menu.Label>
      {of.map(({ label, address }) => <Menu.Item key={label} aria-label={`${label}: ${t.background}`} disabled={order.isPending} onClick={() => order.mutate(address)}>{label}</Menu.Item>)}
    </>
  )
}
