import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'

import { useMay } from '~/session'
import { strings } from '~/strings'

/** The way on where nothing was scanned yet, for who may go it. */
export function Connect() {
  return useMay('connect', true) ? <Button component={Link} to="/environments">{strings.overview.connect}</Button> : null
}
