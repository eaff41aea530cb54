// Every word that the portal says. A translation is another file of this shape.
const plural = (count: number, one: string, many: string) => `${number(count)} ${count === 1 ? one : many}`

export const language = 'en'
export const number = (value: number) => value.toLocaleString(language)
export const percent = (value: number, digits = 0) => `${value.toFixed(digits)} %`
export const moment = (value: string | null | undefined) =>
  value ? new Date(value).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' }) : '–'
export const day = (value: string | null | undefined) =>
  value ? new Date(value).toLocaleDateString(language, { dateStyle: 'medium' }) : '–'

const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
const steps: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31536000], ['month', 2592000], ['day', 86400], ['hour', 3600], ['minute', 60]]
export function ago(value: string | null | undefined): string {
  if (!value) return '–'
  const seconds = (new Date(value).getTime() - Date.now()) / 1000
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
  return relative.format(Math.round(seconds / size), unit)
}

export const strings = {
  product: 'cloudward',
  skip: 'Skip to the page',
  menu: 'Menu',
  groups: { posture: 'Posture', threats: 'Threats', manage: 'Manage', access: 'Access', server: 'Server' },
  theme: { title: 'Colours', light: 'Light', dark: 'Dark', auto: 'As the system' },
  keys: {
    title: 'Keys',
    help: 'Show the keys',
    search: 'Search in the list',
    go: (page: string) => `Go to ${page}`,
    down: 'Next row',
    up: 'Previous row',
    select: 'Select the row',
    open: 'Open the row',
    then: 'then',
  },
  state: {
    loading: 'Loading',
    failed: 'This could not be loaded',
    retry: 'Try again',
    denied: 'You may not see this',
    deniedWhy: 'Your roles do not include it. An owner of the scope can give you one that does.',
    missing: 'There is nothing here',
    missingWhy: 'It may have been removed, or it lies in a scope that you may not see.',
    home: 'Go to the overview',
    request: (id: string) => `Request ${id}`,
    offline: 'The server does not answer. Is it running?',
  },
  done: { undo: 'Undo', close: 'Close', copied: 'Copied', undone: 'Undone' },
  account: { title: (name: string) => `Signed in as ${name}`, leave: 'Sign out' },
  copy: 'Copy',
  cancel: 'Cancel',
  save: 'Save',
  remove: 'Remove',
  plural,
}
