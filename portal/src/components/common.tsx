import { strings } from '~/strings'

import type { Filter } from './filters'

const f = strings.fields

/** The filters that all lists over resources share. */
export const common = (scope: (id: string) => string): Filter[] => [
  { name: 'scope', title: f.scope, label: scope },
  { name: 'provider', title: f.provider },
  { name: 'type', title: f.type },
  { name: 'region', title: f.region },
  { name: 'tag', title: f.tag, text: f.tagHint },
]
