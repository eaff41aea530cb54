import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { Info } from 'lucide-react'

import { get } from '~/api/client'
import { Facts, Head, Panel } from '~/components/parts'
import { Show } from '~/components/states'
import { page } from '~/page'
import { number, strings } from '~/strings'

export const Route = createFileRoute('/about')({
  staticData: page({ title: strings.about.title, nav: { group: 'server', order: 90, icon: Info } }),
  component: About,
})

const t = strings.about

function About() {
  const about = useQuery({ queryKey: ['about'], queryFn: () => get('/api/v1/about') })
  return (
    <>
      <Head title={t.title}>{t.lead}</Head>
      <Panel>
        <Show of={about}>
          {(found) => (
            <Facts
              of={[
                [t.version, found.version],
                [t.content, <span key="c" className="id">{found.content}</span>],
                [strings.policies.policies, number(found.policies)],
                [strings.policies.standards, number(found.standards)],
                [t.licence, 'Apache-2.0'],
                [t.api, <a key="a" href="/api/openapi.json">/api/openapi.json</a>],
                [t.telemetry, t.none],
              ]}
            />
          )}
        </Show>
      </Panel>
    </>
  )
}
