import { tanstackRouter } from '@tanstack/router-plugin/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [tanstackRouter({ target: 'react' }), react({ jsxImportSource: '~/jsx' })],
  resolve: { tsconfigPaths: true },
  html: { cspNonce: 'NONCE-OF-THIS-ANSWER' }, // the server puts a new one in for each answer
  build: {
    outDir: '../src/cloudward/server/static',
    emptyOutDir: true,
    manifest: true,
    target: ['chrome123', 'firefox120', 'safari17.5'], // light-dark(), which colours in app.css are written with
    assetsInlineLimit: 0, // nothing inline: the content security policy refuses it
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': server } },
})
