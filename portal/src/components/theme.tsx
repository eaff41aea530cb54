import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core'
import { Check, Monitor, Moon, Sun } from 'lucide-react'

import { strings } from '~/strings'

const t = strings.theme
const schemes = [['light', Sun], ['dark', Moon], ['auto', Monitor]] as const

export function Theme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const Icon = schemes.find(([name]) => name === colorScheme)?.[1] ?? Monitor
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size="lg" aria-label={t.title}><Icon size={18} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map(([name, Each]) => (
          <Menu.Item
            key={name}
            leftSection={<Each size={15} />}
            rightSection={name === colorScheme ? <Check size={14} /> : null}
            onClick={() => setColorScheme(name)}
          >
            {t[name]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
