import { createFileRoute } from '@tanstack/react-router'
import { LayoutDashboard } from 'lucide-react'

import { Head } from '~/components/parts'
import { page } from '~/page'

export const Route = createFileRoute('/')({
  staticData: page({ title: 'Overview', nav: { group: 'posture', order: 10, icon: LayoutDashboard, key: 'o' } }),
  component: Overview,
})

function Overview() {
  return <Head title="Overview" />
}
