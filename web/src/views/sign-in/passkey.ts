// Asks the browser for a passkey. Knows WebAuthn's JSON forms; knows no server.
import type { Json } from '../../engine/jmap/objects.ts';

interface JsonForms {
  parseRequestOptionsFromJSON(options: unknown): PublicKeyCredentialRequestOptions;
}

export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;
}

/** @throws DOMException when the person or the browser says no. */
export async function askPasskey(options: Json): Promise<Json> {
  const forms = PublicKeyCredential as unknown as JsonForms;
  const credential = (await navigator.credentials.get({
    publicKey: forms.parseRequestOptionsFromJSON(options),
  })) as PublicKeyCredential | null;
  if (!credential) throw new DOMException('no passkey', 'NotAllowedError');
  return (credential as unknown as { toJSON(): Json }).toJSON();
}

/** A new passkey, made with the server's options. @throws DOMException when the person or the browser says no. */
export async function makePasskey(options: Json): Promise<Json> {
  const forms = PublicKeyCredential as unknown as { parseCreationOptionsFromJSON(options: unknown): PublicKeyCredentialCreationOptions };
  const credential = (await navigator.credentials.create({
    publicKey: forms.parseCreationOptionsFromJSON(options),
  })) as PublicKeyCredential | null;
  if (!credential) throw new DOMException('no passkey', 'NotAllowedError');
  return (credential as unknown as { toJSON(): Json }).toJSON();
}
