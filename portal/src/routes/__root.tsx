import { AppShell, Burger } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, Link, Outlet, redirect, useLocation, useMatches } from '@tanstack/react-router'
import { useEffect } from 'react'

import { Refused } from '~/api/client'
import { Account } from '~/components/account'
import { Help, useKeys } from '~/components/keys'
import { Navigation } from '~/components/navigation'
import { Proof } from '~/components/proof'
import { Theme } from '~/components/theme'
import { Toasts } from '~/components/toasts'
import { anything } from '~/query'
import { session, useSession } from '~/session'
import { strings } from '~/strings'

export const Route = createRootRouteWithContext<{ queries: QueryClient }>()({
  validateSearch: anything,
  beforeLoad: async ({ context, location, matches }) => {
    if (matches.some((match) => match.staticData.page?.open)) return
    try {
      const { permissions, to_do } = await context.queries.ensureQueryData(session)
      // Who came in by half may do nothing but set up the other half.
      if (to_do.length && !('read' in permissions) && location.pathname !== '/account') throw redirect({ to: '/account' })
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        throw redirect({ to: '/sign-in', search: { next: location.href } })
      }
      throw error
    }
  },
  component: Root,
})

function Root() {
  const page = useMatches().map((match) => match.staticData.page).filter(Boolean).at(-1)
  useEffect(() => {
    document.title = page ? `${page.title} · ${strings.product}` : strings.product
  }, [page])
  return (
    <>
      {page?.open ? <Outlet /> : <Shell />}
      <Toasts />
      <Proof />
    </>
  )
}

function Shell() {
  const [open, { toggle, close }] = useDisclosure()
  const help = useDisclosure()
  useKeys({ help: help[1].open })
  useLeave()
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding={0}
      withBorder={false}
      transitionDuration={0}
    >
      <a className="skip" href="#page">{strings.skip}</a>
      <AppShell.Header>
        <div className="bar">
          <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={strings.menu} />
          <Link to="/" className="brand" activeProps={{}}>
            <img src="/mark.svg" width={22} height={22} alt="" />
            {strings.product}
          </Link>
          <div style={{ marginLeft: 'auto', display: 'flex', gap: 4, alignItems: 'center' }}>
            <Help opened={help[0]} open={help[1].open} close={help[1].close} />
            <Theme />
            <Account />
          </div>
        </div>
      </AppShell.Header>
      <AppShell.Navbar>
        <Navigation chosen={close} />
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1}>
        <div className="page">
          <ToDo />
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  )
}

/** What who came in by a link should do before he goes. */
function ToDo() {
  const { to_do } = useSession()
  const here = useLocation().pathname
  return to_do.length && here !== '/account' ? (
    <div className="note" role="note">{strings.account.todo[to_do[0]!]} <Link to="/account">{strings.account.own}</Link></div>
  ) : null
}

/** A session that ended while the page was open leads to the sign-in, and back. */
function useLeave() {
  const queries = useQueryClient()
  const navigate = Route.useNavigate()
  useEffect(
    () =>
      queries.getQueryCache().subscribe(({ query }) => {
        const { error } = query.state
        if (error instanceof Refused && error.status === 401 && !location.pathname.startsWith('/sign-in')) {
          void navigate({ to: '/sign-in', search: { next: location.pathname + location.search } })
        }
      }),
    [queries, navigate],
  )
}
