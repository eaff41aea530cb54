import { Button, Modal, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'

import { asks, post } from '~/api/client'
import { answered, possible } from '~/passkeys'
import { renewed } from '~/session'
import { strings } from '~/strings'

const t = strings.proof

/** The dialog that asks for a fresh proof whenever a call needs one. */
export function Proof() {
  const queries = useQueryClient()
  const [open, set] = useState(false)
  const waiting = useRef<(proved: boolean) => void>(() => {})
  useEffect(() => asks(() => new Promise((resolve) => { waiting.current = resolve; set(true) })), [])
  const end = (proved: boolean) => { set(false); waiting.current(proved) }
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const proved = useMutation({
    mutationFn: async (how: 'typed' | 'passkey') => {
      const body = how === 'passkey' ? { ...(await answered()), password: '', code: '' } : { password, code, ticket: '' }
      await post('/api/v1/session/proof', { body })
      await renewed(queries)
    },
    onSuccess: () => { setPassword(''); setCode(''); end(true) },
  })
  return (
    <Modal opened={open} onClose={() => end(false)} title={t.title} closeButtonProps={{ 'aria-label': strings.done.close }} zIndex={400}>
      <form style={{ display: 'grid', gap: 12 }} onSubmit={(event) => { event.preventDefault(); proved.mutate('typed') }}>
        <p style={{ margin: 0, fontSize: 13 }}>{t.why}</p>
        <PasswordInput label={t.password} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
        <TextInput label={t.code} autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.currentTarget.value)} />
        {proved.error ? <p role="alert" style={{ color: 'var(--high)', margin: 0 }}>{proved.error.message}</p> : null}
        <div style={{ display: 'flex', gap: 8, justifyContent: 'flex-end' }}>
          {possible() ? <Button variant="default" onClick={() => proved.mutate('passkey')}>{t.passkey}</Button> : null}
          <Button type="submit" disabled={!password && !code} loading={proved.isPending}>{t.go}</Button>
        </div>
      </form>
    </Modal>
  )
}
