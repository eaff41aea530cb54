import { ActionIcon, Modal, Tooltip } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Keyboard } from 'lucide-react'
import { useEffect, useRef } from 'react'

import { strings } from '~/strings'

import { useEntries } from './navigation'

const t = strings.keys
const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))

/** `/` searches, `?` helps, `g` and a letter goes; a list has its own keys. */
export function useKeys({ help }: { help: () => void }) {
  const entries = useEntries()
  const navigate = useNavigate()
  const going = useRef(0)
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('[role="dialog"]')) return
      if (Date.now() - going.current < 1500) {
        going.current = 0
        const entry = entries.find((each) => each.key === event.key)
        if (entry) {
          event.preventDefault()
          void navigate({ to: entry.to })
        }
      } else if (event.key === 'g') going.current = Date.now()
      else if (event.key === '?') help()
      else if (event.key === '/') {
        event.preventDefault()
        document.querySelector<HTMLInputElement>('[data-search]')?.focus()
      }
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [entries, navigate, help])
}

export function Help({ opened, open, close }: { opened: boolean; open: () => void; close: () => void }) {
  const entries = useEntries()
  const rows: [string[], string][] = [
    [['/'], t.search], [['?'], t.help], [['j'], t.down], [['k'], t.up], [['x'], t.select], [['Enter'], t.open],
    ...entries.filter((each) => each.key).map((each): [string[], string] => [['g', each.key!], t.go(each.title)]),
  ]
  return (
    <>
      <Tooltip label={t.title}>
        <ActionIcon size="lg" aria-label={t.title} onClick={open} className="hide-small"><Keyboard size={18} /></ActionIcon>
      </Tooltip>
      <Modal opened={opened} onClose={close} title={t.title} closeButtonProps={{ 'aria-label': strings.done.close }}>
        <dl className="facts">
          {rows.map(([keys, what]) => [
            <dt key={what}>{keys.map((key, at) => <span key={key}>{at ? ` ${t.then} ` : ''}<kbd>{key}</kbd></span>)}</dt>,
            <dd key={`${what} `}>{what}</dd>,
          ])}
        </dl>
      </Modal>
    </>
  )
}
