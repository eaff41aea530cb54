import '@mantine/core/styles.css'
import './app.css'

import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRouter, RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { createRoot } from 'react-dom/client'

import { Refused } from './api/client'
import { Loading, Missing, Trouble } from './components/states'
import { parse, write } from './query'
import { routeTree } from './routeTree.gen'
import { theme, variables } from './theme'

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
setNonce(nonce)

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && (!(error instanceof Refused) || error.status === 0 || error.status >= 502),
    },
  },
})

const router = createRouter({
  routeTree,
  context: { queries },
  parseSearch: parse,
  stringifySearch: write,
  defaultPreload: 'intent',
  defaultPendingComponent: Loading,
  defaultErrorComponent: Trouble,
  defaultNotFoundComponent: Missing,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

createRoot(document.getElementById('root')!).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={variables}
    defaultColorScheme="auto"
    getStyleNonce={() => nonce}
  >
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
)
