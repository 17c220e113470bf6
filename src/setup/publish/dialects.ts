// placeholder until the dialect twins are here
import type { Bytes } from '../../base/bytes.ts';
import type { AccountSettings } from '../../protocol/autoconfig/contract.ts';
export function paccText(_settings: AccountSettings): string | null {
  return null;
}
export function paccDocument(_settings: AccountSettings): Bytes | null {
  return null;
}
export function autoconfigXml(settings: AccountSettings): string {
  return JSON.stringify(settings);
}
export function autodiscoverXml(settings: AccountSettings, address: string): string {
  return JSON.stringify([settings, address]);
}
export function autodiscoverAddress(body: string): string {
  return body;
}
export function autodiscoverJson(protocol: string, url: string): { status: 200 | 400; body: string } {
  return { status: 200, body: JSON.stringify({ Protocol: protocol, Url: url }) };
}
