/**
 * The one door through which a window's bytes come in. What passes it is a request of the table with an input of its
 * shape; everything else is refused here, before anything is looked at or changed.
 *
 * (a) Sizes first, then the message, its envelope, its number, its name, its input.
 * (b) Why something was refused names the request and the place in its input, never what the window sent.
 */
import type * as z from 'zod';
import type { CheckedInput, RequestName } from '../../shared/protocol/index.ts';
import { isRequestName, MAX_MESSAGE_BYTES, readMessage, requests } from '../../shared/protocol/index.ts';

export interface AdmittedRequest<N extends RequestName = RequestName> {
  readonly id: number;
  readonly name: N;
  readonly input: CheckedInput<N>;
  readonly payload: Uint8Array;
}

export interface RefusedRequest {
  /** Null where it cannot be told which request is answered. */
  readonly id: number | null;
  /** Null where it is not one of the table. */
  readonly name: RequestName | null;
  /** For a person, and for the log. */
  readonly why: string;
}

/** Requests with a payload. */
const CARRIERS: ReadonlySet<RequestName> = new Set<RequestName>(['export.write']);

/** @param lastId the number of the request before. */
export function admit(bytes: Uint8Array, lastId: number): AdmittedRequest | RefusedRequest {
  const refused = (why: string, id: number | null = null, name: RequestName | null = null): RefusedRequest => ({
    id,
    name,
    why,
  });
  if (bytes.length > MAX_MESSAGE_BYTES)
    return refused(`The message has ${bytes.length} bytes; at most ${MAX_MESSAGE_BYTES} are read.`);
  const read = readMessage(bytes);
  if (read === null) return refused('The bytes are no message.');
  const envelope = envelopeOf(read.json);
  if (envelope === null) return refused('The message has not the form of a request: id, name and input.');
  const { id, name, input } = envelope;
  if (id <= lastId) return refused(`The request has number ${id}; ${lastId} was had already.`, id);
  if (!isRequestName(name)) return refused('There is no request of this name.', id);
  if (read.payload.length > 0 && !CARRIERS.has(name))
    return refused(`The request ${name} carries ${read.payload.length} bytes of payload; it takes none.`, id, name);
  const parsed = requests[name].input.safeParse(input);
  if (!parsed.success) return refused(`The input of ${name} is not of its form: ${issueText(parsed.error)}.`, id, name);
  return { id, name, input: parsed.data as CheckedInput<RequestName>, payload: read.payload };
}

/** Exactly the three members of a ClientMessage. */
function envelopeOf(json: unknown): { readonly id: number; readonly name: string; readonly input: unknown } | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const { id, name, input } = json as Record<string, unknown>;
  const own = Object.keys(json);
  if (own.length !== 3 || !['id', 'name', 'input'].every((key) => own.includes(key))) return null;
  if (!Number.isSafeInteger(id) || (id as number) < 1 || typeof name !== 'string') return null;
  return { id: id as number, name, input };
}

/** Where the first problem is and of which kind. Keys that the table does not know are the window's own, and not told. */
function issueText({ issues }: z.ZodError): string {
  const [first] = issues;
  if (first === undefined) return 'unknown';
  const place = first.path.map(String).join('.');
  const more = issues.length > 1 ? ` and ${issues.length - 1} more` : '';
  return `${first.code.replaceAll('_', ' ')}${place === '' ? '' : ` at ${place}`}${more}`;
}
