import { Button, Modal } from '@mantine/core'
import type { ReactNode } from 'react'

import { strings } from '~/strings'

/** A form over the page: what it asks, what went wrong, and the one button that does it. */
export function Dialog({ title, close, submit, error, busy, label, ready = true, size, children }: {
  title: string
  close: () => void
  submit: () => void
  error: Error | null
  busy: boolean
  label: string
  ready?: boolean
  size?: string
  children: ReactNode
}) {
  return (
    <Modal opened onClose={close} title={title} size={size} closeButtonProps={{ 'aria-label': strings.done.close }}>
      <form style={{ display: 'grid', gap: 12 }} onSubmit={(event) => { event.preventDefault(); if (ready) submit() }}>
        {children}
        {error ? <p role="alert" style={{ color: 'var(--high)', margin: 0, fontSize: 13 }}>{error.message}</p> : null}
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8 }}>
          <Button variant="default" onClick={close}>{strings.cancel}</Button>
          <Button type="submit" disabled={!ready} loading={busy}>{label}</Button>
        </div>
      </form>
    </Modal>
  )
}
