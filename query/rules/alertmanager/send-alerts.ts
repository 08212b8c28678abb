// One request to an Alertmanager. Redirects are not followed: the credentials are for the configured address alone.
import type { SendBatch } from './alert-queue.ts';

/** Longest part of an answer that a message shows; no more of it is read. */
const MAX_SHOWN_BYTES = 200;
const API_PATH = '/api/v2/alerts';

/** How one Alertmanager is reached. */
export interface AlertmanagerAddress {
  readonly url: string;
  /** Before /api/v2/alerts. */
  readonly path_prefix: string;
  /** Of one request, ms. */
  readonly timeout: number;
  /** Files are read at each request, so that a secret can be replaced while this runs. */
  readonly basic_auth?: { readonly username: string; readonly password_file: string } | undefined;
  readonly authorization?: { readonly type: string; readonly credentials_file: string } | undefined;
}

/** The address that alerts are posted to, without what identifies the user. */
export function alertsUrl({ url, path_prefix: prefix }: AlertmanagerAddress): string {
  const to = new URL(url);
  to.username = '';
  to.password = '';
  const parts = [to.pathname, prefix, API_PATH]
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '');
  to.pathname = `/${parts.join('/')}`;
  return to.toString();
}

/** @param readFile text of a file; rejects when it cannot be read */
export function alertSender(address: AlertmanagerAddress, readFile: (path: string) => Promise<string>): SendBatch {
  const url = alertsUrl(address);
  return async (alerts) => {
    const authorization = await authorizationOf(address, readFile);
    const answer = await post(url, address.timeout, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Winnow',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify(alerts),
      redirect: 'manual',
      signal: AbortSignal.timeout(address.timeout),
    });
    if (answer.ok) {
      await answer.body?.cancel();
      return;
    }
    const text = await firstBytes(answer);
    throw new Error(`answered with status ${answer.status}${text === '' ? '' : `: ${text}`}`);
  };
}

async function post(url: string, timeoutMs: number, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error });
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(cause instanceof Error ? cause.message : String(cause), { cause: error });
  }
}

async function authorizationOf(
  { url, basic_auth: basic, authorization }: AlertmanagerAddress,
  readFile: (path: string) => Promise<string>,
): Promise<string | undefined> {
  if (authorization !== undefined)
    return `${authorization.type} ${(await readFile(authorization.credentials_file)).trim()}`;
  if (basic !== undefined) return basicText(basic.username, (await readFile(basic.password_file)).trim());
  const { username, password } = new URL(url);
  return username === '' ? undefined : basicText(decodeURIComponent(username), decodeURIComponent(password));
}

function basicText(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** An answer may be of any length. */
async function firstBytes(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return '';
  let text = Buffer.alloc(0);
  try {
    while (text.length < MAX_SHOWN_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      text = Buffer.concat([text, value.subarray(0, MAX_SHOWN_BYTES - text.length)]);
    }
    await reader.cancel();
  } catch {
    // What was read until here is what there is to show.
  }
  return text.toString().trim();
}
