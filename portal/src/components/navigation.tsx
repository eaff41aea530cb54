import { Link, useRouter } from '@tanstack/react-router'
import { useMemo } from 'react'

import type { Nav, Page } from '~/page'
import { useSession } from '~/session'
import { strings } from '~/strings'

interface Entry extends Nav {
  to: string
  title: string
}

const GROUPS = Object.keys(strings.groups) as (keyof typeof strings.groups)[]

/** The pages that say where they stand in the navigation, found from the router. */
export function useEntries(): Entry[] {
  const router = useRouter()
  const { permissions } = useSession()
  return useMemo(
    () =>
      Object.values(router.routesById)
        .map((route) => [route.fullPath as string, route.options.staticData?.page] as [string, Page | undefined])
        .filter((pair): pair is [string, Page & { nav: Nav }] => Boolean(pair[1]?.nav))
        .filter(([, { nav }]) => !nav.needs || (nav.everywhere ? permissions[nav.needs] === true : nav.needs in permissions))
        .map(([to, { title, nav }]) => ({ ...nav, title, to: to.replace(/(.)\/$/, '$1') }))
        .sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) || a.order - b.order),
    [router, permissions],
  )
}

export function Navigation({ chosen }: { chosen: () => void }) {
  const entries = useEntries()
  return (
    <nav className="nav" aria-label={strings.menu}>
      {GROUPS.map((group) => {
        const here = entries.filter((each) => each.group === group)
        return here.length ? (
          <div key={group}>
            <h2>{strings.groups[group]}</h2>
            {here.map(({ to, title, icon: Icon }) => (
              <Link key={to} to={to} activeOptions={{ exact: to === '/' }} onClick={chosen}>
                <Icon size={16} aria-hidden />
                {title}
              </Link>
            ))}
          </div>
        ) : null
      })}
    </nav>
  )
}

