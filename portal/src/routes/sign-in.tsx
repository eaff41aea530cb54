import { createFileRoute } from '@tanstack/react-router'

import { page } from '~/page'

export const Route = createFileRoute('/sign-in')({ staticData: page({ title: 'Sign in', open: true }), component: SignIn })

function SignIn() {
  return <main>Sign in</main>
}
