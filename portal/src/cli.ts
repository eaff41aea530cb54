// The same question, as it is asked on the command line.
import { many, type Search } from './query'

const quoted = (value: string) => (/^[\w.:/=@,+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`)

export function command(words: string, search: Search, options: Record<string, string>): string {
  const given = Object.entries(options).flatMap(([name, option]) =>
    many(search[name]).flatMap((value) => (option.startsWith('-') ? [option, quoted(value)] : [quoted(value)])),
  )
  return ['cloudward', words, ...given].join(' ')
}
