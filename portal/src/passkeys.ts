// Passkeys: what the browser does between two answers of the API.
import { post } from './api/client'

/** Have the browser answer the challenge of a sign-in or a proof. */
export async function answered() {
  const { options, ticket } = await post('/api/v1/session/passkey/start')
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON)
  const found = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential
  return { ticket, answer: found.toJSON() as Record<string, unknown> }
}

/** Have the browser make a passkey. */
export async function made() {
  const { options, ticket } = await post('/api/v1/me/passkeys/start')
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON)
  const found = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential
  return { ticket, answer: found.toJSON() as Record<string, unknown> }
}

/** Whether this browser has passkeys here: it keeps them for names of hosts, never for an address. */
export const possible = () =>
  typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential && !address()

const address = () => /^[\d.]+$|^\[/.test(window.location.hostname)

/** Where this same server has a name, when it was opened by its address on this machine. */
export const named = () =>
  ['127.0.0.1', '[::1]'].includes(window.location.hostname) ? window.location.origin.replace(window.location.hostname, 'localhost') : null
