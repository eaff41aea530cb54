import { ActionIcon, Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { KeyRound, LogOut, UserRound } from 'lucide-react'

import { remove } from '~/api/client'
import { useSession } from '~/session'
import { strings } from '~/strings'

export function Account() {
  const { name } = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const leave = async () => {
    await remove('/api/v1/session')
    queries.clear()
    await navigate({ to: '/sign-in' })
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size="lg" aria-label={strings.account.title(name)}><UserRound size={18} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name}</Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<KeyRound size={15} />}>{strings.account.own}</Menu.Item>
        <Menu.Item leftSection={<LogOut size={15} />} onClick={() => void leave()}>{strings.account.leave}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
